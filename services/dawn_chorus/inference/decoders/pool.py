"""A pool of long-lived decoder processes, which a hostile file may crash."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.clock.readings import read_notes_json
from dawn_chorus.domain.errors import ChorusError, TransientError, UndecodableAudio
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.names import displayed
from dawn_chorus.domain.recording import AudioFacts
from dawn_chorus.domain.warnings import AnalysisWarning
from dawn_chorus.inference.audio.failures import raise_failure
from dawn_chorus.inference.audio.reader import Samples
from dawn_chorus.inference.decoders.protocol import Hangup, receive_message, receive_samples, send_message
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat

START_TIMEOUT_S = 120.0
SOCKET_BYTES = 1 << 20
"""Waveforms of 100 MB pass four times as fast as through the default buffer."""


KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(64 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
"""For glibc: blocks of samples are kept for the next block. Giving them back each time took a third of the decoding."""


class DecoderPool:
    """`load_audio` in child processes. A context manager; every method is safe to call from many threads."""

    def __init__(self, processes: int, *, timeout_s: float = 600.0, memory_bytes: int = 4 << 30) -> None:
        """Set how many files are decoded at once, and the limits of time and memory of one call."""
        self._processes, self._timeout_s, self._memory_bytes = processes, timeout_s, memory_bytes
        self._changed = threading.Condition()
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._closed = False

    def __enter__(self) -> Self:
        self._idle = [self._start() for _ in range(self._processes)]
        for child in self._idle:
            child.wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            for child in self._all:
                child.kill()
            self._changed.notify_all()

    def load(
        self,
        path: Path,
        start_s: float,
        end_s: float,
        formats: Iterable[WaveformFormat],
        *,
        duration_s: float,
        channel: int | None = None,
        measured: Segment | None = None,
    ) -> LoadedAudio:
        """Load audio as `load_audio` does.

        Also raises UndecodableAudio if the decoder crashed or took too long, TransientError if it was killed.
        """
        waveforms: dict[WaveformFormat, Samples] = {}
        for wanted in formats:
            first, end = round(start_s * wanted.sample_rate_hz), round(end_s * wanted.sample_rate_hz)
            waveforms[wanted] = np.empty(max(0, end - first), np.float32)
        request = {
            "action": "load",
            "start_s": start_s,
            "end_s": end_s,
            "formats": [(wanted.sample_rate_hz, wanted.resampler) for wanted in waveforms],
            "duration_s": duration_s,
            "channel": channel,
            "measured": asdict(measured) if measured else None,
        }
        with self._call(path, request) as (child, answer):
            for waveform in waveforms.values():
                receive_samples(child.connection, waveform)
        lost = tuple(LostStretch(**stretch) for stretch in answer["lost"])
        warnings = tuple(AnalysisWarning(**each) for each in answer["warnings"])
        return LoadedAudio(waveforms, start_s, end_s, lost, answer["stage_s"], answer["goes_on"], warnings)

    def probe(self, path: Path) -> AudioFacts:
        """Return what `probe_audio` returns."""
        with self._call(path, {"action": "probe"}) as (_, answer):
            notes = answer.pop("notes", None)
            return AudioFacts(**answer, notes=None if notes is None else read_notes_json(notes))

    def measure_duration_s(self, path: Path) -> float:
        """Return what `probe.measure_duration_s` returns."""
        with self._call(path, {"action": "measure"}) as (_, answer):
            return float(answer["duration_s"])

    @contextmanager
    def _call(self, path: Path, request: dict[str, Any]) -> "Iterator[tuple[DecoderProcess, dict[str, Any]]]":
        """Send a request to a child and yield the child with its answer; the block reads what follows the answer."""
        child = self._acquire(path)
        try:
            send_message(child.connection, {**request, "path": str(path)})
            answer = receive_message(child.connection)
            raise_failure(answer)
            yield child, answer
        except ChorusError:
            raise
        except (Hangup, OSError) as error:
            raise child.exit_reason(path, error) from error
        except BaseException:
            child.kill()  # it may be in the middle of an answer that will not be read
            raise
        finally:
            self._release(child)

    def _acquire(self, path: Path) -> "DecoderProcess":
        """Wait for an idle child, preferably the one that has the file open; replace it if it is dead."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._closed)
            if self._closed:
                raise TransientError("the decoders have been stopped")
            child = next((child for child in self._idle if child.path == path), self._idle[0])
            self._idle.remove(child)
        if child.is_dead():
            child = self._replace(child)
        child.path = path
        return child

    def _replace(self, dead: "DecoderProcess") -> "DecoderProcess":
        with self._changed:
            self._all.discard(dead)
        try:
            child = self._start()
            child.wait_until_ready()
        except BaseException:
            self._release(dead)
            raise
        return child

    def _release(self, child: "DecoderProcess") -> None:
        with self._changed:
            self._idle.append(child)
            self._changed.notify()

    def _start(self) -> "DecoderProcess":
        child = DecoderProcess(self._timeout_s, self._memory_bytes)
        with self._changed:
            self._all.add(child)
        return child


class DecoderProcess:
    """A child process and the socket to it. The child inherits no other file descriptor."""

    def __init__(self, timeout_s: float, memory_bytes: int) -> None:
        self.path: Path | None = None
        """The file it has open."""
        self._timeout_s = timeout_s
        self.connection, theirs = socket.socketpair()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BYTES)
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        command = [sys.executable, "-P", "-m", "dawn_chorus.inference.decoders"]
        command += [str(theirs.fileno()), str(memory_bytes)]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=os.environ | KEEP_MEMORY
            )
        self.connection.settimeout(START_TIMEOUT_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until the child has imported its modules. Raises TransientError if it does not start."""
        try:
            receive_message(self.connection)
        except (Hangup, OSError) as error:
            self.kill()
            reason = self._describe_exit()
            raise TransientError(f"a decoder process did not start: {reason}; see its output above") from error
        self.connection.settimeout(self._timeout_s)

    def is_dead(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def exit_reason(self, path: Path, error: Exception) -> ChorusError:
        """Return the error that explains why the child failed; kill it if it is still running."""
        if isinstance(error, TimeoutError):
            self.kill()
            return UndecodableAudio(f"the decoder took longer than {self._timeout_s:g} s over {displayed(path.name)}")
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self.kill()
        if self._process.returncode == -signal.SIGKILL:
            return TransientError(
                f"the decoder was killed while it read {displayed(path.name)}: is there enough memory?"
            )
        return UndecodableAudio(f"the decoder crashed ({self._describe_exit()}) while it read {displayed(path.name)}")

    def _describe_exit(self) -> str:
        code = self._process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"
