"""Reads a file's header: its facts, and its length."""

from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import EmptyAudio
from dawn_chorus.domain.recording import AudioFacts, round_s
from dawn_chorus.inference.audio.containers.audio_file import AudioFile
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.recorder.notes import read_notes


def probe_audio(file: Path | AudioFile) -> AudioFacts:
    """Read the facts in a file's header.

    The length is that of `AudioSource.length`: of all recordings, where the file holds several. A WAV with more samples
    than it declares has the length of its samples.
    Raises NotAudio, EmptyAudio or UndecodableAudio, and PermanentError if there is no such file.
    """
    with open_source(file) as source:
        n_samples = source.length()
        if not n_samples:
            raise EmptyAudio(f"{file.name} holds no sound")
        duration_s = round_s(n_samples / source.sample_rate_hz)
        return AudioFacts(source.format, duration_s, source.sample_rate_hz, source.channels, read_notes(file))


def describe_facts(facts: AudioFacts) -> dict[str, Any]:
    """Return the facts as JSON that passes from one process to another; it has the key `notes` if there are any."""
    audio = {name: getattr(facts, name) for name in ("format", "duration_s", "sample_rate_hz", "channels")}
    return audio | ({"notes": facts.notes.as_json()} if facts.notes else {})


def measure_duration_s(file: Path | AudioFile) -> float:
    """Return the actual length of a recording, whatever its header declares, without decoding it."""
    with open_source(file) as source:
        return round_s(source.count_samples() / source.sample_rate_hz)
