"""Which names packs and their files may have, and how keys and names are shown in messages."""

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

from dawn_chorus.domain.names import find_forbidden

MANIFEST = "pack.toml"
PACK_NAME = "[A-Za-z0-9][A-Za-z0-9._-]*"
"""What a pack's whole name matches."""
MOST_PACK_NAME = 100

_MOST_BYTES = 240
"""Of each part of a path; file systems take 255."""
_MOST_PARTS = 8
_MOST_SHOWN = 100
_MOST_COMPARED = 40
"""Comparing spellings takes time by the square of the length."""


def find_fault(name: str) -> str | None:
    """Return why no file of a pack may have this path within its folder; None: it may."""
    if not name or find_forbidden(name) or "\\" in name:
        return "is empty, or holds a control character or backslash"
    parts = name.split("/")
    if parts[0] == "" or ".." in parts:
        return "is outside the pack"
    if any(part in {"", "."} or part.startswith(".") for part in parts):
        return "has an empty or hidden part; write it without . and without //"
    if len(parts) > _MOST_PARTS or any(len(part.encode()) > _MOST_BYTES for part in parts):
        return "is too long or too deep"
    return None


def find_twins(names: Iterable[str]) -> tuple[str, str] | None:
    """Return two names that are one on file systems which ignore case or write accents another way; None: no such."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            return other, name
    return None


def find_meant(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known name that is spelled most like this one; None: none reaches the likeness, of 0 to 1."""
    key = name.strip().lower().replace("-", "_").replace(" ", "_")
    return next(iter(get_close_matches(key, list(known), 1, likeness)), None) if len(key) <= _MOST_COMPARED else None


def shown(text: object) -> str:
    """Return a foreign text as it may stand in a message of one line: short, without control characters."""
    line = "".join("\ufffd" if find_forbidden(char) else char for char in str(text))
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"
