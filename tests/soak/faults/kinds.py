"""The table of all faults: what each is called, whom it meets, how it goes."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.end_to_end.service import Deployable
from tests.soak.faults import buckets, disks, processes, servers
from tests.soak.promises import Promises
from tests.soak.stack import Stack

DATABASE, BROKER, RELAY = "PostgreSQL", "RabbitMQ", "relay"


@dataclass(frozen=True)
class Fault:
    kind: str
    target: str
    """No two faults meet one target at once."""
    happen: Callable[[random.Random], None]
    """Goes wrong, lasts and is undone."""
    is_slow: bool = False
    """It, and getting over it, take long: left out of a short soak."""


def all_faults(stack: Stack, promises: Promises) -> list[Fault]:
    """Return each kind with each target that it can have here."""
    return [
        *_of_processes(stack),
        *_of_servers(stack, promises),
        *_of_lines(stack),
        *_of_disks(stack),
        *_of_buckets(stack),
    ]


_Row = tuple[str, Callable[[Stack, Deployable, random.Random], None], bool]
_PROCESSES: dict[str, tuple[_Row, ...]] = {
    "worker": (
        ("worker killed", processes.kill, False),
        ("worker asked to stop", processes.drain, False),
        ("worker frozen", processes.freeze_worker, True),
        ("worker's decoders killed", processes.kill_decoders, False),
    ),
    "api": (
        ("API killed", processes.kill_api_under_load, False),
        ("API asked to stop", processes.drain, False),
        ("API frozen", processes.freeze_api, True),
        ("API's decoders killed", processes.kill_decoders, False),
    ),
    "relay": (
        ("relay killed", processes.kill, False),
        ("relay frozen", processes.freeze_relay, True),
        ("two relays", processes.start_second_relay, False),
    ),
}


def _of_processes(stack: Stack) -> Iterator[Fault]:
    for name, rows in _PROCESSES.items():
        for number, process in enumerate(stack.those(name)):
            for kind, happen, is_slow in rows:
                yield Fault(kind, f"{name} {number}", partial(happen, stack, process), is_slow)


def _of_servers(stack: Stack, promises: Promises) -> Iterator[Fault]:
    rows = [
        ("PostgreSQL killed", DATABASE, servers.kill_database, False),
        ("PostgreSQL restarted", DATABASE, servers.restart_database, False),
        ("database connections ended", DATABASE, servers.end_backends, False),
        ("RabbitMQ killed", BROKER, servers.kill_broker, True),
        ("RabbitMQ restarted", BROKER, servers.restart_broker, True),
        ("RabbitMQ short of memory", BROKER, servers.alarm_memory, True),
        ("RabbitMQ short of disk", BROKER, servers.alarm_disk, True),
        ("queues purged", BROKER, servers.purge_queues, False),
    ]
    for kind, target, happen, is_slow in rows:
        yield Fault(kind, target, partial(happen, stack), is_slow)
    yield Fault("poison on the queue", BROKER, partial(servers.poison_queue, stack, promises))


def _of_lines(stack: Stack) -> Iterator[Fault]:
    rows = [
        ("cut", servers.cut_line, False),
        ("away", servers.shut_line, False),
        ("slow", servers.slow_line, False),
        ("frozen", servers.freeze_line, True),
    ]
    for target, line in ((DATABASE, stack.database_line), (BROKER, stack.broker_line)):
        for word, happen, is_slow in rows:
            yield Fault(f"line to {target} {word}", target, partial(happen, stack, line), is_slow)


def _of_disks(stack: Stack) -> Iterator[Fault]:
    rows = [
        ("audio disk full", "audio", "audio disk", disks.fill_audio, False),
        ("cache disk full", "cache", "cache disk", disks.fill_cache, False),
        ("database disk full", "database", DATABASE, disks.fill_database, True),
    ]
    for kind, name, target, happen, is_slow in rows:
        if name in stack.disks:
            yield Fault(kind, target, partial(happen, stack), is_slow)


def _of_buckets(stack: Stack) -> Iterator[Fault]:
    if stack.gate is not None:
        for kind, happen in (
            ("bucket away", buckets.away),
            ("bucket answers with errors", buckets.failing),
            ("bucket loses answers", buckets.forgetful),
            ("bucket breaks uploads", buckets.cut),
        ):
            yield Fault(kind, "bucket", partial(happen, stack, stack.gate))
