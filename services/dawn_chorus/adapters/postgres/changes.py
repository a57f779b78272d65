"""What changed since one looked last: recordings came, were corrected or deleted, analyses and exports went on.

Triggers note each change in the transaction that makes it. A look sees what was committed since the look before, by
PostgreSQL's own snapshots: nothing is missed, however late it was committed, and nothing seen twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries

KEPT = timedelta(hours=1)
"""Whoever did not look for so long has missed something."""

_sql = load_queries("changes")


@dataclass(frozen=True, slots=True)
class Look:
    """What was committed since the look before."""

    seen: str
    """PostgreSQL's snapshot, for the next look."""
    at: datetime
    """By the clock of the server."""
    recording_ids: Sequence[UUID] = ()
    """New or changed; some may be deleted by now. In order, like the others."""
    analysis_ids: Sequence[UUID] = ()
    deleted_ids: Sequence[UUID] = ()
    """Recordings that are gone, with all their analyses."""
    export_ids: Sequence[UUID] = ()
    """New, changed or removed."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Where an analysis stands in the list of unfinished ones."""

    created_at: datetime
    id: UUID


def look(database: Database, before: Look | None) -> Look | None:
    """Return what changed since the look before; without one nothing, but where the next look begins.

    None: something may have been missed, since `before` is too old, or of a database that has been restored.
    """
    with database.statement() as connection:
        row = _sql.look(connection, seen=None if before is None else before.seen)
    if before is not None and (row["is_older"] or row["at"] - before.at > KEPT / 2):
        return None
    news = (row[name] for name in ("recording_ids", "analysis_ids", "deleted_ids", "export_ids"))
    return Look(row["seen"], row["at"], *news)


def list_unfinished(database: Database, after: Unfinished | None, limit: int) -> Sequence[Unfinished]:
    """Return the next unfinished analyses, oldest first."""
    with database.statement() as connection:
        created_at, analysis_id = (None, None) if after is None else (after.created_at, after.id)
        rows = _sql.unfinished_after(connection, created_at=created_at, analysis_id=analysis_id, n=limit)
        return [Unfinished(row["created_at"], row["id"]) for row in rows]


def delete_old_changes(database: Database) -> int:
    """Delete the notes of changes that were made long ago; return how many."""
    with database.transaction() as connection:
        count: int = _sql.delete_old(connection, kept=KEPT)
    return count
