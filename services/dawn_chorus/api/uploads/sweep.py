"""Removes bytes that no recording promises: at once where a request leaves some, and each hour what escaped that."""

import asyncio

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.orphaned_audio import Freed, check_store, delete_orphans, release_audio
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.domain.errors import ChorusError, TransientError

SWEEP_EVERY_S = 3600.0
log = get_logger(__name__)


def discard_audio(deps: Dependencies, store_key: str) -> None:
    """Delete bytes that are nobody's, as is written down; where a server is away the sweep does it later."""
    try:
        release_audio(deps.database, deps.store.delete, store_key)
    except TransientError as error:
        log.warning("audio is removed later", store_key=store_key, reason=str(error))


def _sweep(deps: Dependencies) -> Freed:
    check_store(deps.database, deps.store)
    return delete_orphans(deps.database, deps.store.delete)


async def sweep_store(deps: Dependencies, every_s: float = SWEEP_EVERY_S) -> None:
    """Delete what is due, again and again; of many APIs each takes what no other has in hand."""
    while True:
        try:
            freed = await run_in_threadpool(_sweep, deps)
            if freed.files:
                log.info("removed audio that no recording needs", files=freed.files)
        except ChorusError as error:
            log.warning("audio that no recording needs is removed later", reason=str(error))
        except Exception:  # a loop that must go on: a bug, or a schema that is being migrated, is told of each time
            log.exception("audio that no recording needs was not removed")
        await asyncio.sleep(every_s)
