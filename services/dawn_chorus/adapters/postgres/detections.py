"""Detections: of one analysis, and across recordings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.cursors import Page, read_time_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.events import detections_in, read_events, read_taxa_of
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_finding, read_source
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.exports import Finding

_sql = load_queries("detections")


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
    """Return an analysis' detections in order of time. Raises NotFound.

    All are read at the call; the iterator holds 38 bytes of each, and no connection.
    """
    with database.snapshot() as connection:
        get_analysis(connection, analysis_id)
        row = _sql.get_source(connection, analysis_id=analysis_id)
        source = read_source(row, analysis_id, warning_codes_of(connection, [analysis_id])[analysis_id])
        events = read_events(connection, analysis_id)
        taxa = read_taxa_of(connection, events)
    return (Finding(each, source) for each in detections_in(events, taxa))


def list_detections(
    database: Database, wanted: DetectionFilter, *, limit: int = 100, cursor: str | None = None
) -> Page[Finding]:
    """Return a page of detections across recordings, latest first, undated ones last. Raises InvalidCursor."""
    before_time, before_id = read_time_cursor(cursor)
    page = {"before_time": before_time, "before_id": before_id, "n": limit + 1}
    with database.transaction() as connection:
        rows = read_latest(connection, wanted, page)
        codes = warning_codes_of(connection, {row["analysis_id"] for row in rows})
    items = tuple(read_finding(row, codes[row["analysis_id"]]) for row in rows[:limit])
    return Page(items, _cursor_after(rows[limit - 1]) if len(rows) > limit else None)


def read_latest(connection: Connection, wanted: DetectionFilter, page: Row) -> list[Row]:
    """Return the rows of a page: the `n` that follow the one at `before_time` with the id `before_id`."""
    filters = {
        "site": wanted.site,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "min_confidence": wanted.min_confidence,
        "pack": wanted.pack,
        "all_analyses": wanted.all_analyses,
    }
    _sql.read_in_order(connection)
    if not wanted.taxa:
        return list(_sql.latest_detections(connection, **filters, **page))
    names = [name.lower() for name in wanted.taxa]
    taxon_ids = [row["id"] for row in _sql.taxon_ids(connection, names=names)]
    return list(_sql.latest_detections_of_taxa(connection, taxon_ids=taxon_ids, **filters, **page))


def _cursor_after(row: Row) -> str:
    started_at = row["started_at"]
    return write_cursor(started_at.isoformat() if started_at else None, row["id"])
