"""Remembers for some seconds which keys are known: a key in use costs one look-up in that time, not one a request.

So a revoked key works until its look-up has expired, and so does an API without keys for everybody on this machine
after the first key was made. Sessions are remembered likewise, in a cache of their own.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from anyio import CapacityLimiter, to_thread

from dawn_chorus.adapters.postgres.api_keys import ApiKey

_MOST_KEYS = 10_000
_LOOKUPS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class _Entry:
    key: ApiKey
    looked_up_at: float


class KeyCache:
    """Keys by their hash; the least recently used are dropped first. Belongs to one event loop.

    `find` and `any_keys` query the database: they run on threads of their own, so that they wait behind no request, and
    one look-up serves all who wait for the same key. Unknown keys are not remembered: a new key works at once.
    """

    def __init__(
        self,
        find: Callable[[str], ApiKey | None],
        any_keys: Callable[[], bool],
        ttl_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find, self._any_keys, self._ttl_s, self._clock = find, any_keys, ttl_s, clock
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._running: dict[bytes, asyncio.Task[ApiKey | None]] = {}
        self._asked_at: float | None = None
        self._are_there = False
        self._asking: asyncio.Task[bool] | None = None
        self._threads = CapacityLimiter(_LOOKUPS_AT_ONCE)

    def recall(self, key: str) -> ApiKey | None:
        """Return what was last known of a key, however long ago; for limits, never to let somebody in."""
        entry = self._entries.get(_hash(key))
        return None if entry is None else entry.key

    async def find(self, key: str) -> ApiKey | None:
        """Return what is stored about a key; None: unknown or revoked. Raises TransientError if it cannot ask."""
        hashed = _hash(key)
        entry = self._entries.get(hashed)
        if entry is not None and self._is_fresh(entry.looked_up_at):
            self._entries.move_to_end(hashed)
            return entry.key
        if hashed not in self._running:
            task = asyncio.create_task(self._look_up(hashed, key))
            self._running[hashed] = task
            task.add_done_callback(partial(self._end_look_up, hashed))
        # Shielded: when one client goes away, others still wait for the answer.
        return await asyncio.shield(self._running[hashed])

    def _end_look_up(self, hashed: bytes, task: asyncio.Task[ApiKey | None]) -> None:
        del self._running[hashed]
        if not task.cancelled():
            task.exception()  # looked at here: all who waited for it may have gone away

    def forget(self, key: str) -> None:
        """Look a key up anew when it comes again."""
        self._entries.pop(_hash(key), None)

    def forget_id(self, key_id: UUID) -> None:
        """Look a key up anew when it comes again, and all that stands for it."""
        for hashed in [each for each, entry in self._entries.items() if entry.key.id == key_id]:
            del self._entries[hashed]

    def expect_keys(self) -> None:
        """Know that a key was created, without asking."""
        self._are_there = True

    async def any_exist(self) -> bool:
        """Return whether a key was ever created: for good once one was, for some seconds while none is."""
        if self._are_there or self._is_fresh(self._asked_at):
            return self._are_there
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    def _is_fresh(self, at: float | None) -> bool:
        return at is not None and self._clock() - at < self._ttl_s

    async def _look_up(self, hashed: bytes, key: str) -> ApiKey | None:
        began = self._clock()
        found = await to_thread.run_sync(self._find, key, limiter=self._threads)
        if found is None:
            self._entries.pop(hashed, None)
            return None
        self._are_there = True
        self._entries[hashed] = _Entry(found, began)
        self._entries.move_to_end(hashed)
        if len(self._entries) > _MOST_KEYS:
            self._entries.popitem(last=False)
        return found

    async def _ask(self) -> bool:
        began = self._clock()
        self._are_there = await to_thread.run_sync(self._any_keys, limiter=self._threads)
        self._asked_at = began
        return self._are_there


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
