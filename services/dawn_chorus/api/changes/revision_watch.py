"""Wakes event streams when their analysis has changed, with one query for all streams."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from dawn_chorus.api.http.request_ids import leave_request
from dawn_chorus.domain.errors import TransientError

Revisions = Callable[[Sequence[UUID]], Awaitable[Mapping[UUID, int]]]
"""Returns the revision of each analysis that exists."""


class RevisionWatch:
    """Polls the revisions of all followed analyses, as long as any is followed.

    Waiting clients hold no thread and no database connection: one query serves them all. Belongs to one event loop.
    """

    def __init__(self, revisions: Revisions, interval_s: float = 0.5) -> None:
        self._revisions, self._interval_s = revisions, interval_s
        self._followed: Counter[UUID] = Counter()
        self._known: Mapping[UUID, int] = {}
        self._polled = asyncio.Condition()
        self._polling: asyncio.Task[None] | None = None

    async def wait_for_change(self, analysis_id: UUID, after: int) -> None:
        """Return once the revision differs from `after`, or the analysis was deleted."""
        self._followed[analysis_id] += 1
        self._start()
        try:
            async with self._polled:
                await self._polled.wait()
                await self._polled.wait_for(lambda: self._known.get(analysis_id) != after)
        finally:
            self._followed[analysis_id] -= 1
            self._followed += Counter()

    def _start(self) -> None:
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        leave_request()
        while self._followed:
            # While the database is unavailable the streams stay open; they go on once it is back.
            with suppress(TransientError):
                self._known = await self._revisions(list(self._followed))
                async with self._polled:
                    self._polled.notify_all()
            await asyncio.sleep(self._interval_s)
