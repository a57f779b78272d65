"""Recordings that somebody listened to, with or without a detection: the effort behind lists of detections."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_source
from dawn_chorus.domain.exports.findings import Source

_sql = load_queries("listened")
_ROWS_A_PAGE = 1000


def stream_listened(database: Database, wanted: DetectionFilter) -> Iterator[Source]:
    """Yield each analyzed recording at the site and in the time that are wanted, by id; what is heard does not matter.

    A recording of which a part lies in that time is one of them. Memory is bounded, and no page holds a connection.
    """
    page: Row = {
        "site": wanted.site,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "pack": wanted.pack,
        "all_analyses": wanted.all_analyses,
        "after_id": None,
        "n": _ROWS_A_PAGE,
    }
    while True:
        with database.transaction() as connection:
            rows = list(_sql.listened(connection, **page))
        yield from (_source(row, row["analysis_id"]) for row in rows)
        if len(rows) < _ROWS_A_PAGE:
            return
        page["after_id"] = rows[-1]["recording_id"]


def listened_by(database: Database, analysis_id: UUID) -> Iterator[Source]:
    """Yield the recording of an analysis, if that has results."""
    with database.transaction() as connection:
        row = _sql.listened_by(connection, analysis_id=analysis_id)
    if row is not None:
        yield _source(row, analysis_id)


def _source(row: Row, analysis_id: UUID) -> Source:
    return replace(read_source(row, analysis_id, ""), analyzed_s=float(row["analyzed_s"] or 0))
