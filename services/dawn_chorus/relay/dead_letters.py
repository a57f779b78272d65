"""Dead letters: from their queue to the database, where somebody will look at them."""

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
_KNOWN_REASONS = {"delivery_limit", "rejected", "expired", "maxlen"}
log = get_logger(__name__)


class DeadLetterWriter:
    """Writes dead letters down, one after another, and fails their segments, so that no analysis waits for ever.

    A letter is acknowledged once it is committed. While the database is away, writing is tried again and again.
    """

    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters
        self._arrived: SimpleQueue[Delivery] = SimpleQueue()
        metrics.expect_dead_letters(_KNOWN_REASONS)

    def receive(self, delivery: Delivery) -> None:
        """Take a letter in; returns at once."""
        self._arrived.put(delivery)

    def run(self, stopping: Event) -> None:
        """Write down what arrives until `stopping` is set; what is left then comes again to the next relay."""
        while not stopping.is_set():
            try:
                delivery = self._arrived.get(timeout=_SLEEP_S)
            except Empty:
                continue
            self._write(delivery, stopping)

    def _write(self, delivery: Delivery, stopping: Event) -> None:
        with suppress(Stopped):
            retry_until_stopped(
                lambda: self._settle(delivery),
                stopping,
                retry_on=(TransientError,),
                on_failure=_report,
                backoff=Backoff(),
            )
            delivery.ack()

    def _settle(self, delivery: Delivery) -> None:
        """Write the letter down, unless its segment was only a bystander."""
        job, reason = read_letter(delivery)
        with log_ids(analysis_id=job.analysis_id, segment=job.segment_index) if job else nullcontext():
            if job is not None and delivery.reason == "delivery_limit" and self._dead_letters.requeue_bystander(job):
                log.warning("segment queued again: redelivered too often, but hardly ever started")
                return
            letter_id = self._dead_letters.keep_dead_letter(delivery.body, reason, job)
            metrics.dead_letters.labels(delivery.reason if delivery.reason in _KNOWN_REASONS else "unknown").inc()
            log.error("dead letter stored", reason=reason, dead_letter_id=str(letter_id))


def _report(error: Exception, wait_s: float) -> None:
    log.warning("database unavailable, retrying", error=str(error), retry_in_s=round(wait_s, 1))


def read_letter(delivery: Delivery) -> tuple[SegmentJob | None, str]:
    """Return the job, if the letter can be read, and why it died, in words for whoever uploaded the recording."""
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
