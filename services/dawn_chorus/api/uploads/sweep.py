"""Deletes orphaned audio: at once after the request that left it, and every hour what that missed.

With it go the rows of sessions that have ended, and old notes of changes.
"""

import asyncio

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.byte_indexes import delete_stray_byte_indexes
from dawn_chorus.adapters.postgres.changes import delete_old_changes
from dawn_chorus.adapters.postgres.orphaned_audio import Freed, check_store, delete_orphans, release_audio
from dawn_chorus.adapters.postgres.sessions import delete_ended_sessions
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.domain.errors import ChorusError, TransientError

SWEEP_EVERY_S = 3600.0
log = get_logger(__name__)


def discard_audio(deps: Dependencies, store_key: str) -> None:
    """Delete orphaned audio that is listed in the database; if a server is unavailable, the sweep does it later."""
    try:
        release_audio(deps.database, deps.store.delete, store_key)
    except TransientError as error:
        log.warning("orphaned audio not deleted, will be retried", store_key=store_key, reason=str(error))


def _sweep(deps: Dependencies) -> Freed:
    delete_ended_sessions(deps.database)
    delete_old_changes(deps.database)
    delete_stray_byte_indexes(deps.database)
    check_store(deps.database, deps.store)
    return delete_orphans(deps.database, deps.store.delete)


async def sweep_store(deps: Dependencies, every_s: float = SWEEP_EVERY_S) -> None:
    """Delete orphaned audio every `every_s`, forever; APIs that sweep at the same time take different rows."""
    while True:
        try:
            freed = await run_in_threadpool(_sweep, deps)
            if freed.files:
                log.info("orphaned audio deleted", files=freed.files)
        except ChorusError as error:
            log.warning("orphaned audio sweep failed, will be retried", reason=str(error))
        except Exception:  # the loop must go on; a bug, or a schema being migrated, is logged each time
            log.exception("orphaned audio sweep crashed, will be retried")
        await asyncio.sleep(every_s)
