"""Reviews: what people say of a taxon in a stretch of a recording."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dawn_chorus.adapters.postgres.cursors import Page, read_id_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.rows import Row, read_recorded_at
from dawn_chorus.domain.errors import NotFound
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review, Strategy, Verdict

_sql = load_queries("reviews")
_ROWS_A_PAGE = 1000


@dataclass(frozen=True, slots=True)
class ListedReview:
    """A review, with the names of its taxon and of its recording."""

    review: Review
    common_name: str
    """Empty: no pack has one."""
    file: str
    site: str | None
    recorded_at: datetime | None
    """When the recording starts, with its offset from UTC."""


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Selects reviews; an empty or None field does not restrict."""

    recording_id: UUID | None = None
    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case."""
    site: str | None = None
    verdict: Verdict | None = None
    reviewer: str | None = None
    strategy: Strategy | None = None
    from_time: datetime | None = None
    """Only of what starts at or after this; excludes undated recordings."""
    to_time: datetime | None = None
    """Only of what starts before this; excludes undated recordings."""


def reviews_of(connection: Connection, recording_ids: Iterable[UUID], names: Iterable[str] | None = None) -> Reviews:
    """Return the reviews of these recordings, of the taxa with these scientific names; None: of all taxa."""
    key = {"recording_ids": list(recording_ids), "scientific_names": None if names is None else list(names)}
    return Reviews(read_review(row) for row in _sql.reviews_of(connection, **key))


def reviews_of_rows(connection: Connection, rows: Sequence[Row]) -> Reviews:
    """Return the reviews that rows of detections may show."""
    recording_ids, names = {row["recording_id"] for row in rows}, {row["scientific_name"] for row in rows}
    return reviews_of(connection, recording_ids, names)


def read_review(row: Row) -> Review:
    return Review(
        id=row["id"],
        recording_id=row["recording_id"],
        scientific_name=row["scientific_name"],
        onset_ms=row["onset_ms"],
        offset_ms=row["offset_ms"],
        verdict=Verdict(row["verdict"]),
        reviewer=row["reviewer"],
        reviewed_at=row["reviewed_at"],
        corrected_taxon=row["corrected_taxon"],
        note=row["note"],
        strategy=Strategy(row["strategy"]) if row["strategy"] else None,
    )


def read_listed(connection: Connection, ids: Collection[UUID]) -> list[ListedReview]:
    """Return those of the reviews that exist."""
    return _listed(connection, list(_sql.get_reviews(connection, ids=list(ids))))


def get_review(database: Database, review_id: UUID) -> ListedReview:
    """Raise NotFound for an unknown id."""
    with database.transaction() as connection:
        found = read_listed(connection, [review_id])
    if not found:
        raise _unknown(review_id)
    return found[0]


def delete_review(database: Database, review_id: UUID) -> None:
    """Raise NotFound for an unknown id.

    Locks the recording before the review, as whoever saves, corrects or finishes does: none waits in a circle.
    """
    with database.transaction() as connection:
        _sql.lock_recording_of(connection, review_id=review_id)
        if not _sql.delete_reviews(connection, ids=[review_id]):
            raise _unknown(review_id)


def list_reviews(
    database: Database, wanted: ReviewFilter, *, limit: int = 100, cursor: str | None = None
) -> Page[ListedReview]:
    """Return a page of reviews, those made last first. Raises InvalidCursor."""
    with database.transaction() as connection:
        rows = _read_newest(connection, wanted, read_id_cursor(cursor), limit + 1)
        items = tuple(_listed(connection, rows[:limit]))
    return Page(items, write_cursor(str(rows[limit - 1]["id"])) if len(rows) > limit else None)


def stream_reviews(database: Database, wanted: ReviewFilter) -> Iterator[ListedReview]:
    """Yield all reviews in the order of `list_reviews`, in bounded memory; no page holds a connection.

    One that is made meanwhile is left out, one that is replaced before its row shows what it has become.
    """
    before_id: UUID | None = None
    while True:
        with database.transaction() as connection:
            rows = _read_newest(connection, wanted, before_id, _ROWS_A_PAGE)
            listed = _listed(connection, rows)
        yield from listed
        if len(rows) < _ROWS_A_PAGE:
            return
        before_id = rows[-1]["id"]


def _read_newest(connection: Connection, wanted: ReviewFilter, before_id: UUID | None, n: int) -> list[Row]:
    taxon_ids = find_taxon_ids(connection, wanted.taxa, ())
    names = None if taxon_ids is None else find_names(connection, taxon_ids)
    filters = {
        "recording_id": wanted.recording_id,
        "scientific_names": names,
        "site": wanted.site,
        "verdict": wanted.verdict,
        "reviewer": wanted.reviewer,
        "strategy": wanted.strategy,
        "from_time": wanted.from_time,
        "to_time": wanted.to_time,
    }
    return list(_sql.list_reviews(connection, **filters, before_id=before_id, n=n))


def find_names(connection: Connection, taxon_ids: Sequence[int]) -> list[str]:
    """Return the scientific names of these taxa."""
    return [row["scientific_name"] for row in _sql.names_of(connection, taxon_ids=list(taxon_ids))]


def _listed(connection: Connection, rows: Sequence[Row]) -> list[ListedReview]:
    names = sorted({row["scientific_name"] for row in rows})
    lower = [name.lower() for name in names]
    found = _sql.common_names(connection, scientific_names=names, lower_names=lower)
    common_names = {row["scientific_name"]: row["common_name"] for row in found}
    return [
        ListedReview(
            read_review(row),
            common_names.get(row["scientific_name"], ""),
            row["filename"],
            row["site"],
            read_recorded_at(row),
        )
        for row in rows
    ]


def _unknown(review_id: UUID) -> NotFound:
    return NotFound(f"no review {review_id}")
