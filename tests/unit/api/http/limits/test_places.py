import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack

import pytest

from dawn_chorus.api.http.limits.places import Pace, Place, Places
from dawn_chorus.api.http.problems import STALLED, TOO_MANY, Problem

PACE = Pace(floor_bytes_per_s=1000, settle_s=10)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Sender:
    """An upload whose bytes the test sends."""

    def __init__(self, place: Place) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.received_bytes = 0
        self.task = asyncio.create_task(self._read(place))

    async def _read(self, place: Place) -> None:
        async for chunk in place.read(self._arriving()):
            self.received_bytes += len(chunk)

    async def _arriving(self) -> AsyncIterator[bytes]:
        while (chunk := await self._chunks.get()) is not None:
            yield chunk

    async def send(self, size_bytes: int) -> None:
        wanted = self.received_bytes + size_bytes
        self._chunks.put_nowait(bytes(size_bytes))
        while self.received_bytes < wanted:  # noqa: ASYNC110 - the place knows nothing of events
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def finish(self) -> None:
        self._chunks.put_nowait(None)
        await self.task


def run(steps: Callable[[Places, ExitStack, Clock], Awaitable[None]], total: int = 2) -> None:
    async def body() -> None:
        clock = Clock()
        with ExitStack() as stack:
            await steps(Places(total, PACE, clock), stack, clock)

    asyncio.run(body())


def refusal(places: Places) -> Problem:
    with pytest.raises(Problem) as caught, places.one():
        pass
    return caught.value


def test_a_place_is_free_again_after_its_upload() -> None:
    async def steps(places: Places, stack: ExitStack, _: Clock) -> None:
        stack.enter_context(places.one())
        with places.one():
            assert refusal(places).kind is TOO_MANY
        with places.one():
            assert refusal(places).headers == {"Retry-After": "5"}

    run(steps)


def test_the_slowest_gives_way_and_no_other() -> None:
    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        slow, slower = (Sender(stack.enter_context(places.one())) for _ in range(2))
        for clock.now_s in (5, 15, 25):
            await slow.send(9_000)
            await slower.send(5_000)
        stack.enter_context(places.one())
        with pytest.raises(Problem) as caught:
            await slower.task
        assert caught.value.kind is STALLED
        assert "another waited for its place" in caught.value.detail
        await slow.finish()

    run(steps)


def test_nobody_gives_way_while_there_is_room() -> None:
    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        idle = Sender(stack.enter_context(places.one()))
        clock.now_s = 1_000
        await asyncio.sleep(0)
        stack.enter_context(places.one())
        await asyncio.sleep(0)
        assert not idle.task.done()
        await idle.finish()

    run(steps)


def test_a_fast_upload_keeps_its_place() -> None:
    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        fast = Sender(stack.enter_context(places.one()))
        for _ in range(5):
            clock.now_s += 10
            await fast.send(20_000)
            assert refusal(places).kind is TOO_MANY
        await fast.finish()

    run(steps, total=1)


def test_an_upload_is_given_time_before_it_is_too_slow() -> None:
    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        young = Sender(stack.enter_context(places.one()))
        await asyncio.sleep(0)
        clock.now_s = 9.9
        assert refusal(places).kind is TOO_MANY
        clock.now_s = 10.0
        stack.enter_context(places.one())
        with pytest.raises(Problem):
            await young.task

    run(steps, total=1)


def test_an_upload_that_stops_after_a_fast_beginning_gives_way() -> None:
    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        tiring = Sender(stack.enter_context(places.one()))
        for _ in range(3):
            clock.now_s += 10
            await tiring.send(1_000_000)
        assert refusal(places).kind is TOO_MANY
        clock.now_s += 10
        await tiring.send(1)
        clock.now_s += 10
        await tiring.send(1)
        stack.enter_context(places.one())
        with pytest.raises(Problem):
            await tiring.task

    run(steps, total=1)


def test_an_upload_that_waits_for_this_service_keeps_its_place() -> None:
    """One that has sent everything is not slow: its header is being read."""

    async def steps(places: Places, stack: ExitStack, clock: Clock) -> None:
        sent = Sender(stack.enter_context(places.one()))
        await sent.finish()
        clock.now_s = 1_000
        assert refusal(places).kind is TOO_MANY

    run(steps, total=1)
