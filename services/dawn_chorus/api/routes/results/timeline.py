"""The timeline of an analysis: window scores, events and, on request, framewise scores, by taxon."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.adapters.postgres.timelines import TaxonTimeline, TimelineFilter, read_timeline
from dawn_chorus.adapters.postgres.values import AnalysisStatus
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, documented
from dawn_chorus.api.http.spooled_response import spooled
from dawn_chorus.api.models.query_parameters import TimelineQuery
from dawn_chorus.api.models.rendering import pack_out
from dawn_chorus.api.models.responses import EventOut, ScoreOut, TaxonTimelineOut, TimelineOut
from dawn_chorus.api.taxon_names import check_taxa
from dawn_chorus.domain.exports import detection_row
from dawn_chorus.domain.recording import Recording
from dawn_chorus.domain.timeline import Detection, Scores

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
    """By taxon, highest peak first: window scores as segments are saved, and events once the analysis is finished."""
    status = get_status(deps.database, analysis_id)
    recording = get_recording(deps.database, status.analysis.recording_id).recording
    wanted = TimelineFilter(check_taxa(deps.database, query.taxon), query.min_score, query.frames)
    rows = read_timeline(deps.database, analysis_id, wanted)
    return spooled(_document(status, recording, rows, frames=query.frames), "application/json", {})


def _document(
    status: AnalysisStatus, recording: Recording, rows: Iterator[TaxonTimeline], *, frames: bool
) -> Iterator[str]:
    """Yield the JSON of a `TimelineOut`, taxon by taxon: that of a long recording is too large for memory."""
    first = next(rows, None)
    head = _head(status, first)
    yield head.model_dump_json(exclude={"taxa"})[:-1] + ', "taxa": ['
    if first is not None:
        yield _taxon_json(first, recording, frames=frames)
    for row in rows:
        yield ",\n" + _taxon_json(row, recording, frames=frames)
    yield "]}\n"


def _head(status: AnalysisStatus, first: TaxonTimeline | None) -> TimelineOut:
    return TimelineOut(
        analysis_id=status.analysis.id,
        recording_id=status.analysis.recording_id,
        state=status.analysis.state,
        result=status.analysis.result,
        pack=pack_out(status.analysis),
        duration_s=status.duration_s,
        analyzed_s=status.analyzed_s,
        failed_s=status.failed_s,
        floor=status.analysis.settings.floor,
        window_s=first and first.window_s,
        frame_s=first and first.frame_s,
        taxa=[],
    )


def _taxon_json(row: TaxonTimeline, recording: Recording, *, frames: bool) -> str:
    out = TaxonTimelineOut(
        code=row.taxon.code,
        scientific_name=row.taxon.scientific_name,
        common_name=row.taxon.common_name,
        taxonomic_class=row.taxon.taxonomic_class,
        peak=round(row.peak, 6),
        windows=_scores(row.window_start_s, row.window_scores),
        detections=[_event(detection, recording) for detection in row.detections],
        frames=_scores(row.frame_start_s, row.frame_scores) if frames else None,
    )
    return out.model_dump_json(exclude=None if frames else {"frames"})


def _scores(starts_s: Sequence[float], scores: Scores) -> list[ScoreOut]:
    return [ScoreOut(start_s=start_s, score=score) for start_s, score in zip(starts_s, _rounded(scores), strict=True)]


def _rounded(scores: Scores) -> list[float]:
    """Return scores with six decimals: a float32 is no more precise."""
    return [round(score, 6) for score in scores.tolist()]


def _event(detection: Detection, recording: Recording) -> EventOut:
    return EventOut.model_validate(detection_row(detection, recording.place.recorded_at))
