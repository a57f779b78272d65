"""The ways to a stored recording's bytes: a descriptor of the file, one of a copy, or a socket that answers ranges."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter, to_thread

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.decoders.once import Once
from dawn_chorus.api.decoders.ranges import Allowance, answer_ranges
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.ports import AudioStore

log = get_logger(__name__)
THREADS, COPIES_AT_ONCE = 16, 2
SOCKET_BYTES = 1 << 20
"""A whole answer fits into the socket, so that this process need not wait for the child to read it."""
FETCHING = "the recording is being fetched from the bucket, once, for no range of it leads to this stretch"


class Access:
    """Opens stored recordings. One for each process of the API, used from one event loop."""

    def __init__(self, store: AudioStore) -> None:
        self._store = store
        self._threads = CapacityLimiter(THREADS)
        self._copies: Once[None] = Once(COPIES_AT_ONCE)

    async def open_stored(self, key: str) -> int | None:
        """Return a descriptor of the stored file, which the caller closes; None where it lies in a bucket.

        Raises PermanentError for an unknown key.
        """
        return await to_thread.run_sync(self._open_stored, key, limiter=self._threads)

    async def measure_in_bucket(self, key: str) -> int | None:
        """Return the size of a file in a bucket; None for one in a folder. Raises PermanentError for an unknown key."""

        def measure() -> int | None:
            return self._store.measure(key) if self._store.stored_file(key) is None else None

        return await to_thread.run_sync(measure, limiter=self._threads)

    async def open_copy(self, key: str, wait_s: float) -> int:
        """Return a descriptor of a local copy, which the caller closes. Raises TransientError while it is fetched."""

        async def fetch() -> None:
            await to_thread.run_sync(lambda: os.close(self._open_copy(key)), limiter=self._threads)

        await self._copies.wait(key, fetch, wait_s, FETCHING)
        return await to_thread.run_sync(self._open_copy, key, limiter=self._threads)

    @asynccontextmanager
    async def open_ranges(self, key: str, allowance: Allowance) -> AsyncIterator[int]:
        """Yield the child's end of a socket over which ranges are answered while the block runs.

        Raises what the store raised meanwhile, whatever else the block comes to: a decoder takes a failed read for the
        end of the file.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
            answering = asyncio.create_task(answer_ranges(ours, self._store, key, allowance, self._threads))
            try:
                yield theirs.fileno()
            except Exception as error:
                if allowance.is_fetching:  # the child was ended while it waited for the store
                    raise TransientError("the store of recordings takes too long to answer") from error
                if allowance.error is not None:
                    raise allowance.error from error
                raise
            finally:
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
                log.debug("ranges were read", store_key=key, trips=allowance.trips, size_bytes=allowance.used_bytes)
            if allowance.error is not None:
                raise allowance.error

    async def close(self) -> None:
        """Give up fetching."""
        await self._copies.close()

    def _open_stored(self, key: str) -> int | None:
        path = self._store.stored_file(key)
        return None if path is None else os.open(path, os.O_RDONLY)

    def _open_copy(self, key: str) -> int:
        with self._store.local_copy(key) as path:
            return os.open(path, os.O_RDONLY)
