"""Ports of test processes that run side by side."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.ports import find_free_ports

ROOT = Path(__file__).parents[2]
_FIRST = 11_000 + os.getpid() % 800 * 10
AMONG = range(_FIRST, _FIRST + 10)
"""No other test takes ports of these."""
SCRIPT = f"""
import sys
from tests.servers.ports import find_free_ports
print(*find_free_ports(4, {AMONG!r}), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def others() -> Iterator[list[list[int]]]:
    """What two other processes were given, who have not begun to listen."""
    with ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", SCRIPT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(2)
        ]
        given = []
        for process in processes:
            assert process.stdout is not None
            given.append([int(port) for port in process.stdout.readline().split()])
        yield given


def test_two_processes_are_never_given_the_same_port(others: list[list[int]]) -> None:
    ours = find_free_ports(2, AMONG)
    assert sorted({*ours, *others[0], *others[1]}) == list(AMONG)
    with pytest.raises(RuntimeError, match="fewer than 3 free ports"):
        find_free_ports(3, AMONG)
    assert find_free_ports(2, AMONG) == ours, "a process keeps what is its own"
