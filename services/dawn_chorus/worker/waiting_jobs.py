"""The jobs that a worker was given and has not started."""

import time
from collections import deque
from threading import Condition

from dawn_chorus.domain.jobs import BULK_SHARE, Lane, SegmentJob
from dawn_chorus.domain.ports import Delivery

LATE_S = 2.0


class WaitingJobs:
    """Express before bulk, but of `BULK_SHARE` jobs one is bulk while both wait: a bulk job is not held for hours."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._lanes: dict[Lane, deque[tuple[Delivery, SegmentJob, float]]] = {lane: deque() for lane in Lane}
        self._overtaken = 0
        self._closed = False

    def put(self, delivery: Delivery, job: SegmentJob) -> None:
        """Add a job behind those of its lane."""
        with self._changed:
            self._lanes[job.lane].append((delivery, job, time.monotonic()))
            self._changed.notify_all()  # of two kinds of threads that wait

    def take_late(self) -> tuple[Delivery, SegmentJob] | None:
        """Wait for a job of the lane express that nobody takes for `LATE_S`; None once closed."""
        express = self._lanes[Lane.EXPRESS]
        with self._changed:
            while not self._closed:
                wait_s = express[0][2] + LATE_S - time.monotonic() if express else None
                if wait_s is not None and wait_s <= 0:
                    return express.popleft()[:2]
                self._changed.wait(wait_s)
            return None

    def take(self) -> tuple[Delivery, SegmentJob] | None:
        """Wait for the next job; None once closed, even if some are left."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or any(self._lanes.values()))
            if self._closed:
                return None
            express, bulk = self._lanes[Lane.EXPRESS], self._lanes[Lane.BULK]
            if express and (not bulk or self._overtaken < BULK_SHARE - 1):
                self._overtaken += bool(bulk)
                return express.popleft()[:2]
            self._overtaken = 0
            return bulk.popleft()[:2]

    def close(self) -> None:
        """Hand out no more jobs."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
