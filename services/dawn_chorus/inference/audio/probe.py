"""What a file's header claims: as functions, and as a short-lived process for those who must not load a decoder.

`python -P -m dawn_chorus.inference.audio.probe PATH` prints the facts as JSON and ends with 0, or prints
`{"error", "detail"}` and ends with 3. It bounds its own memory and processor time.
"""

import json
import os
import resource
import sys
from dataclasses import asdict
from pathlib import Path

from dawn_chorus.domain.errors import EmptyAudio
from dawn_chorus.domain.recording import AudioFacts, round_s
from dawn_chorus.inference.audio.failures import describe_failure
from dawn_chorus.inference.audio.opening import open_source

REFUSED = 3
MEMORY_BYTES = 1 << 30
"""Beyond what the process has taken when its libraries are loaded."""
CPU_S = 60
LEAST_BYTES_PER_S = 25
"""Not even silence, at 8 kHz in FLAC, is kept in less."""


def probe_audio(path: Path) -> AudioFacts:
    """Read a file's header.

    Where the header claims no length, less than there is for all to see, or more than so few bytes can hold, the length
    is counted, without decoding: a small file that claims a month must not be planned as one.
    Raises NotAudio, EmptyAudio or UndecodableAudio, and PermanentError if there is no such file.
    """
    with open_source(path) as source:
        n_samples = source.declared_samples
        if not n_samples or path.stat().st_size < LEAST_BYTES_PER_S * n_samples / source.sample_rate_hz:
            n_samples = source.count_samples()
        if not n_samples:
            raise EmptyAudio(f"{path.name} holds no sound")
        duration_s = round_s(n_samples / source.sample_rate_hz)
        return AudioFacts(source.format, duration_s, source.sample_rate_hz, source.channels)


def measure_duration_s(path: Path) -> float:
    """Measure how long a recording really is, whatever its header claims, without decoding it."""
    with open_source(path) as source:
        return round_s(source.count_samples() / source.sample_rate_hz)


def main() -> int:
    """Print what `probe_audio` says."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -P -m dawn_chorus.inference.audio.probe PATH\n")
        return 2
    silence_libraries()
    limit_memory(MEMORY_BYTES)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        answer, code = asdict(probe_audio(Path(sys.argv[1]))), 0
    except Exception as error:  # noqa: BLE001 - whatever a hostile file does to a decoder is an answer too
        answer, code = describe_failure(error), REFUSED
    sys.stdout.write(json.dumps(answer) + "\n")
    return code


def silence_libraries() -> None:
    """Keep what codec libraries chatter out of the logs; what Python says on standard error still gets there.

    A damaged MP3 alone makes hundreds of lines, none of them JSON, none of them naming the file.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def limit_memory(bytes_more: int) -> None:
    """Let this process take no more than so many bytes of addresses beyond those it has, and dump no core.

    Only on Linux; elsewhere the system knows no such limit.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + bytes_more, taken + bytes_more))


if __name__ == "__main__":
    sys.exit(main())
