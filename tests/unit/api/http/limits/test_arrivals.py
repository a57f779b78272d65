import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from dawn_chorus.api.http.limits.arrivals import Arrivals

LONG_S = 30.0


async def no_chunks() -> AsyncIterator[bytes]:
    return
    yield b""


async def cut_line() -> AsyncIterator[bytes]:
    yield b"x"
    raise ConnectionError


async def stuck(gate: asyncio.Event) -> AsyncIterator[bytes]:
    await gate.wait()
    yield b"x"


def test_nothing_is_waited_for_where_nothing_runs() -> None:
    arrivals = Arrivals()
    with arrivals.one("other"):
        asyncio.run(arrivals.settle("mine", LONG_S))


def test_a_request_that_was_cut_is_waited_for_until_it_has_kept_what_came() -> None:
    arrivals, ended = Arrivals(), []

    async def receive() -> None:
        with arrivals.one("mine") as arrival:
            with pytest.raises(ConnectionError):
                async for _ in arrival.watch(cut_line()):
                    pass
            await asyncio.sleep(0.5)  # storing
            ended.append(True)

    async def ask() -> list[bool]:
        receiving = asyncio.create_task(receive())
        await asyncio.sleep(0.01)
        await arrivals.settle("mine", LONG_S)
        asked = list(ended)
        await receiving
        return asked

    assert asyncio.run(ask()) == [True]


def test_a_request_that_waits_for_bytes_is_not_waited_for() -> None:
    arrivals = Arrivals()

    async def receive(gate: asyncio.Event) -> None:
        with arrivals.one("mine") as arrival:
            async for _ in arrival.watch(stuck(gate)):
                pass

    async def ask() -> bool:
        gate = asyncio.Event()
        receiving = asyncio.create_task(receive(gate))
        await arrivals.settle("mine", LONG_S)
        was_running = not receiving.done()
        gate.set()
        await receiving
        return was_running

    assert asyncio.run(ask())


def test_a_request_whose_bytes_keep_coming_is_waited_for_no_longer_than_said() -> None:
    arrivals = Arrivals()
    with arrivals.one("mine"):
        began = time.monotonic()
        asyncio.run(arrivals.settle("mine", 0.1))
        assert time.monotonic() - began >= 0.1
