"""Overviews of a month and of a site, and the most confident detections of a taxon."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.overview import OverviewFilter, overview_of
from dawn_chorus.adapters.postgres.surest import read_surest
from dawn_chorus.domain.review.matching import Reviewed
from tests.bench.explained import Question

_GOAL_MS, _LIST_GOAL_MS = 250.0, 10.0
_PAGE = {"before_confidence": None, "after_id": None, "n": 101}


def overview_questions(_: Connection) -> Iterator[Question]:
    month = OverviewFilter("birdnet", from_=date(2024, 6, 1), to=date(2024, 7, 1))
    site = OverviewFilter("birdnet", site="site 7")
    wanted = {
        "a month": month,
        "a site": site,
        "a month of a common taxon": replace(month, taxa=("code3",)),
        "a site's common taxon": replace(site, taxa=("code3",)),
        "a month, confirmed": replace(month, reviewed=Reviewed.CONFIRMED),
        "a month, identified": replace(month, reviewed=Reviewed.IDENTIFIED),
        "a site with verdicts": replace(site, with_verdicts=True),
    }
    for name, each in wanted.items():
        yield Question(f"overview: {name}", _overview(each), _GOAL_MS)
    for name, code, at_site in (
        ("common", "code3", None),
        ("rare", "code280", None),
        ("common at a site", "code3", "site 7"),
    ):
        yield Question(f"surest: {name}", _surest(DetectionFilter((code,), at_site, pack="birdnet")), _LIST_GOAL_MS)


def _overview(wanted: OverviewFilter) -> Callable[[Connection], int]:
    def ask(connection: Connection) -> int:
        with connection.transaction():
            return overview_of(connection, wanted).total.detections

    return ask


def _surest(wanted: DetectionFilter) -> Callable[[Connection], int]:
    return lambda connection: len(read_surest(connection, wanted, _PAGE))
