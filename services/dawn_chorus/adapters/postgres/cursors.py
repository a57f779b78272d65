"""Opaque cursors: where a page ended, so that the next begins right after it."""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from dawn_chorus.domain.errors import InvalidCursor

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None: this was the last page."""


def write_cursor(*place: str | int | None) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Read a cursor of a list in order of ids."""
    if cursor is None:
        return None
    try:
        (place,) = _read(cursor)
        return UUID(place)
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid(cursor) from error


def read_time_cursor(cursor: str | None) -> tuple[datetime | None, int | None]:
    """Read a cursor of a list in order of time, then of ids."""
    if cursor is None:
        return None, None
    try:
        moment, place = _read(cursor)
        return datetime.fromisoformat(moment) if moment is not None else None, _read_bigint(place)
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid(cursor) from error


def _read_bigint(place: object) -> int:
    if not isinstance(place, int) or not -(2**63) <= place < 2**63:
        raise ValueError("not an id")
    return place


def _read(cursor: str) -> list[Any]:
    try:
        place = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not base64") from error
    if not isinstance(place, list):
        raise TypeError("not a list")
    return place


def _invalid(cursor: str) -> InvalidCursor:
    return InvalidCursor(f"no page gave the cursor {cursor[:40]!r}: begin again without one")
