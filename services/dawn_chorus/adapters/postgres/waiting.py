"""How much waits to be analyzed, who is there to do it, and how long the line before an analysis is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

SEEN_S = 60.0
"""A worker that has said nothing for so long counts no more; it says something every 15 s."""
_STARTED_S = 600.0
"""A segment that was begun so lately has a worker, though that one may be of a version that says nothing."""
_sql = load_queries("waiting")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is not finished."""

    workers: int | None
    """Seen lately; None: none was, but somebody works, by a version that does not say that it is there."""
    waiting_analyses: int
    """Not begun yet."""
    waiting_segments: int
    running_analyses: int
    running_segments: int


def measure_waiting(database: Database) -> Waiting:
    """Return how it is now."""
    with database.statement() as connection:
        row = _sql.measure(connection, seen_s=SEEN_S, started_s=_STARTED_S)
    is_silent = row["workers"] == 0 and row["is_begun"]
    return Waiting(
        workers=None if is_silent else row["workers"],
        waiting_analyses=row["waiting_analyses"],
        waiting_segments=row["waiting_segments"],
        running_analyses=row["running_analyses"],
        running_segments=row["running_segments"],
    )


def count_ahead(database: Database, analysis_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return, for each of these that is unfinished, how many unfinished analyses come before it."""
    if not analysis_ids:
        return {}
    with database.statement() as connection:
        return {row["id"]: row["ahead"] for row in _sql.count_ahead(connection, analysis_ids=list(analysis_ids))}
