"""Takes over uploads whose process died while it joined them, and ends those whose time is over."""

import asyncio
from functools import partial

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.upload_joining import find_unjoined
from dawn_chorus.adapters.postgres.uploads import expire_uploads
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.uploads.resumable.background import delete_soon
from dawn_chorus.api.uploads.resumable.joining import start_joining
from dawn_chorus.domain.errors import ChorusError

TEND_EVERY_S = 15.0
log = get_logger(__name__)


async def tend_uploads(deps: Dependencies, every_s: float = TEND_EVERY_S) -> None:
    """Look after uploads every `every_s`, forever; of several processes each takes what the others do not."""
    while True:
        try:
            await _tend(deps)
        except ChorusError as error:
            log.warning("uploads not looked after, will be retried", reason=str(error))
        except Exception:  # the loop must go on; a bug, or a schema being migrated, is logged each time
            log.exception("looking after uploads crashed, will be retried")
        await asyncio.sleep(every_s)


async def _tend(deps: Dependencies) -> None:
    for upload_id in await run_in_threadpool(find_unjoined, deps.database):
        start_joining(deps, upload_id)
    ttl_s = deps.settings.upload_expiry_h * 3600
    expired = await run_in_threadpool(partial(expire_uploads, deps.database, ttl_s=ttl_s))
    if expired:
        metrics.resumable_uploads.labels("expired").inc(expired)
        log.info("uploads expired", uploads=expired)
        delete_soon(deps)
