"""Detections counted by taxon and hour of the day, day, and site, in arrays.

PostgreSQL hands over of each analysis what was heard, and in which hour or when: to group that there by three keys
takes three times as long. Most recordings lie in one hour. Which detections are first and last is asked at the end.
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
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row

HOUR_OF_DAY, DAY, SITE = 3, 5, 6
"""What PostgreSQL's grouping(hour of day, day, site) is where only this one is told."""
_BYTES_AT_ONCE = 8_000_000
_HEADER_BYTES = 20
"""Of an array as PostgreSQL sends it; then comes each number after its length."""
_TAXON, _START = np.dtype([("length", ">i4"), ("value", ">i4")]), np.dtype([("length", ">i4"), ("value", ">i8")])
_UNDATED = np.iinfo(np.int64).min
"""A start of -infinity; else it is microseconds since 2000."""
_SINCE_1970_S = 946_684_800
_HOUR_US = 3_600_000_000
_NEVER = -1
"""The hour and the day of what is undated."""
_BY_START = -2
"""The hour of what lies in several: each start tells."""
_Numbers = NDArray[np.int64]
_sql = load_queries("overview")


@dataclass(slots=True)
class Tally:
    """Adds up what was heard; `by_cell`: of sites by their hours."""

    by_cell: bool
    _taxa: list[bytes] = field(default_factory=list)
    _starts: list[bytes] = field(default_factory=list)
    _sites: list[int] = field(default_factory=list)
    _clocks_s: list[int] = field(default_factory=list)
    _hours: list[int] = field(default_factory=list)
    _waiting_bytes: int = 0
    _names: dict[str | None, int] = field(default_factory=dict)
    """Sites by the order in which they came."""
    _counts: defaultdict[int, Counter[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(Counter))
    """By grouping, then by taxon and key."""
    _ends: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of each taxon a moment before all starts and one after them, each less than an hour away from one."""

    def add(self, site: str | None, clock_s: float | None, hour: int | None, taxa: bytes, starts: bytes | None) -> None:
        """Count the detections of one analysis: an array, and the recorder's clock in seconds since the first day.

        `hour` is that of them all; None: `starts` is an array of their starts.
        """
        if len(taxa) <= _HEADER_BYTES:
            return
        self._taxa.append(taxa[_HEADER_BYTES:])
        self._hours.append(_BY_START if hour is None else hour)
        if starts is not None:
            self._starts.append(starts[_HEADER_BYTES:])
        self._sites.append(self._names.setdefault(site, len(self._names)))
        self._clocks_s.append(round(clock_s or 0))
        self._waiting_bytes += len(taxa) + len(starts or b"")
        if self._waiting_bytes > _BYTES_AT_ONCE:
            self._count()

    def rows(self) -> list[Row]:
        """Return the counts as rows by hour of the day, by day and by site."""
        self._count()
        names = list(self._names)
        return [
            self._row(grouping, taxon_id, key, n, names)
            for grouping, counts in self._counts.items()
            for (taxon_id, key), n in counts.items()
        ]

    def ends(self) -> Row:
        """Return between which moments the first and the last of each dated taxon are to be found."""
        return {
            "heard_ids": list(self._ends),
            "lows": [_moment(low) for low, _ in self._ends.values()],
            "highs": [_moment(high) for _, high in self._ends.values()],
        }

    def _row(self, grouping: int, taxon_id: int, key: Any, n: int, names: list[str | None]) -> Row:
        row: Row = {"taxon_id": taxon_id, "grouping": grouping, "n": n}
        if grouping == SITE:
            site, hour = key if self.by_cell else (key, _NEVER)
            return row | {"site": names[site], "hour": None if hour == _NEVER else hour}
        return row | {"hour_of_day" if grouping == HOUR_OF_DAY else "day": None if key == _NEVER else key}

    def _count(self) -> None:
        """Count what waits."""
        if not self._taxa:
            return
        lengths = [len(each) // _TAXON.itemsize for each in self._taxa]
        taxa = np.frombuffer(b"".join(self._taxa), _TAXON)["value"].astype(np.int64)
        sites, hours = np.repeat(self._sites, lengths), np.repeat(self._hours, lengths)
        clocks_us = (np.repeat(self._clocks_s, lengths) + _SINCE_1970_S) * 1_000_000
        lows, highs = hours * _HOUR_US - clocks_us, (hours + 1) * _HOUR_US - clocks_us
        by_start = hours == _BY_START
        starts = np.frombuffer(b"".join(self._starts), _START)["value"].astype(np.int64)
        lows[by_start] = highs[by_start] = starts
        hours[by_start] = np.where(starts == _UNDATED, _NEVER, (starts + clocks_us[by_start]) // _HOUR_US)
        dated = hours != _NEVER
        self._add(HOUR_OF_DAY, taxa, np.where(dated, hours % 24, _NEVER))
        self._add(DAY, taxa, np.where(dated, hours // 24, _NEVER))
        if self.by_cell:
            self._add_cells(taxa, sites, hours)
        else:
            self._add(SITE, taxa, sites)
        self._find_ends(taxa[dated], lows[dated], highs[dated])
        self._taxa, self._starts, self._sites, self._clocks_s, self._hours, self._waiting_bytes = [], [], [], [], [], 0

    def _add(self, grouping: int, taxa: _Numbers, keys: _Numbers) -> None:
        for taxon_id, key, n in _pairs(taxa, keys):
            self._counts[grouping][taxon_id, key] += n

    def _add_cells(self, taxa: _Numbers, sites: _Numbers, hours: _Numbers) -> None:
        known, numbers = np.unique(hours, return_inverse=True)
        for taxon_id, key, n in _pairs(taxa, sites * len(known) + numbers):
            site, number = divmod(key, len(known))
            self._counts[SITE][taxon_id, (site, int(known[number]))] += n

    def _find_ends(self, taxa: _Numbers, lows: _Numbers, highs: _Numbers) -> None:
        known, numbers = np.unique(taxa, return_inverse=True)
        first, last = np.full(len(known), np.iinfo(np.int64).max), np.full(len(known), _UNDATED)
        np.minimum.at(first, numbers, lows)
        np.maximum.at(last, numbers, highs)
        for taxon_id, *ends in zip(known.tolist(), first.tolist(), last.tolist(), strict=True):
            before = self._ends.get(taxon_id, ends)
            self._ends[taxon_id] = min(before[0], ends[0]), max(before[1], ends[1])


def tally(connection: Connection, key: Row) -> list[Row]:
    """Return the counts of what was heard in each analysis, one after the other: memory holds few of them.

    first and last are those of the taxon; by cells they are not told.
    """
    found = Tally(key["by_cell"])
    with connection.cursor(row_factory=tuple_row) as cursor:
        for row in cursor.stream(_sql.detections_heard.sql, key, binary=True):
            found.add(*row)
    rows = found.rows()
    none = {"first": None, "last": None}
    key = key | found.ends()
    ends = {} if found.by_cell else {row["taxon_id"]: row for row in _sql.ends_heard(connection, **key)}
    return [row | ends.get(row["taxon_id"], none) for row in rows]


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
