"""Answers a child that reads a file in a bucket: the child has no network, so this process fetches what it asks for."""

import asyncio
import math
import socket
import time
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.cage.ranges import ANSWER, AWAY, MAX_RANGE_BYTES, OVER_BUDGET, REFUSED, REQUEST, WHOLE
from dawn_chorus.domain.errors import ChorusError, TransientError
from dawn_chorus.domain.ports import AudioStore

log = get_logger(__name__)
MOST_BYTES = 1 << 48
"""Of any file."""
FETCH_S = 15.0
"""For one range; it is 1 MiB at most."""
_REASONS = {
    AWAY: "the store of recordings does not answer in time",
    OVER_BUDGET: "reading this stretch takes more of the recording than is fetched at once",
    REFUSED: "the recording is fetched from the bucket, once, for no range of it leads to this stretch",
}


@dataclass(slots=True)
class Allowance:
    """How much of a file a child may fetch, and what it did fetch."""

    most_bytes: int
    most_trips: int
    most_s: float
    """From the first question on."""
    most_whole_bytes: int
    """In all, where it reads the whole file, for no range leads to the stretch; 0: it may not do that."""
    used_bytes: int = 0
    trips: int = 0
    asked_for_whole: bool = False
    is_fetching: bool = False
    error: ChorusError | None = None
    """Why the first read that failed did so: what the child made of it is worth nothing."""

    def refuse(self, length: int, elapsed_s: float) -> int:
        """Return why a range of this length may not be read; 0: it may."""
        if self.asked_for_whole and not self.most_whole_bytes:
            return REFUSED
        most_bytes = self.most_whole_bytes if self.asked_for_whole else self.most_bytes
        is_within = self.used_bytes + length <= most_bytes and (self.asked_for_whole or self.trips < self.most_trips)
        return 0 if is_within and length <= MAX_RANGE_BYTES and elapsed_s <= self.most_s else OVER_BUDGET


async def answer_ranges(
    connection: socket.socket, store: AudioStore, key: str, allowance: Allowance, threads: CapacityLimiter
) -> None:
    """Answer until the other side closes the connection or misuses it. One request is in flight at a time."""
    loop, began = asyncio.get_running_loop(), math.inf
    connection.setblocking(False)
    asked = bytearray()
    while True:
        part = await loop.sock_recv(connection, REQUEST.size - len(asked))
        if not part:
            return
        asked += part
        if len(asked) < REQUEST.size:
            continue
        start, length = REQUEST.unpack(asked)
        asked.clear()
        began = min(began, time.monotonic())
        allowance.asked_for_whole |= start == WHOLE
        content, count = b"", allowance.refuse(length, time.monotonic() - began)
        if MOST_BYTES < start < WHOLE:
            count = OVER_BUDGET
        if count < 0:
            allowance.error = allowance.error or TransientError(_REASONS[count])
        elif start != WHOLE:
            content, count = await _fetch(store, key, (start, length), allowance, threads)
        await loop.sock_sendall(connection, ANSWER.pack(start, count) + content)


async def _fetch(
    store: AudioStore, key: str, wanted: tuple[int, int], allowance: Allowance, threads: CapacityLimiter
) -> tuple[bytes, int]:
    """Return the bytes and their number, or nothing and why."""
    allowance.is_fetching = True
    try:
        async with asyncio.timeout(FETCH_S):
            content = await to_thread.run_sync(store.read_range, key, *wanted, abandon_on_cancel=True, limiter=threads)
    except (ChorusError, TimeoutError) as error:
        log.warning("a range of a recording could not be read", store_key=key, reason=str(error))
        failed = error if isinstance(error, ChorusError) else TransientError(_REASONS[AWAY])
        allowance.error = allowance.error or failed
        return b"", AWAY
    finally:
        allowance.is_fetching = False
    allowance.trips += 1
    allowance.used_bytes += len(content)
    return content, len(content)
