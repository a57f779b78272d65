"""The most confident detections of a taxon, first."""

from dawn_chorus.adapters.postgres.cursors import Page, read_confidence_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.detections import DetectionFilter, by_thresholds, select_taxa_and_reviews
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.reviews import reviews_of_rows
from dawn_chorus.adapters.postgres.rows import Row, read_findings
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.exports.findings import Finding

_sql = load_queries("detections")


def list_surest(
    database: Database, wanted: DetectionFilter, *, limit: int = 100, cursor: str | None = None
) -> Page[Finding]:
    """Return a page of a taxon's detections, the most confident first. Raises InvalidCursor.

    `wanted` names taxa: without one all detections would have to be sorted.
    """
    before_confidence, after_id = read_confidence_cursor(cursor)
    page = {"before_confidence": before_confidence, "after_id": after_id, "n": limit + 1}
    with database.transaction() as connection:
        rows = read_surest(connection, wanted, page)
        codes = warning_codes_of(connection, {row["analysis_id"] for row in rows})
        reviews = reviews_of_rows(connection, rows)
    items = tuple(read_findings(rows[:limit], codes, reviews, hides_voices=wanted.hides_voices))
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(items, None if last is None else write_cursor(last["confidence"], last["id"]))


def read_surest(connection: Connection, wanted: DetectionFilter, page: Row) -> list[Row]:
    """Return the rows of a page: the `n` that follow the one of `before_confidence` with the id `after_id`."""
    selected = select_taxa_and_reviews(connection, wanted)
    filters: Row = {
        "taxon_ids": selected["taxon_ids"],
        "reviewed": selected["reviewed"],
        "site": wanted.site,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "min_confidence": wanted.min_confidence,
        "pack": wanted.pack,
        "all_analyses": wanted.all_analyses,
    }
    filters |= by_thresholds(wanted, selected["taxon_ids"])
    return list(_sql.surest_detections(connection, **filters, **page))
