"""Opaque cursors: the position at which a page ended and the next one begins."""

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
    """Opaque; None: this is the last page."""


def write_cursor(*position: str | int | None) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id in the cursor of a list in order of ids. Raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        (row_id,) = _read(cursor)
        return UUID(row_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid(cursor) from error


def read_time_cursor(cursor: str | None) -> tuple[datetime | None, int | None]:
    """Return time and id in the cursor of a list in order of time, then of ids. Raises InvalidCursor."""
    if cursor is None:
        return None, None
    try:
        moment, row_id = _read(cursor)
        return datetime.fromisoformat(moment) if moment is not None else None, _read_bigint(row_id)
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid(cursor) from error


def _read_bigint(value: object) -> int:
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ValueError("not an id")
    return value


def _read(cursor: str) -> list[Any]:
    try:
        position = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("not base64") from error
    if not isinstance(position, list):
        raise TypeError("not a list")
    return position


def _invalid(cursor: str) -> InvalidCursor:
    return InvalidCursor(f"invalid cursor {cursor[:40]!r}: start again without a cursor")
