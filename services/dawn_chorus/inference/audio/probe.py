"""Reads a file's header: its facts, and its length."""

import os
import resource
import sys
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


def measure_duration_s(path: Path) -> float:
    """Return the actual length of a recording, whatever its header declares, without decoding it."""
    with open_source(path) as source:
        return round_s(source.count_samples() / source.sample_rate_hz)


def silence_libraries() -> None:
    """Keep the output of codec libraries out of the logs; Python's own standard error still gets there.

    A damaged MP3 alone causes hundreds of lines, none of them JSON, none of them naming the file.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def limit_memory(bytes_more: int) -> None:
    """Limit the address space of this process to `bytes_more` beyond what it uses now, and disable core dumps.

    Memory is limited on Linux only; other systems have no such limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + bytes_more, used + bytes_more))
