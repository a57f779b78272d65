"""Chooses the decoder for a file and how far to trust its header."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import soundfile

from dawn_chorus.domain.errors import EmptyAudio, NotAudio, UndecodableAudio
from dawn_chorus.inference.audio.chain import ChainReader
from dawn_chorus.inference.audio.claims import GAP_S, believe_length
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.flac_frames import last_frame_end
from dawn_chorus.inference.audio.containers.ogg_pages import find_links
from dawn_chorus.inference.audio.containers.wav_header import WavHeader, read_wav_header
from dawn_chorus.inference.audio.ffmpeg_reader import FfmpegReader, NoSoundTrack
from dawn_chorus.inference.audio.parts import Part, find_parts
from dawn_chorus.inference.audio.soundfile_reader import SoundFileReader
from dawn_chorus.inference.audio.source import SLACK_S, AudioSource
from dawn_chorus.inference.audio.vorbis_reader import VorbisReader

SURE_BYTES_PER_S = 4000
"""A file of Ogg with as many bytes for each second of its length is not looked through for jumps."""
RATES_HZ = range(500, 5_000_001)
MP3_FRAME = 1152
MAGIC = (b"RIFF", b"RF64", b"riff", b"fLaC", b"OggS", b"FORM", b"caff", b"ID3", b"\x1aE\xdf\xa3", b"0&\xb2u")
"""Files that begin like this are meant to be audio; the last two are WebM and WMA. In M4A the magic follows a size."""
M4A_MAGIC = b"ftyp"


@contextmanager
def open_source(file: Path | AudioFile, channel: int | None = None, *, measured: bool = True) -> Iterator[AudioSource]:
    """Open an audio file with the decoder chosen for it; close it at the end.

    `channel` and `measured` are those of `AudioSource.choose_channel`.
    Raises NotAudio, EmptyAudio or UndecodableAudio, and PermanentError if there is no such file or channel.
    """
    source = choose_source(file)
    try:
        source.choose_channel(channel, measured=measured)
        yield source
    finally:
        source.close()


def choose_source(audio: Path | AudioFile) -> AudioSource:
    """Return an opened source as `open_source` does; the caller closes it."""
    file = FileBytes(AudioFile.of(audio))
    if not file.size:
        raise EmptyAudio(f"{file.name} is an empty file")
    with file.file.checked():
        return _choose(file)


def _choose(file: FileBytes) -> AudioSource:
    parts = _parts_of(file)
    if not parts:
        return open_recording(file)
    if len(parts) == 1 and parts[0].lost is None:
        return open_recording(parts[0].file)
    chain = ChainReader(list(parts), open_recording)
    return AudioSource(
        file,
        chain,
        declared_samples=chain.declared_samples,
        fallback=False,
        sample_accurate=True,
        chain=chain,
    )


@lru_cache(maxsize=64)
def _parts_of(file: FileBytes) -> tuple[Part, ...]:
    """Return the parts of a file that holds several recordings; to find them, FLAC and Ogg are read through once."""
    with file.file.checked():  # what a failed read left out must not be kept
        return tuple(find_parts(file, open_recording))


def open_recording(file: FileBytes) -> AudioSource:
    """Return the bytes of one recording, opened. Raises NotAudio, EmptyAudio or UndecodableAudio."""
    with file.file.checked():
        return _open_checked(file)


def _open_checked(file: FileBytes) -> AudioSource:
    header = read_wav_header(file)
    if header and header.sample_rate_hz not in RATES_HZ:  # libsndfile does not even take such a number
        raise UndecodableAudio(f"{file.name} claims a sample rate of {header.sample_rate_hz} Hz")
    source = _open_wav(file, header) if header else _open_sound_file(file)
    if source.sample_rate_hz not in RATES_HZ:
        source.close()
        raise UndecodableAudio(f"{file.name} claims a sample rate of {source.sample_rate_hz} Hz")
    return source


def _open_wav(file: FileBytes, header: WavHeader) -> AudioSource:
    """Open a WAV of plain samples.

    libsndfile would stop at the declared size, even where more data follows, and it refuses a file for a wrong chunk
    that has nothing to do with the samples: then our header says where they are.
    """
    if not header.available_frames:
        raise EmptyAudio(f"{file.name} has a WAV header and no samples")
    declared = header.declared_frames or 0
    reader = _try_libsndfile(file) if header.is_plain and declared >= header.available_frames else None
    if reader is None or reader.declared_samples != header.available_frames:
        if reader:
            reader.close()
        try:
            reader = SoundFileReader(file, header=header)
        except soundfile.LibsndfileError as error:
            raise UndecodableAudio(f"the header of {file.name} is damaged: {error.error_string}") from error
    claimed = max(declared, header.available_frames)
    believed = believe_length(claimed, header.available_frames, reader.sample_rate_hz)
    return AudioSource(
        file, reader, declared_samples=believed, fallback=False, sample_accurate=True, claimed_samples=claimed
    )


def _open_sound_file(file: FileBytes) -> AudioSource:
    reader = _try_libsndfile(file)
    if reader is None:
        return _open_with_ffmpeg(file)
    by_container = {"MP3": _open_mp3, "OGG": _open_ogg, "FLAC": _open_flac}
    return by_container.get(reader.container, _open_plain)(file, reader)


def _try_libsndfile(file: FileBytes) -> SoundFileReader | None:
    try:
        return SoundFileReader(file)
    except soundfile.LibsndfileError:
        return None


def _open_plain(file: FileBytes, reader: SoundFileReader) -> AudioSource:
    """Open samples of fixed size: libsndfile reads the available samples, FFmpeg knows the declared number.

    FFmpeg's number counts only where it finds samples of the same size: the decoder that reads them has the say.
    """
    if not reader.declared_samples:
        reader.close()
        raise EmptyAudio(f"{file.name} holds no sound")
    declared = claimed = reader.declared_samples
    if other := _try_ffmpeg(file):
        by_header = other.declared_samples or 0
        agree = other.sample_rate_hz == reader.sample_rate_hz and other.sample_bytes in (None, reader.sample_bytes)
        if agree and by_header > declared + SLACK_S * reader.sample_rate_hz:
            claimed = by_header
            declared = believe_length(by_header, declared, reader.sample_rate_hz)
        other.close()
    return AudioSource(
        file, reader, declared_samples=declared, fallback=False, sample_accurate=True, claimed_samples=claimed
    )


def _try_ffmpeg(file: FileBytes) -> FfmpegReader | None:
    try:
        return FfmpegReader(file)
    except UndecodableAudio:
        return None


def _open_flac(file: FileBytes, reader: SoundFileReader) -> AudioSource:
    """Open with libsndfile; the header's length is sure if the last frame ends there."""

    def is_sure() -> bool:
        with file.open() as opened:
            return last_frame_end(opened, file.size) == reader.declared_samples

    return AudioSource(
        file,
        reader,
        declared_samples=reader.declared_samples,
        fallback=True,
        sample_accurate=True,
        is_sure=is_sure,
    )


def _open_ogg(file: FileBytes, reader: SoundFileReader) -> AudioSource:
    """Open Vorbis with libsndfile and Opus with FFmpeg: in Opus libsndfile loses its position after a damaged page."""
    reader.close()
    if _jumps(file, reader):
        doubtful = FfmpegReader(file, doubtful=True)
        return AudioSource(file, doubtful, declared_samples=None, fallback=False, sample_accurate=False)
    if reader.format == "ogg/vorbis":
        vorbis = VorbisReader(file)
        return AudioSource(
            file, vorbis, declared_samples=vorbis.declared_samples, fallback=False, sample_accurate=False
        )
    ffmpeg = FfmpegReader(file)
    return AudioSource(file, ffmpeg, declared_samples=reader.declared_samples, fallback=False, sample_accurate=False)


def _jumps(file: FileBytes, reader: SoundFileReader) -> bool:
    """Return whether the positions of an Ogg file make jumps that so few bytes leave in doubt."""
    declared_s = (reader.declared_samples or 0) / reader.sample_rate_hz
    if file.size >= SURE_BYTES_PER_S * declared_s:
        return False
    granules_hz = 48000 if reader.format == "ogg/opus" else reader.sample_rate_hz
    return any(link.longest_jump > GAP_S * granules_hz for link in find_links(file))


def _open_mp3(file: FileBytes, reader: SoundFileReader) -> AudioSource:
    """Open with libsndfile if FFmpeg finds the same length; where they differ, libsndfile may stop far too early."""
    ffmpeg = FfmpegReader(file)
    agree = abs((reader.declared_samples or 0) - (ffmpeg.declared_samples or 0)) <= 2 * MP3_FRAME
    if agree and reader.sample_rate_hz == ffmpeg.sample_rate_hz:
        ffmpeg.close()
        return AudioSource(file, reader, declared_samples=reader.declared_samples, fallback=True, sample_accurate=False)
    reader.close()
    return AudioSource(file, ffmpeg, declared_samples=None, fallback=False, sample_accurate=False)


def _open_with_ffmpeg(file: FileBytes) -> AudioSource:
    try:
        reader = FfmpegReader(file)
    except NoSoundTrack:
        raise
    except NotAudio as error:
        with file.open() as opened:
            start = opened.read(8)
        if start.startswith(MAGIC) or start.endswith(M4A_MAGIC):
            raise UndecodableAudio(f"the header of {file.name} is damaged beyond reading") from error
        raise
    declared = None if reader.declared_is_guess else reader.declared_samples
    return AudioSource(file, reader, declared_samples=declared, fallback=False, sample_accurate=False)
