"""Stores dead letters: from their queue to the database, where an operator can list and requeue them."""

from contextlib import nullcontext, suppress
from queue import Empty, SimpleQueue
from threading import Event

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.adapters.queue.messages import decode_job
from dawn_chorus.adapters.retrying import Backoff, Stopped, retry_until_stopped
from dawn_chorus.domain.errors import TransientError, UnknownMessage
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, SegmentJob
from dawn_chorus.domain.ports import DeadLetters, Delivery

_SLEEP_S = 0.5
log = get_logger(__name__)


class DeadLetterWriter:
    """Stores dead letters one by one and marks their segments failed, so that no analysis waits forever.

    A dead letter is acknowledged after the commit. While the database is unavailable, storing is retried.
    """

    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters
        self._arrived: SimpleQueue[Delivery] = SimpleQueue()
        metrics.expect_dead_letters()

    def receive(self, delivery: Delivery) -> None:
        """Accept a dead letter for storing; returns at once."""
        self._arrived.put(delivery)

    def run(self, stopping: Event) -> None:
        """Store dead letters until `stopping` is set; the broker redelivers unacknowledged ones to the next relay."""
        while not stopping.is_set():
            try:
                delivery = self._arrived.get(timeout=_SLEEP_S)
            except Empty:
                continue
            self._store(delivery, stopping)

    def _store(self, delivery: Delivery, stopping: Event) -> None:
        with suppress(Stopped):
            retry_until_stopped(
                lambda: self._store_once(delivery),
                stopping,
                retry_on=(TransientError,),
                on_failure=_report,
                backoff=Backoff(),
            )
            delivery.ack()

    def _store_once(self, delivery: Delivery) -> None:
        """Store the dead letter, or requeue its segment if another segment killed the workers that held both."""
        job, reason = read_dead_letter(delivery)
        with log_ids(analysis_id=job.analysis_id, segment=job.segment_index) if job else nullcontext():
            if job is not None and delivery.reason == "delivery_limit" and self._dead_letters.requeue_bystander(job):
                log.warning("segment requeued, redelivered too often but rarely started")
                return
            dead_letter_id = self._dead_letters.keep_dead_letter(delivery.body, reason, job)
            known = delivery.reason in metrics.DEAD_LETTER_REASONS
            metrics.dead_letters.labels(delivery.reason if known else "unknown").inc()
            log.error("dead letter stored", reason=reason, dead_letter_id=str(dead_letter_id))


def _report(error: Exception, wait_s: float) -> None:
    log.warning("database unavailable, retrying", error=str(error), retry_in_s=round(wait_s, 1))


def read_dead_letter(delivery: Delivery) -> tuple[SegmentJob | None, str]:
    """Return the job, None if the message cannot be read, and the reason, worded for the uploader of the recording."""
    try:
        job = decode_job(delivery.body)
    except UnknownMessage as error:
        return None, str(error)
    if delivery.reason == "delivery_limit":
        return (
            job,
            f"worker lost {DELIVERY_LIMIT + 1} times: it died, or broke off, whenever it had this segment in hand",
        )
    return job, f"the queue gave the segment up ({delivery.reason or 'no reason given'})"
