"""The taxa that can be detected, and the registered packs."""

from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.packs import list_packs, search_taxa
from dawn_chorus.api.auth import Reader, ReaderOrUploader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, documented
from dawn_chorus.api.models.query_parameters import TaxaQuery
from dawn_chorus.api.models.rendering import pack_listing_out
from dawn_chorus.api.models.responses import PacksOut, TaxaOut, TaxonOut
from dawn_chorus.api.taxon_names import without_nul

router = APIRouter(tags=["taxa and packs"])


@router.get("/v1/taxa", summary="Search taxa", responses=documented(INVALID))
def get_taxa(
    deps: Deps,
    _caller: Reader,
    query: Annotated[TaxaQuery, Query()],
) -> TaxaOut:
    """Search the taxa of the registered packs: first those with detections, then names that begin with the text."""
    found = search_taxa(deps.database, without_nul(query.q), limit=query.limit)
    return TaxaOut(items=[TaxonOut.model_validate(taxon) for taxon in found])


@router.get("/v1/packs", summary="List model packs")
def get_packs(deps: Deps, _caller: ReaderOrUploader) -> PacksOut:
    """List the packs that workers have registered, with their licenses; a key to upload may ask, too."""
    default = deps.settings.default_pack
    return PacksOut(items=[pack_listing_out(pack, default) for pack in list_packs(deps.database)])
