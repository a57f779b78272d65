"""The queue of a taxon's events that wait for review, by strategies."""

from dataclasses import replace

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.queue_days import choose_first
from dawn_chorus.adapters.postgres.queue_values import (
    Count,
    Counted,
    Queue,
    QueuedEvent,
    QueueFilter,
    Walk,
    estimate,
    read_walk,
)
from dawn_chorus.adapters.postgres.rows import Row, read_finding
from dawn_chorus.adapters.postgres.strategies import Chosen, choose_bands, choose_highest, choose_shuffled
from dawn_chorus.adapters.postgres.unreviewed_events import QueueEvents
from dawn_chorus.adapters.postgres.warnings import warning_codes_of
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Strategy

_COUNTED, _COUNTED_REVIEWS = 400, 5000
"""How many events and reviews are looked at to count them; of reviews without a look at their recordings."""
_ORDERS = {
    Strategy.HIGHEST: choose_highest,
    Strategy.BANDS: choose_bands,
    Strategy.RANDOM: choose_shuffled,
}
_NOTHING = Reviews()
_sql = load_queries("review_queue")


def find_reviewable(database: Database, name: str) -> dict[str, tuple[int, ...]]:
    """Return the ids of all taxa with the scientific name of a taxon, by that name.

    `name` is its code, scientific or common name, in any case. Several scientific names have it: they are all there.
    """
    with database.transaction() as connection:
        rows = list(_sql.taxa_with_name(connection, name=name.lower()))
        rows = rows or list(_sql.taxa_with_common_name(connection, name=name.lower()))
    names = sorted({row["scientific_name"] for row in rows})
    return {each: tuple(row["id"] for row in rows if row["scientific_name"] == each) for each in names}


def read_queue(
    database: Database,
    wanted: QueueFilter,
    strategy: Strategy,
    *,
    seed: int | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> Queue:
    """Return the next events that show no review, in the order of the strategy. Raises InvalidCursor.

    Of analyses that count, and of recordings whose audio is there. A page may have fewer than `limit`, and yet a next.
    """
    walk = Walk(strategy, seed) if cursor is None else read_walk(cursor, strategy, seed)
    with database.snapshot() as connection:
        return read_page(connection, wanted, walk, limit)


def read_page(connection: Connection, wanted: QueueFilter, walk: Walk, limit: int) -> Queue:
    """As `read_queue`, in a transaction."""
    _sql.read_in_order(connection)
    events = QueueEvents(connection, wanted)
    ids, following = _choose(connection, events, wanted, walk, limit)
    rows = {row["id"]: row for row in _sql.queued_events(connection, ids=ids)}
    codes = warning_codes_of(connection, {row["analysis_id"] for row in rows.values()})
    items = tuple(
        _read_item(rows[each], codes[rows[each]["analysis_id"]], walk.place + number)
        for number, each in enumerate(ids, start=1)
    )
    cursor = None if following is None else replace(following, place=walk.place + len(ids)).to_cursor()
    left, reviewed = _count_left(connection, events, wanted), _count_reviews(connection, wanted)
    return Queue(items, cursor, left, reviewed, walk.seed)


def _choose(connection: Connection, events: QueueEvents, wanted: QueueFilter, walk: Walk, limit: int) -> Chosen:
    if walk.strategy is Strategy.FIRST:
        return choose_first(connection, wanted, walk, limit)
    return _ORDERS[walk.strategy](events, wanted, walk, limit)


def _count_left(connection: Connection, events: QueueEvents, wanted: QueueFilter) -> Count:
    if events.few is not None:
        return Count(len(events.few))
    bounds = {"pack": wanted.pack, "lowest": wanted.min_confidence, "highest": wanted.max_confidence}
    key = {"taxon_ids": list(wanted.taxon_ids), **bounds, "most": _COUNTED}
    if wanted.is_local:
        n, looked = _sql.count_left_near(connection, **key, site=wanted.site, **wanted.span)
        return Count(n, Counted.EXACT if looked < _COUNTED else Counted.AT_LEAST)
    sample = _sql.sample_left(connection, **key)
    if sample["looked"] < _COUNTED:
        return Count(sample["wanted"])
    return Count(estimate(sample["wanted"], sample["reached"]), Counted.ABOUT)


def _count_reviews(connection: Connection, wanted: QueueFilter) -> Count:
    most = _COUNTED if wanted.is_local else _COUNTED_REVIEWS
    near = {"site": wanted.site, "from_time": wanted.from_time, "to_time": wanted.to_time}
    n, looked = _sql.count_reviews(connection, scientific_name=wanted.scientific_name, **near, most=most)
    return Count(n, Counted.EXACT if looked < most else Counted.AT_LEAST)


def _read_item(row: Row, warnings: str, place: int) -> QueuedEvent:
    return QueuedEvent(
        finding=read_finding(row, warnings, _NOTHING),
        place=place,
        duration_s=row["duration_s"],
        sample_rate_hz=row["sample_rate_hz"],
        channels=row["channels"],
    )
