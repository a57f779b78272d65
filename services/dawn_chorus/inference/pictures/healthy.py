"""Opens a recording whose facts are known without reading its file through, where the file bears them out.

The facts come from a file that was read through: if its first header and its last bytes alone say the same, it holds
this one recording and no other behind it. Where they do not, the rule of `inference.audio.opening` stands. What is
damaged within is found by the readers themselves, where it is read.
"""

from collections.abc import Callable
from itertools import islice

from dawn_chorus.domain.errors import UndecodableAudio
from dawn_chorus.domain.recording import AudioFacts, round_s
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.flac_frames import last_frame_end
from dawn_chorus.inference.audio.containers.ogg_pages import HEADER_BYTES, MAX_PAGE_BYTES, read_pages
from dawn_chorus.inference.audio.ffmpeg_reader import FfmpegReader
from dawn_chorus.inference.audio.opening import open_recording
from dawn_chorus.inference.audio.source import AudioSource
from dawn_chorus.inference.audio.vorbis_reader import VorbisReader

OPUS_HZ = 48000


def open_healthy(file: AudioFile, facts: AudioFacts) -> AudioSource | None:
    """Return the opened recording; None if it cannot be opened so. Decodes what the usual opening would."""
    opener = _OPENERS.get(facts.format.partition("/")[0]) or _OPENERS.get(facts.format)
    try:
        source = opener(FileBytes(file), facts) if opener else None
    except UndecodableAudio:
        return None
    if source is None or _is_of(source, facts):
        return source
    source.close()
    return None


def _is_of(source: AudioSource, facts: AudioFacts) -> bool:
    known = (facts.format, facts.sample_rate_hz, facts.channels)
    return (source.format, source.sample_rate_hz, source.channels) == known


def _lasts(n_samples: int, rate_hz: int, facts: AudioFacts) -> bool:
    return rate_hz > 0 and round_s(n_samples / rate_hz) == facts.duration_s


def _open_flac(file: FileBytes, facts: AudioFacts) -> AudioSource | None:
    """Return a FLAC whose last frame ends where its header says."""
    with file.open() as opened:
        if opened.read(4) != b"fLaC":
            return None
        end = last_frame_end(opened, file.size)
    if end is None or not _lasts(end, facts.sample_rate_hz, facts):
        return None
    source = open_recording(file)
    if source.declared_samples == end:
        return source
    source.close()
    return None


def _open_vorbis(file: FileBytes, facts: AudioFacts) -> AudioSource | None:
    end = _ogg_end(file)
    if end is None or not _lasts(end, facts.sample_rate_hz, facts):
        return None
    reader = VorbisReader(file)
    return AudioSource(file, reader, declared_samples=end, fallback=False, sample_accurate=False)


def _open_opus(file: FileBytes, facts: AudioFacts) -> AudioSource | None:
    end = _ogg_end(file)
    with file.open() as opened:
        head = opened.read(HEADER_BYTES + 1 + 12)
    skipped = int.from_bytes(head[HEADER_BYTES + 11 : HEADER_BYTES + 13], "little")
    if end is None or not _lasts(end - skipped, OPUS_HZ, facts):
        return None
    reader = FfmpegReader(file)
    return AudioSource(file, reader, declared_samples=end - skipped, fallback=False, sample_accurate=False)


def _open_mp4(file: FileBytes, facts: AudioFacts) -> AudioSource | None:
    reader = FfmpegReader(file)
    if not _lasts(reader.declared_samples or 0, facts.sample_rate_hz, facts) or not reader.trust_even_packets():
        reader.close()
        return None
    return AudioSource(file, reader, declared_samples=reader.declared_samples, fallback=False, sample_accurate=False)


def _ogg_end(file: FileBytes) -> int | None:
    """Return how far the positions of an Ogg file go, if its last pages belong to the stream that its first begins."""
    first = next(islice(read_pages(file), 1), None)
    last = list(read_pages(file, max(0, file.size - 3 * MAX_PAGE_BYTES)))
    if first is None or not last or last[-1].end != file.size or {page.serial for page in last} != {first.serial}:
        return None
    return last[-1].granule


_OPENERS: dict[str, Callable[[FileBytes, AudioFacts], AudioSource | None]] = {
    "flac": _open_flac,
    "ogg/vorbis": _open_vorbis,
    "ogg/opus": _open_opus,
    "mp4/aac": _open_mp4,
    "mp4/alac": _open_mp4,
}
