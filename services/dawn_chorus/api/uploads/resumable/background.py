"""Work that goes on after the request that caused it was answered."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.orphaned_audio import delete_orphans
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.domain.errors import ChorusError

log = get_logger(__name__)


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
        async with deps.deletions:
            await asyncio.to_thread(delete_orphans, deps.database, deps.store.delete)

    run_in_background(deps, delete(), "delete orphaned audio")
