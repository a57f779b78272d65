import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from dawn_chorus.api.revision_watch import RevisionWatch
from dawn_chorus.domain.errors import TransientError

ROBIN, WREN = uuid4(), uuid4()


class Ledger:
    """Revisions as a test sets them; counts how often it is asked."""

    def __init__(self) -> None:
        self.revisions = {ROBIN: 1, WREN: 1}
        self.asked: list[set[UUID]] = []
        self.is_away = False

    async def __call__(self, analysis_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        self.asked.append(set(analysis_ids))
        if self.is_away:
            raise TransientError("away")
        return {each: self.revisions[each] for each in analysis_ids if each in self.revisions}


async def until(ledger: Ledger, looks: int) -> None:
    wanted = len(ledger.asked) + looks
    while len(ledger.asked) < wanted:  # noqa: ASYNC110 - the ledger knows nothing of events
        await asyncio.sleep(0.001)


def test_a_follower_hears_of_its_own_analysis_alone() -> None:
    async def follow() -> None:
        ledger = Ledger()
        watch = RevisionWatch(ledger, interval_s=0.001)
        robin = asyncio.create_task(watch.wait_for_change(ROBIN, 1))
        wren = asyncio.create_task(watch.wait_for_change(WREN, 1))
        await until(ledger, 3)
        ledger.revisions[ROBIN] = 2
        await robin
        assert not wren.done()
        wren.cancel()

    asyncio.run(follow())


def test_one_look_serves_all_and_none_is_made_for_nobody() -> None:
    async def follow() -> None:
        ledger = Ledger()
        watch = RevisionWatch(ledger, interval_s=0.001)
        followers = [asyncio.create_task(watch.wait_for_change(each, 1)) for each in (ROBIN, WREN) * 50]
        await until(ledger, 3)
        assert ledger.asked[-1] == {ROBIN, WREN}
        ledger.revisions = {}
        await asyncio.gather(*followers)
        looks = len(ledger.asked)
        await asyncio.sleep(0.02)
        assert len(ledger.asked) <= looks + 1

    asyncio.run(follow())


def test_a_database_that_is_away_ends_no_stream() -> None:
    async def follow() -> None:
        ledger = Ledger()
        ledger.is_away = True
        follower = asyncio.create_task(RevisionWatch(ledger, interval_s=0.001).wait_for_change(ROBIN, 1))
        await until(ledger, 3)
        ledger.is_away = False
        ledger.revisions[ROBIN] = 2
        await follower

    asyncio.run(follow())
