"""The overview: counts by hour, day and site of recorders' own clocks, with the hours that somebody listened."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dawn_chorus.adapters.postgres.analyses import create_analysis, retry_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import DetectionFilter, list_detections
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.overview import FIRST_DAY, OverviewFilter, read_overview
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.lost_audio import LostStretch, analyzed_s, clip_lost
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import problem_of
from tests.servers import postgres_fill
from tests.servers.postgres_fill import CRICKET, PACK, ROBIN, WREN, job, post, save, start, timeline_of

Song = tuple[Any, float, float, float]
BERLIN, LONDON = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
DAWN = datetime(2026, 5, 3, 4, 30, tzinfo=BERLIN)


def record(
    database: Database,
    at: datetime | None,
    duration_s: float = 600.0,
    songs: Sequence[Song] = (),
    *,
    site: str | None = "pond",
    segment_s: float = 300.0,
    lost: Sequence[tuple[float, float]] = (),
    failed: Sequence[int] = (),
) -> Any:
    """Have a recording and its analysis: segments in `failed` fail, `lost` stretches are lost in the others."""
    stored = post(database, duration_s, place=Place(site, None, None, at), segment_s=segment_s)
    listen(database, stored.analyses[0].id, songs, lost=lost, failed=failed)
    return stored


def listen(
    database: Database,
    analysis_id: Any,
    songs: Sequence[Song] = (),
    *,
    lost: Sequence[tuple[float, float]] = (),
    failed: Sequence[int] = (),
) -> None:
    ledger = PostgresLedger(database)
    with database.transaction() as connection:
        row = connection.execute("SELECT segments_total AS n FROM analyses WHERE id = %s", [analysis_id]).fetchone()
    assert row is not None
    for index in range(row["n"]):
        work = start(ledger, analysis_id, index)
        if index in failed:
            ledger.fail_segment(job(analysis_id, index), "the decoder crashed")
            continue
        segment = work.segment
        stretches = clip_lost([LostStretch(*each, "damaged") for each in lost], segment.start_s, segment.end_s)
        heard = timeline_of(work, songs, analyzed_s=None)
        values = {name: getattr(heard, name) for name in heard.__slots__}
        values |= {"lost": stretches, "analyzed_s": analyzed_s(segment, stretches)}
        ledger.save_timeline(work, type(heard)(**values), postgres_fill.FACTS)


def ask(client: httpx.Client, **wanted: Any) -> dict[str, Any]:
    response = client.get("/v1/overview", params={"pack": PACK.name, **wanted})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def seconds(parts: Sequence[dict[str, Any]], key: str) -> dict[Any, float]:
    return {part[key]: round(part["hours"] * 3600, 1) for part in parts if part["hours"] is not None}


def test_hours_and_counts_lie_at_the_recorders_own_hour_and_day(client: httpx.Client, database: Database) -> None:
    record(database, DAWN, 3600.0, [(ROBIN, 10.0, 12.0, 0.9), (ROBIN, 2000.0, 2003.0, 0.8), (WREN, 20.0, 22.0, 0.7)])
    found = ask(client)
    assert seconds(found["by_hour"], "hour") == {4: 1800, 5: 1800}
    assert seconds(found["by_day"], "date") == {"2026-05-03": 3600}
    assert seconds(found["by_site"], "site") == {"pond": 3600}
    assert found["total"] == {"hours": 1.0, "detections": 3, "richness": 2}
    assert found["undated"] == {"hours": None, "detections": None, "richness": None}
    robin, wren = found["taxa"]
    assert (robin["scientific_name"], robin["detections"]) == (ROBIN.scientific_name, 2)
    assert robin["by_hour"] == [None] * 4 + [1, 1] + [None] * 18
    assert wren["by_hour"] == [None] * 4 + [1, 0] + [None] * 18, "listened to, and not heard"
    assert (robin["by_day"], robin["by_site"], robin["undated"]) == ([2], [2], None)
    assert robin["first_heard"] == "2026-05-03T04:30:10+02:00"
    assert robin["last_heard"] == "2026-05-03T05:03:20+02:00"


def test_a_segment_is_split_at_midnight_to_the_microsecond(client: httpx.Client, database: Database) -> None:
    eve = datetime(2026, 5, 3, 23, 58, 59, 123456, tzinfo=BERLIN)
    songs = [(ROBIN, 60.5, 61.5, 0.9), (ROBIN, 100.0, 101.0, 0.9)]
    record(database, eve, 300.0, songs)
    found = read_overview(database, OverviewFilter(PACK.name))
    assert [(part.listened_s, part.detections) for part in found.by_day.values()] == [(60.876544, 1), (239.123456, 1)]
    assert {hour: part.listened_s for hour, part in found.by_hour.items()} == {0: 239.123456, 23: 60.876544}
    assert [part["date"] for part in ask(client)["by_day"]] == ["2026-05-03", "2026-05-04"]


def test_each_recorder_has_its_own_clock(client: httpx.Client, database: Database) -> None:
    """Both start at the same moment; one of them shows the day before."""
    midnight = datetime(2026, 5, 4, 0, 10, tzinfo=BERLIN)
    record(database, midnight, 600.0, [(ROBIN, 10.0, 12.0, 0.9)], site="berlin")
    record(database, midnight.astimezone(LONDON), 600.0, [(ROBIN, 10.0, 12.0, 0.9)], site="london")
    found = ask(client)
    assert seconds(found["by_hour"], "hour") == {0: 600, 23: 600}
    assert seconds(found["by_day"], "date") == {"2026-05-03": 600, "2026-05-04": 600}
    assert [part["site"] for part in found["by_site"]] == ["berlin", "london"]
    assert found["taxa"][0]["by_site"] == [1, 1]
    one_day = ask(client, **{"from": "2026-05-03", "to": "2026-05-04"})
    assert seconds(one_day["by_site"], "site") == {"london": 600}
    assert (one_day["total"]["detections"], one_day["taxa"][0]["by_site"]) == (1, [1])
    one_moment = ask(client, **{"from": midnight.isoformat()})
    assert seconds(one_moment["by_site"], "site") == {"berlin": 600, "london": 600}


def test_the_hour_that_summer_time_repeats_counts_twice(client: httpx.Client, database: Database) -> None:
    """Recorders keep the offset they began with; two recordings show the same hour with different offsets."""
    summer = datetime(2025, 10, 26, 2, 30, tzinfo=BERLIN)
    record(database, summer, 600.0, [(ROBIN, 10.0, 12.0, 0.9)])
    record(database, summer.replace(tzinfo=timezone(timedelta(hours=1))), 600.0, [(ROBIN, 10.0, 12.0, 0.9)])
    record(database, summer.replace(hour=1, minute=55), 3900.0)
    found = ask(client)
    assert seconds(found["by_hour"], "hour") == {1: 300, 2: 600 + 600 + 3600}
    assert found["taxa"][0]["by_hour"][2] == 2
    assert (found["taxa"][0]["first_heard"], found["taxa"][0]["last_heard"]) == (
        "2025-10-26T02:30:10+02:00",
        "2025-10-26T02:30:10+01:00",
    )


def test_what_is_bounded_is_cut_exactly(client: httpx.Client, database: Database) -> None:
    record(database, DAWN, 3600.0, [(ROBIN, each, each + 1, 0.9) for each in (10.0, 1000.0, 2900.0, 3000.0)])
    found = ask(client, **{"from": "2026-05-03T04:40:00+02:00", "to": "2026-05-03T03:20:00Z"})
    assert seconds(found["by_hour"], "hour") == {4: 1200, 5: 1200}
    assert found["total"]["detections"] == 2
    assert ask(client, **{"from": "2026-05-04"})["total"] == {"hours": None, "detections": None, "richness": None}


def test_undated_recordings_stand_apart(client: httpx.Client, database: Database) -> None:
    record(database, None, 600.0, [(ROBIN, 10.0, 12.0, 0.9)], lost=[(100.0, 160.0)])
    record(database, DAWN, 300.0, [(WREN, 10.0, 12.0, 0.9)])
    found = ask(client)
    assert found["undated"] == {"hours": 0.15, "detections": 1, "richness": 1}
    assert seconds(found["by_hour"], "hour") == {4: 300}
    assert found["total"]["detections"] == 2
    robin = next(each for each in found["taxa"] if each["code"] == ROBIN.code)
    assert (robin["undated"], robin["by_day"], robin["first_heard"]) == (1, [0], None)
    assert ask(client, **{"from": "2026-05-01"})["undated"]["hours"] is None


def test_what_was_lost_or_failed_was_not_listened_to(client: httpx.Client, database: Database) -> None:
    hour = datetime(2026, 5, 3, 5, 0, tzinfo=BERLIN)
    record(database, hour - timedelta(minutes=10), 1500.0, lost=[(590.0, 610.0), (0.5, 1.75)], failed=[4])
    found = ask(client)
    assert seconds(found["by_hour"], "hour") == {4: 600 - 10 - 1.2, 5: 600 - 10}
    assert found["total"]["hours"] == pytest.approx((1200 - 21.25) / 3600, abs=1e-6)


def test_hours_add_up_to_the_ledger_where_stretches_do_not(client: httpx.Client, database: Database) -> None:
    """Rows from before lost stretches were kept know only how much was lost."""
    record(database, datetime(2026, 5, 3, 4, 59, tzinfo=BERLIN), 300.0, lost=[(0.0, 30.0)])
    with database.transaction() as connection:
        connection.execute("DELETE FROM lost_stretches")
    assert seconds(ask(client)["by_hour"], "hour") == {4: 54, 5: 216}


def test_a_recording_that_is_analyzed_again_is_listened_to_once(client: httpx.Client, database: Database) -> None:
    stored = record(database, DAWN, 600.0, [(ROBIN, 10.0, 12.0, 0.9)], failed=[1])
    assert ask(client)["total"] == {"hours": pytest.approx(1 / 12, abs=1e-6), "detections": 1, "richness": 1}
    again = create_analysis(database, stored.recording.id, AnalysisRequest(PACK.name, Lane.EXPRESS))
    assert ask(client)["total"]["detections"] == 1, "it does not count before it is finished"
    listen(database, again.id, [(ROBIN, 10.0, 12.0, 0.9), (WREN, 400.0, 402.0, 0.9)])
    assert ask(client)["total"] == {"hours": pytest.approx(1 / 6, abs=1e-6), "detections": 2, "richness": 2}
    retry_analysis(database, stored.analyses[0].id)
    save(PostgresLedger(database), stored.analyses[0].id, 1)
    assert ask(client)["total"]["detections"] == 1, "the one that ended last counts"


def test_one_pack_at_a_time(client: httpx.Client, database: Database) -> None:
    record(database, DAWN)
    assert ask(client)["pack"] == PACK.name
    default = client.get("/v1/overview").json()
    assert (default["pack"], default["total"]["hours"]) == ("birdnet", None)
    problem_of(client.get("/v1/overview", params={"pack": "any"}), 422, "invalid-request")
    problem_of(client.get("/v1/overview", params={"pack": "none"}), 422, "unknown-pack")


def test_filters_restrict_counts_and_not_hours(client: httpx.Client, database: Database) -> None:
    songs = [(ROBIN, 10.0, 12.0, 0.9), (ROBIN, 30.0, 32.0, 0.6), (WREN, 10.0, 12.0, 0.9), (CRICKET, 10.0, 12.0, 0.95)]
    record(database, DAWN, 600.0, songs)
    record(database, DAWN, 600.0, songs[:1], site="hill")
    found = ask(client, min_confidence=0.8, taxon=["eurrob1", "cricket"])
    assert [(each["code"], each["detections"]) for each in found["taxa"]] == [("eurrob1", 2), ("cricket", 1)]
    assert found["total"]["hours"] == pytest.approx(1 / 3, abs=1e-6)
    assert [each["code"] for each in ask(client, **{"class": "insecta"})["taxa"]] == ["cricket"]
    hill = ask(client, site="hill", taxon="Troglodytes troglodytes")
    assert hill["total"] == {"hours": pytest.approx(1 / 6, abs=1e-6), "detections": 0, "richness": 0}
    (wren,) = hill["taxa"]
    assert (wren["detections"], wren["by_site"], wren["by_hour"][4], wren["by_hour"][5]) == (0, [0], 0, None)


@pytest.mark.parametrize(
    "wanted",
    [{"from": "2026-05-03T04:30:00"}, {"from": "2026-02-30"}, {"to": "tomorrow"}, {"from": "20260503"}, {"site": ""}],
)
def test_what_is_no_day_and_no_moment_is_refused(client: httpx.Client, wanted: dict[str, str]) -> None:
    problem_of(client.get("/v1/overview", params=wanted), 422, "invalid-request")


@dataclass(frozen=True)
class Made:
    """A recording as the model below knows it."""

    at: datetime | None
    site: str | None
    duration_s: float
    songs: list[Song] = field(default_factory=list)
    lost: list[tuple[float, float]] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def listened(self) -> Iterator[tuple[int, int]]:
        """Yield each millisecond-exact stretch that was listened to, from and to, in ms of the recording."""
        for index, begin in enumerate(range(0, round(self.duration_s * 1000), 300_000)):
            end = min(begin + 300_000, round(self.duration_s * 1000))
            if index in self.failed:
                continue
            cuts = sorted({begin, end} | {ms for each in self.lost for ms in _ms(each) if begin < ms < end})
            for from_ms, to_ms in pairwise(cuts):
                if not any(lost[0] <= from_ms and to_ms <= lost[1] for lost in map(_ms, self.lost)):
                    yield from_ms, to_ms


def _ms(span: tuple[float, float]) -> tuple[int, int]:
    return round(span[0] * 1000), round(span[1] * 1000)


def model_hours(made: Sequence[Made]) -> Counter[tuple[Any, Any, Any]]:
    """Return milliseconds by site, day and hour of the clock, moving from one full hour to the next."""
    found: Counter[tuple[Any, Any, Any]] = Counter()
    for each in made:
        for from_ms, to_ms in each.listened():
            if each.at is None:
                found[each.site, None, None] += to_ms - from_ms
                continue
            clock = each.at.replace(tzinfo=None)
            moment, end = clock + timedelta(milliseconds=from_ms), clock + timedelta(milliseconds=to_ms)
            while moment < end:
                full = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
                part = min(full, end) - moment
                found[each.site, moment.date(), moment.hour] += round(part / timedelta(milliseconds=1))
                moment = full
    return found


starts = st.builds(
    lambda minutes, offset: (
        datetime(2026, 5, 3, 20, 0, tzinfo=timezone(timedelta(minutes=offset))) + timedelta(minutes=minutes)
    ),
    st.integers(0, 600),
    st.sampled_from([0, 120, 330, -570, 845]),
)
spans = st.tuples(st.integers(0, 12_000), st.integers(1, 2000)).map(lambda each: (each[0] / 10, sum(each) / 10))
songs_made = st.builds(
    lambda taxon, half_s, score: (taxon, half_s / 2, half_s / 2 + 2, score),
    st.sampled_from([ROBIN, WREN]), st.integers(0, 1800), st.sampled_from([0.6, 0.9]),
)  # fmt: skip
recordings = st.builds(
    Made,
    st.none() | starts,
    st.sampled_from(["pond", "hill", None]),
    st.sampled_from([60.0, 300.0, 900.5]),
    st.lists(songs_made, max_size=4),
    st.lists(spans, max_size=3),
    st.lists(st.integers(0, 3), max_size=1),
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(recordings, min_size=1, max_size=4))
def test_it_is_what_one_counts_by_hand(database: Database, made: list[Made]) -> None:
    with database.transaction() as connection:
        connection.execute("TRUNCATE recordings CASCADE")
    for each in made:
        record(database, each.at, each.duration_s, each.songs, site=each.site, lost=each.lost, failed=each.failed)
    found = read_overview(database, OverviewFilter(PACK.name))
    counted = {row[0] for row in _current(database)}
    expected = model_hours([each for each, stored in zip(made, _in_order(database), strict=True) if stored in counted])
    assert _hours(found.by_hour) == _summed(expected, 2)
    assert _hours({FIRST_DAY + timedelta(days=day): part for day, part in found.by_day.items()}) == _summed(expected, 1)
    assert _hours(found.by_site) == _summed(expected, 0, undated=True)
    assert found.total.listened_s == pytest.approx(sum(expected.values()) / 1000)
    listed = list(list_detections(database, DetectionFilter(pack=PACK.name), limit=1000).items)
    names = Counter(item.detection.taxon.scientific_name for item in listed)
    assert {heard.taxon.scientific_name: heard.detections for heard in found.taxa} == names
    places: Counter[Any] = Counter()
    for item in listed:
        if item.source.recorded_at is not None:
            at = item.source.recorded_at.replace(tzinfo=None) + timedelta(seconds=item.detection.onset_s)
            places[item.detection.taxon.scientific_name, (at.date() - FIRST_DAY).days, at.hour] += 1
    assert {
        (heard.taxon.scientific_name, day): n for heard in found.taxa for day, n in heard.by_day.items()
    } == _summed(places, 0, 1)
    assert {(heard.taxon.scientific_name, hour): n for heard in found.taxa for hour, n in heard.by_hour.items()} == (
        _summed(places, 0, 2)
    )


def _current(database: Database) -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        return [(row["recording_id"],) for row in connection.execute("SELECT recording_id FROM current_analyses")]


def _in_order(database: Database) -> list[Any]:
    with database.transaction() as connection:
        return [row["id"] for row in connection.execute("SELECT id FROM recordings ORDER BY id")]


def _hours(parts: Any) -> dict[Any, float]:
    return {key: part.listened_s for key, part in parts.items() if part.listened_s}


def _summed(cells: Counter[Any], *axes: int, undated: bool = False) -> Any:
    """Return the cells added up along the other axes, in seconds where they are of effort."""
    found: Counter[Any] = Counter()
    for key, n in cells.items():
        if undated or None not in key[1:]:
            found[tuple(key[axis] for axis in axes) if len(axes) > 1 else key[axes[0]]] += n
    return dict(found) if len(axes) > 1 else {key: pytest.approx(n / 1000) for key, n in found.items()}
