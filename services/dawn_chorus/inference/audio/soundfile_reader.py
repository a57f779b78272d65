"""Reads with libsndfile: WAV, AIFF, CAF, FLAC, Ogg Vorbis, MP3. It seeks exactly to any sample."""

import soundfile

from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.wav_header import WavHeader
from dawn_chorus.inference.audio.reader import Piece, name_format, only_channel

MAX_FRAMES = 1 << 48
"""libsndfile returns frame counts beyond this if it does not know the length."""
PREROLL = {"MP3": 20 * 1152}
"""Samples to decode before the wanted ones: an MP3 frame may use the bytes of several frames before it.

Needed before every block: soundfile ends each read with a seek, after which mpg123 has lost those bytes.
"""


SAMPLE_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}


class SoundFileReader:
    """A file read by libsndfile. Raises soundfile.LibsndfileError for a file that it cannot open."""

    def __init__(self, file: FileBytes, *, header: WavHeader | None = None) -> None:
        """Open a file; with `header`, read a WAV's samples from where and up to where `header` says."""
        self._file, self._wav = file, header
        self._sound = self._open()
        self._position = 0
        self._channel: int | None = None
        self.sample_rate_hz: int = self._sound.samplerate
        self.channels: int = self._sound.channels
        self.container: str = "WAV" if header else self._sound.format.replace("WAVEX", "WAV")
        self.format = name_format(self.container, self._sound.subtype)
        self.sample_bytes = SAMPLE_BYTES.get(self._sound.subtype)
        """Of one channel; None for codings in which samples have no bytes of their own."""
        known = 0 < self._sound.frames < MAX_FRAMES
        self.declared_samples: int | None = self._sound.frames if known else None
        self.end: int | None = None

    def _open(self) -> soundfile.SoundFile:
        if self._wav is None:
            return soundfile.SoundFile(self._file.for_libsndfile())
        return soundfile.SoundFile(
            self._wav.audio.for_libsndfile(),
            format="RAW",
            subtype=self._wav.subtype,
            endian="LITTLE",
            samplerate=self._wav.sample_rate_hz,
            channels=self._wav.channels,
        )

    def keep_channel(self, channel: int) -> None:
        self._channel = channel

    def read(self, first: int, end: int) -> list[Piece]:
        if self.end is not None and first >= self.end:
            return []
        try:
            before = self._go_to(first)
            samples = self._sound.read(before + end - first, dtype="float32", always_2d=True)[before:]
        except soundfile.LibsndfileError:
            self._position = -1
            return []
        self._position += len(samples)
        if self._position < end:
            self.end = self._position
        return [Piece(first, only_channel(samples, self._channel))] if len(samples) else []

    def _go_to(self, first: int) -> int:
        """Seek to shortly before `first`; return by how many samples.

        After an error, and always in Ogg, the file is opened again first: libsndfile does not recover from errors.
        """
        before = min(first, PREROLL.get(self.container, 0))
        if first != self._position and (self.container == "OGG" or self._position < 0):
            self._sound.close()
            self._sound = self._open()
        if before or first != self._position:
            self._sound.seek(min(first, self._sound.frames) - before)
        self._position = min(first, self._sound.frames)
        return before

    def count_samples(self) -> int:
        return self.declared_samples or 0

    def close(self) -> None:
        self._sound.close()
