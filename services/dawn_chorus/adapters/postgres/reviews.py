"""Reviews: what people say of a taxon in a stretch of a recording."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review, Strategy, Verdict

_sql = load_queries("reviews")


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
