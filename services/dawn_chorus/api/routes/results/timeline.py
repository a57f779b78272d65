"""The timeline of an analysis: window scores, events and, on request, framewise scores, by taxon."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.adapters.postgres.timelines import TimelineFilter, read_timeline
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, documented
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.api.models.query_parameters import TimelineQuery
from dawn_chorus.api.models.responses import TimelineOut
from dawn_chorus.api.models.timeline_json import timeline_json
from dawn_chorus.api.taxon_names import check_classes, check_taxa

router = APIRouter(tags=["results"])


@router.get(
    "/v1/analyses/{analysis_id:uuid}/timeline",
    summary="Who sang when",
    response_model=TimelineOut,
    responses=documented(NOT_FOUND, INVALID),
)
def get_timeline(
    analysis_id: UUID,
    deps: Deps,
    _caller: Reader,
    query: Annotated[TimelineQuery, Query()],
) -> Response:
    """By taxon, highest peak first: window scores as segments are saved, and events once the analysis is finished.

    A long timeline is sent while it is read. If the analysis is retried or deleted meanwhile, the connection is closed
    before the end of the document: ask again.
    """
    status = get_status(deps.database, analysis_id)
    recording = get_recording(deps.database, status.analysis.recording_id).recording
    wanted = TimelineFilter(
        check_taxa(deps.database, query.taxon),
        query.min_score,
        query.frames,
        check_classes(deps.database, query.class_),
        query.span,
        query.min_confidence,
        saved_thresholds=query.thresholds is not None,
    )
    revision = status.analysis.revision if status.terminal else None
    rows = read_timeline(deps.database, analysis_id, wanted, revision=revision)
    return streamed(timeline_json(status, recording, rows, frames=query.frames), "application/json", {})
