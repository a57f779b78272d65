"""Names of taxa that somebody asked for, held against the packs that are registered here."""

from collections.abc import Sequence

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.packs import search_taxa
from dawn_chorus.api.http.problems import invalid_field
from dawn_chorus.domain.taxonomy import select_taxa

_LOOKED_THROUGH = 1000


def check_taxa(database: Database, names: Sequence[str]) -> tuple[str, ...]:
    """Raise the 422 for a name that nothing here goes by: an empty answer would read as an absence in the field."""
    for name in names:
        if not select_taxa(search_taxa(database, without_nul(name), limit=_LOOKED_THROUGH), [name]):
            raise invalid_field("taxon", f"No pack here knows {name!r}; GET /v1/taxa?q=… finds names")
    return tuple(names)


def without_nul(text: str) -> str:
    """PostgreSQL keeps no NUL in a text, so nothing is found that has one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
