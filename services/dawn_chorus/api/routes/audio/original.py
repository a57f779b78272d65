"""A recording's bytes, whole or in part (RFC 9110 §14)."""

from collections.abc import Iterator
from itertools import chain
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse

from dawn_chorus.adapters.postgres.audio_presence import check_audio
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import AUDIO_REMOVED, NOT_FOUND, RANGE, Problem, documented
from dawn_chorus.api.routes.audio.byte_range import byte_range
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import Recording

_MEDIA_TYPES = {
    "wav": "audio/wav",
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "aiff": "audio/aiff",
    "mp4": "audio/mp4",
    "m4a": "audio/mp4",
    "aac": "audio/aac",
    "webm": "audio/webm",
    "matroska": "audio/webm",
    "asf": "audio/x-ms-wma",
    "caf": "audio/x-caf",
}
_BINARY = {"audio/*": {"schema": {"type": "string", "format": "binary"}}}
router = APIRouter(tags=["recordings"])


@router.get(
    "/v1/recordings/{recording_id:uuid}/audio",
    summary="The audio as it was uploaded",
    response_class=StreamingResponse,
    responses={
        200: {"content": _BINARY, "description": "The whole file."},
        206: {"content": _BINARY, "description": "The requested range."},
        304: {"description": "The client already has this file."},
        **documented(NOT_FOUND, AUDIO_REMOVED, RANGE),
    },
)
def get_audio(
    recording_id: UUID,
    deps: Deps,
    _caller: Reader,
    range_: Annotated[str | None, Header(alias="Range", description="One range of bytes: `bytes=0-1023`.")] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    recording = get_recording(deps.database, recording_id).recording
    check_audio(recording.id, recording.audio_removed_at)
    etag = f'"{recording.sha256}"'
    headers = _headers(recording, etag)
    if if_none_match is not None and (if_none_match.strip() == "*" or etag in if_none_match):
        return Response(status_code=304, headers=headers)
    requested = byte_range(range_, recording.size_bytes) if if_range in (None, etag) else None
    start, end = requested or (0, recording.size_bytes)
    headers["Content-Length"] = str(end - start)
    if requested is not None:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{recording.size_bytes}"
    chunks = _chunks(deps, recording, start, end)
    return StreamingResponse(chunks, 200 if requested is None else 206, headers, _media_type(recording))


def _headers(recording: Recording, etag: str) -> dict[str, str]:
    name = quote(recording.filename, safe="")
    return {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f"inline; filename*=utf-8''{name}",
        "X-Content-Type-Options": "nosniff",
    }


def _media_type(recording: Recording) -> str:
    return _MEDIA_TYPES.get(recording.audio.format.partition("/")[0], "application/octet-stream")


def _chunks(deps: Dependencies, recording: Recording, start: int, end: int) -> Iterator[bytes]:
    """Return the bytes. The first chunk is read at once: missing bytes are an error, not a truncated response."""
    try:
        chunks = deps.store.read(recording.store_key, start, end)
        first = next(chunks, b"")
    except PermanentError as error:
        raise Problem(NOT_FOUND, "The audio of this recording is missing in the store") from error
    return chain([first], chunks)
