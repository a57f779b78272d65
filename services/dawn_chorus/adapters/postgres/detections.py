"""Detections: of one analysis, and across recordings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.cursors import Page, read_time_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_finding
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.exports import Finding

_sql = load_queries("detections")
_ROWS_A_FETCH = 1000


@dataclass(frozen=True, slots=True)
class DetectionFilter:
    """Selects detections; an empty or None field does not restrict."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case."""
    site: str | None = None
    from_time: datetime | None = None
    """Only detections that start at or after this; excludes undated ones."""
    to_time: datetime | None = None
    """Only detections that start before this; excludes undated ones."""
    min_confidence: float = 0.0
    pack: str | None = None
    """Only analyses with this pack; None: with any."""
    all_analyses: bool = False
    """Also those of analyses that do not count: of each recording and pack the newest with results counts."""


def detections_of(database: Database, analysis_id: UUID) -> Iterator[Finding]:
    """Return an analysis' detections in order of time, as a stream. Raises NotFound at the call.

    The iterator holds a connection: exhaust or close it.
    """
    with database.transaction() as connection:
        get_analysis(connection, analysis_id)
    return _stream(database, analysis_id)


def _stream(database: Database, analysis_id: UUID) -> Iterator[Finding]:
    with database.transaction() as connection, connection.cursor(name="detections") as cursor:
        codes = warning_codes_of(connection, [analysis_id])[analysis_id]
        cursor.itersize = _ROWS_A_FETCH
        cursor.execute(_sql.detections_of.sql, {"analysis_id": analysis_id})
        for row in cursor:
            yield read_finding(row, codes)


def list_detections(
    database: Database, wanted: DetectionFilter, *, limit: int = 100, cursor: str | None = None
) -> Page[Finding]:
    """Return a page of detections across recordings, latest first, undated ones last. Raises InvalidCursor."""
    with database.transaction() as connection:
        return _read_page(connection, wanted, limit, cursor)


def _read_page(connection: Connection, wanted: DetectionFilter, limit: int, cursor: str | None) -> Page[Finding]:
    before_time, before_id = read_time_cursor(cursor)
    page = {"before_time": before_time, "before_id": before_id, "n": limit + 1}
    rows = list(_latest(connection, wanted, page))
    codes = warning_codes_of(connection, {row["analysis_id"] for row in rows})
    items = tuple(read_finding(row, codes[row["analysis_id"]]) for row in rows[:limit])
    return Page(items, _cursor_after(rows[limit - 1]) if len(rows) > limit else None)


def stream_detections(database: Database, wanted: DetectionFilter) -> Iterator[Finding]:
    """Yield all detections in the same order, page by page, in bounded memory.

    All from one snapshot: an analysis that begins to count meanwhile is not mixed with the one it replaces. The
    iterator holds a connection: exhaust or close it.
    """
    cursor: str | None = None
    with database.snapshot() as connection:
        while True:
            page = _read_page(connection, wanted, _ROWS_A_FETCH, cursor)
            yield from page.items
            if page.next_cursor is None:
                return
            cursor = page.next_cursor


def _latest(connection: Connection, wanted: DetectionFilter, page: Row) -> Iterator[Row]:
    filters = {
        "site": wanted.site,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "min_confidence": wanted.min_confidence,
        "pack": wanted.pack,
        "all_analyses": wanted.all_analyses,
    }
    if not wanted.taxa:
        yield from _sql.latest_detections(connection, **filters, **page)
        return
    names = [name.lower() for name in wanted.taxa]
    taxon_ids = [row["id"] for row in _sql.taxon_ids(connection, names=names)]
    yield from _sql.latest_detections_of_taxa(connection, taxon_ids=taxon_ids, **filters, **page)


def _cursor_after(row: Row) -> str:
    started_at = row["started_at"]
    return write_cursor(started_at.isoformat() if started_at else None, row["id"])
