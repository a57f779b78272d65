"""A child gets the ranges that it may have, and whoever lent them knows what it did not get."""

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from dawn_chorus.api.decoders import ranges
from dawn_chorus.api.decoders.access import Access
from dawn_chorus.api.decoders.once import Once
from dawn_chorus.api.decoders.ranges import Allowance
from dawn_chorus.cage.messages import Hangup
from dawn_chorus.cage.ranges import (
    ANSWER,
    AWAY,
    MAX_RANGE_BYTES,
    OVER_BUDGET,
    REFUSED,
    REQUEST,
    ask_range,
    may_read_whole,
)
from dawn_chorus.domain.errors import PermanentError, TransientError

CONTENT = bytes(range(256)) * 4096


class Shelf:
    """A bucket with one file."""

    def __init__(self) -> None:
        self.raises: Exception | None = None
        self.open = threading.Event()
        self.open.set()

    def read_range(self, _key: str, start: int, length: int) -> bytes:
        self.open.wait(60)
        if self.raises is not None:
            raise self.raises
        return CONTENT[start : start + length]


def allow(**changed: Any) -> Allowance:
    return Allowance(**{"most_bytes": 1 << 30, "most_trips": 1000, "most_s": 60.0, "most_whole_bytes": 0, **changed})


def lend(shelf: Shelf, allowance: Allowance, ask: Callable[[int], Any]) -> Any:
    """Return what a child makes of the socket that it is lent."""

    async def run() -> Any:
        async with Access(shelf).open_ranges("key", allowance) as descriptor:  # type: ignore[arg-type]
            return await asyncio.to_thread(ask, descriptor)

    return asyncio.run(run())


def read(descriptor: int, start: int, length: int) -> tuple[int, bytes]:
    view = memoryview(bytearray(length))
    count = ask_range(descriptor, start, view)
    return count, bytes(view[: max(0, count)])


def test_ranges_are_answered_one_after_another_to_the_end_of_the_file() -> None:
    wanted = [(0, 10), (5000, 300_000), (len(CONTENT) - 10, 100), (len(CONTENT) + 5, 100)]
    allowance = allow()
    got = lend(Shelf(), allowance, lambda file: [read(file, *each) for each in wanted])
    assert got == [(len(CONTENT[start : start + length]), CONTENT[start : start + length]) for start, length in wanted]
    assert (allowance.trips, allowance.used_bytes) == (4, 10 + 300_000 + 10)


@pytest.mark.parametrize(
    ("limits", "lengths", "last"),
    [
        ({"most_bytes": 1000}, [600, 600], OVER_BUDGET),
        ({"most_trips": 1}, [10, 10], OVER_BUDGET),
        ({"most_s": -1.0}, [10], OVER_BUDGET),
        ({}, [MAX_RANGE_BYTES + 1], OVER_BUDGET),
    ],
)
def test_what_is_too_much_is_refused_and_no_secret(limits: dict[str, Any], lengths: list[int], last: int) -> None:
    answers: list[int] = []
    with pytest.raises(TransientError, match="more of the recording than is fetched at once"):
        lend(Shelf(), allow(**limits), lambda file: answers.extend(read(file, 0, length)[0] for length in lengths))
    assert answers == [*lengths[:-1], last]


def test_the_whole_file_is_read_only_where_it_may_be() -> None:
    assert lend(
        Shelf(), allow(most_bytes=0, most_whole_bytes=500), lambda file: may_read_whole(file) and read(file, 0, 9)
    )
    answers: list[int] = []

    def ask(file: int) -> None:
        answers.append(0 if may_read_whole(file) else REFUSED)
        answers.append(read(file, 0, 9)[0])

    with pytest.raises(TransientError, match="fetched from the bucket, once"):
        lend(Shelf(), allow(), ask)
    assert answers == [REFUSED, REFUSED]


@pytest.mark.parametrize("error", [TransientError("the bucket is away"), PermanentError("no such key")])
def test_the_error_of_the_store_is_raised_whatever_the_child_made_of_it(error: Exception) -> None:
    shelf = Shelf()
    shelf.raises = error

    def swallow(file: int) -> str:
        assert read(file, 0, 10) == (AWAY, b"")
        return "a picture of nothing"

    with pytest.raises(type(error), match=str(error)):
        lend(shelf, allow(), swallow)


def test_a_store_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "FETCH_S", 0.05)
    shelf = Shelf()
    shelf.open.clear()
    try:
        with pytest.raises(TransientError, match="in time"):
            lend(shelf, allow(), lambda file: read(file, 0, 10))
    finally:
        shelf.open.set()


def test_a_child_that_is_ended_while_it_waits_for_the_store_broke_nothing() -> None:
    shelf = Shelf()
    shelf.open.clear()

    async def run() -> None:
        allowance = allow()
        async with Access(shelf).open_ranges("key", allowance) as descriptor:  # type: ignore[arg-type]
            with socket.socket(fileno=socket.dup(descriptor)) as asking:
                asking.sendall(REQUEST.pack(0, 10))
                while not allowance.is_fetching:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.001)
            shelf.open.set()
            raise RuntimeError("the decoder crashed")

    with pytest.raises(TransientError, match="too long"):
        asyncio.run(run())


def test_an_answer_to_somebody_else_is_not_taken_for_ones_own() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(ANSWER.pack(77, 10) + bytes(10))
        with pytest.raises(Hangup, match="another request"):
            read(theirs.fileno(), 0, 10)
        ours.close()
        with pytest.raises(Hangup):
            read(theirs.fileno(), 0, 10)


def test_a_start_beyond_all_files_breaks_nothing() -> None:
    def ask(file: int) -> list[int]:
        return [read(file, start, 10)[0] for start in (1 << 62, (1 << 64) - 2)]

    with pytest.raises(TransientError):
        lend(Shelf(), allow(), ask)


def test_work_that_many_wait_for_is_done_once_and_goes_on_without_them() -> None:
    async def run() -> None:
        once: Once[int] = Once(1)
        begun, go = 0, asyncio.Event()

        async def work() -> int:
            nonlocal begun
            begun += 1
            await go.wait()
            return 7

        with pytest.raises(TransientError, match="not yet"):
            await once.wait("key", work, 0.01, "not yet")
        waiting = [asyncio.create_task(once.wait("key", work, 60, "not yet")) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        go.set()
        assert await asyncio.gather(*waiting[1:]) == [7] * 4
        assert begun == 1
        await once.wait("key", work, 60, "not yet")
        assert begun == 2

        async def fail() -> int:
            raise TransientError("away")

        for _ in range(2):
            with pytest.raises(TransientError, match="away"):
                await once.wait("other", fail, 60, "not yet")

    asyncio.run(run())
