"""Whether the bytes of running requests still arrive: a line that was cut is noticed only behind what it brought."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager

_QUIET_S = 0.25
"""A request that waits for bytes for so long has taken all that had arrived."""
_LOOK_EVERY_S = 0.02


class Arrival:
    """The body of one request, on its way."""

    def __init__(self) -> None:
        self._waits_since: float | None = None

    @property
    def is_quiet(self) -> bool:
        """Return whether everything that had arrived was taken."""
        return self._waits_since is not None and time.monotonic() - self._waits_since > _QUIET_S

    async def watch(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the chunks."""
        self._waits_since = time.monotonic()
        try:
            async for chunk in chunks:
                self._waits_since = None
                yield chunk
                self._waits_since = time.monotonic()
        finally:  # a cut line, too: what is done about it is not waiting
            self._waits_since = None


class Arrivals:
    """The bodies that arrive in this process, by what they belong to; belongs to one event loop."""

    def __init__(self) -> None:
        self._running: defaultdict[Hashable, set[Arrival]] = defaultdict(set)

    @contextmanager
    def one(self, target: Hashable) -> Iterator[Arrival]:
        """Count a request among those that run."""
        arrival = Arrival()
        self._running[target].add(arrival)
        try:
            yield arrival
        finally:
            self._running[target].discard(arrival)
            if not self._running[target]:
                del self._running[target]

    async def settle(self, target: Hashable, most_s: float) -> None:
        """Wait until the requests for this have ended, or taken what arrived; at most `most_s`."""
        until = time.monotonic() + most_s
        while target in self._running and time.monotonic() < until:
            if all(arrival.is_quiet for arrival in self._running[target]):
                return
            await asyncio.sleep(_LOOK_EVERY_S)
