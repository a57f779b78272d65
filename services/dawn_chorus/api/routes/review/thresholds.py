"""Thresholds that people chose: lists and re-cuts use them with `thresholds=saved`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.postgres.packs import get_taxon
from dawn_chorus.adapters.postgres.thresholds import (
    BelowRule,
    NotInPack,
    UnknownSite,
    list_thresholds,
    remove_threshold,
    save_threshold,
)
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.auth import Reader, Reviewer
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, UNKNOWN_PACK, documented, invalid_field
from dawn_chorus.api.models.review.thresholds import (
    SavedThresholdOut,
    ThresholdFields,
    ThresholdKey,
    ThresholdsOut,
    ThresholdsQuery,
    threshold_out,
)
from dawn_chorus.api.taxon_names import without_nul
from dawn_chorus.domain.errors import NotFound

log = get_logger(__name__)
router = APIRouter(tags=["reviews"])
_NOBODY = "anonymous"
"""Who chose, where no key is asked for and no name is sent."""


@router.get("/v1/thresholds", summary="List saved thresholds", responses=documented(INVALID, UNKNOWN_PACK))
def get_thresholds(deps: Deps, _caller: Reader, query: Annotated[ThresholdsQuery, Query()]) -> ThresholdsOut:
    """By taxon, pack and site. That of a site goes before that of all sites, and any before the pack's rule."""
    if query.pack is not None:
        check_pack(deps, query.pack)
    name = None if query.taxon is None else _name_taxon(deps, query.taxon, query.pack)
    found = list_thresholds(deps.database, name, query.site, query.pack)
    return ThresholdsOut(items=[threshold_out(each) for each in found])


@router.put(
    "/v1/thresholds",
    summary="Save a threshold",
    responses={201: {"model": SavedThresholdOut}, **documented(INVALID, UNKNOWN_PACK)},
)
def put_threshold(response: Response, deps: Deps, caller: Reviewer, fields: ThresholdFields) -> SavedThresholdOut:
    """Save from which confidence on events of a taxon count, in place of what was saved for this site and pack.

    201, or 200 where it replaces one, which the answer shows. Nothing is analyzed or removed: lists leave out less sure
    events where they are asked with `thresholds=saved`.
    """
    pack = fields.pack or deps.settings.default_pack
    check_pack(deps, pack)
    name = _name_taxon(deps, fields.taxon, pack)
    set_by = caller.key_name or fields.reviewer or _NOBODY
    try:
        saved, replaced = save_threshold(
            deps.database, name, pack, fields.site, fields.threshold, note=fields.note, set_by=set_by
        )
    except NotInPack as error:
        raise invalid_field("taxon", str(error)) from error
    except UnknownSite as error:
        raise invalid_field("site", str(error)) from error
    except BelowRule as error:
        raise invalid_field("threshold", str(error)) from error
    response.status_code = 201 if replaced is None else 200
    log.info("threshold saved", taxon=name, pack=pack, site=fields.site, threshold=fields.threshold, by=set_by)
    return SavedThresholdOut(
        **threshold_out(saved).model_dump(), replaced=None if replaced is None else threshold_out(replaced)
    )


@router.delete(
    "/v1/thresholds",
    summary="Remove a threshold",
    status_code=204,
    responses=documented(NOT_FOUND, INVALID, UNKNOWN_PACK),
)
def delete_threshold(deps: Deps, caller: Reviewer, query: Annotated[ThresholdKey, Query()]) -> None:
    """Remove the threshold of a taxon for one site; without `site`, the one for all sites."""
    pack = query.pack or deps.settings.default_pack
    check_pack(deps, pack)
    removed = remove_threshold(deps.database, _name_taxon(deps, query.taxon, pack), pack, query.site)
    log.info("threshold removed", taxon=removed.scientific_name, pack=pack, site=query.site, by=caller.name)


def _name_taxon(deps: Dependencies, named: str, pack: str | None) -> str:
    """Return the scientific name of the taxon; raise a 422 Problem for an unknown one."""
    try:
        return get_taxon(deps.database, without_nul(named), pack).scientific_name
    except NotFound as error:
        raise invalid_field("taxon", str(error)) from error
