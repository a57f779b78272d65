"""The surest event of each site and day of the recorder's clock, the oldest day first; then of undated recordings."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import rare_analyses
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.queue_values import EARLIEST, LATEST, QueueFilter, Walk
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.strategies import Chosen

_EVENTS_A_LOOK = 200
"""Days are read together until they have so many events, the next time four times as many; one day is read whole."""
_LOOKS = 2
"""So many for a page; then it ends, with what was found."""
_UNDATED_A_LOOK = 60
_FIRST_DAY = date(1800, 1, 1)
_sql = load_queries("queue_days")


class _Days:
    """Reads the days of one taxon."""

    def __init__(self, connection: Connection, wanted: QueueFilter) -> None:
        self._connection = connection
        self._where: Row = {"taxon_ids": list(wanted.taxon_ids), "site": wanted.site}
        self._filters = self._where | {
            "pack": wanted.pack, "lowest": wanted.min_confidence, "highest": wanted.max_confidence,
        }  # fmt: skip
        self._from, self._to = wanted.from_time or EARLIEST, wanted.to_time or LATEST
        self._rare = rare_analyses(connection, wanted.pack)
        found = [timedelta(seconds=row["offset_s"]) for row in _sql.utc_offsets(connection)]
        self._offsets = found or [timedelta()]
        self._least, self._greatest = self._offsets[0], self._offsets[-1]

    def next_days(self, first: date, past: int) -> tuple[date, date] | None:
        """Return the first day from `first` on that may have an event, and up to which there are `past` of them."""
        begin = self._heard(self._low(first))
        if begin is None:
            return None
        day = max(first, (begin + self._least).date())
        end = _sql.heard_from(self._connection, **self._where, low=self._low(day), high=self._to, past=past)
        if end is None:
            return day, max(day, self._last_day())
        return day, max(day, (end + self._least).date() - timedelta(days=1)) if self._rare is None else day

    def _last_day(self) -> date:
        last: datetime | None = _sql.heard_last(self._connection, **self._where, high=self._to)
        return _FIRST_DAY if last is None else (last + self._greatest).date()

    def _heard(self, low: datetime) -> datetime | None:
        """Return when the first event is heard from `low` on."""
        found: datetime | None
        if self._rare is None:
            found = _sql.heard_from(self._connection, **self._where, low=low, high=self._to, past=0)
            return found
        key = {"analysis_ids": self._rare, "taxon_ids": self._where["taxon_ids"], "low": low}
        found = _sql.heard_in(self._connection, **key)
        return None if found is None or found >= self._to else found

    def read(self, days: tuple[date, date], begun_at: str | None, n: int, *, is_begun: bool) -> list[Row]:
        """Return the surest of each site and day, at most n."""
        high = min(self._to, _midnight(days[1] + timedelta(days=1)) - self._least)
        place = {"after_site": begun_at, "is_begun": is_begun, "n": n}
        stretch = {"low": self._low(days[0]), "high": high, "midnights": self._midnights(days)}
        key = {"first_day": days[0], "last_day": days[1]} | place | stretch
        return list(_sql.surest_of_days(self._connection, **self._filters, **key))

    def _midnights(self, days: tuple[date, date]) -> list[datetime]:
        """Return when each of the days, and the one after them, begins by any recorder's clock."""
        dates = (days[0] + timedelta(days=n) for n in range((days[1] - days[0]).days + 2))
        return sorted({_midnight(day) - offset for day in dates for offset in self._offsets})

    def undated(self, after_id: int) -> list[Row]:
        key = {"after_id": after_id, "most": _UNDATED_A_LOOK}
        return list(_sql.surest_of_undated(self._connection, **self._filters, **key))

    def _low(self, day: date) -> datetime:
        return max(self._from, _midnight(day) - self._greatest)


def choose_first(connection: Connection, wanted: QueueFilter, walk: Walk, n: int) -> Chosen:
    """Choose the surest of each site and day, unless it shows a review; then of each undated recording."""
    reader = _Days(connection, wanted)
    first, is_begun, site, after_id = walk.day or (_FIRST_DAY, False, None, None)
    page: list[Row] = []
    looks = 0
    while first is not None:
        days = reader.next_days(first, _EVENTS_A_LOOK * 4**looks)
        if days is None:
            first = None
            break
        is_begun = is_begun and days[0] == first
        if looks == _LOOKS:
            return _page(page, replace(walk, day=(days[0], is_begun, site if is_begun else None, None)))
        looks += 1
        page += reader.read(days, site, n + 1 - len(page), is_begun=is_begun)
        if len(page) > n:
            last = page[n - 1]
            return _page(page[:n], replace(walk, day=(last["day"], True, last["site"], None)))
        first, is_begun, site = days[1] + timedelta(days=1), False, None
    if wanted.from_time is not None or wanted.to_time is not None:
        return _page(page, None)
    return _add_undated(reader, page, walk, n, -1 if after_id is None else after_id, looks)


def _add_undated(reader: _Days, page: list[Row], walk: Walk, n: int, after_id: int, looks: int) -> Chosen:
    while True:
        if looks >= _LOOKS and page:
            return _page(page, replace(walk, day=(None, False, None, after_id)))
        looks += 1
        rows = reader.undated(after_id)
        found = [row for row in rows if row["id"] is not None]
        for row in found:
            if len(page) == n:
                return _page(page, replace(walk, day=(None, False, None, row["first_id"] - 1)))
            page.append(row)
        if rows[0]["looked"] < _UNDATED_A_LOOK:
            return _page(page, None)
        after_id = rows[0]["last_id"]
        if looks >= _LOOKS:
            return _page(page, replace(walk, day=(None, False, None, after_id)))


def _page(rows: list[Row], walk: Walk | None) -> Chosen:
    return [row["id"] for row in rows], walk


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
