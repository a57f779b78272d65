"""The scores of all taxa of an analysis as integers: what a page draws, and cuts events from."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.lanes import LanesFilter, read_lanes
from dawn_chorus.adapters.postgres.values import AnalysisStatus
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, documented, invalid_field
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.api.models.lanes_binary import HEADER_EXAMPLE, lanes_binary
from dawn_chorus.api.models.query_parameters import LanesQuery
from dawn_chorus.api.taxon_names import check_classes, check_taxa

MOST_FRAMES_S = 3600.0
_MEDIA_TYPE = "application/octet-stream"
_LAYOUT = f"""A header's length (uint32, little-endian), the header (JSON, then spaces up to a multiple of 4 bytes), and
a row for each of its `taxa`: `n` steps of 1/65535 (uint16, little-endian), 0 where nothing was kept. Step i of a row is
window or frame `first` + i; it begins at (`first` + i) · `step_s`. `step_s` is null, and `n` 0, before the first
segment is done. Events end where one of `runs` ([first, n]) ends: between them segments are not done, or failed. Where
`from_s` or `to_s` cuts a run, they may go on. `lost` was not analyzed, and says why. A header:
`{json.dumps(HEADER_EXAMPLE)}`"""
router = APIRouter(tags=["results"])


@router.get(
    "/v1/analyses/{analysis_id:uuid}/lanes",
    summary="Scores of all taxa, side by side",
    response_class=Response,
    responses={
        200: {
            "content": {_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            "description": _LAYOUT.replace("\n", " "),
        },
        304: {"description": "The client already has these lanes."},
        **documented(NOT_FOUND, INVALID),
    },
)
def get_lanes(
    analysis_id: UUID,
    deps: Deps,
    _caller: Reader,
    query: Annotated[LanesQuery, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return a row a taxon, highest peak of the recording first, over the whole recording or a span of it.

    An event begins at a step of at least ceil(`onset_threshold` · 65535), and ends before the first below
    ceil(`offset_threshold` · 65535); those closer than `min_gap_s` are joined, then those shorter than `min_event_s`
    dropped. So the service cuts its own, from frames if the pack has them.
    """
    taxa, classes = check_taxa(deps.database, query.taxon), check_classes(deps.database, query.class_)
    status = get_status(deps.database, analysis_id)
    if query.frames and min(query.span.to_s, status.duration_s) - query.span.from_s > MOST_FRAMES_S:
        raise invalid_field("to_s", f"With frames=true, ask for at most {MOST_FRAMES_S:g} s: send from_s and to_s")
    headers = _headers(status)
    if if_none_match is not None and "ETag" in headers and _holds(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    revision = status.analysis.revision if status.terminal else None
    wanted = LanesFilter(query.span, taxa, classes, query.frames)
    lanes = read_lanes(deps.database, analysis_id, wanted, revision=revision)
    size_bytes, parts = lanes_binary(lanes)
    return streamed(parts, _MEDIA_TYPE, headers | {"Content-Length": str(size_bytes)})


def _headers(status: AnalysisStatus) -> dict[str, str]:
    """Return what a cache may do: a finished analysis changes only with its revision, one that runs at any time."""
    if not status.terminal:
        return {"Cache-Control": "no-store"}
    return {"Cache-Control": "private, no-cache", "ETag": f'"lanes-1-{status.analysis.revision}"'}


def _holds(if_none_match: str, etag: str) -> bool:
    return if_none_match.strip() == "*" or etag in [
        each.strip().removeprefix("W/") for each in if_none_match.split(",")
    ]
