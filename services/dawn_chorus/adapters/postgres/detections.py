"""Detections: of one analysis, and across recordings."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.cursors import Page, read_time_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.events import EventFilter, detections_in, read_events, read_taxa_of
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids, find_voice_ids
from dawn_chorus.adapters.postgres.reviewed_detections import read_reviewed
from dawn_chorus.adapters.postgres.reviews import find_names, reviews_of, reviews_of_rows
from dawn_chorus.adapters.postgres.rows import Row, read_findings, read_source
from dawn_chorus.adapters.postgres.thresholds import SavedThresholds, read_thresholds
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.exports.findings import Finding, Source
from dawn_chorus.domain.review.matching import Reviewed, Reviews
from dawn_chorus.domain.timeline import Detection

_ALL = EventFilter()
_FEW = 5
"""So many taxa are looked up one by one at once, without a look at those that lie near."""
_NEAR = 50
"""How many detections of any taxon are looked through for each row of many taxa, before each taxon is looked up."""
_SURE = 0.9
"""The confidence from which detections are in indexes of their own."""
_RARE_ANALYSES, _RARE_DETECTIONS = 200, 5000
"""A pack with no more than these is rare: all its detections are read and sorted."""

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
    classes: tuple[str, ...] = ()
    """Taxonomic classes, in any case."""
    all_analyses: bool = False
    """Also those of analyses that do not count: of each recording and pack the newest with results counts."""
    saved: SavedThresholds | None = None
    """Only those that reach these thresholds, where one holds; None: none counts."""
    reviewed: Reviewed | None = None
    """Only those that show such a review."""
    hides_voices: bool = False
    """Leave out human voices."""


def detections_of(database: Database, analysis_id: UUID, wanted: EventFilter = _ALL) -> Iterator[Finding]:
    """Return those of an analysis' detections that are wanted, in order of time. Raises NotFound.

    All are read at the call; the iterator holds 42 bytes of each, and no connection.
    """
    with database.snapshot() as connection:
        get_analysis(connection, analysis_id)
        row = _sql.get_source(connection, analysis_id=analysis_id)
        source = read_source(row, analysis_id, warning_codes_of(connection, [analysis_id])[analysis_id])
        taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
        events = read_events(connection, analysis_id, wanted, taxon_ids)
        taxa = read_taxa_of(connection, events)
        reviews = reviews_of(connection, [row["recording_id"]])
    return select_findings(detections_in(events, taxa), source, reviews, wanted)


def select_findings(
    detections: Iterable[Detection], source: Source, reviews: Reviews, wanted: EventFilter
) -> Iterator[Finding]:
    """Yield the detections that are wanted for the review that they show, and for their taxon."""
    for each in detections:
        finding = Finding(each, source, reviews.find(each, source.recording_id))
        is_wanted = wanted.reviewed is None or wanted.reviewed.selects(finding.review)
        if is_wanted and not (wanted.hides_voices and finding.is_human_voice):
            yield finding


def list_detections(
    database: Database, wanted: DetectionFilter, *, limit: int = 100, cursor: str | None = None
) -> Page[Finding]:
    """Return a page of detections across recordings, latest first, undated ones last. Raises InvalidCursor."""
    before_time, before_id = read_time_cursor(cursor)
    page = {"before_time": before_time, "before_id": before_id, "n": limit + 1}
    with database.transaction() as connection:
        rows = read_latest(connection, wanted, page)
        codes = warning_codes_of(connection, {row["analysis_id"] for row in rows})
        reviews = reviews_of_rows(connection, rows)
    items = tuple(read_findings(rows[:limit], codes, reviews, hides_voices=wanted.hides_voices))
    return Page(items, _cursor_after(rows[limit - 1]) if len(rows) > limit else None)


def read_latest(connection: Connection, wanted: DetectionFilter, page: Row) -> list[Row]:
    """Return the rows of a page: the `n` that follow the one at `before_time` with the id `before_id`."""
    filters: Row = {
        "site": wanted.site,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
        "min_confidence": wanted.min_confidence,
        "pack": wanted.pack,
        "all_analyses": wanted.all_analyses,
    }
    _sql.read_in_order(connection)
    filters |= select_taxa_and_reviews(connection, wanted)
    taxon_ids, hidden_ids = filters.pop("taxon_ids"), filters.pop("hidden_ids")
    filters |= by_thresholds(wanted, taxon_ids)
    if (rare := rare_analyses(connection, wanted.pack, all_analyses=wanted.all_analyses)) is not None:
        key = {"analysis_ids": rare, "taxon_ids": taxon_ids, "hidden_ids": hidden_ids}
        return list(_sql.latest_detections_of_analyses(connection, **key, **filters, **page))
    if wanted.reviewed is not None and wanted.reviewed is not Reviewed.NONE:
        names = None if taxon_ids is None else find_names(connection, taxon_ids)
        by_taxon = {"taxon_ids": taxon_ids, "hidden_ids": hidden_ids}
        return read_reviewed(connection, wanted.reviewed, names, filters | by_taxon, page)
    if taxon_ids is None:
        return list(_sql.latest_detections(connection, hidden_ids=hidden_ids, **filters, **page))
    filters |= {"taxon_ids": taxon_ids, "most": _NEAR * page["n"], **page}
    if len(taxon_ids) > _FEW:
        near = list(_sql.nearest_detections_of_taxa(connection, **filters))
        if len(near) == page["n"] or not _sql.are_more(connection, **filters):
            return near
    groups = _by_bound(wanted, taxon_ids)
    rows = [row for own in groups for row in _sql.latest_detections_of_taxa(connection, **filters | own)]
    return rows if len(groups) == 1 else sorted(rows, key=_place, reverse=True)[: page["n"]]


def _by_bound(wanted: DetectionFilter, taxon_ids: Sequence[int]) -> list[Row]:
    """Return the taxa with a bound; those apart whose events must all be sure, for these have indexes of their own."""
    saved = wanted.saved
    if saved is None:
        return [{"taxon_ids": taxon_ids}]
    sure = [each for each in taxon_ids if saved.lowest(wanted.pack, wanted.site, [each]) >= _SURE]
    groups = [each for each in (sure, [each for each in taxon_ids if each not in sure]) if each] or [[]]
    return [
        {"taxon_ids": own, "min_confidence": max(wanted.min_confidence, saved.lowest(wanted.pack, wanted.site, own))}
        for own in groups
    ]


def _place(row: Row) -> tuple[datetime, int]:
    return row["started_at"] or datetime.min.replace(tzinfo=UTC), row["id"]


def select_taxa_and_reviews(connection: Connection, wanted: DetectionFilter) -> Row:
    """Return what lists are asked by: `taxon_ids` and `hidden_ids` (None: any, none), `reviewed` (None: any)."""
    taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
    hidden_ids = find_voice_ids(connection) if wanted.hides_voices else []
    if taxon_ids is not None:
        taxon_ids = [each for each in taxon_ids if each not in hidden_ids]
    return {
        "taxon_ids": taxon_ids,
        "hidden_ids": hidden_ids or None,
        "reviewed": None if wanted.reviewed is None else list(wanted.reviewed.words),
    }


def with_thresholds(connection: Connection, wanted: DetectionFilter) -> DetectionFilter:
    """Return the filter with those of the thresholds that are saved now that matter to it."""
    taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
    return replace(wanted, saved=read_thresholds(connection, wanted.pack, taxon_ids, wanted.site))


def by_thresholds(wanted: DetectionFilter, taxon_ids: Sequence[int] | None) -> Row:
    """Return the filters by saved thresholds; what all rows must reach is a bound that indexes know."""
    if wanted.saved is None:
        return {"saved": None}
    lowest = wanted.saved.lowest(wanted.pack, wanted.site, taxon_ids)
    saved = wanted.saved.column(wanted.pack, taxon_ids)
    return {"saved": saved, "min_confidence": max(wanted.min_confidence, lowest)}


def rare_analyses(connection: Connection, pack: str | None, *, all_analyses: bool = False) -> list[UUID] | None:
    """Return the analyses of a pack with few detections: an index of all would be read to its end for them.

    None: it has many, or none is meant.
    """
    if pack is None:
        return None
    key = {"pack": pack, "all_analyses": all_analyses, "most": _RARE_ANALYSES + 1}
    found: list[UUID] = _sql.analyses_of_pack(connection, **key)
    if len(found) > _RARE_ANALYSES:
        return None
    count = _sql.count_detections_of(connection, analysis_ids=found, most=_RARE_DETECTIONS + 1)
    return found if count <= _RARE_DETECTIONS else None


def _cursor_after(row: Row) -> str:
    started_at = row["started_at"]
    return write_cursor(started_at.isoformat() if started_at else None, row["id"])
