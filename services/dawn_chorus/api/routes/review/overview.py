"""The overview across recordings: who was heard when and where, with the hours that somebody listened."""

from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.overview import OverviewFilter, read_overview
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import INVALID, UNKNOWN_PACK, documented, invalid_field
from dawn_chorus.api.models.query_parameters import ANY_PACK
from dawn_chorus.api.models.review.overview import OverviewOut, OverviewQuery, overview_out
from dawn_chorus.api.taxon_names import check_classes, check_taxa

router = APIRouter(tags=["results"])


@router.get(
    "/v1/overview",
    summary="What was heard, and how long somebody listened",
    responses=documented(INVALID, UNKNOWN_PACK),
)
def get_overview(deps: Deps, _caller: Reader, query: Annotated[OverviewQuery, Query()]) -> OverviewOut:
    """Return hour × taxon, day × taxon and site × taxon, each with the hours that were analyzed.

    Hours and days are those of each recorder's own clock; a detection counts where it begins. Of each recording the
    newest analysis with the pack that succeeded or is partial counts.
    """
    wanted = _wanted(deps, query)
    return overview_out(wanted.pack, read_overview(deps.database, wanted))


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
    )
