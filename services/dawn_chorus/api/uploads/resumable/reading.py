"""What can be read of an upload: the whole file once its parts are joined, and before that its first bytes."""

import asyncio
import time
from uuid import UUID

from anyio import to_thread

from dawn_chorus.adapters.postgres.uploads import ResumableUpload, UploadState, get_upload, list_parts
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import INCOMPLETE, RETRY_AFTER_S, UNAVAILABLE, Problem
from dawn_chorus.api.uploads.resumable.joining import start_joining

WAIT_S = 25.0
"""How long a request waits until an upload is joined; proxies give up after 30 s, and later."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5


async def wait_until_ready(deps: Dependencies, upload_id: UUID, wait_s: float | None = None) -> ResumableUpload:
    """Return an upload whose file is in the store; wait until its parts are joined, for WAIT_S unless told otherwise.

    Raises a 409 Problem while bytes are missing, a 503 Problem if it is not joined in time; NotFound and UploadGone.
    """
    deadline, pause_s = time.monotonic() + (WAIT_S if wait_s is None else wait_s), _FIRST_PAUSE_S
    while True:
        upload = await to_thread.run_sync(get_upload, deps.database, upload_id, limiter=deps.upload_threads)
        if upload.state is UploadState.READY:
            return upload
        if upload.state is UploadState.OPEN:
            here = f"{upload.received_bytes} of {upload.size_bytes} bytes"
            raise Problem(INCOMPLETE, f"Only {here} of this upload are here: send the rest by PATCH first")
        if time.monotonic() > deadline:
            detail = "The parts of this upload are still being put together; send the same request again"
            raise Problem(UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
        start_joining(deps, upload_id)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def read_upload_start(deps: Dependencies, upload: ResumableUpload, n_bytes: int) -> bytes:
    """Return the first bytes of an upload, at most `n_bytes` and as many as are here. Blocks.

    Raises NotFound and UploadGone if it ended meanwhile.
    """
    for _ in range(2):
        if upload.store_key is not None:
            return b"".join(deps.store.read(upload.store_key, 0, n_bytes))
        parts = list_parts(deps.database, upload.id)
        if parts or upload.size_bytes == 0 or upload.state is UploadState.OPEN:
            break
        upload = get_upload(deps.database, upload.id)  # joined meanwhile
    content = b""
    for part in parts:
        if len(content) >= n_bytes:
            break
        content += b"".join(deps.store.read(part.store_key, 0, n_bytes - len(content)))
    return content
