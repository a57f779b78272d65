import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from dawn_chorus.api.changes.revision_watch import RevisionWatch
from dawn_chorus.domain.errors import TransientError

ROBIN, WREN = uuid4(), uuid4()


class Ledger:
    """Returns the revisions that a test sets; records every query."""

    def __init__(self) -> None:
        self.revisions = {ROBIN: 1, WREN: 1}
        self.queries: list[set[UUID]] = []
        self.is_unavailable = False

    async def __call__(self, analysis_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        self.queries.append(set(analysis_ids))
        if self.is_unavailable:
            raise TransientError("unavailable")
        return {each: self.revisions[each] for each in analysis_ids if each in self.revisions}


async def until(ledger: Ledger, n_queries: int) -> None:
    wanted = len(ledger.queries) + n_queries
    while len(ledger.queries) < wanted:  # noqa: ASYNC110 - the ledger knows nothing of events
        await asyncio.sleep(0.001)


def test_a_follower_is_woken_by_its_own_analysis_only() -> None:
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


def test_one_query_serves_all_followers_and_none_is_made_without_followers() -> None:
    async def follow() -> None:
        ledger = Ledger()
        watch = RevisionWatch(ledger, interval_s=0.001)
        followers = [asyncio.create_task(watch.wait_for_change(each, 1)) for each in (ROBIN, WREN) * 50]
        await until(ledger, 3)
        assert ledger.queries[-1] == {ROBIN, WREN}
        ledger.revisions = {}
        await asyncio.gather(*followers)
        before = len(ledger.queries)
        await asyncio.sleep(0.02)
        assert len(ledger.queries) <= before + 1

    asyncio.run(follow())


def test_an_unavailable_database_ends_no_stream() -> None:
    async def follow() -> None:
        ledger = Ledger()
        ledger.is_unavailable = True
        follower = asyncio.create_task(RevisionWatch(ledger, interval_s=0.001).wait_for_change(ROBIN, 1))
        await until(ledger, 3)
        ledger.is_unavailable = False
        ledger.revisions[ROBIN] = 2
        await follower

    asyncio.run(follow())
