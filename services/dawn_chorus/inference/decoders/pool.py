"""A pool of long-lived decoder processes in cages, which a hostile file may crash."""

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, receive_message, send_message
from dawn_chorus.cage.server_process import ServerGone, ServerProcess
from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.clock.readings import read_notes_json
from dawn_chorus.domain.errors import ChorusError, PermanentError, TransientError, UndecodableAudio
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.names import displayed
from dawn_chorus.domain.recording import AudioFacts
from dawn_chorus.domain.warnings import AnalysisWarning
from dawn_chorus.inference.audio.failures import raise_failure
from dawn_chorus.inference.audio.reader import Samples
from dawn_chorus.inference.decoders.decoder_process import DecoderProcess
from dawn_chorus.inference.decoders.protocol import receive_samples
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat

SERVER_MODULE = "dawn_chorus.inference.decoders"
DESCRIPTORS = 2
"""Of the file that is open and the next one, in a child."""
SLOW_S = 3.0
"""A file that takes longer keeps its decoder, but no longer the place of others: one more decoder is started for them.

Decoding five minutes takes less than a second, unless a file is made to take long, or is read from its start.
"""


class DecoderPool:
    """`load_audio` in child processes. A context manager; every method is safe to call from many threads."""

    def __init__(self, processes: int, *, timeout_s: float = 600.0, memory_bytes: int = 4 << 30) -> None:
        """Set how many files are decoded at once, and the limits of time and memory of one call."""
        self._processes, self._timeout_s, self._limits = (
            processes,
            timeout_s,
            Limits(memory_bytes, descriptors=DESCRIPTORS),
        )
        self._changed = threading.Condition()
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._spares = 0
        """Children beyond `processes`, each for one that takes long."""
        self._closed = False
        self._starting = threading.Lock()
        self._server: ServerProcess | None = None

    def __enter__(self) -> Self:
        self._idle = [self._start() for _ in range(self._processes)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            for child in self._all:
                child.kill()
            self._changed.notify_all()
        with self._starting:
            if self._server is not None:
                self._server.stop()

    @property
    def lacking(self) -> list[str]:
        """What this machine does not have to hold decoders with; empty if it has all."""
        return [] if self._server is None else self._server.missing

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
    def _call(self, path: Path, request: dict[str, Any]) -> Iterator[tuple[DecoderProcess, dict[str, Any]]]:
        """Send a request to a child and yield the child with its answer; the block reads what follows the answer."""
        with _opened(path) as (descriptor, about):
            child = self._acquire(path)
            try:
                send_message(child.connection, {**request, **about}, [descriptor])
                answer = receive_message(child.connection)
                raise_failure(answer)
                yield child, answer
            except ChorusError:
                raise
            except (Hangup, OSError) as error:
                raise child.exit_reason(path, error) from error
            except (KeyError, TypeError, ValueError) as error:  # a file has taken the child over
                child.kill()
                raise UndecodableAudio(f"the decoder sent no answer while it read {displayed(path.name)}") from error
            except BaseException:
                child.kill()  # it may be in the middle of an answer that will not be read
                raise
            finally:
                self._release(child)

    def _acquire(self, path: Path) -> DecoderProcess:
        """Wait for an idle child, preferably the one that has the file open; replace it if it is dead."""
        child = self._wait_for_place(path)
        if child is None:
            child = self._start_spare()
        elif child.is_dead():
            child = self._replace(child)
        child.path, child.busy_since = path, time.monotonic()
        return child

    def _wait_for_place(self, path: Path) -> DecoderProcess | None:
        """Return an idle child; None if all are busy, one has been for long, and another may be started beside it."""
        with self._changed:
            while not self._idle and not self._closed:
                wait_s = self._spare_in_s()
                if wait_s is not None and wait_s <= 0:
                    self._spares += 1
                    return None
                self._changed.wait(wait_s)
            if self._closed:
                raise TransientError("the decoders have been stopped")
            child = next((child for child in self._idle if child.path == path), self._idle[0])
            self._idle.remove(child)
            return child

    def _spare_in_s(self) -> float | None:
        """Return in how many seconds one more child may be started: one for each that is slow, as many as there are."""
        if self._spares >= self._processes:
            return None
        starts = sorted(child.busy_since for child in self._all if child.busy_since is not None)
        if len(starts) <= self._spares:
            return SLOW_S
        return starts[self._spares] + SLOW_S - time.monotonic()

    def _start_spare(self) -> DecoderProcess:
        """Start a child beside those that take long; from then on these leave the processor to others, mostly."""
        try:
            child = self._start()
        except BaseException:
            with self._changed:
                self._spares -= 1
                self._changed.notify()
            raise
        with self._changed:
            for other in self._all:
                if other.busy_since is not None and time.monotonic() - other.busy_since >= SLOW_S:
                    other.give_way()
        return child

    def _replace(self, dead: DecoderProcess) -> DecoderProcess:
        with self._changed:
            self._all.discard(dead)
        try:
            child = self._start()
        except BaseException:
            self._release(dead)
            raise
        dead.close()
        return child

    def _release(self, child: DecoderProcess) -> None:
        with self._changed:
            child.busy_since = None
            if child.gave_way:  # it would do so for the next file too
                child.kill()
            if self._spares and len(self._all) > self._processes:
                self._spares -= 1
                self._all.discard(child)
                child.kill()
                child.close()
            else:
                self._idle.append(child)
            self._changed.notify()

    def _start(self) -> DecoderProcess:
        try:
            with self._starting:
                server = self._running()
                child = DecoderProcess(server.fork("decode", {}, self._limits, []), self._timeout_s)
            child.wait_until_ready()
        except ServerGone as error:
            raise TransientError(f"a decoder process did not start: {error}") from error
        with self._changed:
            self._all.add(child)
        return child

    def _running(self) -> ServerProcess:
        """Return the server that forks the children, started again if it died. Raises ServerGone."""
        if self._closed:
            raise ServerGone("the decoders have been stopped")
        if self._server is None or not self._server.is_running():
            if self._server is not None:
                self._server.stop()
            self._server = ServerProcess(SERVER_MODULE)
            self._server.wait_until_ready()
        return self._server


@contextmanager
def _opened(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield a descriptor of a file, and what a child is told of it. Raises PermanentError if there is no such file."""
    if not path.is_file():
        raise PermanentError(f"no such file: {path}")
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise TransientError(f"the file could not be read: {error.strerror}") from error
    try:
        facts = os.fstat(descriptor)
        yield descriptor, {"name": path.name, "size": facts.st_size, "version": (facts.st_ino, facts.st_mtime_ns)}
    finally:
        os.close(descriptor)
