"""What a file says of itself while it is being uploaded, so that a page can ask what it does not say."""

import tempfile
from contextlib import ExitStack
from typing import IO
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.uploads import ResumableUpload, UploadState, get_upload
from dawn_chorus.api.auth import Uploader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import (
    NOT_AUDIO,
    NOT_FOUND,
    TOO_EARLY,
    UNAVAILABLE,
    UNDECODABLE,
    UPLOAD_GONE,
    Problem,
    documented,
)
from dawn_chorus.api.http.tus import UPLOADS_PATH
from dawn_chorus.api.models.upload_facts import UploadFactsOut, facts_out
from dawn_chorus.api.uploads.resumable.reading import read_upload_start, wait_until_ready
from dawn_chorus.domain.recording import AudioFacts, EarlyFacts

BEGINNING_BYTES = 1 << 20
"""What is read of a file; of less, unless that is all, nothing is said."""
MOST_BYTES = 16 << 20
"""What is read of one whose tags and pictures are longer."""
JOINING_WAIT_S = 3.0
router = APIRouter(tags=["uploads"])


@router.get(
    f"{UPLOADS_PATH}/{{upload_id:uuid}}/facts",
    summary="What a file says of itself while it is being uploaded",
    responses=documented(NOT_FOUND, TOO_EARLY, UPLOAD_GONE, NOT_AUDIO, UNDECODABLE),
)
async def get_facts(upload_id: UUID, response: Response, deps: Deps, _caller: Uploader) -> UploadFactsOut:
    """Return the facts in its header and name, once its first MiB is here, or all of a smaller file.

    409 `too-early` before; also of a file whose header stands at its end (most M4A), until all of it is here. What the
    first bytes do not say is null; ask again when `complete` was false and the last byte is sent.
    `POST /v1/recordings` with `start=file` takes the first candidate.
    """
    response.headers["Cache-Control"] = "no-store"
    upload = await _find(deps, upload_id)
    if upload.store_key is not None:
        return facts_out(await _read_whole(deps, upload, upload.store_key), upload.filename, is_whole=True)
    return facts_out(await _read_beginning(deps, upload), upload.filename, is_whole=False)


async def _find(deps: Dependencies, upload_id: UUID) -> ResumableUpload:
    """Return the upload; one whose bytes are all here, but not yet in one file, is waited for a moment."""
    upload = await to_thread.run_sync(get_upload, deps.database, upload_id, limiter=deps.upload_threads)
    if upload.state is UploadState.JOINING:
        try:
            return await wait_until_ready(deps, upload_id, JOINING_WAIT_S)
        except Problem as problem:
            if problem.kind is not UNAVAILABLE:
                raise
    return upload


async def _read_whole(deps: Dependencies, upload: ResumableUpload, store_key: str) -> AudioFacts:
    """Return what the recording will say; from a bucket the file is fetched only where ranges of it do not say that."""
    facts = await deps.stored_headers.read_by_ranges(store_key, upload.filename)
    if facts is not None:
        return facts
    with ExitStack() as stack:
        path = await run_in_threadpool(stack.enter_context, deps.store.local_copy(store_key))
        with path.open("rb") as file:
            return await deps.decoders.read_header(file.fileno(), path.name, upload.filename)


async def _read_beginning(deps: Dependencies, upload: ResumableUpload) -> EarlyFacts:
    """Return what the first bytes say; of more of them if the first MiB says nothing."""
    needed = min(BEGINNING_BYTES, upload.size_bytes)
    if upload.received_bytes < needed:
        raise Problem(TOO_EARLY, f"{upload.received_bytes} bytes of this upload are here: send {needed} first")
    try:
        return await _read_first(deps, upload, BEGINNING_BYTES)
    except Problem as problem:
        if problem.kind is not TOO_EARLY or upload.received_bytes <= BEGINNING_BYTES:
            raise
    return await _read_first(deps, upload, MOST_BYTES)


async def _read_first(deps: Dependencies, upload: ResumableUpload, n_bytes: int) -> EarlyFacts:
    with tempfile.TemporaryFile() as file:
        await to_thread.run_sync(_copy_first, deps, upload, n_bytes, file, limiter=deps.upload_threads)
        return await deps.decoders.read_beginning(file.fileno(), upload.filename, upload.size_bytes)


def _copy_first(deps: Dependencies, upload: ResumableUpload, n_bytes: int, file: IO[bytes]) -> None:
    """Copy the first bytes into a file: whoever waits for a decoder then holds none of them in memory."""
    file.write(read_upload_start(deps, upload, n_bytes))
    file.flush()
