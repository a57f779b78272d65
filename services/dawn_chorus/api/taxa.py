"""What can be found, and with which packs."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.packs import list_packs, search_taxa
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.house import HouseDep
from dawn_chorus.api.present import pack_listing_out
from dawn_chorus.api.problems import INVALID, documented, invalid_field
from dawn_chorus.api.queries import TaxaQuery
from dawn_chorus.api.schemas import PacksOut, TaxaOut, TaxonOut
from dawn_chorus.domain.taxonomy import select_taxa

_LOOKED_THROUGH = 1000
router = APIRouter(tags=["taxa and packs"])


@router.get("/v1/taxa", summary="Search taxa", responses=documented(INVALID))
def get_taxa(
    house: HouseDep,
    _caller: Reader,
    asked: Annotated[TaxaQuery, Query()],
) -> TaxaOut:
    """Search what the registered packs can find; names that begin with the text come first."""
    found = search_taxa(house.database, _without_nul(asked.q), limit=asked.limit)
    return TaxaOut(items=[TaxonOut.model_validate(taxon) for taxon in found])


@router.get("/v1/packs", summary="List model packs")
def get_packs(house: HouseDep, _caller: Reader) -> PacksOut:
    """List the packs that workers have registered, with their licenses."""
    default = house.settings.default_pack
    return PacksOut(items=[pack_listing_out(pack, default) for pack in list_packs(house.database)])


def check_taxa(database: Database, names: Sequence[str]) -> tuple[str, ...]:
    """Refuse a name that nothing here goes by: an empty answer would read as an absence in the field."""
    for name in names:
        if not select_taxa(search_taxa(database, _without_nul(name), limit=_LOOKED_THROUGH), [name]):
            raise invalid_field("taxon", f"No pack here knows {name!r}; GET /v1/taxa?q=… finds names")
    return tuple(names)


def _without_nul(text: str) -> str:
    """PostgreSQL keeps no NUL in a text, so nothing is found that has one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
