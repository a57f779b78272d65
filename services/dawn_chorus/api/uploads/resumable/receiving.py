"""Receives the bytes of one request into an upload: they are cut into parts, each an object of its own in the store.

A part counts from the moment its row is written. Without a checksum each part counts as soon as it is stored, and when
the line is cut what has come of the next one too; with a checksum all of them count together, once the sum is right.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

from anyio import to_thread
from starlette.requests import ClientDisconnect

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.orphaned_audio import reserve_audio
from dawn_chorus.adapters.postgres.uploads import Part, ResumableUpload, add_parts, hurry_orphans
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import CHECKSUM, STALLED, TOO_LARGE, Problem
from dawn_chorus.api.uploads.resumable.background import delete_soon
from dawn_chorus.api.uploads.resumable.headers import Checksum
from dawn_chorus.domain.errors import PermanentError, TransientError

PART_BYTES = 8 * 2**20
MOST_PARTS = 10_000
log = get_logger(__name__)
_T = TypeVar("_T")


def most_bytes(deps: Dependencies) -> int:
    """Return the size of the largest file that can be uploaded in parts."""
    return min(deps.settings.max_upload_bytes, MOST_PARTS * PART_BYTES)


class Receiver:
    """Takes the bytes of one request. At most one part is held in memory."""

    def __init__(self, deps: Dependencies, upload: ResumableUpload, checksum: Checksum | None = None) -> None:
        self._deps, self._upload, self._checksum = deps, upload, checksum
        self._sum = None if checksum is None else checksum.start()
        self._next = upload.received_bytes, upload.parts + 1
        """Where the next part begins, and its number."""
        self._chunks: list[bytes] = []
        self._waiting_bytes = 0
        """Of the chunks."""
        self._stored: list[Part] = []
        """Parts that do not count yet."""

    @property
    def upload_id(self) -> UUID:
        return self._upload.id

    async def receive(self, chunks: AsyncIterator[bytes]) -> ResumableUpload:
        """Take the bytes to their end; return the upload as it is then. Raises Problem, and what `add_parts` does."""
        try:
            await self._take(chunks)
            return await self._end()
        except BaseException as error:
            # Shielded: a cancellation (the service stops) must neither lose these bytes nor leave any behind.
            await asyncio.shield(self._keep_rest() if self._is_cut(error) else self._discard())
            raise

    def expect(self, size_bytes: int | None) -> None:
        """Raise Problem if so many bytes, of a body not yet read, are too many; None: it is not known how many come."""
        if size_bytes is not None:
            start, number = self._next
            self._check_end(start + size_bytes)
            self._check_number(number - 1 + math.ceil(size_bytes / PART_BYTES), start + size_bytes)

    async def _take(self, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            metrics.upload_bytes.inc(len(chunk))
            self._check_end(self._next[0] + self._waiting_bytes + len(chunk))
            rest = memoryview(chunk)
            while rest:
                piece = rest[: PART_BYTES - self._waiting_bytes]
                self._chunks.append(bytes(piece))
                self._waiting_bytes += len(piece)
                rest = rest[len(piece) :]
                if self._waiting_bytes == PART_BYTES:
                    await self._store()

    async def _end(self) -> ResumableUpload:
        if self._chunks:
            await self._store()
        if self._checksum is not None and self._sum is not None:
            if self._sum.digest() != self._checksum.digest:
                raise Problem(
                    CHECKSUM, "What arrived does not have this checksum, and none of it was kept: send it again"
                )
            if self._stored:
                await self._in_thread(self._count, self._stored)
        return self._upload

    async def _store(self) -> None:
        """Store what waits as one part."""
        chunks, size_bytes, (start, number) = self._chunks, self._waiting_bytes, self._next
        self._check_number(number, start + size_bytes)
        self._chunks, self._waiting_bytes = [], 0
        part = Part(start, size_bytes, number, f"uploads/{self._upload.id}/{start}-{uuid4()}")
        await self._in_thread(self._put, part, chunks)
        self._next = part.end_byte, number + 1

    def _put(self, part: Part, chunks: list[bytes]) -> None:
        content = b"".join(chunks)
        chunks.clear()
        if self._sum is not None:
            self._sum.update(content)
        reserve_audio(self._deps.database, part.store_key)
        self._stored.append(part)
        self._deps.store.put(part.store_key, content)
        if self._sum is None:
            self._count([part])

    def _count(self, parts: list[Part]) -> None:
        """Let parts count; if it is unknown whether they do, keep the bytes: the rows decide, the sweep follows."""
        ttl_s = self._deps.settings.upload_expiry_h * 3600
        try:
            self._upload = add_parts(self._deps.database, self._upload.id, parts, ttl_s=ttl_s)
        except TransientError:
            self._stored = []
            raise
        self._stored = []

    def _is_cut(self, error: BaseException) -> bool:
        """Return whether the bytes ended too early, and what has come of them counts."""
        is_cut = isinstance(error, (ClientDisconnect, asyncio.CancelledError))
        return self._sum is None and (is_cut or (isinstance(error, Problem) and error.kind is STALLED))

    async def _keep_rest(self) -> None:
        try:
            if self._chunks:
                await self._store()
        except (Problem, PermanentError, TransientError) as error:
            log.info("rest of a cut upload not kept", upload_id=str(self._upload.id), reason=str(error))
        await self._discard()

    async def _discard(self) -> None:
        """Have bytes deleted that do not count: their keys are still reserved, whatever a thread does meanwhile."""
        self._chunks = []
        keys = [part.store_key for part in self._stored]
        if not keys:
            return
        try:
            await self._in_thread(hurry_orphans, self._deps.database, keys)
        except TransientError as error:
            log.warning("parts that do not count not deleted, will be retried", parts=len(keys), reason=str(error))
        else:
            delete_soon(self._deps)

    def _check_end(self, end_byte: int) -> None:
        if end_byte > self._upload.size_bytes:
            size = f"This upload has {self._upload.size_bytes} bytes"
            raise Problem(TOO_LARGE, f"{size}, and more were sent", limit_bytes=self._upload.size_bytes)

    def _check_number(self, number: int, end_byte: int) -> None:
        """Raise Problem if the rest could not be stored any more after this part, in however large requests it came."""
        if number + math.ceil((self._upload.size_bytes - end_byte) / PART_BYTES) > MOST_PARTS:
            advice = f"send larger requests, of {PART_BYTES} bytes or more"
            raise Problem(TOO_LARGE, f"An upload has at most {MOST_PARTS:,} parts, one or more a request: {advice}")

    async def _in_thread(self, call: Callable[..., _T], *arguments: object) -> _T:
        return await to_thread.run_sync(partial(call, *arguments), limiter=self._deps.upload_threads)
