"""Makes one export: writes its file beside the cache, stores it, and holds the lease on its row meanwhile.

Whatever dies on the way leaves nothing but a listed key: the file is reserved before its first byte is stored.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from uuid import UUID, uuid4

from pydantic import ValidationError

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.export_making import (
    MOST_ATTEMPTS,
    Making,
    Progress,
    begin_making,
    fail_making,
    finish_making,
    give_up_making,
    renew_making,
)
from dawn_chorus.adapters.postgres.listened import stream_listened
from dawn_chorus.adapters.postgres.orphaned_audio import reserve_audio
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.detection_request import wanted_detections
from dawn_chorus.api.exports.context import context_across
from dawn_chorus.api.exports.jobs.archive import ClipArchive
from dawn_chorus.api.exports.jobs.clips import write_clips
from dawn_chorus.api.exports.jobs.files import name_file, open_spool, read_spool
from dawn_chorus.api.exports.jobs.tables import Table
from dawn_chorus.api.http.problems import Problem
from dawn_chorus.api.models.exports import CLIPS, ExportFields
from dawn_chorus.api.uploads.resumable.background import run_in_background
from dawn_chorus.api.uploads.sweep import discard_audio
from dawn_chorus.domain.errors import ChorusError, PermanentError, TransientError
from dawn_chorus.domain.exports.formats import ExportFormat

LEASE_S = 15.0
"""Another process may make an export so long after the one that did has died."""
RENEW_EVERY_S = 2.0
KEPT_S = 7 * 86_400.0
log = get_logger(__name__)


class _LeaseLost(TransientError):
    """It was removed, or another process makes it."""


@dataclass(frozen=True, slots=True)
class _Made:
    filename: str
    size_bytes: int


def start_making(deps: Dependencies, export_id: UUID, form: str) -> None:
    """Make an export in the background, unless that is under way, or waits for its turn, here."""
    name = f"make export {export_id}"
    if all(task.get_name() != name for task in deps.background):
        run_in_background(deps, make_export(deps, export_id, form), name)


async def make_export(deps: Dependencies, export_id: UUID, form: str) -> None:
    """Make an export if nobody does; of this process one of clips and one of rows are made at once."""
    async with deps.clip_exports if form == CLIPS else deps.table_exports:
        making = await asyncio.to_thread(begin_making, deps.database, export_id, lease_s=LEASE_S)
        if making is None:
            return
        try:
            await _make(deps, making)
        except (PermanentError, Problem, ValidationError) as error:
            await asyncio.to_thread(_fail, deps, making, str(error))
        except TransientError as error:
            await asyncio.to_thread(_put_off, deps, making, error)
        except BaseException as error:
            is_ending = isinstance(error, asyncio.CancelledError)
            await asyncio.shield(asyncio.to_thread(give_up_making, deps.database, making, counted=not is_ending))
            raise


def _fail(deps: Dependencies, making: Making, reason: str) -> None:
    fail_making(deps.database, making, reason)
    metrics.exports.labels("failed").inc()
    log.warning("export failed", export_id=str(making.export.id), format=making.export.format, reason=reason)


def _put_off(deps: Dependencies, making: Making, error: TransientError) -> None:
    """Leave an export to the next attempt, whoever makes it; after the last it fails with the reason."""
    if isinstance(error, _LeaseLost):
        log.info("export given up, it was removed or is made elsewhere", export_id=str(making.export.id))
    elif making.export.attempts >= MOST_ATTEMPTS:
        _fail(deps, making, f"given up after {MOST_ATTEMPTS} attempts: {error}")
    else:
        give_up_making(deps.database, making)
        log.warning("export will be retried", export_id=str(making.export.id), reason=str(error))


async def _make(deps: Dependencies, making: Making) -> None:
    store_key, progress = f"exports/{uuid4().hex}", Progress()
    await asyncio.to_thread(reserve_audio, deps.database, store_key)
    try:
        made = await _write_while_held(deps, making, progress, store_key)
    except BaseException:
        await asyncio.shield(asyncio.to_thread(discard_audio, deps, store_key))
        raise
    finish = partial(finish_making, deps.database, making, progress, store_key=store_key, kept_s=KEPT_S)
    # An error leaves open whether the export is ready: its row decides, and the sweep follows.
    if not await asyncio.to_thread(finish, filename=made.filename, size_bytes=made.size_bytes):
        await asyncio.to_thread(discard_audio, deps, store_key)
        raise _LeaseLost
    metrics.exports.labels("ready").inc()
    counts = {"items": progress.done, "left_out": progress.left_out, "size_bytes": made.size_bytes}
    log.info("export ready", export_id=str(making.export.id), format=making.export.format, **counts)


async def _write_while_held(deps: Dependencies, making: Making, progress: Progress, store_key: str) -> _Made:
    """Write and store the file. Raises _LeaseLost as soon as the right to do so is lost."""
    renewing = asyncio.create_task(_keep_renewing(deps, making, progress, store_key))
    writing = asyncio.create_task(_write(deps, making, progress, store_key))
    try:
        await asyncio.wait((renewing, writing), return_when=asyncio.FIRST_COMPLETED)
        if not writing.done():
            raise _LeaseLost
        return writing.result()
    finally:
        for task in (renewing, writing):
            task.cancel()
        await asyncio.gather(renewing, writing, return_exceptions=True)


async def _write(deps: Dependencies, making: Making, progress: Progress, store_key: str) -> _Made:
    fields = ExportFields.model_validate(dict(making.export.request))
    wanted = await asyncio.to_thread(wanted_detections, deps, fields)
    context = await asyncio.to_thread(context_across, deps, wanted, fields, making.export.address)
    context = replace(context, made_at=making.export.created_at.astimezone(UTC))
    most_bytes = deps.settings.export_max_bytes
    with open_spool(deps.settings.cache_folder) as file:
        if fields.format == CLIPS:
            await write_clips(deps, progress, fields, wanted, ClipArchive(file, most_bytes, context))
        else:
            rows, listened = stream_detections(deps.database, wanted), stream_listened(deps.database, wanted)
            table = Table(progress, most_bytes)
            await _write_table(table, partial(table.write, ExportFormat(fields.format), rows, listened, context, file))
        size_bytes = await deps.store.write(store_key, read_spool(file))
    return _Made(name_file(fields.format, context), size_bytes)


async def _write_table(table: Table, write: Callable[[], None]) -> None:
    writing = asyncio.ensure_future(asyncio.to_thread(write))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:  # the thread cannot be cancelled, and must not write into a file that is closed
        table.is_stopped = True
        await asyncio.gather(writing, return_exceptions=True)
        raise


async def _keep_renewing(deps: Dependencies, making: Making, progress: Progress, store_key: str) -> None:
    """Renew the lease until it is lost. While the database is away it may be lost or not: the end will tell."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            held = await asyncio.to_thread(renew_making, deps.database, making, progress, store_key, lease_s=LEASE_S)
        except ChorusError as error:
            log.warning("lease on an export not renewed, will be retried", reason=str(error))
            continue
        if not held:
            return
