"""The overview counts what lists hold, whatever both are asked for: by recordings, by the index of taxa, by reviews."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.overview import FIRST_DAY, OverviewFilter, read_overview
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.exports.occurrences import place_in_time
from dawn_chorus.domain.review.matching import CORRECTED, Reviewed, word_of
from tests.integration.test_reviewed_detections import MONDAY, NAMES, filled, pages  # noqa: F401 - a fixture

MIDNIGHT = timedelta(hours=20)
"""So much the clocks of some recorders are ahead: their recordings begin before midnight and end after it."""
WANTED: list[dict[str, Any]] = [
    {},
    {"site": "marsh"},
    {"site": "wood", "min_confidence": 0.4},
    {"from": MONDAY + timedelta(minutes=8)},
    {"to": MONDAY + timedelta(minutes=8, milliseconds=1)},
    {"from": MONDAY + timedelta(minutes=3), "to": MONDAY + timedelta(minutes=12), "min_confidence": 0.3},
    {"hides_voices": True},
]


@pytest.mark.parametrize("ahead", [MIDNIGHT - timedelta(minutes=10), timedelta(hours=1, minutes=47)])
def test_the_overview_counts_what_lists_hold(filled: Database, ahead: timedelta) -> None:  # noqa: F811
    with filled.transaction() as connection:
        query = "UPDATE recordings SET recorded_utc_offset_s = %s WHERE recorded_at IS NOT NULL AND site = 'wood'"
        connection.execute(query, [ahead.total_seconds()])
    for given in WANTED:
        more = {name: each for name, each in given.items() if name not in ("from", "to")}
        lists = DetectionFilter(pack="p", from_time=given.get("from"), to_time=given.get("to"), **more)
        listed = list(pages(filled, lists, 1000))
        for reviewed, taxa in product([None, *Reviewed], [(), NAMES[:2]]):
            expected = counted(listed, reviewed, taxa)
            asked = {"from_": given.get("from"), "to": given.get("to"), "taxa": taxa, "reviewed": reviewed, **more}
            assert heard(filled, OverviewFilter("p", **asked)) == expected, (given, reviewed, taxa)
            assert expected or given, "it is a test of something"


def heard(database: Database, wanted: OverviewFilter) -> dict[str, Any]:
    return {
        each.taxon.scientific_name: (each.by_hour, each.by_day, each.by_site, each.undated, each.first, each.last)
        for each in read_overview(database, wanted).taxa
        if each.detections
    }


def counted(findings: Iterable[Finding], reviewed: Reviewed | None, taxa: tuple[str, ...]) -> dict[str, Any]:
    """Return of each taxon what `heard` does."""
    by_name: defaultdict[str, list[tuple[str | None, datetime | None]]] = defaultdict(list)
    for each in findings:
        if reviewed is None or reviewed.selects(each.review):
            is_named = reviewed is Reviewed.IDENTIFIED and each.review is not None and word_of(each.review) == CORRECTED
            name = each.review.corrected_taxon if is_named and each.review else each.detection.taxon.scientific_name
            if name and (not taxa or name in taxa):
                by_name[name].append((each.source.site, place_in_time(each.source, each.detection.onset_s)))
    return {name: summed(events) for name, events in by_name.items()}


def summed(events: Iterable[tuple[str | None, datetime | None]]) -> tuple[Any, ...]:
    sites, moments = zip(*events, strict=True)
    dated = [each for each in moments if each is not None]
    by_day = Counter((each.date() - FIRST_DAY).days for each in dated)
    ends = (min(dated, default=None), max(dated, default=None))
    return Counter(each.hour for each in dated), by_day, Counter(sites), len(moments) - len(dated), *ends
