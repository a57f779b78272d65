"""Removes bytes that no recording promises: at once where a request leaves some, and each hour what escaped that."""

import asyncio

from fastapi.concurrency import run_in_threadpool

from services.adapters.logs import get_logger
from services.adapters.postgres.unpromised import delete_audio, delete_unpromised
from services.api.house import House
from services.domain.errors import TransientError

SWEEP_EVERY_S = 3600.0
log = get_logger(__name__)


def discard_audio(house: House, store_key: str) -> None:
    """Delete bytes that are written down as nobody's; where a server is away the sweep does it later."""
    try:
        delete_audio(house.database, house.store.delete, store_key)
    except TransientError as error:
        log.warning("audio is removed later", store_key=store_key, reason=str(error))


async def sweep_store(house: House, every_s: float = SWEEP_EVERY_S) -> None:
    """Delete what is due, again and again; of many APIs each takes what no other has in hand."""
    while True:
        try:
            freed = await run_in_threadpool(delete_unpromised, house.database, house.store.delete)
            if freed.files:
                log.info("removed audio that no recording needs", files=freed.files)
        except TransientError as error:
            log.warning("audio that no recording needs is removed later", reason=str(error))
        except Exception:  # a loop that must go on: a bug, or a schema that is being migrated, is told of each time
            log.exception("audio that no recording needs was not removed")
        await asyncio.sleep(every_s)
