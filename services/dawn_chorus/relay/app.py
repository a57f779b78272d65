"""Wires a relay: `__main__` uses RabbitMQ, the embedded service its in-process queue."""

from collections.abc import Callable, Sequence
from threading import Event, Thread

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.readiness import Check
from dawn_chorus.domain.ports import DeadLetters, SegmentPublisher, SegmentSource
from dawn_chorus.relay.dead_letters import DeadLetterWriter
from dawn_chorus.relay.publishing import PeriodicTask, Publishing
from dawn_chorus.relay.queue_metrics import QueueMetrics

_PRUNE_EVERY_S = 3600.0
log = get_logger(__name__)


def open_relay(
    outbox: PostgresOutbox,
    publisher: SegmentPublisher,
    dead_letters: DeadLetters,
    dead_source: SegmentSource,
    queue_metrics: QueueMetrics,
    *,
    tasks: Sequence[PeriodicTask],
    poll_s: float = 5.0,
    keep_published_s: float = 86_400.0,
) -> "Relay":
    """Return a relay ready to `run`. The caller closes what it passed in, after `run` has returned.

    `tasks` are periodic tasks in addition to pruning the outbox, which the relay always does.
    """
    prune = PeriodicTask("published outbox rows pruned", _PRUNE_EVERY_S, lambda: outbox.prune(keep_published_s))
    publishing = Publishing(outbox, publisher, poll_s=poll_s, tasks=(prune, *tasks))
    queue_metrics.follow(publishing.since_round_s)
    return Relay(publishing, DeadLetterWriter(dead_letters), dead_source, queue_metrics)


def prune_responses_task(prune: Callable[[], int]) -> PeriodicTask:
    """Return the task that deletes expired idempotency keys with the responses stored for them."""
    return PeriodicTask("expired idempotency keys pruned", _PRUNE_EVERY_S, prune)


class Relay:
    """Publishes the outbox and stores dead letters until it is stopped."""

    def __init__(
        self, publishing: Publishing, writer: DeadLetterWriter, dead_source: SegmentSource, queue_metrics: QueueMetrics
    ) -> None:
        self._publishing, self._writer, self._dead_source = publishing, writer, dead_source
        self._queue_metrics = queue_metrics
        self._stopping = Event()
        self._failed = False

    @property
    def checks(self) -> dict[str, Check]:
        """The checks that `/health/ready` runs."""
        return {"publishing": self._publishing.check}

    def run(self) -> bool:
        """Run until `stop`. Return whether no thread failed with an unexpected error."""
        parts = {
            "publishing": lambda: self._publishing.run(self._stopping),
            "dead letters": lambda: self._writer.run(self._stopping),
            "queue metrics": lambda: self._queue_metrics.run(self._stopping),
            "dead letter queue": lambda: self._dead_source.consume_dead(self._writer.receive),
        }
        threads = [Thread(target=self._run_part, args=part, name=part[0], daemon=True) for part in parts.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return not self._failed

    def stop(self) -> None:
        """Stop; `run` then returns within a few seconds. Call from any thread, but not from a signal handler."""
        self._stopping.set()
        self._dead_source.stop()

    def _run_part(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the thread's outermost frame: a bug must end the process, not leave half a relay
            log.exception("relay thread failed, the process must be restarted", part=name)
            self._failed = True
        finally:
            self.stop()
