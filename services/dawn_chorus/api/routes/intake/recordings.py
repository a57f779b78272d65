"""Recordings: upload, list, remove."""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.postgres.analyses import MOST_LISTED, get_statuses, status_of_new
from dawn_chorus.adapters.postgres.recording_list import list_recordings
from dawn_chorus.adapters.postgres.recordings import delete_recording, get_recording
from dawn_chorus.adapters.postgres.values import RecordingFilter, StoredRecording
from dawn_chorus.api.auth import Admin, Lister, Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import (
    CONFLICT,
    IN_PROGRESS,
    INCOMPLETE,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    NOT_AUDIO,
    NOT_FOUND,
    STALLED,
    TOO_LARGE,
    TOO_LONG,
    UNDECODABLE,
    UNKNOWN_PACK,
    UNSUPPORTED,
    UPLOAD_GONE,
    documented,
)
from dawn_chorus.api.idempotency import OnceDep
from dawn_chorus.api.models.query_parameters import RecordingsQuery
from dawn_chorus.api.models.rendering import json_response, recording_out, recording_url
from dawn_chorus.api.models.requests import UploadFields
from dawn_chorus.api.models.responses import PageOut, RecordingOut, StartOut, UploadOut
from dawn_chorus.api.taxon_names import check_taxa
from dawn_chorus.api.uploads.intake import Intake
from dawn_chorus.api.uploads.sweep import discard_audio
from dawn_chorus.domain.clock.start import Start

RECORDINGS_PATH = "/v1/recordings"
_MOST_IN_LISTS = 10
"""Failures, stretches of lost audio and warnings of each analysis in a list of up to 500 recordings."""
_UPLOAD_PROBLEMS = (
    MALFORMED, STALLED, CONFLICT, IN_PROGRESS, TOO_LARGE, NOT_AUDIO, UNSUPPORTED, INVALID, UNDECODABLE, TOO_LONG,
    UNKNOWN_PACK, KEY_REUSED, NOT_FOUND, INCOMPLETE, UPLOAD_GONE,
)  # fmt: skip
_UPLOAD_ID = "5f0c9b1e-3b1a-4a53-9a55-0f6f2d1c7b88"
_EXAMPLE = {
    "site": "north-marsh",
    "latitude": 52.52,
    "longitude": 13.405,
    "start": "file",
    "time_zone": "Europe/Berlin",
}
router = APIRouter(tags=["recordings"])


def _upload_form() -> dict[str, Any]:
    """Return the OpenAPI entry of the upload form, whose body is parsed without FastAPI."""
    schema = UploadFields.model_json_schema()
    audio = {
        "type": "string",
        "format": "binary",
        "description": "The recording: WAV, FLAC, MP3, Ogg, AIFF, M4A, … Its name is stored as sent, without folders.",
    }
    fields = _inlined(schema["properties"], schema.get("$defs", {}))
    form = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"file": audio} | fields,
        "oneOf": [{"required": ["file"]}, {"required": ["upload"]}],
    }
    of_upload = {"type": "object", "required": ["upload"], "additionalProperties": False, "properties": fields}
    content = {
        "multipart/form-data": {"schema": form, "example": {"file": "(bytes of dawn.flac)"} | _EXAMPLE},
        "application/x-www-form-urlencoded": {"schema": of_upload, "example": {"upload": _UPLOAD_ID} | _EXAMPLE},
    }
    return {"requestBody": {"required": True, "content": content}}


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """Return the schema with its definitions inlined: the form cannot refer to the document's components."""
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        # What stands beside a reference is of the field: its default, its own description.
        return definitions[part["$ref"].rpartition("/")[2]] | {
            name: each for name, each in part.items() if name != "$ref"
        }
    return {name: _inlined(each, definitions) for name, each in part.items()}


@router.post(
    RECORDINGS_PATH,
    summary="Upload a recording and start its analysis",
    status_code=202,
    response_model=UploadOut,
    responses={
        200: {"model": UploadOut, "description": "The same was uploaded and asked before."},
        **documented(*_UPLOAD_PROBLEMS),
    },
    openapi_extra=_upload_form(),
)
async def upload_recording(request: Request, deps: Deps, once: OnceDep) -> Response:
    """Respond with 202 once file, rows and outbox are durable; the analysis then runs in the background.

    `curl -F file=@dawn.flac` is enough.

    The same bytes with the same site and start are the recording that is there, and its audio is restored if that was
    removed. Another pack, a newer version of it or other settings begin another analysis (202). If an analysis with the
    same ones is there, and has neither failed nor been cancelled, nothing is begun: 200 with `duplicate: true`.

    A recording without site, start or coordinates takes over those that are sent; what it has is kept where none are
    sent. With another site or start the same bytes are another recording. 409 if several recordings with these bytes
    fit what was sent, or if the one that fits was made more than 100 m from the coordinates sent.
    """
    with once.running(), ExitStack() as held:
        async with Intake(deps, request) as intake:
            place = held.enter_context(deps.uploads.one())
            held.enter_context(metrics.uploads_in_flight.track_inprogress())
            upload, fields = await intake.receive(place)
            if fields.upload is not None:  # it may wait for long, and brings no bytes
                held.close()
            accept = partial(intake.accept, upload, fields, partial(_answer_upload, deps))
            return await once.respond(upload.fingerprint(), accept)


def _answer_upload(deps: Dependencies, stored: StoredRecording, start: Start) -> Response:
    out = (
        recording_answer(deps, stored) if stored.is_known else recording_out(stored.recording, [status_of_new(stored)])
    )
    answer = UploadOut(
        **dict(out),
        start=StartOut.model_validate(start),
        duplicate=stored.duplicate,
        analysis_id=stored.analysis_id,
    )
    return json_response(answer, 200 if stored.duplicate else 202, {"Location": recording_url(stored.recording.id)})


@router.get(RECORDINGS_PATH, summary="List recordings, newest first", responses=documented(INVALID))
def get_recordings(
    request: Request,
    response: Response,
    deps: Deps,
    _caller: Lister,
    query: Annotated[RecordingsQuery, Query()],
) -> PageOut[RecordingOut]:
    """With `sha256`, return the recordings that have these bytes: so a client can ask before it uploads them."""
    wanted = RecordingFilter(
        query.site,
        query.sha256,
        query.recorded_after,
        query.recorded_before,
        query.state,
        query.result,
        query.q,
        check_taxa(deps.database, query.taxon),
        query.min_confidence,
        query.has_reviews,
    )
    page = list_recordings(deps.database, wanted, limit=query.limit, cursor=query.cursor)
    response.headers.update(next_link(request, page.next_cursor))
    return PageOut(items=_outs(deps, page.items, most=_MOST_IN_LISTS), next=page.next_cursor)


@router.get("/v1/recordings/{recording_id:uuid}", summary="One recording", responses=documented(NOT_FOUND))
def get_one_recording(recording_id: UUID, deps: Deps, _caller: Reader) -> RecordingOut:
    return recording_answer(deps, get_recording(deps.database, recording_id))


@router.delete(
    "/v1/recordings/{recording_id:uuid}",
    summary="Remove audio and results",
    status_code=204,
    responses=documented(NOT_FOUND),
)
def remove_recording(recording_id: UUID, deps: Deps, _caller: Admin) -> None:
    """Remove the rows, then the audio; if the store is unavailable, the audio is deleted later."""
    discard_audio(deps, delete_recording(deps.database, recording_id))


def _outs(deps: Dependencies, found: Sequence[StoredRecording], most: int = MOST_LISTED) -> list[RecordingOut]:
    """Return the recordings with their analyses, all looked up at once; those deleted meanwhile are left out.

    `most`: as for `get_statuses`.
    """
    ids = [analysis.id for stored in found for analysis in stored.analyses]
    statuses = get_statuses(deps.database, ids, most=most)
    return [
        recording_out(stored.recording, [statuses[each.id] for each in stored.analyses if each.id in statuses])
        for stored in found
    ]


def recording_answer(deps: Dependencies, stored: StoredRecording) -> RecordingOut:
    """Return what a GET of the recording says."""
    return _outs(deps, [stored])[0]
