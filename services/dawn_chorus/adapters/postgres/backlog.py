"""What is still to be analyzed, by lane: PostgreSQL knows it whatever the broker says."""

from collections.abc import Mapping
from dataclasses import dataclass

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.domain.jobs import Lane

_sql = load_queries("backlog")


@dataclass(frozen=True, slots=True)
class Backlog:
    """Segments of a lane that wait or are in work."""

    segments: int = 0
    audio_s: float = 0.0
    oldest_s: float = 0.0
    """Since the one that waits for longest was queued last; 0 when nothing waits."""


def measure_backlog(database: Database) -> Mapping[Lane, Backlog]:
    """Return the backlog of every lane, empty ones too."""
    with database.transaction() as connection:
        rows = {row["lane"]: row for row in _sql.measure(connection)}
    return {lane: _read(rows[lane]) if lane in rows else Backlog() for lane in Lane}


def _read(row: Mapping[str, float]) -> Backlog:
    return Backlog(int(row["segments"]), row["audio_s"], row["oldest_s"])
