"""What somebody meant who wrote a key that there is not."""

from dawn_chorus.inference.packs.drafts.places import Place, fields_of, table_at
from dawn_chorus.inference.packs.names import find_meant

_PLAIN, _LIKELY = 0.8, 0.6
"""How alike spellings are, as difflib measures it: where a key of another table may be meant, and where not."""
_TABLES: dict[str, Place] = {
    "the top of pack.toml, above all [tables]": (),
    "[score]": ("score",),
    "[detection]": ("detection",),
    "[[member]]": ("member", 0),
    "[member.outputs]": ("member", 0, "outputs"),
    "[member.mel]": ("member", 0, "mel"),
    "[member.mel.pcen]": ("member", 0, "mel", "pcen"),
}


def find_meant_key(place: Place) -> str | None:
    """Return the known key of the same table that is spelled most like the last part of the place; None: no such."""
    key, known = str(place[-1]), fields_of(table_at(place[:-1]))
    return find_meant(key, known, _PLAIN if _find_table(key) else _LIKELY)


def advise(place: Place, meant: str | None) -> str:
    """Return what to tell of an unknown key."""
    if meant is not None:
        return f"unknown key; did you mean `{meant}`?"
    if table := _find_table(str(place[-1])):
        return f"unknown key; it belongs to {table}"
    return "unknown key; models/PACKS.md lists all that there are"


def _find_table(key: str) -> str | None:
    return next((name for name, place in _TABLES.items() if key in fields_of(table_at(place))), None)
