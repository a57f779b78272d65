"""Tells waiting event streams that an analysis has changed, with one query for all of them."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from dawn_chorus.domain.errors import TransientError

Revisions = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, int]]]
"""Gives the revision of each analysis that exists."""


class RevisionWatch:
    """Looks up the revisions of all analyses that somebody follows, and only while somebody does.

    However many clients wait, they hold no thread and no connection: one look serves all. Lives on one event loop.
    """

    def __init__(self, revisions: Revisions, interval_s: float = 0.5) -> None:
        self._revisions, self._interval_s = revisions, interval_s
        self._followed: Counter[UUID] = Counter()
        self._known: Mapping[UUID, int] = {}
        self._looked = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def wait_for_change(self, analysis_id: UUID, after: int) -> None:
        """Return once the revision is another than `after`, or the analysis is gone."""
        self._followed[analysis_id] += 1
        self._start()
        try:
            async with self._looked:
                await self._looked.wait()
                await self._looked.wait_for(lambda: self._known.get(analysis_id) != after)
        finally:
            self._followed[analysis_id] -= 1
            self._followed += Counter()

    def _start(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        while self._followed:
            # A database that is away changes nothing; the streams stay open and go on once it is back.
            with suppress(TransientError):
                self._known = await self._revisions(list(self._followed))
                async with self._looked:
                    self._looked.notify_all()
            await asyncio.sleep(self._interval_s)
