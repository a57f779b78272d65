"""A ledger that retries while its database is unavailable, so that no computed result is lost."""

import math
from collections.abc import Callable, Sequence
from threading import Event
from typing import TypeVar

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.retrying import Backoff, retry_until_stopped
from dawn_chorus.domain.errors import OutdatedWork, TransientError
from dawn_chorus.domain.jobs import SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.ports import SegmentLedger
from dawn_chorus.domain.timeline import SegmentTimeline

log = get_logger(__name__)
T = TypeVar("T")


class RetryingLedger:
    """A `SegmentLedger` that retries every call while the database is unavailable.

    The only TransientError it raises is OutdatedWork. Once `stopping` is set, every call raises Stopped.
    """

    def __init__(self, ledger: SegmentLedger, stopping: Event, *, first_s: float = 0.2, most_s: float = 10.0) -> None:
        self._ledger, self._stopping = ledger, stopping
        self._first_s, self._most_s = first_s, most_s

    def register_pack(self, pack: PackFacts) -> None:
        self._retry(lambda: self._ledger.register_pack(pack))

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        return self._retry(lambda: self._ledger.start_segment(job, worker))

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        self._retry(lambda: self._ledger.save_timeline(work, timeline, facts))

    def fail_segment(self, job: SegmentJob, reason: str, lost: Sequence[LostStretch] = ()) -> None:
        self._retry(lambda: self._ledger.fail_segment(job, reason, lost))

    def retry_segment(self, job: SegmentJob, reason: str, delay_s: float) -> None:
        self._retry(lambda: self._ledger.retry_segment(job, reason, delay_s))

    def extend_recording(self, work: SegmentWork, duration_s: float, most_s: float = math.inf) -> SegmentWork:
        return self._retry(lambda: self._ledger.extend_recording(work, duration_s, most_s))

    def _retry(self, call: Callable[[], T]) -> T:
        backoff = Backoff(self._first_s, self._most_s)
        return retry_until_stopped(
            call, self._stopping, retry_on=(TransientError,), on_failure=_report, backoff=backoff
        )


def _report(error: Exception, wait_s: float) -> None:
    if isinstance(error, OutdatedWork):
        raise error  # the database is up: saving the same result again would fail again
    metrics.ledger_retries.inc()
    log.warning("database unavailable, retrying", error=str(error), retry_in_s=round(wait_s, 1))
