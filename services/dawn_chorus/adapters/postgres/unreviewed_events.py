"""Where the events of a queue are read: in the order of an index, or all at once where they are few."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import rare_analyses
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.queue_values import Event, QueueFilter, estimate
from dawn_chorus.adapters.postgres.rows import Row

FEW = 5000
"""At most so many events of a taxon at a site, or in a time, are read and sorted."""
_LEAST_FEW, _A_PAGE, _SAMPLE = 200, 20, 100
MIXED = 1000
"""So many events of a taxon are read to put them into any order."""
_MOST = 10_000
"""How many are looked at in the order of an index, before all at the site or in the time are read."""
_PARTS = 5
"""Of several stretches each may have this part of them."""
_ALL = 2**31 - 1
_sql = load_queries("review_queue")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of confidence; both ends are in it."""

    top: float
    bottom: float
    after: tuple[float, int] | None = None
    """Only what follows this confidence and id: less sure, or with a larger id."""


class QueueEvents:
    """Those events of one taxon that are wanted and show no review, in two orders."""

    def __init__(self, connection: Connection, wanted: QueueFilter) -> None:
        self._connection = connection
        self._filters: Row = {
            "taxon_ids": list(wanted.taxon_ids),
            "site": wanted.site,
            "from_time": wanted.from_time,
            "to_time": wanted.to_time,
            "pack": wanted.pack,
            **wanted.span,
        }
        self._bounds: Row = {"lowest": wanted.min_confidence, "highest": wanted.max_confidence}
        self._is_local = wanted.is_local
        self.few: list[Event] | None = self._read_few(wanted)
        """All of them, in no order; None: they are many."""

    def by_confidence(self, stretches: Sequence[Stretch], n: int) -> list[list[Event]]:
        """Return of each stretch the surest n, the surest first, of equals the oldest first."""
        if self.few is not None:
            return [_surest(self.few, each)[:n] for each in stretches]
        most = _MOST // max(1, min(len(stretches), _PARTS))
        found = self._walk(stretches, n, most)
        short = [stretch for stretch, events in zip(stretches, found, strict=True) if len(events) < n]
        if not short or not _sql.are_more_by_confidence(
            self._connection, taxon_ids=self._filters["taxon_ids"], **_columns(short), most=most
        ):
            return found
        if self._is_local:
            self.few = self._read_near()
            return self.by_confidence(stretches, n)
        return self._walk(stretches, n, _ALL)

    def read_if_few(self, *, whatever: bool = False) -> list[Event] | None:
        """Return all of them, in no order, if there are few, or whatever there is; None: they are many."""
        if self.few is not None:
            return self.few
        everything = {"first_hash": -(2**31), "below_hash": 2**31}
        if not whatever and _sql.are_more_shuffled(
            self._connection, taxon_ids=self._filters["taxon_ids"], **everything, most=MIXED
        ):
            return None
        bounds = everything | {"after_hash": None, "after_id": None, "most": _ALL, "n": _ALL}
        rows = _sql.walk_shuffled(self._connection, **self._filters, **self._bounds, **bounds)
        return [Event(row["id"], hash=row["hash"]) for row in rows]

    def shuffled(self, first: int, below: int, after: tuple[int, int] | None, n: int) -> list[Event]:
        """Return the n that follow `after` (a hash and an id) by the hash of their ids, from `first`, below `below`."""
        if self.few is not None:
            events = [each for each in self.few if first <= each.hash < below and _follows(each, after)]
            return sorted(events, key=lambda each: (each.hash, each.id))[:n]
        key = {"first_hash": first, "below_hash": below}
        place = {"after_hash": after and after[0], "after_id": after and after[1], "n": n}
        rows = list(_sql.walk_shuffled(self._connection, **self._filters, **self._bounds, **key, **place, most=_MOST))
        if len(rows) == n or not _sql.are_more_shuffled(
            self._connection, taxon_ids=self._filters["taxon_ids"], **key, most=_MOST
        ):
            return [Event(row["id"], hash=row["hash"]) for row in rows]
        if self._is_local:
            self.few = self._read_near()
            return self.shuffled(first, below, after, n)
        rows = list(_sql.walk_shuffled(self._connection, **self._filters, **self._bounds, **key, **place, most=_ALL))
        return [Event(row["id"], hash=row["hash"]) for row in rows]

    def _walk(self, stretches: Sequence[Stretch], n: int, most: int) -> list[list[Event]]:
        found: list[list[Event]] = [[] for _ in stretches]
        places = {
            "after_confidences": [each.after and each.after[0] for each in stretches],
            "after_ids": [each.after and each.after[1] for each in stretches],
        }
        rows = _sql.walk_by_confidence(
            self._connection, **self._filters, **_columns(stretches), **places, most=most, n=n
        )
        for row in rows:
            found[row["stretch"]].append(Event(row["id"], row["confidence"]))
        return found

    def _read_few(self, wanted: QueueFilter) -> list[Event] | None:
        if (rare := rare_analyses(self._connection, wanted.pack)) is not None:
            filters = self._filters | {"analysis_ids": rare}
            return _events(_sql.events_of(self._connection, **filters, **self._bounds))
        if not self._is_local:
            return None
        few = self._few()
        if _sql.count_near(self._connection, **self._filters, most=few + 1) > few:
            return None
        return self._read_near()

    def _few(self) -> int:
        """Return from how many events near on a walk through all, of which these are a part, finds a page sooner."""
        sample = _sql.reach(self._connection, taxon_ids=self._filters["taxon_ids"], most=_SAMPLE)
        total = sample["n"] if sample["n"] < _SAMPLE else estimate(sample["n"], sample["reached"])
        return min(FEW, max(_LEAST_FEW, isqrt(_A_PAGE * total)))

    def _read_near(self) -> list[Event]:
        return _events(_sql.events_near(self._connection, **self._filters, **self._bounds))


def _columns(stretches: Sequence[Stretch]) -> Row:
    return {"tops": [each.top for each in stretches], "bottoms": [each.bottom for each in stretches]}


def _events(rows: Iterable[Row]) -> list[Event]:
    return [Event(row["id"], row["confidence"], row["hash"]) for row in rows]


def _surest(events: Iterable[Event], stretch: Stretch) -> list[Event]:
    within = (each for each in events if stretch.bottom <= each.confidence <= stretch.top)
    if stretch.after is not None:
        confidence, id_ = stretch.after
        within = (each for each in within if (-each.confidence, each.id) > (-confidence, id_))
    return sorted(within, key=lambda each: (-each.confidence, each.id))


def _follows(event: Event, after: tuple[int, int] | None) -> bool:
    return after is None or (event.hash, event.id) > after
