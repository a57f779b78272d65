"""Reads a file's header: as functions, and as a short-lived process for callers that must not load a decoder.

`python -P -m dawn_chorus.inference.audio.probe PATH` prints the facts as JSON and exits with 0, or prints
`{"error", "detail"}` and exits with 3. It limits its own memory and CPU time.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from dawn_chorus.domain.errors import EmptyAudio
from dawn_chorus.domain.recording import AudioFacts, round_s
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.audio.recorder.notes import read_notes

REFUSED = 3
MEMORY_BYTES = 1 << 30
"""In addition to what the process uses once its libraries are loaded."""
CPU_S = 60


def probe_audio(path: Path) -> AudioFacts:
    """Read the facts in a file's header.

    The length is that of `AudioSource.length`: of all recordings, where the file holds several. A WAV with more samples
    than it declares has the length of its samples.
    Raises NotAudio, EmptyAudio or UndecodableAudio, and PermanentError if there is no such file.
    """
    with open_source(path) as source:
        n_samples = source.length()
        if not n_samples:
            raise EmptyAudio(f"{path.name} holds no sound")
        duration_s = round_s(n_samples / source.sample_rate_hz)
        return AudioFacts(source.format, duration_s, source.sample_rate_hz, source.channels, read_notes(path))


def describe_facts(facts: AudioFacts) -> dict[str, Any]:
    """Return the facts as JSON that passes from one process to another; it has the key `notes` if there are any."""
    audio = {name: getattr(facts, name) for name in ("format", "duration_s", "sample_rate_hz", "channels")}
    return audio | ({"notes": facts.notes.as_json()} if facts.notes else {})


def measure_duration_s(path: Path) -> float:
    """Return the actual length of a recording, whatever its header declares, without decoding it."""
    with open_source(path) as source:
        return round_s(source.count_samples() / source.sample_rate_hz)


def main() -> int:
    """Print what `probe_audio` returns, as JSON; return the exit code."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -P -m dawn_chorus.inference.audio.probe PATH\n")
        return 2
    silence_libraries()
    limit_memory(MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        answer, code = describe_facts(probe_audio(Path(sys.argv[1]))), 0
    except Exception as error:  # noqa: BLE001 - any error that a hostile file causes in a decoder is reported
        answer, code = describe_failure(error), REFUSED
    sys.stdout.write(json.dumps(answer) + "\n")
    return code


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


if __name__ == "__main__":
    sys.exit(main())
