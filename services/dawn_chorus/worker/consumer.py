"""Takes jobs off the queue, spreads them over threads, and stops gracefully."""

import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from queue import Empty, SimpleQueue
from threading import Event, Thread

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger, log_ids
from dawn_chorus.adapters.queue.messages import decode_job
from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.domain.errors import UnknownMessage
from dawn_chorus.domain.jobs import SegmentJob
from dawn_chorus.domain.ports import Delivery, SegmentSource
from dawn_chorus.worker.shared_lock import SharedLock
from dawn_chorus.worker.waiting_jobs import WaitingJobs

log = get_logger(__name__)

_LOOK_UP_S = 0.5
_SUSPECT_RETURNS = 2
"""A job redelivered this often may be what killed its workers."""


class _Signal(Enum):
    STOP = auto()
    THREAD_ENDED = auto()
    QUEUE_ENDED = auto()


class Worker:
    """Analyzes the jobs of a source on `in_flight` threads until it is stopped.

    One more thread takes those of the lane express that nobody takes for seconds: a short recording need not wait until
    long ones are done, however long a hostile one takes.

    A job that was redelivered repeatedly may be what killed its workers. It runs alone, so that it takes no other job
    down with it.

    Two threads more than sessions keep the sessions busy: meanwhile one decodes and one saves.
    `analyze` saves every outcome of a job in the ledger; only when it raises is the job unfinished. `stopping` is set
    when the grace time is over; `analyze` then stops waiting for servers and raises Stopped.
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
        self._waiting = WaitingJobs()
        self._failed = False
        self._threads = in_flight + 1
        # Not an Event: `stop` is called by signal handlers, and only SimpleQueue.put is reentrant.
        self._signals: SimpleQueue[_Signal] = SimpleQueue()
        self._queue_thread = Thread(target=self._consume, name="queue", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the queue thread runs: it consumes jobs, or reconnects to the broker."""
        return self._queue_thread.is_alive()

    def run(self) -> bool:
        """Run until `stop`. Return whether no thread failed and every started segment finished."""
        for number in range(self._threads):
            take = self._waiting.take if number < self._in_flight else self._waiting.take_late
            Thread(target=self._work, args=[take], name=f"segment-{number}", daemon=True).start()
        self._queue_thread.start()
        if self._wait_for_signal() is _Signal.THREAD_ENDED:
            log.critical("segment thread failed, the process must be restarted")
            self._failed, self._threads = True, self._threads - 1
        log.info("draining", grace_s=self._grace_s)
        finished = self._drain()
        self._stopping.set()
        self._source.stop()
        self._queue_thread.join()
        log.info("stopped" if finished else "stopped with unfinished segments, they return to the queue")
        return finished and not self._failed

    def _wait_for_signal(self) -> _Signal:
        """Return the next. One just before a wait is noticed after it: so no wait is long."""
        while True:
            with suppress(Empty):
                return self._signals.get(timeout=_LOOK_UP_S)

    def stop(self) -> None:
        """Stop gracefully; a second call stops at once. Call from any thread or signal handler."""
        self._signals.put(_Signal.STOP)
        self._draining = True

    def _drain(self) -> bool:
        """Start no further job and wait for the threads. Return False after the grace time or at a second `stop`."""
        self._draining = True
        self._waiting.close()
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
        except Exception:  # a bug in the source must end the process rather than leave it idle
            log.exception("queue thread failed, the process must be restarted")
            self._failed = True
        finally:
            self._signals.put(_Signal.QUEUE_ENDED)

    def _take(self, delivery: Delivery) -> None:
        """Queue a delivery for the segment threads. Called on the queue thread."""
        try:
            job = decode_job(delivery.body)
        except UnknownMessage as error:
            log.warning(
                "unreadable message rejected, it becomes a dead letter",
                reason=str(error),
                body=delivery.body[:500].decode(errors="replace"),
            )
            metrics.deliveries.labels("dead").inc()
            delivery.reject(requeue=False)
            return
        self._waiting.put(delivery, job)

    def _work(self, take: Callable[[], tuple[Delivery, SegmentJob] | None]) -> None:
        try:
            while not self._draining:
                waiting = take()
                if waiting is None or self._draining:
                    break
                delivery, job = waiting
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
            log.warning("segment returned to the queue, worker is stopping")
        except Exception:  # the delivery loop: a bug fails this delivery, never the worker, and is not acknowledged
            log.exception("segment failed with an unexpected error, it returns to the queue")
            metrics.deliveries.labels("requeued").inc()
            delivery.reject(requeue=True)
        else:
            metrics.deliveries.labels("acked").inc()
            delivery.ack()
