"""Work that many requests wait for and that is done once, and goes on when they are gone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.domain.errors import TransientError

log = get_logger(__name__)

_T = TypeVar("_T")


class Once(Generic[_T]):
    """Tasks by key, so many of them at once. Used from one event loop."""

    def __init__(self, at_once: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[_T]] = {}

    async def wait(self, key: str, work: Callable[[], Awaitable[_T]], wait_s: float, what: str) -> _T:
        """Return what the work comes to, begun if it is not at work yet; raise what it raises.

        Raises TransientError, with `what` is done, if that takes longer than `wait_s`: the work goes on.
        """
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(self._in_turn(work))
            task.add_done_callback(lambda done: self._forget(key, done))
        await asyncio.wait({task}, timeout=wait_s)
        if not task.done():
            raise TransientError(what)
        return task.result()

    def _forget(self, key: str, done: asyncio.Task[_T]) -> None:
        del self._tasks[key]
        if not done.cancelled() and done.exception() is not None:  # asked for, for perhaps nobody waits any more
            log.info("work in the background failed", reason=str(done.exception()))

    async def _in_turn(self, work: Callable[[], Awaitable[_T]]) -> _T:
        async with self._places:
            return await work()

    async def close(self) -> None:
        """Cancel what is at work."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
