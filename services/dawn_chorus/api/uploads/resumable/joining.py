"""Joins the parts of a whole upload into one stored file, in whichever process took its last byte.

The process holds a lease on the row meanwhile (`adapters.postgres.upload_joining`). Whatever dies on the way leaves
nothing but listed keys: the new file is reserved until it is ready, the parts count until then.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.orphaned_audio import check_store, reserve_audio
from dawn_chorus.adapters.postgres.upload_joining import (
    Joining,
    begin_joining,
    break_off_joining,
    finish_joining,
    give_up_joining,
    renew_joining,
)
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.uploads.resumable.background import delete_soon, run_in_background
from dawn_chorus.api.uploads.store_keys import new_store_key
from dawn_chorus.api.uploads.sweep import discard_audio
from dawn_chorus.domain.errors import ChorusError, PermanentError, TransientError

LEASE_S = 15.0
"""Another process may join an upload so long after the one that did has died."""
RENEW_EVERY_S = 3.0
log = get_logger(__name__)


class _LeaseLost(TransientError):
    """Another process joins the upload, or it was deleted."""

    def __init__(self) -> None:
        super().__init__("another process joins the upload, or it was deleted")


def start_joining(deps: Dependencies, upload_id: UUID) -> None:
    """Join a whole upload in the background, unless that is under way here."""
    name = f"join upload {upload_id}"
    if all(task.get_name() != name for task in deps.background):
        run_in_background(deps, join_upload(deps, upload_id), name)


async def join_upload(deps: Dependencies, upload_id: UUID) -> None:
    """Join an upload if nobody does; then delete its parts. An upload whose parts are lost ends as broken."""
    async with deps.joins:
        joining = await asyncio.to_thread(begin_joining, deps.database, upload_id, lease_s=LEASE_S)
        if joining is None:
            return
        try:
            await _join(deps, joining)
        except PermanentError as error:
            log.warning("upload cannot be joined", upload_id=str(upload_id), reason=str(error))
            await asyncio.to_thread(_break_off, deps, joining)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(give_up_joining, deps.database, joining))
            raise
    delete_soon(deps)


def _break_off(deps: Dependencies, joining: Joining) -> None:
    """End an upload whose parts are lost. Raises PermanentError if all of the store seems to be: then nothing is."""
    try:
        check_store(deps.database, deps.store)
    except PermanentError:
        give_up_joining(deps.database, joining)
        raise
    if break_off_joining(deps.database, joining, ttl_s=deps.settings.upload_expiry_h * 3600):
        metrics.resumable_uploads.labels("broken").inc()


async def _join(deps: Dependencies, joining: Joining) -> None:
    store_key = new_store_key(joining.upload.filename)
    await asyncio.to_thread(reserve_audio, deps.database, store_key)
    try:
        sha256 = await _write_while_held(deps, joining, store_key)
    except BaseException:
        await asyncio.shield(asyncio.to_thread(discard_audio, deps, store_key))
        raise
    # An error leaves open whether the upload is ready: its row decides, and the sweep follows.
    if not await asyncio.to_thread(finish_joining, deps.database, joining, store_key, sha256):
        await asyncio.to_thread(discard_audio, deps, store_key)
        raise _LeaseLost
    upload = joining.upload
    metrics.resumable_uploads.labels("joined").inc()
    log.info("upload joined", upload_id=str(upload.id), size_bytes=upload.size_bytes, parts=len(joining.parts))


async def _write_while_held(deps: Dependencies, joining: Joining, store_key: str) -> str:
    """Write the whole file and return its SHA-256. Raises _LeaseLost as soon as the right to do so is lost."""
    renewing = asyncio.create_task(_keep_renewing(deps, joining, store_key))
    writing = asyncio.create_task(_write(deps, joining, store_key))
    try:
        await asyncio.wait((renewing, writing), return_when=asyncio.FIRST_COMPLETED)
        if not writing.done():
            raise _LeaseLost
        return writing.result()
    finally:
        for task in (renewing, writing):
            task.cancel()
        await asyncio.gather(renewing, writing, return_exceptions=True)


async def _write(deps: Dependencies, joining: Joining, store_key: str) -> str:
    """Write the parts one after the other under the key; return the SHA-256 of it all."""
    digest = hashlib.sha256()
    written = await deps.store.write(store_key, _chunks(deps, joining, digest))
    if written != joining.upload.size_bytes:
        raise PermanentError(f"the parts have {written} bytes together, not {joining.upload.size_bytes}")
    return digest.hexdigest()


async def _chunks(deps: Dependencies, joining: Joining, digest: "hashlib._Hash") -> AsyncIterator[bytes]:
    stored = _read_parts(deps, joining, digest)
    while (chunk := await asyncio.to_thread(next, stored, b"")) != b"":
        yield chunk


def _read_parts(deps: Dependencies, joining: Joining, digest: "hashlib._Hash") -> Iterator[bytes]:
    for part in joining.parts:
        for chunk in deps.store.read(part.store_key):
            digest.update(chunk)
            yield chunk


async def _keep_renewing(deps: Dependencies, joining: Joining, store_key: str) -> None:
    """Renew the lease until it is lost. While the database is away it may be lost or not: the end will tell."""
    while True:
        await asyncio.sleep(RENEW_EVERY_S)
        try:
            if not await asyncio.to_thread(renew_joining, deps.database, joining, store_key, lease_s=LEASE_S):
                return
        except ChorusError as error:
            log.warning("lease on an upload not renewed, will be retried", reason=str(error))
