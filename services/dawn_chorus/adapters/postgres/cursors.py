"""Opaque cursors: the position at which a page ended and the next one begins.

A cursor comes back from the client, so it is checked like any other input: here, by the type of each list's position.
"""

import json
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from dawn_chorus.domain.errors import InvalidCursor

Item = TypeVar("Item")
Position = TypeVar("Position")


def storable(name: str) -> str:
    """Return the name; raise ValueError if it has a NUL."""
    if "\0" in name:
        raise ValueError("PostgreSQL stores no NUL")
    return name


_RowId = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""PostgreSQL's `bigint`."""
_BY_CONFIDENCE: TypeAdapter[tuple[float, int]] = TypeAdapter(tuple[Annotated[float, Field(ge=0, le=1)], _RowId])
_BY_ID: TypeAdapter[tuple[UUID]] = TypeAdapter(tuple[UUID])
_BY_INDEX: TypeAdapter[tuple[int]] = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=2**31)]])
_BY_NAME: TypeAdapter[tuple[str]] = TypeAdapter(tuple[Annotated[str, AfterValidator(storable)]])
_BY_TIME: TypeAdapter[tuple[AwareDatetime | None, int]] = TypeAdapter(tuple[AwareDatetime | None, _RowId])


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None: this is the last page."""


def write_cursor(*position: object) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """Return the id in the cursor of a list in order of ids. Raises InvalidCursor."""
    return None if cursor is None else read_position(cursor, _BY_ID)[0]


def read_index_cursor(cursor: str | None) -> int:
    """Return the index in the cursor of a list in order of indexes; -1 without a cursor. Raises InvalidCursor."""
    return -1 if cursor is None else read_position(cursor, _BY_INDEX)[0]


def read_name_cursor(cursor: str | None) -> str | None:
    """Return the name in the cursor of a list in order of names. Raises InvalidCursor."""
    return None if cursor is None else read_position(cursor, _BY_NAME)[0]


def read_time_cursor(cursor: str | None) -> tuple[datetime | None, int | None]:
    """Return time and id in the cursor of a list in order of time, then of ids. Raises InvalidCursor."""
    return (None, None) if cursor is None else read_position(cursor, _BY_TIME)


def read_confidence_cursor(cursor: str | None) -> tuple[float | None, int | None]:
    """Return confidence and id in the cursor of a list in order of confidence. Raises InvalidCursor."""
    return (None, None) if cursor is None else read_position(cursor, _BY_CONFIDENCE)


def read_position(cursor: str, shape: TypeAdapter[Position]) -> Position:
    """Return a position of this shape. Raises InvalidCursor.

    Strictly of its types: JSON's `true` is no number, a number is no time.
    """
    try:
        return shape.validate_json(b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True), strict=True)
    except ValueError as error:  # of pydantic, or of what is no Base64
        raise InvalidCursor(f"invalid cursor {cursor[:40]!r}: start again without a cursor") from error
