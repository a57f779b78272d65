"""Audio stores that tests look into: what was read of a bucket, and buckets that fail."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.ports import AudioStore


class WatchedBucket:
    """A store that gives out no files, only ranges and copies, and counts them."""

    def __init__(self, store: AudioStore) -> None:
        self._store = store
        self.ranges: list[tuple[int, int]] = []
        self.copies: list[str] = []
        self.is_away = False
        self.let_through = threading.Event()
        self.let_through.set()
        self.waiting = threading.Semaphore(0)
        """Released for each range that waits to be let through."""

    @property
    def bytes_read(self) -> int:
        return sum(length for _, length in self.ranges)

    def forget(self) -> None:
        self.ranges, self.copies = [], []

    def read_range(self, key: str, start: int, length: int) -> bytes:
        if not self.let_through.is_set():
            self.waiting.release()
            self.let_through.wait(60)
        if self.is_away:
            raise TransientError("the bucket does not answer")
        content = self._store.read_range(key, start, length)
        self.ranges.append((start, len(content)))
        return content

    def stored_file(self, _key: str) -> Path | None:
        return None

    def local_copy(self, key: str) -> AbstractContextManager[Path]:
        self.copies.append(key)
        return self._store.local_copy(key)

    def measure(self, key: str) -> int:
        return self._store.measure(key)

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        return await self._store.write(key, chunks)

    def put(self, key: str, content: bytes) -> None:
        self._store.put(key, content)

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        return self._store.read(key, start, end)

    def delete(self, key: str) -> None:
        self._store.delete(key)

    def check(self) -> None:
        self._store.check()
