"""How many messages a second the relay publishes: one by one, as it did, and with hundreds of confirms in flight.

Both empty the same outbox into the same broker, in turns. "One by one" is the relay of before, kept here: a transaction
holds the rows of a batch locked, and each message waits for its confirm. The third contestant is the relay as it runs,
with a worker that takes what comes: between the two stands how much of a backlog it lets the broker hold.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any, cast

import pika
import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.logs import configure_logs
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher, RabbitSource
from dawn_chorus.adapters.queue.rabbitmq.connection import open_channel, open_connection
from dawn_chorus.adapters.queue.rabbitmq.topology import JOBS_EXCHANGE, LANE_QUEUES
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.domain.ports import Delivery
from dawn_chorus.relay.publishing import Publishing
from tests.bench.meter import Meter
from tests.bench.settings import BenchSettings
from tests.servers import rabbitmq
from tests.servers.postgres_fill import post

_BATCH = 500
_TAKE = (
    "SELECT id, analysis_id, segment_index, lane FROM outbox "
    "WHERE published_at IS NULL ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"
)
_MARK = "UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY(%s)"


@dataclass(frozen=True)
class Round:
    """One contestant emptied the outbox once."""

    messages_per_s: float
    relay_cpu_ms: float
    """For one message, as the others; the worker's acknowledgments included where there is one."""
    broker_cpu_ms: float
    database_cpu_ms: float


@dataclass(frozen=True)
class Servers:
    """Where the outbox is, and where its jobs go."""

    database: Database
    broker_url: str
    pids: dict[str, int]


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Let the contestants take turns; print and return their rates."""
    contestants: dict[str, Callable[[Servers, int], None]] = {
        "one by one": _publish_one_by_one,
        "confirms in flight": _publish_in_flight,
        "the relay, and a worker that takes": _relay_to_a_worker,
    }
    configure_logs("WARNING")
    rounds: dict[str, list[Round]] = {name: [] for name in contestants}
    with _open_servers() as servers:
        for _ in range(settings.bench_rounds):
            for name, publish in contestants.items():
                rounds[name].append(_run_round(servers, publish, settings.bench_relay_jobs))
    console.print(_draw(rounds, settings.bench_relay_jobs))
    return {name: [asdict(each) for each in found] for name, found in rounds.items()}


@contextmanager
def _open_servers() -> Iterator[Servers]:
    broker, folder = rabbitmq.start_node(), Path(tempfile.mkdtemp(prefix="chorus-bench-"))
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres:
            url = postgres.start()
            migrate(url)
            with Database(url) as database:
                pids = {"PostgreSQL": postgres.pid or 0, "RabbitMQ": broker.pid}
                yield Servers(database, broker.make_vhost(), pids)
    finally:
        broker.stop_for_good()
        for each in (broker.folder, folder):
            shutil.rmtree(each, ignore_errors=True)


def _run_round(servers: Servers, publish: Callable[[Servers, int], None], jobs: int) -> Round:
    # Two archives, so that the lane's turns are in it.
    for _ in range(2):
        post(servers.database, jobs / 2, segment_s=1.0, lane=Lane.BULK)
    meters = {name: Meter([pid]) for name, pid in servers.pids.items()}
    own, started_s = psutil.Process().cpu_times(), time.perf_counter()
    publish(servers, jobs)
    wall_s, used = time.perf_counter() - started_s, psutil.Process().cpu_times()
    costs = {name: meter.read().cpu_s for name, meter in meters.items()}
    assert _count_waiting(servers) == 0
    _clear(servers)
    relay_s = used.user + used.system - own.user - own.system
    to_ms = 1000 / jobs
    return Round(jobs / wall_s, relay_s * to_ms, costs["RabbitMQ"] * to_ms, costs["PostgreSQL"] * to_ms)


def _publish_one_by_one(servers: Servers, jobs: int) -> None:
    connection = open_connection(servers.broker_url, "bench")
    channel = open_channel(connection)
    channel.confirm_delivery()
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2)
    published = 0
    while published < jobs:
        with servers.database.transaction() as transaction:
            rows = transaction.execute(_TAKE, [_BATCH]).fetchall()
            for row in rows:
                body = encode_job(SegmentJob(row["analysis_id"], row["segment_index"], Lane(row["lane"])))
                channel.basic_publish(JOBS_EXCHANGE, row["lane"], body, properties, mandatory=True)
            transaction.execute(_MARK, [[row["id"] for row in rows]])
        published += len(rows)
    connection.close()


def _publish_in_flight(servers: Servers, jobs: int) -> None:
    publisher, published = RabbitPublisher(servers.broker_url, name="bench"), 0
    with closing(PostgresOutbox(servers.database)) as outbox:
        while published < jobs:
            published += outbox.publish_waiting(publisher.publish, _BATCH)
    publisher.close()


def _relay_to_a_worker(servers: Servers, jobs: int) -> None:
    source, stopping, taken = RabbitSource(servers.broker_url, name="bench worker"), Event(), 0
    publisher = RabbitPublisher(servers.broker_url, name="bench")

    def take(delivery: Delivery) -> None:
        nonlocal taken
        taken += 1
        delivery.ack()
        if taken == jobs:
            stopping.set()
            source.stop()

    with closing(PostgresOutbox(servers.database)) as outbox:
        publishing = Publishing(outbox, publisher, poll_s=5.0)
        threads = [
            Thread(target=partial(publishing.run, stopping)),
            Thread(target=partial(source.consume, take, prefetch=100)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    publisher.close()


def _count_waiting(servers: Servers) -> int:
    return PostgresOutbox(servers.database).lag().waiting


def _clear(servers: Servers) -> None:
    """Forget all that was published, in both servers."""
    connection = open_connection(servers.broker_url, "bench")
    for queue in LANE_QUEUES.values():
        connection.channel().queue_purge(queue)
    connection.close()
    with psycopg.connect(servers.database.url, autocommit=True) as sql:
        sql.execute("TRUNCATE recordings CASCADE")
        sql.execute("VACUUM ANALYZE outbox")


def _draw(rounds: dict[str, list[Round]], jobs: int) -> Table:
    table = Table("", *rounds, title=f"{jobs:,} messages, medians of {len(next(iter(rounds.values())))}")
    names = {
        "messages_per_s": "messages a second",
        "relay_cpu_ms": "relay, CPU ms a message",
        "broker_cpu_ms": "RabbitMQ, CPU ms a message",
        "database_cpu_ms": "PostgreSQL, CPU ms a message",
    }
    medians = {
        field: [median(cast("float", getattr(each, field)) for each in found) for found in rounds.values()]
        for field in names
    }
    for field, name in names.items():
        digits = 0 if field == "messages_per_s" else 3
        table.add_row(name, *(f"{value:,.{digits}f}" for value in medians[field]))
    table.add_row(
        "times one by one", *(f"{rate / medians['messages_per_s'][0]:.1f}" for rate in medians["messages_per_s"])
    )
    return table
