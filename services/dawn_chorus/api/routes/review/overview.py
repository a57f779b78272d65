"""The overview across recordings: who was heard when and where, with the hours that somebody listened."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from dawn_chorus.adapters.postgres.effort_table import read_effort_table
from dawn_chorus.adapters.postgres.overview import Overview, OverviewFilter, read_overview
from dawn_chorus.adapters.postgres.thresholds import saved_thresholds
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.content_negotiation import choose_format
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.problems import INVALID, NOT_ACCEPTABLE, UNKNOWN_PACK, documented, invalid_field
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.api.models.query_parameters import ANY_PACK, Voices
from dawn_chorus.api.models.rendering import json_response
from dawn_chorus.api.models.review.effort_csv import COLUMNS, effort_csv
from dawn_chorus.api.models.review.overview import OverviewOut, OverviewQuery, overview_out
from dawn_chorus.api.taxon_names import check_classes, check_taxa
from dawn_chorus.domain.exports.formats import FILES, ExportFormat

_OFFERED = (ExportFormat.JSON, ExportFormat.CSV)
_MOST_ROWS = 10_000_000
"""Of a table with zeros."""
_ROW = "north-marsh,2026-05-03,4,Erithacus rubecula,European Robin,17,0.983333,11,1,0,0"
_TABLE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/csv": {"schema": {"type": "string"}, "example": f"{','.join(COLUMNS)}\n{_ROW}\n"}},
        "description": "In the requested format.",
    }
}
router = APIRouter(tags=["results"])


@router.get(
    "/v1/overview",
    summary="What was heard, and how long somebody listened",
    response_model=OverviewOut,
    responses={**_TABLE, **documented(NOT_ACCEPTABLE, INVALID, UNKNOWN_PACK)},
)
def get_overview(request: Request, deps: Deps, _caller: Reader, query: Annotated[OverviewQuery, Query()]) -> Response:
    """Return hour × taxon, day × taxon and site × taxon, each with the hours that were analyzed.

    Hours and days are those of each recorder's own clock; a detection counts where it begins. Of each recording the
    newest analysis with the pack that succeeded or is partial counts. With `reviewed=identified` a detection counts as
    the taxon that a reviewer corrected it to, and `taxon` and `class` select by that. CSV has a row for each site, day,
    hour and taxon.
    Ask for a month or a site at once where there are millions of detections.
    """
    if query.format is not None and query.format not in _OFFERED:
        raise invalid_field("format", f"{query.format} is for detections; use {' or '.join(_OFFERED)}")
    chosen = choose_format(query.format, request.headers.get("accept"), _OFFERED)
    wanted = _wanted(deps, query)
    found = read_overview(deps.database, wanted)
    headers = {"Vary": "Accept"}
    if chosen is ExportFormat.JSON:
        return json_response(overview_out(wanted.pack, found, verdicts=query.verdicts), headers=headers)
    if query.zeros:
        _check_size(found)
    headers |= {"Content-Disposition": disposition(_name(query, wanted.pack), "attachment")}
    rows = read_effort_table(deps.database, wanted, found, zeros=query.zeros)
    return streamed(effort_csv(rows), FILES[chosen].media_type, headers)


def _wanted(deps: Dependencies, query: OverviewQuery) -> OverviewFilter:
    """Return what is to be counted. Raises Problem for a taxon, class or pack that is unknown."""
    if query.pack == ANY_PACK:
        raise invalid_field("pack", "Hours and counts of several packs do not add up: name one, or leave it out")
    pack = query.pack or deps.settings.default_pack
    check_pack(deps, pack)
    return OverviewFilter(
        pack=pack,
        site=query.site,
        from_=query.from_,
        to=query.to,
        taxa=check_taxa(deps.database, query.taxon),
        classes=check_classes(deps.database, query.class_),
        min_confidence=query.min_confidence,
        saved=None if query.thresholds is None else saved_thresholds(deps.database, pack),
        reviewed=query.reviewed,
        hides_voices=query.voices is Voices.HIDE,
        with_verdicts=query.verdicts,
    )


def _check_size(found: Overview) -> None:
    """Raise Problem for a table that nobody could open: it has a row for each taxon in each hour at each site."""
    rows = len(found.taxa) * len(found.by_site) * 24 * len(found.by_day)
    if rows > _MOST_ROWS:
        raise invalid_field(
            "zeros",
            f"with a row for each hour in which one of {len(found.taxa)} taxa was not heard the table may have "
            f"{rows:,} rows: name taxa, a site or a shorter span, or send zeros=false",
        )


def _name(query: OverviewQuery, pack: str) -> str:
    bounds = [bound.isoformat()[:10] for bound in (query.from_, query.to) if bound is not None]
    return "_".join(["overview", pack, *bounds]) + ".csv"
