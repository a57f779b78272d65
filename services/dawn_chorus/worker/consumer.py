"""From deliveries to segments in hand: takes jobs off the queue, spreads them over threads, stops gracefully."""

import time
from collections.abc import Callable
from enum import Enum, auto
from queue import Empty, PriorityQueue, SimpleQueue
from threading import Event, Thread

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.adapters.queue.messages import decode_job
from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.domain.errors import UnknownMessage
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.domain.ports import Delivery, SegmentSource
from dawn_chorus.worker.shared_lock import SharedLock

log = get_logger(__name__)

_URGENCY = {Lane.EXPRESS: 0, Lane.BULK: 1}
_SUSPECT_RETURNS = 2
_LEAVE = 2
"""Less urgent than any job: what a thread finds when it is asked to leave while nothing waits."""


class _Signal(Enum):
    STOP = auto()
    THREAD_ENDED = auto()
    QUEUE_ENDED = auto()


class Worker:
    """Analyzes the jobs of a source on `in_flight` threads until it is stopped.

    A job that came back again and again may be what killed its workers: it is tried alone, so that it takes no other
    with it.

    Two threads more than there are sessions keep the sessions busy: one decodes, one saves meanwhile.
    `analyze` ends a job in the ledger, whatever its outcome; only what it raises is not the job's end. `stopping` is
    set once the grace time is over: whoever waits for a server in `analyze` gives up then.
    """

    def __init__(
        self,
        source: SegmentSource,
        analyze: Callable[[SegmentJob], None],
        *,
        in_flight: int,
        grace_s: float,
        stopping: Event,
    ) -> None:
        self._source, self._analyze = source, analyze
        self._in_flight, self._grace_s, self._stopping = in_flight, grace_s, stopping
        self._draining = False
        self._lock = SharedLock()
        self._waiting: PriorityQueue[tuple[int, int, Delivery | None, SegmentJob | None]] = PriorityQueue()
        self._taken, self._failed = 0, False
        self._threads = in_flight
        # Not an Event: `stop` is called by signal handlers, and only SimpleQueue.put may interrupt itself.
        self._signals: SimpleQueue[_Signal] = SimpleQueue()
        self._queue_thread = Thread(target=self._consume, name="queue", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether jobs are being taken, or will be once the broker is back."""
        return self._queue_thread.is_alive()

    def run(self) -> bool:
        """Work until `stop`. Return whether all went well and everything in hand was finished."""
        for number in range(self._in_flight):
            Thread(target=self._work, name=f"segment-{number}", daemon=True).start()
        self._queue_thread.start()
        if self._signals.get() is _Signal.THREAD_ENDED:
            log.critical("segment thread died, the process must be restarted")
            self._failed, self._threads = True, self._threads - 1
        log.info("draining", grace_s=self._grace_s)
        finished = self._drain()
        self._stopping.set()
        self._source.stop()
        self._queue_thread.join()
        log.info("stopped" if finished else "stopped with segments in hand, they return to the queue")
        return finished and not self._failed

    def stop(self) -> None:
        """Ask for a graceful end; asked twice, end at once. From any thread or signal handler."""
        self._signals.put(_Signal.STOP)
        self._draining = True

    def _drain(self) -> bool:
        """Take no further job and wait for the threads until the grace time is over or a second stop is asked."""
        self._draining = True
        for number in range(self._in_flight):
            self._waiting.put((_LEAVE, number, None, None))
        deadline = time.monotonic() + self._grace_s
        while self._threads:
            try:
                signal = self._signals.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return False
            if signal is not _Signal.THREAD_ENDED:
                return False
            self._threads -= 1
        return True

    def _consume(self) -> None:
        try:
            self._source.consume(self._take, prefetch=self._in_flight)
        except Exception:  # a bug in the source must end the process, loudly, rather than leave it idle
            log.exception("queue thread died, the process must be restarted")
            self._failed = True
        finally:
            self._signals.put(_Signal.QUEUE_ENDED)

    def _take(self, delivery: Delivery) -> None:
        """Put a delivery where the threads find it, express first; runs on the queue's thread."""
        try:
            job = decode_job(delivery.body)
        except UnknownMessage as error:
            log.warning(
                "message rejected, it becomes a dead letter",
                reason=str(error),
                body=delivery.body[:500].decode(errors="replace"),
            )
            metrics.deliveries.labels("dead").inc()
            delivery.reject(requeue=False)
            return
        self._taken += 1
        self._waiting.put((_URGENCY[job.lane], self._taken, delivery, job))

    def _work(self) -> None:
        try:
            while not self._draining:
                _, _, delivery, job = self._waiting.get()
                if delivery is None or job is None or self._draining:
                    break
                ids = log_ids(analysis_id=job.analysis_id, segment=job.segment_index)
                with self._lock.hold(exclusive=delivery.returns >= _SUSPECT_RETURNS), ids:
                    self._finish(delivery, job)
        finally:
            self._signals.put(_Signal.THREAD_ENDED)

    def _finish(self, delivery: Delivery, job: SegmentJob) -> None:
        try:
            with metrics.segments_in_flight.track_inprogress():
                self._analyze(job)
        except Stopped:
            log.warning("segment returned to the queue, the worker stops")
        except Exception:  # the delivery loop: a bug costs this delivery, never the worker, and is never acknowledged
            log.exception("segment crashed on a bug, it returns to the queue")
            metrics.deliveries.labels("requeued").inc()
            delivery.reject(requeue=True)
        else:
            metrics.deliveries.labels("acked").inc()
            delivery.ack()
