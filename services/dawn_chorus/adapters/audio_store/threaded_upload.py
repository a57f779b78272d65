"""Streams chunks from the event loop to an upload that runs on a thread."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

Item = bytes | Exception | None
"""A chunk; an error that aborts the upload; None at the end."""


class UploadAborted(Exception):
    """Makes the upload on the thread clean up; the caller sees the original error."""


async def upload_on_a_thread(chunks: AsyncIterator[bytes], put: Callable[[Iterator[bytes]], object]) -> int:
    """Store the chunks with `put`; return their size in bytes. At most one chunk is buffered.

    `put` blocks, on its own thread, and cannot be cancelled: an upload that is cancelled in the middle would leave
    parts in the bucket, whereas one whose input fails removes them. So an error or a cancellation of the caller becomes
    an error of the input, and the thread is waited for. (obstore's own `put_async` can also abort a process that ends
    soon after.)
    """
    pipe: asyncio.Queue[Item] = asyncio.Queue(maxsize=1)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, thread_name_prefix="upload") as thread:
        putting = loop.run_in_executor(thread, put, _drain(pipe, loop))
        try:
            size_bytes = 0
            async for chunk in chunks:
                await _offer(pipe, chunk, putting)
                size_bytes += len(chunk)
            await _offer(pipe, None, putting)
            await asyncio.shield(putting)
        except BaseException:
            await _offer(pipe, UploadAborted(), putting)
            await asyncio.gather(putting, return_exceptions=True)
            raise
    return size_bytes


def _drain(pipe: asyncio.Queue[Item], loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    while isinstance(item := asyncio.run_coroutine_threadsafe(pipe.get(), loop).result(), bytes):
        yield item
    if item is not None:
        raise item


async def _offer(pipe: asyncio.Queue[Item], item: Item, putting: asyncio.Future[Any]) -> None:
    """Put the item into the pipe, or raise the error that ended the upload: nothing reads from the pipe then."""
    offering = asyncio.ensure_future(pipe.put(item))
    try:
        await asyncio.wait({offering, putting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        offering.cancel()
    if putting.done() and not isinstance(item, Exception):
        putting.result()
