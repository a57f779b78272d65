"""Work that goes on after the request that caused it was answered."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from anyio import to_thread

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.orphaned_audio import delete_orphans
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.domain.errors import ChorusError

log = get_logger(__name__)
_T = TypeVar("_T")


def run_in_background(deps: Dependencies, work: Coroutine[Any, Any, None], name: str) -> None:
    """Run the work; its errors are logged, as nobody waits for it."""

    async def run() -> None:
        try:
            await work
        except ChorusError as error:
            log.warning("background work failed, will be retried", work=name, reason=str(error))
        except Exception:  # a bug: nobody else would see it
            log.exception("background work crashed, will be retried", work=name)

    task = asyncio.create_task(run(), name=name)
    deps.background.add(task)
    task.add_done_callback(deps.background.discard)


def delete_soon(deps: Dependencies) -> None:
    """Delete orphaned bytes in the background; what fails, the sweep does later."""

    async def delete() -> None:
        await in_join_thread(deps, delete_orphans, deps.database, deps.store.delete)

    run_in_background(deps, delete(), "delete orphaned audio")


async def in_join_thread(deps: Dependencies, call: Callable[..., _T], *arguments: object) -> _T:
    """Call on a thread of those that join uploads and delete parts, which neither uploads nor reads wait for."""
    return await to_thread.run_sync(call, *arguments, limiter=deps.join_threads)
