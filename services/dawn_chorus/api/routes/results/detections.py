"""Detections of one analysis, cut anew on request, and detections across recordings."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import detections_of, list_detections
from dawn_chorus.adapters.postgres.events import EventFilter
from dawn_chorus.adapters.postgres.listened import listened_by, stream_listened
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.adapters.postgres.recut import recut_by_thresholds, recut_detections
from dawn_chorus.adapters.postgres.surest import list_surest
from dawn_chorus.adapters.postgres.values import Analysis
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.detection_request import wanted_detections
from dawn_chorus.api.exports.answering import LEFT_OUT, answer_export, license_links
from dawn_chorus.api.exports.context import context_across, context_of_one
from dawn_chorus.api.http.content_negotiation import choose_format
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import (
    INVALID,
    MISSING_EXTRA,
    NOT_ACCEPTABLE,
    NOT_FOUND,
    UNKNOWN_PACK,
    documented,
    invalid_field,
)
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.api.models.query_parameters import AnalysisDetectionsQuery, DetectionOrder, DetectionsQuery, Voices
from dawn_chorus.api.models.rendering import pack_out
from dawn_chorus.api.models.responses import DetectionOut, DetectionsOut, PageOut
from dawn_chorus.api.taxon_names import check_classes, check_taxa
from dawn_chorus.domain.exports.findings import Finding, Source, finding_row
from dawn_chorus.domain.exports.formats import FILES, SPREADSHEETS, WRITERS, ExportFormat
from dawn_chorus.domain.exports.tables import json_lines
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

ACROSS = tuple(each for each in ExportFormat if each is not ExportFormat.AUDACITY_BIRDNET)
_ROWS = (ExportFormat.JSON, ExportFormat.NDJSON, ExportFormat.CSV)
"""Formats whose rows may be in any order."""
_PAGE_ROWS = 100
_VARY = {"Vary": "Accept"}
_ROBIN = Finding(
    Detection(Taxon("eurrob1", "Erithacus rubecula", "European Robin", "Aves"), 123.0, 126.5, 0.94),
    Source(
        "dawn.flac", 48_000, datetime.fromisoformat("2026-05-03T04:30:00+02:00"), pack="birdnet", site="north-marsh"
    ),
)
"""Of the examples."""
router = APIRouter(tags=["results"])


def _also(*formats: ExportFormat) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of the media types besides JSON."""
    examples = {FILES[each].media_type.partition(";")[0]: _example(each) for each in formats}
    content = {name: examples[name] for name in sorted(examples.keys() - {"application/json"})}
    headers = {LEFT_OUT: {"description": "What the format has no room for, and why.", "schema": {"type": "string"}}}
    return {200: {"content": content, "description": "In the requested format.", "headers": headers}}


def _example(export_format: ExportFormat) -> dict[str, Any]:
    if export_format not in WRITERS:
        return {"schema": {"type": "string", "format": "binary"}}
    return {"schema": {"type": "string"}, "example": "".join(WRITERS[export_format]([_ROBIN]))}


@router.get(
    "/v1/analyses/{analysis_id:uuid}/detections",
    summary="The events of an analysis",
    response_model=DetectionsOut,
    responses={**_also(*ExportFormat), **documented(NOT_FOUND, NOT_ACCEPTABLE, INVALID, MISSING_EXTRA)},
)
def get_detections(
    request: Request,
    analysis_id: UUID,
    deps: Deps,
    _caller: Reader,
    query: Annotated[AnalysisDetectionsQuery, Query()],
) -> Response:
    """Ordered by time. With a threshold or duration, events are cut anew from the stored scores, without inference.

    Omitted values stay as in the analysis. With `thresholds=saved`, taxa that have a saved threshold at the recording's
    site are cut anew with it; the events of all others are those of the analysis. The span, `taxon`, `class` and
    `min_confidence` select among the events.
    """
    chosen = choose_format(query.format, request.headers.get("accept"), tuple(ExportFormat))
    _check_bom(chosen, bom=query.bom)
    analysis = get_status(deps.database, analysis_id).analysis
    taxa, classes = check_taxa(deps.database, query.taxon), check_classes(deps.database, query.class_)
    hides_voices = query.voices is Voices.HIDE
    wanted = EventFilter(taxa, classes, query.span, query.min_confidence, query.reviewed, hides_voices)
    findings = _events(deps, analysis_id, query, wanted)
    recording = get_recording(deps.database, analysis.recording_id).recording
    context = context_of_one(deps, analysis, recording, query, taxa, str(request.base_url))
    if chosen is ExportFormat.JSON:
        return streamed(_document(analysis, findings), FILES[chosen].media_type, _VARY | license_links(context.credits))
    return answer_export(chosen, findings, context, _VARY, listened_by(deps.database, analysis_id))


def _events(
    deps: Dependencies, analysis_id: UUID, query: AnalysisDetectionsQuery, wanted: EventFilter
) -> Iterator[Finding]:
    if query.thresholds is not None:
        return recut_by_thresholds(deps.database, analysis_id, wanted)
    if query.overrides:
        return recut_detections(deps.database, analysis_id, query.overrides, wanted)
    return detections_of(deps.database, analysis_id, wanted)


def _check_bom(chosen: ExportFormat, *, bom: bool) -> None:
    if bom and chosen not in SPREADSHEETS:
        raise invalid_field("bom", f"a byte order mark is for {' and '.join(SPREADSHEETS)}, not for {chosen}")


def _check_by_confidence(query: DetectionsQuery, chosen: ExportFormat) -> None:
    if not query.taxon:
        raise invalid_field("order", "by confidence, detections are listed for a taxon: name one with taxon=")
    if chosen not in _ROWS:
        raise invalid_field("order", f"by confidence there are {', '.join(_ROWS)}; {chosen} is in order of time")


def _document(analysis: Analysis, findings: Iterator[Finding]) -> Iterator[str]:
    """Yield the JSON of a `DetectionsOut`, row by row."""
    head = DetectionsOut(analysis_id=analysis.id, recording_id=analysis.recording_id, pack=pack_out(analysis), items=[])
    yield head.model_dump_json(exclude={"items"})[:-1] + ', "items": '
    yield from json_lines(findings)
    yield "}\n"


@router.get(
    "/v1/detections",
    summary="Detections across recordings",
    response_model=PageOut[DetectionOut],
    responses={**_also(*ACROSS), **documented(NOT_ACCEPTABLE, INVALID, UNKNOWN_PACK, MISSING_EXTRA)},
)
def find_detections(
    request: Request,
    deps: Deps,
    _caller: Reader,
    query: Annotated[DetectionsQuery, Query()],
) -> Response:
    """JSON in pages, latest first, undated ones last; all other formats hold all rows at once, unless `limit` is set.

    A recording that was analyzed several times counts once for each pack, and each row names its pack. Raven's table
    and the Camtrap package have the recordings in the order of their starts; the package has all that were analyzed at
    the site and in the time asked for, also those in which nothing was found, unless `limit` is set. `Link` names the
    license of each pack.
    """
    if query.format is not None and query.format not in ACROSS:
        raise invalid_field("format", f"{query.format} is for one analysis only; use one of {', '.join(ACROSS)}")
    chosen = choose_format(query.format, request.headers.get("accept"), ACROSS)
    _check_bom(chosen, bom=query.bom)
    by_time = query.order is DetectionOrder.TIME
    if not by_time:
        _check_by_confidence(query, chosen)
    wanted = wanted_detections(deps, query)
    context = context_across(deps, wanted, query, str(request.base_url))
    if chosen is not ExportFormat.JSON and by_time and query.limit is None and query.cursor is None:
        listened = stream_listened(deps.database, wanted)
        return answer_export(chosen, stream_detections(deps.database, wanted), context, _VARY, listened)
    list_page = list_detections if by_time else list_surest
    page = list_page(deps.database, wanted, limit=query.limit or _PAGE_ROWS, cursor=query.cursor)
    links = next_link(request, page.next_cursor)
    if chosen is not ExportFormat.JSON:
        return answer_export(chosen, page.items, context, _VARY | links)
    items = [finding_row(finding) for finding in page.items]
    headers = _VARY | license_links(context.credits, links.get("Link", ""))
    return JSONResponse({"items": items, "next": page.next_cursor}, headers=headers)
