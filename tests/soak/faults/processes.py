"""Faults of the service's own processes."""

import random
import signal
import time
from contextlib import suppress

import psutil

from tests.end_to_end.service import Deployable
from tests.soak.stack import HEARTBEAT_S, SETTINGS, Stack, log_of

IN_ORDER = (0, -signal.SIGTERM)
"""Exit codes of a process that was asked to end: uvicorn passes the signal on when all is done."""
LEASE_S = 16.0
"""A moment longer than APIs may be silent about what they have begun."""


def kill(stack: Stack, process: Deployable, rng: random.Random) -> None:
    """End it as a power cut would, and start it after a while."""
    with stack.taken_down(process):
        process.kill()
        stack.hold(rng.uniform(0.2, 3.0))
    process.wait_ready()


def drain(stack: Stack, process: Deployable, _rng: random.Random) -> None:
    """Ask it to end; it must do so in order."""
    with stack.taken_down(process):
        code = process.stop()
    process.wait_ready()
    if code not in IN_ORDER:
        raise AssertionError(f"{log_of(process)} ended with {code} after SIGTERM")


def freeze_worker(stack: Stack, process: Deployable, rng: random.Random) -> None:
    """Hold a worker for longer than RabbitMQ waits for it."""
    _freeze(stack, process, rng.uniform(3.0, 4.0) * HEARTBEAT_S)


def freeze_api(stack: Stack, process: Deployable, rng: random.Random) -> None:
    """Hold an API for longer than its leases: others take over what it was at."""
    _freeze(stack, process, LEASE_S + rng.uniform(0.0, 3.0))


def freeze_relay(stack: Stack, process: Deployable, rng: random.Random) -> None:
    _freeze(stack, process, rng.uniform(2.0, 3.0) * HEARTBEAT_S)


def _freeze(stack: Stack, process: Deployable, seconds: float) -> None:
    held = psutil.Process(process.pid)
    held.suspend()
    try:
        stack.hold(seconds)
    finally:
        held.resume()


def kill_decoders(stack: Stack, process: Deployable, rng: random.Random) -> None:
    """End what decodes files, or what forks it, one after the other."""
    for _ in range(rng.randint(1, 3)):
        children = [each for each in process.children() if each.is_running()]
        if children:
            with suppress(psutil.NoSuchProcess):
                rng.choice(children).send_signal(signal.SIGKILL)
        stack.hold(rng.uniform(0.1, 0.5))


def start_second_relay(stack: Stack, _process: Deployable, rng: random.Random) -> None:
    """Have two relays for a while, as a careless upgrade does."""
    second = stack.service.start("relay", ready=False, **SETTINGS)
    key = log_of(second)
    try:
        second.wait_ready()
        stack.hold(rng.uniform(2.0, 6.0))
    finally:
        stack.down.add(key)
        code = second.stop() if second.is_running else -1
        stack.service.deployables.remove(second)
    if code:
        raise AssertionError(f"the second relay ended with {code} after SIGTERM")


def kill_api_under_load(stack: Stack, process: Deployable, rng: random.Random) -> None:
    """End an API a moment after it has taken connections: in the middle of uploads."""
    deadline = time.monotonic() + 2.0
    while time.monotonic() < deadline and not _has_connections(process):
        time.sleep(0.01)
    kill(stack, process, rng)


def _has_connections(process: Deployable) -> bool:
    with suppress(psutil.Error):
        sockets = psutil.Process(process.pid).net_connections("tcp")
        return any(each.laddr.port == process.port and each.status == psutil.CONN_ESTABLISHED for each in sockets)
    return False
