"""The jobs that a worker was given and has not started."""

from collections import deque
from threading import Condition

from dawn_chorus.domain.jobs import BULK_SHARE, Lane, SegmentJob
from dawn_chorus.domain.ports import Delivery


class WaitingJobs:
    """Express before bulk, but of `BULK_SHARE` jobs one is bulk while both wait: a bulk job is not held for hours."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._lanes: dict[Lane, deque[tuple[Delivery, SegmentJob]]] = {lane: deque() for lane in Lane}
        self._overtaken = 0
        self._closed = False

    def put(self, delivery: Delivery, job: SegmentJob) -> None:
        """Add a job behind those of its lane."""
        with self._changed:
            self._lanes[job.lane].append((delivery, job))
            self._changed.notify()

    def take(self) -> tuple[Delivery, SegmentJob] | None:
        """Wait for the next job; None once closed, even if some are left."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or any(self._lanes.values()))
            if self._closed:
                return None
            express, bulk = self._lanes[Lane.EXPRESS], self._lanes[Lane.BULK]
            if express and (not bulk or self._overtaken < BULK_SHARE - 1):
                self._overtaken += bool(bulk)
                return express.popleft()
            self._overtaken = 0
            return bulk.popleft()

    def close(self) -> None:
        """Give no more jobs to anybody."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
