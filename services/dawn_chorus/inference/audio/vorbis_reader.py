"""Reads Ogg Vorbis: libsndfile decodes it, FFmpeg's packet timestamps show what is missing.

If a page is damaged, libsndfile continues with the next one as if there were no gap between them.
"""

from collections.abc import Iterator

from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.ogg_pages import last_pages_length
from dawn_chorus.inference.audio.ffmpeg_reader import demux_packets, is_late, open_track
from dawn_chorus.inference.audio.reader import Piece
from dawn_chorus.inference.audio.soundfile_reader import SoundFileReader

BLOCK = 2048
"""Timestamps are off by up to a quarter of the codec's longest block."""


class VorbisReader(SoundFileReader):
    """Skips damaged pages; a block of the codec on either side of them is lost too."""

    def __init__(self, file: FileBytes) -> None:
        super().__init__(file)
        self._container, self._stream = open_track(file)
        self._last_pages = max(0, (self.declared_samples or 0) - last_pages_length(file))

    def read(self, first: int, end: int) -> list[Piece]:
        pieces: list[Piece] = []
        for gap_first, gap_end in [*self._gaps(first, end), (end, end)]:
            if gap_first > first:
                pieces += super().read(first, min(gap_first, end))
            first = max(first, gap_end)
        return pieces

    def _go_to(self, first: int) -> int:
        """Return as `SoundFileReader` does how many samples stand before `first`, but never seek into the last pages.

        libvorbis counts positions back from a page's end, and the end of the last one may be cut: after a seek into it
        all samples would be off by what was cut.
        """
        if first == self._position or not self._last_pages <= first < (self.declared_samples or 0):
            return super()._go_to(first)
        before = super()._go_to(max(0, self._last_pages - 2 * BLOCK)) + first - self._position
        self._position = first
        return before

    def _gaps(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches without packets that touch [first, end)."""
        start = self._stream.start_time or 0
        late = start if is_late(start, self._stream) else 0
        first, end = first + late, end + late
        before = before_end = first  # unless a packet is found before it
        self._container.seek(max(0, first - self.sample_rate_hz), stream=self._stream)
        for packet in demux_packets(self._container, self._stream):
            if packet.pts is None or packet.duration is None:
                continue
            if packet.pts - before_end > 2 * BLOCK:
                yield before - BLOCK - late, packet.pts + BLOCK - late
            if packet.pts > end + BLOCK:
                return
            before, before_end = packet.pts, packet.pts + packet.duration

    def close(self) -> None:
        self._container.close()
        super().close()
