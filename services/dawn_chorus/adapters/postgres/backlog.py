"""What is still to be analyzed, by lane, from the segments in PostgreSQL and not from the broker's queues."""

from collections.abc import Mapping
from dataclasses import dataclass

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.jobs import Lane

_sql = load_queries("backlog")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Queued and running segments of a lane."""

    segments: int = 0
    audio_s: float = 0.0
    oldest_s: float = 0.0
    """Time since the oldest of them was last queued; 0 if there are none."""


def measure_backlog(database: Database) -> Mapping[Lane, Backlog]:
    """Return the backlog of every lane, empty ones too."""
    with database.transaction() as connection:
        rows = {row["lane"]: row for row in _sql.measure(connection)}
    return {lane: _read(rows[lane]) if lane in rows else Backlog() for lane in Lane}


def _read(row: Mapping[str, float]) -> Backlog:
    return Backlog(int(row["segments"]), row["audio_s"], row["oldest_s"])
