"""Checks the names of taxa and classes in a request against the registered packs."""

from collections.abc import Mapping, Sequence

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.packs import find_scientific_names, list_classes, search_taxa
from dawn_chorus.api.http.problems import FieldError, invalid_field, refused_fields
from dawn_chorus.domain.taxonomy import select_taxa

_SEARCH_LIMIT = 1000


def check_taxa(database: Database, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names; raise a 422 Problem for an unknown one, since no results would read as absence in the field."""
    for name in names:
        if not select_taxa(search_taxa(database, without_nul(name), limit=_SEARCH_LIMIT), [name]):
            raise invalid_field("taxon", f"No registered pack has {name!r}; search names with GET /v1/taxa?q=…")
    return tuple(names)


def spell_taxa(database: Database, wanted: Mapping[str, str]) -> dict[str, str]:
    """Return, by the field that it was sent in, the scientific name of each taxon, as the table of taxa spells it.

    What is wanted are codes or scientific names, in any case. Raises a 422 Problem that names every field whose taxon
    is unknown, or whose code means several taxa.
    """
    meanings = find_scientific_names(database, {without_nul(name) for name in wanted.values()})
    found, errors = {}, []
    for field, name in wanted.items():
        meant = meanings[without_nul(name)]
        if len(meant) == 1:
            found[field] = meant[0]
        elif meant:
            detail = f"packs mean different taxa by {name!r}: send {' or '.join(map(repr, meant))}"
            errors.append(FieldError(field=field, detail=detail))
        else:
            detail = f"No registered pack has {name!r}; search names with GET /v1/taxa?q=…"
            errors.append(FieldError(field=field, detail=detail))
    if errors:
        raise refused_fields(errors)
    return found


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
