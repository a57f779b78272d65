"""Limits how many uploads are received at once; when all places are taken, a slow one gives way to the next."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dawn_chorus.api.http.limits.rate_limit import too_many
from dawn_chorus.api.http.problems import STALLED, Problem

_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an upload must be to keep its place when others find none."""

    floor_bytes_per_s: float
    settle_s: float
    """How long it is measured before it can be too slow."""


class Place:
    """One upload: how fast its bytes arrive. Used by one task."""

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace, self._clock = pace, clock
        self._began = clock()
        self._period = 0
        """Of `settle_s` each, since the beginning."""
        self._last_bytes = self._new_bytes = 0
        """What arrived in the last period and in this one."""
        self._waiting: asyncio.Timeout | None = None

    @property
    def bytes_per_s(self) -> float:
        """Return the recent rate; infinite while it waits for no bytes, or was not measured for long enough."""
        elapsed_s = self._clock() - self._began
        if self._waiting is None or elapsed_s < self._pace.settle_s:
            return math.inf
        self._count(0)
        return (self._last_bytes + self._new_bytes) / (elapsed_s - (self._period - 1) * self._pace.settle_s)

    async def read(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the chunks; raise a Problem when this upload has to give way."""
        while True:
            try:
                async with asyncio.timeout(None) as self._waiting:
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError as error:
                floor = f"{self._pace.floor_bytes_per_s / 1024:g} KiB/s"
                detail = f"It was slower than {floor} and another waited for its place; send the recording again"
                raise Problem(STALLED, detail) from error
            finally:
                self._waiting = None
            self._count(len(chunk))
            yield chunk

    def give_way(self) -> None:
        """End this upload, which waits for bytes."""
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    def _count(self, size_bytes: int) -> None:
        """Count by periods, so that the rate is that of the last one to two times `settle_s`."""
        period = int((self._clock() - self._began) / self._pace.settle_s)
        if period > self._period:
            self._last_bytes = self._new_bytes if period == self._period + 1 else 0
            self._period, self._new_bytes = period, 0
        self._new_bytes += size_bytes


class Places:
    """All places of this process; belongs to one event loop."""

    def __init__(self, total: int, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._pace, self._clock = total, pace, clock
        self._taken: set[Place] = set()

    def is_full(self) -> bool:
        """Return whether there is no place for another upload, and none that would give way."""
        return len(self._taken) >= self._total and self._slowest() is None

    def check(self) -> None:
        """Raise a 429 Problem if there is no place."""
        if self.is_full():
            raise self.refusal()

    def refusal(self) -> Problem:
        return too_many(_RETRY_S, f"The maximum of {self._total} concurrent uploads is reached")

    @contextmanager
    def one(self) -> Iterator[Place]:
        """Hold a place, that of the slowest upload if all are taken; raise a 429 Problem if none is slow."""
        self.check()
        if len(self._taken) >= self._total and (slowest := self._slowest()) is not None:
            self._taken.discard(slowest)
            slowest.give_way()
        place = Place(self._pace, self._clock)
        self._taken.add(place)
        try:
            yield place
        finally:
            self._taken.discard(place)

    def _slowest(self) -> Place | None:
        """Return the upload that gives way next; None if all are fast enough."""
        slowest = min(self._taken, key=lambda place: place.bytes_per_s, default=None)
        return None if slowest is None or slowest.bytes_per_s >= self._pace.floor_bytes_per_s else slowest
