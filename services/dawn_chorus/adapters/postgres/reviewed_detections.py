"""The latest detections that show a review: found from the reviews, of which there are few.

Detections lie in the order of their starts, and among ten million some thousand reviewed ones are found only one by
one. Reviews are taken in parts, those that end last first. A detection begins before its review ends: of those found,
the ones that begin after the last review of a part ends are complete.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.review.matching import Reviewed

_sql = load_queries("reviewed_detections")
_MOST_AT_ONCE = 4000


def read_reviewed(
    connection: Connection, reviewed: Reviewed, names: Sequence[str] | None, filters: Row, page: Row
) -> list[Row]:
    """Return the rows of a page: the `n` that follow the one at `before_time` with the id `before_id`.

    `names` are the scientific names that are wanted, None: any. Undated ones come last; all of these are read and
    sorted.
    """
    key = {
        "verdict": None if reviewed in (Reviewed.ANY, Reviewed.IDENTIFIED) else reviewed.value,
        "identified": reviewed is Reviewed.IDENTIFIED,
        "scientific_names": None if names is None else list(names),
        "site": filters["site"],
    }
    longest = _sql.longest(connection)
    event_s = float(longest["event_s"])
    wanted = {name: each for name, each in filters.items() if name not in ("site", "reviewed")} | page
    found: list[Row] = []
    if page["before_id"] is None or page["before_time"] is not None:
        slack = timedelta(seconds=event_s, milliseconds=longest["review_ms"])
        found = _read_dated(connection, key, wanted, event_s, slack)
    if len(found) < page["n"] and filters["from_time"] is None and filters["to_time"] is None:
        ids = [row["id"] for row in _sql.undated_reviews(connection, **key)]
        if ids:
            found += _sql.detections_of_reviews(connection, review_ids=ids, event_s=event_s, **wanted)
    return found[: page["n"]]


def _read_dated(connection: Connection, key: Row, wanted: Row, event_s: float, slack: timedelta) -> list[Row]:
    # A detection that begins before this belongs to a review that ends before it and the longest of both.
    bounds = [each for each in (wanted["before_time"], wanted["to_time"]) if each is not None]
    position: Row = {"until": min(bounds) + slack if bounds else None, "before_ended": None, "before_id": None}
    found: dict[int, Row] = {}
    read = 0
    n = wanted["n"] + wanted["n"] // 4  # most reviews are shown by one detection that counts
    while True:
        reviews = list(_sql.latest_reviews(connection, **key, **position, n=n))
        ids: list[UUID] = [row["id"] for row in reviews]
        if ids:
            rows = _sql.detections_of_reviews(connection, review_ids=ids, event_s=event_s, **wanted)
            found |= {row["id"]: row for row in rows}
        ordered = sorted(found.values(), key=lambda row: (row["started_at"], row["id"]), reverse=True)
        if len(reviews) < n:
            return ordered
        edge: datetime = reviews[-1]["ended_at"]
        complete = [row for row in ordered if row["started_at"] >= edge]
        if len(complete) >= wanted["n"] or (wanted["from_time"] is not None and edge <= wanted["from_time"]):
            return complete
        position |= {"before_ended": edge, "before_id": ids[-1]}
        # So many as the page lacks if the next ones give as much as those before, and a quarter more.
        read += n
        lacking = 5 * read * (wanted["n"] - len(complete)) // (4 * max(1, len(complete)))
        n = min(max(n, lacking), 4 * n, _MOST_AT_ONCE)
