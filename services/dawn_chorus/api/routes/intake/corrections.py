"""Corrections: where and when recordings were made, of one or of many."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.corrections import (
    UnknownRecordings,
    WouldBeTwins,
    correct_recording,
    correct_recordings,
)
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.auth import Uploader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import (
    CONFLICT,
    IN_PROGRESS,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED,
    FieldError,
    Problem,
    ProblemType,
    documented,
)
from dawn_chorus.api.idempotency import OnceDep
from dawn_chorus.api.models.corrections import CorrectedOut, CorrectionFields, CorrectionsFields, CorrectionsOut
from dawn_chorus.api.models.rendering import json_response
from dawn_chorus.api.models.responses import RecordingOut
from dawn_chorus.api.routes.intake.recordings import RECORDINGS_PATH, recording_answer
from dawn_chorus.domain.recording import Recording

MERGE_PATCH = "application/merge-patch+json"
_TYPES = ("application/json", MERGE_PATCH)
_BODY_PROBLEMS = (MALFORMED, NOT_FOUND, CONFLICT, TOO_LARGE, UNSUPPORTED, INVALID)
_PATCH_BODY: dict[str, Any] = {
    "requestBody": {"content": {MERGE_PATCH: {"schema": {"$ref": "#/components/schemas/CorrectionFields"}}}}
}
router = APIRouter(tags=["recordings"])


async def _check_type(request: Request, _caller: Uploader) -> None:
    """Raise Problem for a body that says to be no JSON: a form with these fields would otherwise be no body at all."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in _TYPES:
        raise Problem(
            UNSUPPORTED,
            f"Send JSON, with Content-Type: {_TYPES[0]}" + (f"; this is {sent}" if sent else ""),
            headers={"Accept-Patch": ", ".join(_TYPES)} if request.method == "PATCH" else {},
        )


IsJson = Depends(_check_type)


@router.patch(
    "/v1/recordings/{recording_id:uuid}",
    summary="Correct site, place and start",
    dependencies=[IsJson],
    responses=documented(*_BODY_PROBLEMS),
    openapi_extra=_PATCH_BODY,
)
def patch_recording(
    recording_id: UUID, deps: Deps, _caller: Uploader, fields: Annotated[CorrectionFields, Body()]
) -> RecordingOut:
    """Change what is sent (JSON merge patch, RFC 7396): null clears, what is absent stays.

    Sites and times of its detections follow, in all lists and exports. Taxa that an occurrence filter has left out are
    not brought back: such an analysis gets the warning `place_changed`. 409 if another recording of the same bytes has
    this site and start.
    """
    correct_recording(deps.database, recording_id, fields.changes())
    return recording_answer(deps, get_recording(deps.database, recording_id))


@router.post(
    f"{RECORDINGS_PATH}/corrections",
    summary="Correct site, place and start of many recordings",
    dependencies=[IsJson],
    response_model=CorrectionsOut,
    responses=documented(*_BODY_PROBLEMS, IN_PROGRESS, KEY_REUSED),
)
async def correct_many(deps: Deps, once: OnceDep, wanted: CorrectionsFields) -> Response:
    """Change the same fields of up to 500 recordings, as `PATCH` does of one: of all of them or, at any error, of none.

    `errors[]` names each recording that is unknown (404) or would be the same as another (409) by its place in `ids`.
    """

    async def act() -> Response:
        corrected = await run_in_threadpool(_correct, deps, wanted)
        return json_response(CorrectionsOut(items=[_out(recording) for recording in corrected]))

    with once.running():
        return await once.respond(wanted.model_dump_json(exclude_unset=True), act)


def _correct(deps: Dependencies, wanted: CorrectionsFields) -> tuple[Recording, ...]:
    try:
        return correct_recordings(deps.database, wanted.ids, wanted.fields.changes())
    except UnknownRecordings as error:
        raise _named(wanted, NOT_FOUND, error, {each: f"no recording {each}" for each in error.ids}) from error
    except WouldBeTwins as error:
        raise _named(wanted, CONFLICT, error, error.sentences) from error


def _named(wanted: CorrectionsFields, kind: ProblemType, error: Exception, sentences: dict[UUID, str]) -> Problem:
    errors = [
        FieldError(field=f"ids.{number}", detail=sentences[each])
        for number, each in enumerate(wanted.ids)
        if each in sentences
    ]
    return Problem(kind, str(error), errors=errors)


def _out(recording: Recording) -> CorrectedOut:
    place = recording.place
    return CorrectedOut(
        id=recording.id,
        filename=recording.filename,
        site=place.site,
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=place.recorded_at,
    )
