"""Hand-written fakes for the worker's ports."""

import math
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.errors import OutdatedWork, TransientError
from dawn_chorus.domain.jobs import SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.ports import Delivery
from dawn_chorus.domain.timeline import SegmentTimeline


@dataclass
class FakeDelivery:
    body: bytes
    reason: str = ""
    returns: int = 0
    end: str | None = None
    """`acked`, `requeued` or `dead`; None while unacknowledged."""
    ended: Event = field(default_factory=Event)

    def ack(self) -> None:
        self._finish("acked")

    def reject(self, *, requeue: bool) -> None:
        self._finish("requeued" if requeue else "dead")

    def _finish(self, end: str) -> None:
        assert self.end is None, "a delivery ends once"
        self.end = end
        self.ended.set()


class FakeSource:
    """Delivers what was `put` until it is stopped."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[FakeDelivery | None] = SimpleQueue()
        self.stopped = False

    def put(self, body: bytes | SegmentJob, *, returns: int = 0) -> FakeDelivery:
        delivery = FakeDelivery(body if isinstance(body, bytes) else encode_job(body), returns=returns)
        self._queue.put(delivery)
        return delivery

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        assert prefetch > 0
        while (delivery := self._queue.get()) is not None:
            on_delivery(delivery)

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self.stopped = True
        self._queue.put(None)


def wait_until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.005)


@dataclass
class ScriptedLedger:
    """Returns the given work and records every call in order; can be unavailable for some calls."""

    work: SegmentWork | None
    calls: list[tuple[str, Any]] = field(default_factory=list)
    failures_left: int = 0
    """How many calls still fail before the database is available again."""
    extended: SegmentWork | None = None
    lost: list[LostStretch] = field(default_factory=list)
    """The lost stretches of failed segments."""
    outdated: bool = False
    """Whether the segment was stretched before its result was saved."""

    @property
    def ends(self) -> list[tuple[str, Any]]:
        return [call for call in self.calls if call[0] != "started"]

    def register_pack(self, pack: PackFacts) -> None:
        self._record("registered", pack.name)

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        self._record("started", worker)
        return self.work

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        if self.outdated:
            raise OutdatedWork("segment 0 was stretched meanwhile")
        self._record("saved", (work, timeline, facts))

    def fail_segment(self, job: SegmentJob, reason: str, lost: Sequence[LostStretch] = ()) -> None:
        self._record("failed", reason)
        self.lost += lost

    def retry_segment(self, job: SegmentJob, reason: str, delay_s: float) -> None:
        self._record("retried", (reason, delay_s))

    def extend_recording(self, work: SegmentWork, duration_s: float, most_s: float = math.inf) -> SegmentWork:
        self._record("extended", duration_s)
        self.most_s = most_s
        assert self.extended is not None
        return self.extended

    def _record(self, name: str, value: Any) -> None:
        if self.failures_left > 0:
            self.failures_left -= 1
            raise TransientError("the database does not answer")
        self.calls.append((name, value))


class FolderStore:
    """Serves the files of a folder under their names; can be unavailable."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.unavailable = folder, False

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        raise NotImplementedError

    def put(self, key: str, content: bytes) -> None:
        raise NotImplementedError

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        raise NotImplementedError

    def read_range(self, key: str, start: int, length: int) -> bytes:
        raise NotImplementedError

    def measure(self, key: str) -> int:
        raise NotImplementedError

    def stored_file(self, key: str) -> Path | None:
        raise NotImplementedError

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        if self.unavailable:
            raise TransientError("the store does not answer")
        yield self.folder / key

    def delete(self, key: str) -> None:
        raise NotImplementedError

    def check(self) -> None:
        raise NotImplementedError
