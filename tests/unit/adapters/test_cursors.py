import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from dawn_chorus.adapters.postgres.cursors import read_id_cursor, read_time_cursor, write_cursor
from dawn_chorus.domain.errors import InvalidCursor

ID = UUID("0198c0de-0000-7000-8000-000000000000")
NOON = "2025-05-03T12:00:00+00:00"


def encoded(position: Any) -> str:
    written = position if isinstance(position, bytes) else json.dumps(position).encode()
    return urlsafe_b64encode(written).decode().rstrip("=")


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2025, 5, 3, 12, tzinfo=UTC),
        datetime(2025, 5, 3, 12, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        None,
    ],
)
@pytest.mark.parametrize("row_id", [0, 1, 2**63 - 1, -(2**63)])
def test_a_position_in_time_comes_back(moment: datetime | None, row_id: int) -> None:
    written = write_cursor(None if moment is None else moment.isoformat(), row_id)
    assert read_time_cursor(written) == (moment, row_id)


def test_an_id_comes_back() -> None:
    assert read_id_cursor(write_cursor(str(ID))) == ID
    assert read_id_cursor(None) is None
    assert read_time_cursor(None) == (None, None)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "====",
        "é",
        "a b",
        encoded([NOON, 1]) + "!!",
        encoded(b"\xff\xfe"),
        encoded(b'["\xff", 1]'),
        encoded(b"[" * 140),
        encoded(b"[" * 100_000),
        encoded(b"[null, NaN]"),
        encoded(b"[null, 1e999]"),
        encoded(b"[null, Infinity]"),
        encoded(b'["2025-05-03T12:00:00+00:00", 1]]'),
        encoded(None),
        encoded(True),
        encoded({}),
        encoded("text"),
        encoded([]),
        encoded([None]),
        encoded([True]),
        encoded([{}, {}]),
        encoded([None, None]),
        encoded([None, True]),
        encoded([None, False]),
        encoded([None, 1.0]),
        encoded([None, 1.5]),
        encoded([None, "1"]),
        encoded([None, [1]]),
        encoded([None, 2**63]),
        encoded([None, -(2**63) - 1]),
        encoded([None, 10**400]),
        encoded([None, 1, 1]),
        encoded([NOON]),
        encoded([1, 1]),
        encoded([True, 1]),
        encoded(["2025-05-03T12:00:00", 1]),
        encoded(["2025-05-03", 1]),
        encoded(["10000-01-01T00:00:00Z", 1]),
        encoded(["0000-01-01T00:00:00Z", 1]),
        encoded(["infinity", 1]),
        encoded(["\x00", 1]),
        encoded(["\ud800", 1]),
        encoded([str(ID), str(ID)]),
    ],
)
def test_what_no_page_returned_is_refused_by_every_list(cursor: str) -> None:
    for read in (read_id_cursor, read_time_cursor):
        with pytest.raises(InvalidCursor, match="start again"):
            read(cursor)


def test_the_cursor_of_one_list_is_none_of_another() -> None:
    with pytest.raises(InvalidCursor):
        read_time_cursor(write_cursor(str(ID)))
    with pytest.raises(InvalidCursor):
        read_id_cursor(write_cursor(NOON, 7))
