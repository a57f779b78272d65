"""A recording's bytes, whole or in part (RFC 9110 §14)."""

from functools import partial
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from dawn_chorus.adapters.postgres.audio_presence import check_audio
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.byte_range import WantedBytes
from dawn_chorus.api.http.problems import AUDIO_REMOVED, NOT_FOUND, RANGE, Problem, documented
from dawn_chorus.domain.errors import PermanentError

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
def get_audio(recording_id: UUID, deps: Deps, _caller: Reader, wanted: WantedBytes) -> Response:
    recording = get_recording(deps.database, recording_id).recording
    check_audio(recording.id, recording.audio_removed_at)
    headers = {
        "ETag": f'"{recording.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": f"inline; filename*=utf-8''{quote(recording.filename, safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    media_type = _MEDIA_TYPES.get(recording.audio.format.partition("/")[0], "application/octet-stream")
    try:
        return wanted.answer(partial(deps.store.read, recording.store_key), recording.size_bytes, headers, media_type)
    except PermanentError as error:
        raise Problem(NOT_FOUND, "The audio of this recording is missing in the store") from error
