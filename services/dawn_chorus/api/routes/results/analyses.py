"""Analyses: start, follow, cancel, retry."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response
from fastapi.concurrency import run_in_threadpool

from dawn_chorus.adapters.postgres.analyses import cancel_analysis, create_analysis, get_status, retry_analysis
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.api.analysis_request import plan_analysis
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import (
    AUDIO_REMOVED,
    CONFLICT,
    IN_PROGRESS,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    TOO_LONG,
    UNKNOWN_PACK,
    documented,
)
from dawn_chorus.api.http.request_ids import note_ids
from dawn_chorus.api.idempotency import Once, OnceDep
from dawn_chorus.api.models.rendering import analysis_out, analysis_url, json_response
from dawn_chorus.api.models.requests import AnalysisFields
from dawn_chorus.api.models.responses import AnalysisOut

router = APIRouter(tags=["analyses"])
_POST_PROBLEMS = (NOT_FOUND, CONFLICT, IN_PROGRESS, INVALID, KEY_REUSED)


@router.post(
    "/v1/recordings/{recording_id:uuid}/analyses",
    summary="Analyze a recording with another pack or other settings",
    status_code=202,
    response_model=AnalysisOut,
    responses=documented(MALFORMED, TOO_LARGE, *_POST_PROBLEMS, AUDIO_REMOVED, TOO_LONG, UNKNOWN_PACK),
)
async def begin_analysis(
    recording_id: UUID, deps: Deps, once: OnceDep, fields: Annotated[AnalysisFields | None, Body()] = None
) -> Response:
    """Start another analysis; without a body, with the defaults of an upload."""
    chosen = fields or AnalysisFields()

    def begin() -> UUID:
        recording = get_recording(deps.database, recording_id).recording
        request = plan_analysis(deps, chosen, recording.audio, field="recording_id")
        return create_analysis(deps.database, recording_id, request).id

    return await _answer_once(deps, once, chosen.model_dump_json(), begin, status=202)


@router.get("/v1/analyses/{analysis_id:uuid}", summary="Progress of an analysis", responses=documented(NOT_FOUND))
def get_analysis(analysis_id: UUID, deps: Deps, _caller: Reader) -> AnalysisOut:
    return analysis_out(get_status(deps.database, analysis_id))


@router.post(
    "/v1/analyses/{analysis_id:uuid}/cancel",
    summary="Cancel what is not done yet",
    response_model=AnalysisOut,
    responses=documented(*_POST_PROBLEMS),
)
async def cancel(analysis_id: UUID, deps: Deps, once: OnceDep) -> Response:
    """Keep what is done; the rest counts as failed, and can be retried."""
    return await _answer_once(deps, once, "", lambda: cancel_analysis(deps.database, analysis_id).id, status=200)


@router.post(
    "/v1/analyses/{analysis_id:uuid}/retry",
    summary="Run the failed segments again",
    status_code=202,
    response_model=AnalysisOut,
    responses=documented(*_POST_PROBLEMS, AUDIO_REMOVED),
)
async def retry(analysis_id: UUID, deps: Deps, once: OnceDep) -> Response:
    return await _answer_once(deps, once, "", lambda: retry_analysis(deps.database, analysis_id).id, status=202)


async def _answer_once(
    deps: Dependencies, once: Once, content: str, change: Callable[[], UUID], *, status: int
) -> Response:
    def act() -> Response:
        analysis_id = change()
        note_ids(analysis_id=analysis_id)
        out = analysis_out(get_status(deps.database, analysis_id))
        return json_response(out, status, {"Location": analysis_url(analysis_id)})

    async def act_in_thread() -> Response:
        return await run_in_threadpool(act)

    with once.running():
        return await once.respond(content, act_in_thread)
