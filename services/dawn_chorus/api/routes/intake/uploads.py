"""Resumable uploads: the tus protocol 1.0, with creation, checksums, expiration and termination."""

import asyncio
from contextlib import suppress
from functools import partial
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.datastructures import Headers

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.postgres.uploads import (
    ResumableUpload,
    UploadState,
    create_upload,
    get_upload,
    terminate_upload,
    wrong_offset,
)
from dawn_chorus.api.auth import Uploader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.limits.upload_requests import UploadRequests
from dawn_chorus.api.http.problems import (
    CHECKSUM,
    MALFORMED,
    NOT_FOUND,
    PROTOCOL_VERSION,
    STALLED,
    TOO_LARGE,
    UNSUPPORTED,
    UPLOAD_GONE,
    WRONG_OFFSET,
    documented,
)
from dawn_chorus.api.http.tus import UPLOADS_PATH
from dawn_chorus.api.models import tus_requests
from dawn_chorus.api.models.rendering import json_response
from dawn_chorus.api.routes.intake.recordings import RECORDINGS_PATH
from dawn_chorus.api.uploads.resumable import headers as tus
from dawn_chorus.api.uploads.resumable.background import delete_soon
from dawn_chorus.api.uploads.resumable.joining import start_joining
from dawn_chorus.api.uploads.resumable.receiving import Receiver, most_bytes
from dawn_chorus.domain.errors import TransientError

UPLOAD_REQUESTS = UploadRequests(RECORDINGS_PATH, UPLOADS_PATH)
_ONE = f"{UPLOADS_PATH}/{{upload_id:uuid}}"
_GONE = (PROTOCOL_VERSION, NOT_FOUND, UPLOAD_GONE)
_BYTES = (MALFORMED, STALLED, TOO_LARGE, UNSUPPORTED, CHECKSUM)
router = APIRouter(tags=["uploads"])


def _check_version(request: Request, _caller: Uploader) -> None:
    tus.check_version(request.headers)


class BegunOut(BaseModel):
    """A new upload."""

    id: UUID = Field(
        description="For `POST /v1/recordings`, once all bytes are here.",
        examples=["5f0c9b1e-3b1a-4a53-9a55-0f6f2d1c7b88"],
    )


_SETTLE_S = 5.0
"""How long a question where to go on waits for what arrived before it."""
_SPOKEN = [Depends(_check_version)]


@router.options(
    UPLOADS_PATH,
    summary="What this server can do",
    status_code=204,
    responses={204: {"description": "Nothing but headers.", "headers": tus_requests.ABILITIES}},
)
def show_abilities(deps: Deps, _caller: Uploader) -> Response:
    return Response(status_code=204, headers=dict(tus.server_headers(most_bytes(deps))))


@router.post(
    UPLOADS_PATH,
    summary="Begin an upload",
    status_code=201,
    response_model=BegunOut,
    dependencies=_SPOKEN,
    responses={
        201: {"description": "The upload has begun.", "headers": tus_requests.BEGUN},
        **documented(PROTOCOL_VERSION, *_BYTES),
    },
    openapi_extra=tus_requests.CREATION,
)
async def begin_upload(request: Request, deps: Deps) -> Response:
    """Answer with the address to which the bytes are sent; the first ones may come with this request.

    Whoever knows the address, and has a key with the scope `upload`, can go on with it, at any process of the service.
    """
    headers = request.headers
    size_bytes = tus.read_length(headers, most_bytes(deps))
    filename, metadata = tus.read_filename(headers)
    has_bytes = _has_body(headers)
    checksum = tus.read_checksum(headers)
    if has_bytes:
        tus.check_content_type(headers)
    create = partial(create_upload, deps.database, size_bytes, filename, metadata, ttl_s=_ttl_s(deps))
    upload = await to_thread.run_sync(create, limiter=deps.upload_threads)
    metrics.resumable_uploads.labels("begun").inc()
    if has_bytes or checksum is not None:
        try:
            upload = await _receive(request, deps, Receiver(deps, upload, checksum))
        except BaseException:
            await asyncio.shield(_forget(deps, upload.id))
            raise
    _join_if_whole(deps, upload)
    location = {"Location": f"{UPLOADS_PATH}/{upload.id}"}
    return json_response(BegunOut(id=upload.id), 201, {**location, **tus.describe(upload)})


@router.head(
    _ONE,
    summary="How far an upload is",
    response_class=Response,
    dependencies=_SPOKEN,
    responses={200: {"description": "It goes on.", "headers": tus_requests.LENGTH}, **documented(*_GONE)},
    openapi_extra=tus_requests.ONE,
)
async def show_upload(upload_id: UUID, deps: Deps) -> Response:
    """Say where to go on. An upload that became a recording is gone (410), as one that was deleted or expired.

    Bytes that arrived before the line was cut are counted first.
    """
    await deps.arrivals.settle(upload_id, _SETTLE_S)
    upload = await run_in_threadpool(get_upload, deps.database, upload_id)
    metadata = {"Upload-Metadata": upload.metadata} if upload.metadata else {}
    length = {"Upload-Length": str(upload.size_bytes), "Cache-Control": "no-store"}
    return Response(headers={**tus.describe(upload), **length, **metadata})


@router.patch(
    _ONE,
    summary="Send bytes",
    status_code=204,
    response_class=Response,
    dependencies=_SPOKEN,
    responses={
        204: {"description": "The bytes are here.", "headers": tus_requests.PROGRESS},
        **documented(*_BYTES, *_GONE, WRONG_OFFSET),
    },
    openapi_extra=tus_requests.BYTES,
)
async def receive_bytes(upload_id: UUID, request: Request, deps: Deps) -> Response:
    """Append the bytes at `Upload-Offset`, which must be where those that are here end.

    Without `Upload-Checksum` what has arrived counts when the line is cut: ask by `HEAD` where to go on. With it all of
    this request counts, or nothing. After the last byte make a recording of it: `POST /v1/recordings` with `upload`.
    """
    headers = request.headers
    tus.check_content_type(headers)
    offset = tus.read_number(headers, "Upload-Offset")
    checksum = tus.read_checksum(headers)
    upload = await to_thread.run_sync(get_upload, deps.database, upload_id, limiter=deps.upload_threads)
    if offset != upload.received_bytes:
        raise wrong_offset(upload.received_bytes)
    receiver = Receiver(deps, upload, checksum)
    declared = headers.get("content-length", "")
    receiver.expect(int(declared) if declared.isdigit() else None)
    upload = await _receive(request, deps, receiver)
    _join_if_whole(deps, upload)
    return Response(status_code=204, headers=tus.describe(upload))


@router.delete(
    _ONE,
    summary="Delete an upload",
    status_code=204,
    response_class=Response,
    dependencies=_SPOKEN,
    responses=documented(*_GONE),
    openapi_extra=tus_requests.ONE,
)
async def delete_upload(upload_id: UUID, deps: Deps) -> Response:
    """Delete its bytes. One that became a recording has gone: delete the recording."""
    await to_thread.run_sync(_terminate, deps, upload_id, limiter=deps.upload_threads)
    metrics.resumable_uploads.labels("deleted").inc()
    delete_soon(deps)
    return Response(status_code=204)


async def _receive(request: Request, deps: Dependencies, receiver: Receiver) -> ResumableUpload:
    with (
        deps.uploads.one() as place,
        deps.arrivals.one(receiver.upload_id) as arrival,
        metrics.uploads_in_flight.track_inprogress(),
    ):
        return await receiver.receive(arrival.watch(place.read(request.stream())))


def _join_if_whole(deps: Dependencies, upload: ResumableUpload) -> None:
    if upload.state is UploadState.JOINING:
        start_joining(deps, upload.id)


async def _forget(deps: Dependencies, upload_id: UUID) -> None:
    """Delete an upload whose address nobody was told; if the database is away, it expires."""
    with suppress(TransientError):
        await to_thread.run_sync(_terminate, deps, upload_id, limiter=deps.upload_threads)
        delete_soon(deps)


def _terminate(deps: Dependencies, upload_id: UUID) -> None:
    terminate_upload(deps.database, upload_id, ttl_s=_ttl_s(deps))


def _ttl_s(deps: Dependencies) -> float:
    return deps.settings.upload_expiry_h * 3600


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
