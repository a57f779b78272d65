"""`python -m dawn_chorus.relay`: the relay on PostgreSQL and RabbitMQ."""

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

from dawn_chorus.adapters.logs import configure_logs, get_logger
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.idempotency import prune_responses
from dawn_chorus.adapters.postgres.lost_messages import requeue_unfinished
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher, RabbitSource
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.adapters.variables import read_settings
from dawn_chorus.domain.errors import ChorusError
from dawn_chorus.relay.app import Relay, open_relay, prune_responses_task
from dawn_chorus.relay.lost_messages import lost_messages_task
from dawn_chorus.relay.queue_metrics import QueueMetrics
from dawn_chorus.relay.settings import RelaySettings

_GRACE_S = 20.0
_LOOK_UP_S = 0.5
log = get_logger(__name__)


def main() -> None:
    """Run until SIGTERM or SIGINT; the exit code is 0 only if a signal ended it and every thread finished in time."""
    configure_logs("INFO")
    try:
        settings = read_settings(RelaySettings)
        configure_logs(settings.log_level)
        ended_well = run_relay(settings)
    except ChorusError as error:
        log.critical("relay cannot start", reason=str(error))
        sys.exit(1)
    if not ended_well:
        # A thread that is blocked on a server would also block the interpreter's exit.
        os._exit(1)


def run_relay(settings: RelaySettings) -> bool:
    """Run until stopped by a signal. Return whether every thread finished in time and none failed.

    Neither server has to be up: the relay waits for both. The status server starts first and stops last, so that a
    probe can always see what is missing. Raises PermanentError if its port is in use.
    """
    dead_source = RabbitSource(settings.broker_url, name=f"{settings.relay_name} (dead letters)")
    publisher = RabbitPublisher(settings.broker_url, name=settings.relay_name)
    with Database(settings.database_url, max_size=5) as database:
        outbox = PostgresOutbox(database)
        relay = open_relay(
            outbox,
            publisher,
            PostgresDeadLetters(database),
            dead_source,
            QueueMetrics(database, every_s=settings.measure_every_s),
            tasks=(
                prune_responses_task(partial(prune_responses, database)),
                lost_messages_task(partial(requeue_unfinished, database), publisher, settings),
            ),
            poll_s=settings.poll_s,
            # Whether a segment was published lately is known from these rows.
            keep_published_s=max(settings.keep_published_s, settings.recover_after_s),
        )
        checks = {"database": database.check, "broker": dead_source.check, **relay.checks}
        with StatusServer(settings.status_host, settings.status_port, ready=Readiness(checks)):
            finished = _run_until_signal(relay)
        publisher.close()
        outbox.close()
    return finished


def _run_until_signal(relay: Relay) -> bool:
    # Not an Event: a signal handler may interrupt the main thread anywhere, and only SimpleQueue.put is reentrant.
    ended: SimpleQueue[str] = SimpleQueue()
    outcomes: list[bool] = []

    def run() -> None:
        outcomes.append(relay.run())
        ended.put("stopped by itself")

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: ended.put(signal.Signals(received).name))
    thread = Thread(target=run, name="relay", daemon=True)
    thread.start()
    log.info("relay stopping", cause=_wait_for(ended))
    relay.stop()
    thread.join(_GRACE_S)
    return outcomes == [True]


def _wait_for(ended: "SimpleQueue[str]") -> str:
    """Return what ended it. A signal just before a wait is noticed after it: so no wait is long."""
    while True:
        with suppress(Empty):
            return ended.get(timeout=_LOOK_UP_S)


if __name__ == "__main__":
    main()
