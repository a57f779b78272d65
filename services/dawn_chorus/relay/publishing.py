"""Publishes the outbox: moves jobs from the database to the queue while the relay runs."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.retrying import Backoff, Stopped, retry_until_stopped
from dawn_chorus.domain.errors import ChorusError, TransientError
from dawn_chorus.domain.ports import SegmentPublisher

_SLEEP_S = 1.0
"""The longest sleep between two checks of `stopping`."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Work repeated every `every_s` seconds, between two rounds of publishing."""

    name: str
    every_s: float
    work: Callable[[], int]
    """Returns the number of rows it changed."""


class Publishing:
    """Publishes waiting jobs on every PostgreSQL notification, and every `poll_s` seconds without one.

    An unavailable server delays a round and never ends the loop: unconfirmed jobs stay in the outbox. When the relay
    dies between the confirm and the commit, a job is published twice, which is harmless.
    """

    def __init__(
        self,
        outbox: PostgresOutbox,
        publisher: SegmentPublisher,
        *,
        poll_s: float,
        tasks: tuple[PeriodicTask, ...] = (),
    ) -> None:
        self._outbox, self._publisher, self._poll_s = outbox, publisher, poll_s
        self._next_run_s = {task: time.monotonic() + task.every_s for task in tasks}
        self._last_error = "nothing published yet"

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

    def _run_round(self, stopping: Event) -> None:
        self._publish_waiting()
        self._run_due_tasks()
        self._sleep(stopping)

    def _report(self, error: Exception, wait_s: float) -> None:
        self._last_error = str(error)
        metrics.outbox_failures.inc()
        log.warning("publishing failed, retrying", error=self._last_error, retry_in_s=round(wait_s, 1))

    def check(self) -> None:
        """Raise TransientError with the reason unless the last round succeeded."""
        if self._last_error:
            raise TransientError(self._last_error)

    def _publish_waiting(self) -> None:
        while published := self._outbox.publish_waiting(self._publisher.publish):
            metrics.outbox_published.inc(published)
            log.debug("published", jobs=published)
        # Nothing is left to publish, but an empty call services the connection's heartbeat.
        self._publisher.publish(())
        self._last_error = ""

    def _run_due_tasks(self) -> None:
        for task, next_run_s in self._next_run_s.items():
            if time.monotonic() >= next_run_s:
                self._next_run_s[task] = time.monotonic() + task.every_s
                if rows := task.work():
                    log.info(task.name, rows=rows)

    def _sleep(self, stopping: Event) -> None:
        deadline_s = time.monotonic() + self._poll_s
        while not stopping.is_set() and time.monotonic() < deadline_s:
            if self._outbox.wait(min(_SLEEP_S, self._poll_s)):
                return
