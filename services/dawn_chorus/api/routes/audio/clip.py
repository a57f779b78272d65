"""A stretch of a recording, as a file that browsers play."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from dawn_chorus.adapters.postgres.audio_presence import check_audio
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.clips.making import CONTENT_TYPES
from dawn_chorus.api.clips.names import name_clip
from dawn_chorus.api.clips.wanted import ClipQuery, choose_clip
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.byte_range import WantedBytes
from dawn_chorus.api.http.disconnects import while_connected
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.problems import (
    AUDIO_REMOVED,
    BUSY,
    INVALID,
    NOT_FOUND,
    RANGE,
    UNAVAILABLE,
    UNDECODABLE,
    documented,
)

_BINARY = {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type, _ in CONTENT_TYPES.values()}
_HEADERS = {
    "Content-Disposition": "Its name: site, the recorder's own time at its start, taxon, confidence.",
    "Chorus-Clip-Start": "Where it begins in the recording, in seconds.",
    "Chorus-Clip-End": "Where it ends: with the recording at the latest.",
    "Chorus-Lost": "What no decoder could read of it, in seconds of the recording, `12.000-12.500, 14.000-15.000`: it "
    "is silent. Not there if there is nothing.",
}
_DOCUMENTED = {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()}
router = APIRouter(tags=["recordings"])


@router.get(
    "/v1/recordings/{recording_id:uuid}/clip",
    summary="A stretch of its sound, as a file that browsers play",
    response_class=StreamingResponse,
    responses={
        200: {"content": _BINARY, "headers": _DOCUMENTED, "description": "The whole clip."},
        206: {"content": _BINARY, "headers": _DOCUMENTED, "description": "The requested range of its bytes."},
        304: {"description": "The client already has this clip."},
        **documented(NOT_FOUND, AUDIO_REMOVED, RANGE, INVALID, UNDECODABLE, UNAVAILABLE, BUSY),
    },
)
async def get_clip(
    recording_id: UUID,
    request: Request,
    query: Annotated[ClipQuery, Query()],
    deps: Deps,
    _caller: Reader,
    bytes_: WantedBytes,
) -> Response:
    """Return the clip. The same address gives the same bytes, so that players can fetch it piece by piece."""
    recording = (await run_in_threadpool(get_recording, deps.database, recording_id)).recording
    check_audio(recording.id, recording.audio_removed_at)
    wanted = choose_clip(query, recording.audio, recording.sha256)
    etag = f'"{wanted.key}"'
    name = name_clip(recording, wanted.start_s, wanted.format, query.taxon, query.confidence)
    headers = {
        "ETag": etag,
        "Cache-Control": "private, max-age=3600",
        "Content-Disposition": disposition(name),
        "Chorus-Clip-Start": f"{wanted.start_s:.6f}",
        "Chorus-Clip-End": f"{wanted.end_s:.6f}",
    }
    if bytes_.is_known(etag):  # then it need not be made
        return Response(status_code=304, headers=headers)
    clip = await while_connected(request, deps.clips.make(recording, wanted))
    if clip.lost:
        headers["Chorus-Lost"] = clip.lost
    return bytes_.answer(clip.read, clip.size_bytes, headers, CONTENT_TYPES[wanted.format][0])
