"""Reads a file's header: its facts, and its length. Of a file that is being uploaded, what its first bytes say."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import EmptyAudio, HeaderIncomplete, UndecodableAudio
from dawn_chorus.domain.recording import AudioFacts, EarlyFacts, round_s
from dawn_chorus.inference.audio.claims import believe_length
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.late_headers import header_may_follow, is_streamed
from dawn_chorus.inference.audio.containers.wav_header import WavHeader, read_wav_header
from dawn_chorus.inference.audio.opening import open_recording, open_source
from dawn_chorus.inference.audio.recorder.notes import read_notes
from dawn_chorus.inference.audio.source import AudioSource

LENGTH_AT_END = ("ogg",)
"""Containers that say only there how long they are."""
TRAILER_BYTES = 1 << 16
"""Of words behind the samples of a WAV; if there is more, the header says too little of the samples."""


def probe_audio(file: Path | AudioFile) -> AudioFacts:
    """Read the facts in a file's header.

    The length is that of `AudioSource.length`: of all recordings, where the file holds several. A WAV with more samples
    than it declares has the length of its samples.
    Raises NotAudio, EmptyAudio or UndecodableAudio, PermanentError if there is no such file, and TransientError.
    """
    audio = AudioFile.of(file)
    with audio.checked(), open_source(audio) as source:
        n_samples = source.length()
        if not n_samples:
            raise EmptyAudio(f"{audio.name} holds no sound")
        duration_s = round_s(n_samples / source.sample_rate_hz)
        return AudioFacts(source.format, duration_s, source.sample_rate_hz, source.channels, read_notes(audio))


def probe_beginning(beginning: AudioFile, whole_bytes: int) -> EarlyFacts:
    """Read the facts in the first bytes of a file that will have `whole_bytes`.

    Raises HeaderIncomplete if more of it is needed, NotAudio or UndecodableAudio if that would not help, and
    TransientError.
    """
    with beginning.checked():
        return _probe_beginning(beginning, whole_bytes)


def _probe_beginning(beginning: AudioFile, whole_bytes: int) -> EarlyFacts:
    with beginning.open() as opened:
        start = opened.read(beginning.size)
    whole = replace(beginning, size=whole_bytes)  # behind what is here, reads find nothing
    try:
        # Ogg is searched for its end, which is not here.
        with closing(open_recording(FileBytes(beginning if start.startswith(b"OggS") else whole))) as source:
            n_samples = _promised_samples(source, beginning, whole, start)
            duration_s = round_s(n_samples / source.sample_rate_hz) if n_samples else None
            return EarlyFacts(source.format, duration_s, source.sample_rate_hz, source.channels, read_notes(beginning))
    except UndecodableAudio as error:
        if isinstance(error, EmptyAudio) or header_may_follow(start):
            raise HeaderIncomplete(f"the header of {beginning.name} is not here yet") from error
        raise


def _promised_samples(source: AudioSource, beginning: AudioFile, whole: AudioFile, start: bytes) -> int | None:
    """Return how many samples the whole file will have, as its header says; None if it does not say."""
    header = read_wav_header(FileBytes(whole))
    if header is not None:
        return _promised_by_wav(header, whole.size)
    container = source.format.partition("/")[0]
    if container in LENGTH_AT_END or is_streamed(start):
        return None
    declared = source.declared_samples
    if container == "mp3":
        declared = _declared_alike(beginning, replace(beginning, size=beginning.size // 2))
    elif source.is_read_by_ffmpeg:
        declared = _declared_alike(whole, replace(whole, size=whole.size * 98 // 100))
    return declared if declared and source.has_bytes_for(declared) else None


def _declared_alike(one: AudioFile, other: AudioFile) -> int | None:
    """Return the length in samples that a header declares; None if it changes with the size, and so was guessed."""
    with closing(open_recording(FileBytes(one))) as first, closing(open_recording(FileBytes(other))) as second:
        return first.declared_samples if first.declared_samples == second.declared_samples else None


def _promised_by_wav(header: WavHeader, whole_bytes: int) -> int | None:
    available = (whole_bytes - header.first_byte) // header.frame_bytes
    declared = header.declared_frames
    if declared is None:
        return available
    if declared >= available:
        return believe_length(declared, available, header.sample_rate_hz)
    behind_bytes = whole_bytes - header.first_byte - declared * header.frame_bytes
    return declared if behind_bytes <= TRAILER_BYTES else None


def describe_facts(facts: AudioFacts | EarlyFacts) -> dict[str, Any]:
    """Return the facts as JSON that passes from one process to another; it has the key `notes` if there are any."""
    audio = {name: getattr(facts, name) for name in ("format", "duration_s", "sample_rate_hz", "channels")}
    return audio | ({"notes": facts.notes.as_json()} if facts.notes else {})


def measure_duration_s(file: Path | AudioFile) -> float:
    """Return the actual length of a recording, whatever its header declares, without decoding it."""
    with open_source(file) as source:
        return round_s(source.count_samples() / source.sample_rate_hz)
