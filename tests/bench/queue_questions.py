"""The queue of events to review, in all orders, and the taxa to choose from; among them the worst cases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.queue_values import Queue, QueueFilter, Walk, read_walk
from dawn_chorus.adapters.postgres.review_queue import read_page
from dawn_chorus.adapters.postgres.review_taxa import ReviewTaxaFilter, read_review_taxa
from dawn_chorus.domain.review.verdicts import Strategy
from tests.bench.detection_corpus import LONELY_SITE
from tests.bench.explained import Question
from tests.bench.reviewed_corpus import WORN_TAXON

_LIMIT = 20
_JUNE = (datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC))
_DAY = (datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 6, 2, tzinfo=UTC))
_FAR = (datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))


def queue_questions(connection: Connection) -> Iterator[Question]:
    """Yield them: each strategy for taxa, sites, times and packs, first and second pages."""
    for taxon in ("code1", WORN_TAXON, "code40", "code280", "code5000"):
        for name, wanted in _filters(_taxon(connection, taxon)):
            for strategy in Strategy:
                walk = Walk(strategy, 7 if strategy in (Strategy.BANDS, Strategy.RANDOM) else None)
                spoken = f"{strategy} {taxon.replace(WORN_TAXON, 'worn')}{name}"
                yield Question(spoken, _page(wanted, walk))
                if not name and (cursor := read_page(connection, wanted, walk, _LIMIT).next_cursor):
                    yield Question(f"{spoken}, next", _page(wanted, read_walk(cursor, strategy, None)))
    for name, taxa in _taxa_filters():
        yield Question(f"taxa{name}", _taxa(taxa))


def _filters(wanted: QueueFilter) -> Iterator[tuple[str, QueueFilter]]:
    yield "", wanted
    yield ", site", replace(wanted, site="site 7")
    yield ", empty site", replace(wanted, site=LONELY_SITE)
    for name, (from_time, to_time) in {"a month": _JUNE, "a day": _DAY, "a far year": _FAR}.items():
        yield f", {name}", replace(wanted, from_time=from_time, to_time=to_time)
    yield ", site, a month", replace(wanted, site="site 7", from_time=_JUNE[0], to_time=_JUNE[1])
    yield ", rare pack", replace(wanted, pack="rare")
    yield ", any pack", replace(wanted, pack=None)
    yield ", 0.6 to 0.7", replace(wanted, min_confidence=0.6, max_confidence=0.7)


def _taxa_filters() -> Iterator[tuple[str, ReviewTaxaFilter]]:
    everything = ReviewTaxaFilter(pack="birdnet")
    yield "", everything
    yield ", site", replace(everything, site="site 7")
    yield ", empty site", replace(everything, site=LONELY_SITE)
    for name, (from_time, to_time) in {"a month": _JUNE, "a day": _DAY, "a far year": _FAR}.items():
        yield f", {name}", replace(everything, from_time=from_time, to_time=to_time)
    yield ", any pack", replace(everything, pack=None)
    yield ", rare pack", replace(everything, pack="rare")


def _taxon(connection: Connection, code: str) -> QueueFilter:
    row = connection.execute("SELECT id, scientific_name FROM taxa WHERE code = %s", [code]).fetchone()
    if row is None:
        raise LookupError(code)
    return QueueFilter(row["scientific_name"], (row["id"],), pack="birdnet")


def _page(wanted: QueueFilter, walk: Walk) -> Callable[[Connection], int]:
    def ask(connection: Connection) -> int:
        queue: Queue = read_page(connection, wanted, walk, _LIMIT)
        return len(queue.items)

    return ask


def _taxa(wanted: ReviewTaxaFilter) -> Callable[[Connection], int]:
    return lambda connection: len(read_review_taxa(connection, wanted))
