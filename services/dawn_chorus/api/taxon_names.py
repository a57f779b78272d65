"""Checks the taxon names and classes of a query against the registered packs."""

from collections.abc import Sequence

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.packs import list_classes, search_taxa
from dawn_chorus.api.http.problems import invalid_field
from dawn_chorus.domain.taxonomy import select_taxa

_SEARCH_LIMIT = 1000


def check_taxa(database: Database, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; raise a 422 Problem for an unknown one, since no results would read as absence in the field."""
    for name in names:
        if not select_taxa(search_taxa(database, without_nul(name), limit=_SEARCH_LIMIT), [name]):
            raise invalid_field("taxon", f"No registered pack has {name!r}; search names with GET /v1/taxa?q=…")
    return tuple(names)


def check_classes(database: Database, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of taxonomic classes; raise a 422 Problem for an unknown one, as for taxa."""
    known = list_classes(database) if names else ()
    for name in names:
        if name.lower() not in {each.lower() for each in known}:
            there_are = f"; there are {', '.join(known)}" if known else ""
            raise invalid_field("class", f"No registered pack has taxa of the class {name!r}{there_are}")
    return tuple(names)


def without_nul(text: str) -> str:
    """Return the text with NUL replaced: PostgreSQL cannot store NUL, so such a text matches nothing."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
