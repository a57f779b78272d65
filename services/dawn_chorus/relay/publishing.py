"""Publishes the outbox: moves jobs from the database to the queue while the relay runs."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.retrying import Backoff, Stopped, retry_until_stopped
from dawn_chorus.domain.errors import ChorusError, TransientError
from dawn_chorus.domain.jobs import Lane, OutboxEntry
from dawn_chorus.domain.ports import Outbox, SegmentPublisher
from dawn_chorus.relay.lane_windows import LEAST_PAUSE_S, LaneWindows

_SLEEP_S = 1.0
"""The longest sleep between two checks of `stopping`."""
_BATCH = 500
"""Jobs published at once: so many confirms are in flight."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Work repeated every `every_s` seconds, between two rounds of publishing."""

    name: str
    every_s: float
    work: Callable[[], int]
    """Returns the number of rows it changed."""


class Publishing:
    """Publishes waiting jobs on every PostgreSQL notification, when a retry is due, and every `poll_s` seconds.

    While a lane's queue is full, its jobs wait in the outbox and the relay looks again several times a second. An
    unavailable server delays a round and never ends the loop: unconfirmed jobs stay in the outbox. When the relay dies
    between the confirm and the commit, a job is published twice, which is harmless.
    """

    def __init__(
        self,
        outbox: Outbox,
        publisher: SegmentPublisher,
        *,
        poll_s: float,
        tasks: tuple[PeriodicTask, ...] = (),
    ) -> None:
        self._outbox, self._publisher, self._poll_s = outbox, publisher, poll_s
        self._windows = LaneWindows(publisher.measure_lanes)
        self._next_run_s = {task: time.monotonic() + task.every_s for task in tasks}
        self._taken: Counter[Lane] = Counter()
        self._last_error = "nothing published yet"
        self._last_round_s = time.monotonic()

    def run(self, stopping: Event) -> None:
        """Publish until `stopping` is set."""
        with suppress(Stopped):
            while True:
                retry_until_stopped(
                    lambda: self._run_round(stopping),
                    stopping,
                    retry_on=(ChorusError,),
                    on_failure=self._report,
                    backoff=Backoff(),
                )

    def check(self) -> None:
        """Raise TransientError with the reason unless the last round succeeded."""
        if self._last_error:
            raise TransientError(self._last_error)

    def since_round_s(self) -> float:
        """Return the seconds since all that had room in the queues was published; from any thread."""
        return time.monotonic() - self._last_round_s

    def _run_round(self, stopping: Event) -> None:
        full = self._publish_waiting()
        self._last_error, self._last_round_s = "", time.monotonic()
        self._run_due_tasks()
        self._sleep(stopping, full)

    def _report(self, error: Exception, wait_s: float) -> None:
        self._last_error = str(error)
        metrics.outbox_failures.inc()
        log.warning("publishing failed, retrying", error=self._last_error, retry_in_s=round(wait_s, 1))

    def _publish_waiting(self) -> list[Lane]:
        """Publish what there is room for; return the lanes that have none left."""
        # The call without jobs answers the connection's heartbeats, and fails before any are taken.
        self._publisher.publish(())
        while True:
            room = self._windows.find_room()
            if not any(room.values()):
                return list(Lane)
            self._taken.clear()
            if published := self._outbox.publish_waiting(self._publish, _BATCH, room):
                metrics.outbox_published.inc(published)
                log.debug("published", jobs=published)
            if self._taken.total() < _BATCH:
                return [lane for lane in Lane if self._taken[lane] >= room[lane]]

    def _publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        self._taken.update(entry.job.lane for entry in entries)
        for lane, count in self._taken.items():
            self._windows.note_published(lane, count)
        return self._publisher.publish(entries)

    def _run_due_tasks(self) -> None:
        for task, next_run_s in self._next_run_s.items():
            if time.monotonic() >= next_run_s:
                self._next_run_s[task] = time.monotonic() + task.every_s
                if rows := task.work():
                    log.info(task.name, rows=rows)

    def _sleep(self, stopping: Event, full: list[Lane]) -> None:
        """Wait for the next job; while lanes are full, until it is time to look at their queues again."""
        deadline_s = time.monotonic() + min(self._poll_s, self._windows.pause_s(full) if full else math.inf)
        if full:
            # However many jobs come meanwhile; if no lane has room, they change nothing.
            stopping.wait(deadline_s - time.monotonic() if len(full) == len(Lane) else LEAST_PAUSE_S)
        while not stopping.is_set() and (left_s := deadline_s - time.monotonic()) > 0:
            if self._outbox.wait(min(_SLEEP_S, left_s)):
                return
