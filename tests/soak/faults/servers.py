"""Faults of PostgreSQL and RabbitMQ, and of the lines to them."""

import random
from urllib.parse import quote
from uuid import uuid4

import psycopg

from dawn_chorus.adapters.queue.rabbitmq.connection import BROKER_ERRORS
from dawn_chorus.adapters.queue.rabbitmq.topology import LANE_QUEUES
from dawn_chorus.domain.jobs import Lane
from tests.integration.queues import publish_raw
from tests.soak.line import Line
from tests.soak.promises import Promises
from tests.soak.stack import Stack


def kill_database(stack: Stack, rng: random.Random) -> None:
    stack.postgres.kill()
    stack.hold(rng.uniform(0.5, 4.0))
    stack.postgres.start()


def restart_database(stack: Stack, rng: random.Random) -> None:
    stack.postgres.stop()
    stack.hold(rng.uniform(0.0, 3.0))
    stack.postgres.start()


def end_backends(stack: Stack, rng: random.Random) -> None:
    """Have PostgreSQL end all connections, a few times."""
    for _ in range(rng.randint(1, 4)):
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        stack.hold(rng.uniform(0.1, 1.0))


def kill_broker(stack: Stack, rng: random.Random) -> None:
    stack.rabbit.kill()
    stack.hold(rng.uniform(0.0, 3.0))
    stack.rabbit.start()


def restart_broker(stack: Stack, rng: random.Random) -> None:
    stack.rabbit.stop()
    stack.hold(rng.uniform(0.0, 3.0))
    stack.rabbit.start()


def alarm_memory(stack: Stack, rng: random.Random) -> None:
    """Have RabbitMQ block publishers."""
    try:
        stack.rabbit.control("set_vm_memory_high_watermark", "0.00001")
        stack.hold(rng.uniform(2.0, 8.0))
    finally:
        stack.rabbit.control("set_vm_memory_high_watermark", "0.6")


def alarm_disk(stack: Stack, rng: random.Random) -> None:
    try:
        stack.rabbit.control("set_disk_free_limit", "100000GB")
        stack.hold(rng.uniform(2.0, 8.0))
    finally:
        stack.rabbit.control("set_disk_free_limit", "50MB")


def purge_queues(stack: Stack, _rng: random.Random) -> None:
    vhost = quote(stack.broker_url.rpartition("/")[2], safe="")
    for queue in LANE_QUEUES.values():
        stack.rabbit.manage("DELETE", f"/api/queues/{vhost}/{queue}/contents")


def poison_queue(stack: Stack, promises: Promises, rng: random.Random) -> None:
    """Publish what no worker understands."""
    for _ in range(rng.randint(1, 3)):
        body = rng.choice([b"", b'{"version": 99, "wish": "', b"\xff\x00"]) + uuid4().hex.encode()
        promises.poison.add(body)
        try:
            publish_raw(stack.broker_url, rng.choice(list(Lane)), body)
        except BROKER_ERRORS:
            continue


def cut_line(stack: Stack, line: Line, rng: random.Random) -> None:
    """Break what is connected, several times."""
    for _ in range(rng.randint(1, 5)):
        line.cut()
        stack.hold(rng.uniform(0.05, 1.0))


def shut_line(stack: Stack, line: Line, rng: random.Random) -> None:
    line.shut()
    stack.hold(rng.uniform(1.0, 6.0))
    line.mend()


def slow_line(stack: Stack, line: Line, rng: random.Random) -> None:
    line.delay_s = rng.uniform(0.02, 0.3)
    stack.hold(rng.uniform(3.0, 8.0))
    line.mend()


def freeze_line(stack: Stack, line: Line, rng: random.Random) -> None:
    """Let nothing pass for a while, then end the connections, as a firewall does."""
    line.freeze()
    stack.hold(rng.uniform(2.0, 12.0))
    line.cut()
    line.mend()


def restore(stack: Stack) -> None:
    """Undo what a fault may have left when it broke off itself."""
    for line in (stack.database_line, stack.broker_line):
        line.mend()
    stack.postgres.start()
    if not stack.rabbit.is_up():
        stack.rabbit.start()
    for words in (("set_vm_memory_high_watermark", "0.6"), ("set_disk_free_limit", "50MB")):
        stack.rabbit.control(*words)
