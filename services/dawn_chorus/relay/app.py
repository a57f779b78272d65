"""Puts a relay together: `__main__` on RabbitMQ, the embedded service on its queue in the process."""

from collections.abc import Callable, Sequence
from threading import Event, Thread

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.status_server import Check
from dawn_chorus.domain.ports import DeadLetters, SegmentPublisher, SegmentSource
from dawn_chorus.relay.burial import Burial
from dawn_chorus.relay.measures import Measures
from dawn_chorus.relay.publishing import Chore, Publishing

_PRUNE_EVERY_S = 3600.0
log = get_logger(__name__)


def open_relay(
    outbox: PostgresOutbox,
    publisher: SegmentPublisher,
    dead_letters: DeadLetters,
    dead_source: SegmentSource,
    measures: Measures,
    *,
    chores: Sequence[Chore],
    poll_s: float = 5.0,
    keep_published_s: float = 86_400.0,
) -> "Relay":
    """Wire a relay; what was passed in is closed by whoever opened it, after `run` returned.

    `chores` are what is to be done now and then beside its own.
    """
    prune = Chore("published rows of the outbox removed", _PRUNE_EVERY_S, lambda: outbox.prune(keep_published_s))
    publishing = Publishing(outbox, publisher, poll_s=poll_s, chores=(prune, *chores))
    return Relay(publishing, Burial(dead_letters), dead_source, measures)


def plan_forgetting(prune_answers: Callable[[], int]) -> Chore:
    """Have answers removed that were kept for idempotency keys, once they have expired."""
    return Chore("expired answers to idempotency keys removed", _PRUNE_EVERY_S, prune_answers)


class Relay:
    """Publishes what waits in the outbox and writes the dead letters down, until it is stopped."""

    def __init__(self, publishing: Publishing, burial: Burial, dead_source: SegmentSource, measures: Measures) -> None:
        self._publishing, self._burial, self._dead_source = publishing, burial, dead_source
        self._measures = measures
        self._stopping = Event()
        self._failed = False

    @property
    def checks(self) -> dict[str, Check]:
        """What `/health/ready` asks."""
        return {"publishing": self._publishing.check}

    def run(self) -> bool:
        """Work until `stop`; tell whether that, and no bug, was the end."""
        parts = {
            "publishing": lambda: self._publishing.run(self._stopping),
            "dead letters": lambda: self._burial.run(self._stopping),
            "measures": lambda: self._measures.run(self._stopping),
            "dead letter queue": lambda: self._dead_source.consume_dead(self._burial.receive),
        }
        threads = [Thread(target=self._run_part, args=part, name=part[0], daemon=True) for part in parts.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return not self._failed

    def stop(self) -> None:
        """Ask for the end, from any thread but not from a signal handler; `run` returns within a few seconds."""
        self._stopping.set()
        self._dead_source.stop()

    def _run_part(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # a thread's loop: a bug must end the process, loudly, rather than leave half a relay
            log.exception("the relay died of a bug", part=name)
            self._failed = True
        finally:
            self.stop()
