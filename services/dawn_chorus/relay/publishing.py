"""Publishes the outbox: from the database to the queue, for as long as the relay lives."""

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
"""The longest sleep that does not look whether to stop."""
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    """Something to be done now and then between two rounds of publishing."""

    name: str
    every_s: float
    work: Callable[[], int]
    """Returns how many rows there were to work on."""


class Publishing:
    """Publishes what waits whenever PostgreSQL calls, and every `poll_s` without a call.

    A server that is away delays a round, never ends the loop: what is not confirmed stays in the outbox. Publishing
    twice, which happens when the relay dies between the confirm and the commit, is harmless.
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
        self._due_s = {task: time.monotonic() + task.every_s for task in tasks}
        self._trouble = "nothing published yet"

    def run(self, stopping: Event) -> None:
        """Work until `stopping` is set."""
        with suppress(Stopped):
            while True:
                retry_until_stopped(
                    lambda: self._do_round(stopping),
                    stopping,
                    retry_on=(ChorusError,),
                    on_failure=self._report,
                    backoff=Backoff(),
                )

    def _do_round(self, stopping: Event) -> None:
        self._publish_waiting()
        self._run_due_tasks()
        self._sleep(stopping)

    def _report(self, error: Exception, wait_s: float) -> None:
        self._trouble = str(error)
        metrics.outbox_failures.inc()
        log.warning("publishing failed, retrying", error=self._trouble, retry_in_s=round(wait_s, 1))

    def check(self) -> None:
        """Raise TransientError, saying why, unless the last round went well."""
        if self._trouble:
            raise TransientError(self._trouble)

    def _publish_waiting(self) -> None:
        while published := self._outbox.publish_waiting(self._publisher.publish):
            metrics.outbox_published.inc(published)
            log.debug("published", jobs=published)
        # Nothing waits, but the connection wants to be looked after.
        self._publisher.publish(())
        self._trouble = ""

    def _run_due_tasks(self) -> None:
        for task, due_s in self._due_s.items():
            if time.monotonic() >= due_s:
                self._due_s[task] = time.monotonic() + task.every_s
                if done := task.work():
                    log.info(task.name, rows=done)

    def _sleep(self, stopping: Event) -> None:
        awake_s = time.monotonic() + self._poll_s
        while not stopping.is_set() and time.monotonic() < awake_s:
            if self._outbox.wait(min(_SLEEP_S, self._poll_s)):
                return
