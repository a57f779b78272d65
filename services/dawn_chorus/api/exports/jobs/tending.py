"""Takes over exports whose process died while it made them, and ends those whose time is over."""

import asyncio

from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.export_making import fail_exhausted, find_unmade
from dawn_chorus.adapters.postgres.exports import UNFINISHED, count_exports, expire_exports, get_exports
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.exports.jobs.making import start_making
from dawn_chorus.domain.errors import ChorusError

TEND_EVERY_S = 10.0
log = get_logger(__name__)


async def tend_exports(deps: Dependencies, every_s: float = TEND_EVERY_S) -> None:
    """Look after exports every `every_s`, forever; of several processes each takes what the others do not."""
    while True:
        try:
            await _tend(deps)
        except ChorusError as error:
            log.warning("exports not looked after, will be retried", reason=str(error))
        except Exception:  # the loop must go on; a bug, or a schema being migrated, is logged each time
            log.exception("looking after exports crashed, will be retried")
        await asyncio.sleep(every_s)


async def _tend(deps: Dependencies) -> None:
    if failed := await run_in_threadpool(fail_exhausted, deps.database):
        metrics.exports.labels("failed").inc(failed)
        log.warning("exports given up, each attempt ended with its process", exports=failed)
    unmade = await run_in_threadpool(find_unmade, deps.database)
    for export in await run_in_threadpool(get_exports, deps.database, unmade):
        start_making(deps, export.id, export.format)
    if expired := await run_in_threadpool(expire_exports, deps.database):
        metrics.exports.labels("expired").inc(expired)
        log.info("exports expired", exports=expired)
    counts = await run_in_threadpool(count_exports, deps.database)
    for state in UNFINISHED:
        metrics.exports_unfinished.labels(state.value).set(counts[state])
