"""Metrics of outbox and backlog, measured on their own thread, so that they stay current while the broker is down."""

import math
from collections.abc import Callable
from threading import Event

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.backlog import measure_backlog
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.jobs import Lane

_UNKNOWN = float("nan")
log = get_logger(__name__)


class QueueMetrics:
    """Sets the gauges of outbox and backlog every `every_s`; NaN while the database is unavailable."""

    def __init__(self, database: Database, *, every_s: float) -> None:
        self._database, self._every_s = database, every_s
        self._outbox = PostgresOutbox(database)
        self._since_round_s: Callable[[], float] = lambda: math.inf

    def follow(self, since_round_s: Callable[[], float]) -> None:
        """Measure the lag by the relay's rounds too: a job that waits for room in its queue is not late."""
        self._since_round_s = since_round_s

    def run(self, stopping: Event) -> None:
        """Measure until `stopping` is set."""
        while True:
            self.measure()
            if stopping.wait(self._every_s):
                return

    def measure(self) -> None:
        """Measure once."""
        try:
            self._measure_outbox()
            self._measure_backlog()
        except TransientError as error:
            log.debug("database unavailable, queue metrics unknown", error=str(error))
            _set_unknown()

    def _measure_outbox(self) -> None:
        lag = self._outbox.lag()
        metrics.outbox_waiting.set(lag.waiting)
        metrics.outbox_lag_seconds.set(min(lag.oldest_s, self._since_round_s()))

    def _measure_backlog(self) -> None:
        for lane, backlog in measure_backlog(self._database).items():
            metrics.backlog_segments.labels(lane).set(backlog.segments)
            metrics.backlog_audio_seconds.labels(lane).set(backlog.audio_s)
            metrics.backlog_oldest_seconds.labels(lane).set(backlog.oldest_s)


def _set_unknown() -> None:
    metrics.outbox_waiting.set(_UNKNOWN)
    metrics.outbox_lag_seconds.set(_UNKNOWN)
    for gauge in (metrics.backlog_segments, metrics.backlog_audio_seconds, metrics.backlog_oldest_seconds):
        for lane in Lane:
            gauge.labels(lane).set(_UNKNOWN)
