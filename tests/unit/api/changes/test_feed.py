import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import pytest

from dawn_chorus.api.changes.feed import MOST_WAITING_BYTES, Change, ChangeFeed, Follower, Missed
from dawn_chorus.domain.errors import TransientError


def progress(name: str, step: int = 0) -> Change:
    return Change("progress", name, f"{name} {step}")


def finished(name: str, step: int = 0) -> Change:
    return Change("finished", name, f"{name} {step}")


class Changes:
    """Looks that a test has laid out; counts the questions."""

    def __init__(self, unfinished: Sequence[Change] = (), page: int = 2) -> None:
        self.looks: list[Any] = []
        """Of each look its pages, or what it raises."""
        self.asked: list[str] = []
        self._unfinished, self._page = list(unfinished), page

    async def begin(self) -> None:
        self.asked.append("begin")

    async def look(self) -> AsyncIterator[Sequence[Change]]:
        self.asked.append("look")
        found = self.looks.pop(0) if self.looks else []
        for page in found:
            if isinstance(page, Exception):
                raise page
            yield page

    async def list_unfinished(self, after: int | None) -> tuple[Sequence[Change], int | None]:
        self.asked.append("unfinished")
        first = after or 0
        end = first + self._page
        return self._unfinished[first:end], end if end < len(self._unfinished) else None


def run(steps: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(30):
            await steps()

    asyncio.run(within())


async def read(follower: Follower, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count and (taken := await follower.take()):
        found += [f"{change.event} {change.data}" for change in taken]
    return found


def test_one_look_serves_all_and_none_is_made_without_followers() -> None:
    async def steps() -> None:
        source = Changes()
        source.looks = [[[progress("b")]], [[finished("a", 1)]]]
        feed = ChangeFeed(source, interval_s=0.001)
        async with feed.joined() as one, feed.joined() as two:
            for follower in (one, two):
                assert await read(follower, 2) == ["progress b 0", "finished a 1"]
            assert source.asked.count("begin") == 1
        await asyncio.sleep(0.1)
        looks = len(source.asked)
        await asyncio.sleep(0.1)
        assert len(source.asked) == looks

    run(steps)


def test_whoever_joins_is_given_what_is_unfinished_in_pages() -> None:
    async def steps() -> None:
        source = Changes([progress(name) for name in "abcde"])
        feed = ChangeFeed(source, interval_s=0.001)
        async with feed.joined() as one, feed.joined() as two:
            expected = [f"progress {name} 0" for name in "abcde"]
            assert await read(one, 5) == expected
            assert await read(two, 5) == expected
            assert source.asked.count("unfinished") == 3, "each page was read once for both"
            async with feed.joined() as three:
                assert await read(three, 5) == expected

    run(steps)


def test_what_changes_while_the_state_is_given_is_not_missed_and_not_undone() -> None:
    async def steps() -> None:
        source = Changes([progress(name) for name in "abcdefghijklmnopqrstuvwxyz"], page=1)
        source.looks = [[], [[finished("a", 1), finished("z", 1)]]]
        feed = ChangeFeed(source, interval_s=0.001)
        async with feed.joined() as follower:
            seen = await read(follower, 28)
        assert {"finished a 1", "finished z 1"} <= set(seen)
        assert seen.index("progress a 0") < seen.index("finished a 1")

    run(steps)


def test_a_slow_client_gets_the_newest_progress_and_every_end() -> None:
    async def steps() -> None:
        follower = Follower()
        for step in range(100):
            follower.put([progress("a", step), Change("recording", "r", str(step))])
        follower.put([finished("a", 100)])
        follower.put([progress("a", 101)])  # retried
        follower.put([finished("b", 1), Change("deleted", "r", "gone")])
        assert await read(follower, 4) == ["finished a 100", "progress a 101", "finished b 1", "deleted gone"]

    run(steps)


def test_a_client_that_does_not_read_is_let_go_and_holds_no_memory() -> None:
    async def steps() -> None:
        follower = Follower()
        for number in range(4000):
            follower.put([Change("finished", str(number), "x" * 2000)])
        assert follower.is_over
        assert await follower.take() == []
        assert not follower._waiting
        assert MOST_WAITING_BYTES < 4000 * 2000

    run(steps)


def test_a_look_of_any_size_reaches_a_client_that_reads() -> None:
    async def steps() -> None:
        source = Changes()
        source.looks = [[[Change("recording", str(number), "x" * 100_000) for number in range(100)]]]
        async with ChangeFeed(source, interval_s=0.001).joined() as follower:
            assert len(await read(follower, 100)) == 100
            follower.put([Change("recording", "long", "x" * 2 * MOST_WAITING_BYTES)])
            assert len(await read(follower, 1)) == 1

    run(steps)


def test_an_unavailable_database_ends_no_stream_and_loses_nothing() -> None:
    async def steps() -> None:
        source = Changes([progress("b")])
        source.looks = [
            [[finished("a")], TransientError("away")],
            [TransientError("away")],
            [[finished("a"), finished("c")]],
        ]
        feed = ChangeFeed(source, interval_s=0.001)
        async with feed.joined() as follower:
            seen = await read(follower, 4)
        assert seen[0] == "finished a 0"
        assert {"finished c 0", "progress b 0"} <= set(seen)

    run(steps)


@pytest.mark.parametrize("error", [Missed(), ZeroDivisionError()], ids=["missed", "bug"])
def test_all_begin_anew_if_something_may_have_been_missed(error: Exception) -> None:
    async def steps() -> None:
        source = Changes()
        source.looks = [[error], [[finished("a")]]]
        feed = ChangeFeed(source, interval_s=0.001)
        async with feed.joined() as follower:
            assert await follower.take() == []
            assert follower.is_over
            async with feed.joined() as later:
                assert await read(later, 1) == ["finished a 0"]
        assert source.asked.count("begin") == 2

    run(steps)


def test_a_feed_that_cannot_begin_says_so() -> None:
    async def steps() -> None:
        source = Changes()

        async def unavailable() -> None:
            raise TransientError("away")

        source.begin = unavailable  # type: ignore[method-assign]
        feed = ChangeFeed(source, interval_s=0.001)
        with pytest.raises(TransientError):
            async with feed.joined():
                pass

    run(steps)
