"""How far members are apart, from a worker's timeline to the rows of events: the same in service and command line."""

import csv
import io
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.cli.analyze.results import EventCutter
from dawn_chorus.domain.timeline import SegmentTimeline
from tests.servers.postgres_fill import CRICKET, FACTS, PACK, ROBIN, WREN, post, start, timeline_of

# Each song is loudest in another window than the one it begins in, but for the last.
SONGS = [
    (ROBIN, 3.0, 9.0, 0.6), (ROBIN, 6.0, 7.0, 0.9), (WREN, 296.0, 304.0, 0.7), (WREN, 301.0, 302.0, 0.8),
    (CRICKET, 20.0, 22.0, 0.95),
]  # fmt: skip
EXPECTED = {ROBIN.code: 1 / 255, WREN.code: 60 / 255, CRICKET.code: None}


def with_spread(timeline: SegmentTimeline) -> SegmentTimeline:
    """Return the timeline of two members or more, of which one alone knows the cricket: window k has a spread of k."""
    numbers = np.arange(timeline.first_window, timeline.first_window + timeline.n_windows).astype(np.uint8)
    rows = [row if row.taxon == CRICKET else replace(row, window_spread=numbers) for row in timeline.rows]
    return replace(timeline, rows=tuple(rows))


def analyze(database: Database, *, segment_s: float, measured: bool = True) -> tuple[str, list[SegmentTimeline]]:
    stored = post(database, 600.0, segment_s=segment_s)
    ledger, analysis_id = PostgresLedger(database), stored.analyses[0].id
    timelines = []
    for index in range(round(600.0 / segment_s)):
        work = start(ledger, analysis_id, index)
        timeline = timeline_of(work, SONGS)
        timelines.append(with_spread(timeline) if measured else timeline)
        ledger.save_timeline(work, timelines[-1], FACTS)
    return str(analysis_id), timelines


def by_code(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["code"]: item["spread"] for item in items}


@pytest.mark.parametrize("segment_s", [300.0, 600.0])
def test_events_show_the_spread_where_they_are_surest(
    client: httpx.Client, database: Database, segment_s: float
) -> None:
    """Of one segment, whose events its worker cuts, and of two, across whose border a wren sings."""
    analysis, timelines = analyze(database, segment_s=segment_s)
    expected = {code: spread and round(spread, 4) for code, spread in EXPECTED.items()}
    url = f"/v1/analyses/{analysis}"
    assert by_code(client.get(f"{url}/detections").json()["items"]) == expected
    assert by_code(client.get(f"{url}/detections", params={"min_gap_s": 0.1}).json()["items"]) == expected
    assert by_code(client.get("/v1/detections", params={"pack": PACK.name}).json()["items"]) == expected
    taxa = client.get(f"{url}/timeline").json()["taxa"]
    assert {taxon["code"]: taxon["detections"][0]["spread"] for taxon in taxa} == expected
    table = list(csv.DictReader(io.StringIO(client.get(f"{url}/detections", params={"format": "csv"}).text)))
    assert list(table[0])[-1] == "spread", "columns keep their places"
    assert {row["code"]: row["spread"] for row in table} == {
        code: "" if spread is None else f"{spread:.4f}" for code, spread in EXPECTED.items()
    }
    cutter = EventCutter(PACK.grid, PACK.rules)
    for timeline in timelines:
        cutter.add(timeline)
    found = {event.taxon.code: event.spread for event in cutter.detections(600.0)}
    assert found == {code: spread and pytest.approx(spread) for code, spread in EXPECTED.items()}


def test_what_a_worker_of_the_version_before_saved_has_none(client: httpx.Client, database: Database) -> None:
    analysis, _ = analyze(database, segment_s=300.0, measured=False)
    items = client.get(f"/v1/analyses/{analysis}/detections").json()["items"]
    assert by_code(items) == dict.fromkeys(EXPECTED)
