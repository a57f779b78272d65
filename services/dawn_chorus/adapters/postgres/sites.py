"""Sites: what the recordings of the same site have in common; there is no table of them."""

from dataclasses import dataclass
from datetime import datetime

from dawn_chorus.adapters.postgres.cursors import Page, read_name_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, local_time
from dawn_chorus.domain.recording import round_s

_sql = load_queries("sites")


@dataclass(frozen=True, slots=True)
class Site:
    """The recordings that name one site."""

    name: str
    latitude: float | None
    """Like the longitude, of the newest recording that has coordinates; None: none has."""
    longitude: float | None
    places: int
    """How many different coordinates there are: a recorder that was moved has two."""
    recordings: int
    duration_s: float
    """Of all recordings together."""
    first: datetime | None
    """When the earliest recording starts, by its own clock; None: none has a time."""
    last: datetime | None
    """When the latest one starts."""


def list_sites(
    database: Database, q: str | None = None, *, limit: int = 100, cursor: str | None = None
) -> tuple[Page[Site], int]:
    """Return a page of the sites whose names hold `q` in any case, by name; and how many recordings have no site.

    Raises InvalidCursor.
    """
    after = read_name_cursor(cursor)
    with database.snapshot() as connection:
        rows = list(_sql.list_sites(connection, q=q or None, after=after, n=limit + 1))
        without_site: int = _sql.count_without_site(connection)
    items = tuple(_read_site(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(items, write_cursor(items[-1].name) if more else None), without_site


def _read_site(row: Row) -> Site:
    return Site(
        name=row["name"],
        latitude=row["latitude"],
        longitude=row["longitude"],
        places=row["places"],
        recordings=row["recordings"],
        duration_s=round_s(row["duration_s"]),
        first=local_time(row["first"], row["first_utc_offset_s"]),
        last=local_time(row["last"], row["last_utc_offset_s"]),
    )
