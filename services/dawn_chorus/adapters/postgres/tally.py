"""Detections counted by taxon and hour of the day, day, and site, in arrays.

PostgreSQL hands over of each analysis what was heard and when: to group that there by three keys takes three times as
long.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.rows import Row

HOUR_OF_DAY, DAY, SITE = 3, 5, 6
"""What PostgreSQL's grouping(hour of day, day, site) is where only this one is told."""
_BYTES_AT_ONCE = 16_000_000
_HEADER_BYTES = 20
"""Of an array as PostgreSQL sends it; then comes each number after its length."""
_TAXON, _START = np.dtype([("length", ">i4"), ("value", ">i4")]), np.dtype([("length", ">i4"), ("value", ">i8")])
_UNDATED = np.iinfo(np.int64).min
"""A start of -infinity; else it is microseconds since 2000."""
_SINCE_1970_S = 946_684_800
_HOUR_US = 3_600_000_000
_NEVER = -1
"""The hour and the day of what is undated."""
_Numbers = NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """Adds up what was heard; `by_cell`: of sites by their hours."""

    by_cell: bool
    _taxa: list[bytes] = field(default_factory=list)
    _starts: list[bytes] = field(default_factory=list)
    _sites: list[int] = field(default_factory=list)
    _clocks_s: list[int] = field(default_factory=list)
    _waiting_bytes: int = 0
    _names: dict[str | None, int] = field(default_factory=dict)
    """Sites by the order in which they came."""
    _counts: defaultdict[int, Counter[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(Counter))
    """By grouping, then by taxon and key."""
    _ends: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of each taxon the first and the last start."""

    def add(self, site: str | None, clock_s: float | None, taxa: bytes, starts: bytes) -> None:
        """Count the detections of one analysis: two arrays, and the recorder's clock in seconds since the first day."""
        self._taxa.append(taxa[_HEADER_BYTES:])
        self._starts.append(starts[_HEADER_BYTES:])
        self._sites.append(self._names.setdefault(site, len(self._names)))
        self._clocks_s.append(round(clock_s or 0))
        self._waiting_bytes += len(taxa) + len(starts)
        if self._waiting_bytes > _BYTES_AT_ONCE:
            self._count()

    def rows(self) -> list[Row]:
        """Return the counts as rows by hour of the day, by day and by site; first and last are those of the taxon."""
        self._count()
        names = list(self._names)
        return [
            self._row(grouping, taxon_id, key, n, names)
            for grouping, counts in self._counts.items()
            for (taxon_id, key), n in counts.items()
        ]

    def _row(self, grouping: int, taxon_id: int, key: Any, n: int, names: list[str | None]) -> Row:
        row: Row = {"taxon_id": taxon_id, "grouping": grouping, "n": n, "first": None, "last": None}
        if grouping == SITE:
            site, hour = key if self.by_cell else (key, _NEVER)
            return row | {"site": names[site], "hour": None if hour == _NEVER else hour}
        if taxon_id in self._ends:
            row["first"], row["last"] = map(_moment, self._ends[taxon_id])
        return row | {"hour_of_day" if grouping == HOUR_OF_DAY else "day": None if key == _NEVER else key}

    def _count(self) -> None:
        """Count what waits."""
        if not self._taxa:
            return
        lengths = [len(each) // _TAXON.itemsize for each in self._taxa]
        taxa = np.frombuffer(b"".join(self._taxa), _TAXON)["value"].astype(np.int64)
        starts = np.frombuffer(b"".join(self._starts), _START)["value"].astype(np.int64)
        sites, clocks_s = np.repeat(self._sites, lengths), np.repeat(self._clocks_s, lengths)
        dated = starts != _UNDATED
        shown = np.where(dated, starts, 0) + (clocks_s + _SINCE_1970_S) * 1_000_000
        hours = np.where(dated, shown // _HOUR_US, _NEVER)
        self._add(HOUR_OF_DAY, taxa, np.where(dated, hours % 24, _NEVER))
        self._add(DAY, taxa, np.where(dated, hours // 24, _NEVER))
        if self.by_cell:
            self._add_cells(taxa, sites, hours)
        else:
            self._add(SITE, taxa, sites)
        self._find_ends(taxa[dated], starts[dated])
        self._taxa, self._starts, self._sites, self._clocks_s, self._waiting_bytes = [], [], [], [], 0

    def _add(self, grouping: int, taxa: _Numbers, keys: _Numbers) -> None:
        for taxon_id, key, n in _pairs(taxa, keys):
            self._counts[grouping][taxon_id, key] += n

    def _add_cells(self, taxa: _Numbers, sites: _Numbers, hours: _Numbers) -> None:
        known, numbers = np.unique(hours, return_inverse=True)
        for taxon_id, key, n in _pairs(taxa, sites * len(known) + numbers):
            site, number = divmod(key, len(known))
            self._counts[SITE][taxon_id, (site, int(known[number]))] += n

    def _find_ends(self, taxa: _Numbers, starts: _Numbers) -> None:
        known, numbers = np.unique(taxa, return_inverse=True)
        first, last = np.full(len(known), np.iinfo(np.int64).max), np.full(len(known), _UNDATED)
        np.minimum.at(first, numbers, starts)
        np.maximum.at(last, numbers, starts)
        for taxon_id, *ends in zip(known.tolist(), first.tolist(), last.tolist(), strict=True):
            before = self._ends.get(taxon_id, ends)
            self._ends[taxon_id] = min(before[0], ends[0]), max(before[1], ends[1])


def tally(connection: Connection, statement: str, key: Row) -> list[Row]:
    """Return the counts of what a statement tells of each analysis, one after the other: memory holds few of them."""
    found = Tally(key["by_cell"])
    with connection.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.stream(statement, key, binary=True):
            found.add(*row)
    return found.rows()


def _pairs(first: _Numbers, second: _Numbers) -> Iterator[tuple[int, int, int]]:
    """Yield each pair there is, and how often; the first ones are not negative."""
    low = int(second.min())
    span = int(second.max()) - low + 1
    keys = first * span + (second - low)
    if int(first.max()) * span < 4 * len(keys):
        counts = np.bincount(keys)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(keys, return_counts=True)
    yield from zip((found // span).tolist(), (found % span + low).tolist(), counts.tolist(), strict=True)


def _moment(since_2000_us: int) -> datetime:
    return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=since_2000_us)
