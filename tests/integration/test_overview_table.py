"""The overview by reviews and saved thresholds, and as a tidy table."""

import csv
import io
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.test_overview import ask, record
from tests.servers.postgres_fill import PACK, ROBIN, WREN

DAWN = datetime(2026, 5, 3, 4, 30, tzinfo=timezone(timedelta(hours=2)))
SONGS = [
    (ROBIN, 10.0, 12.0, 0.9), (ROBIN, 30.0, 32.0, 0.7), (ROBIN, 50.0, 52.0, 0.6), (ROBIN, 70.0, 72.0, 0.8),
    (WREN, 10.0, 12.0, 0.9),
]  # fmt: skip


def table(client: httpx.Client, **wanted: Any) -> list[dict[str, str]]:
    response = client.get("/v1/overview", params={"pack": PACK.name, "format": "csv", **wanted})
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text)))


def review(client: httpx.Client, stored: Any, onset_s: float, verdict: str) -> None:
    fields = {
        "recording_id": str(stored.recording.id), "taxon": ROBIN.code, "onset_s": onset_s, "offset_s": onset_s + 2,
        "verdict": verdict, "reviewer": "Ada",
    }  # fmt: skip
    response = client.post("/v1/reviews", json=fields)
    assert response.status_code == 201, response.text


@pytest.fixture
def reviewed(client: httpx.Client, database: Database) -> Any:
    """Two robins are confirmed, one is rejected, one was not looked at; the wren was not, either."""
    stored = record(database, DAWN, 600.0, SONGS)
    for onset_s, verdict in ((10.0, "confirmed"), (30.0, "confirmed"), (50.0, "rejected")):
        review(client, stored, onset_s, verdict)
    return stored


@pytest.mark.usefixtures("reviewed")
def test_verdicts_are_counted_on_request(client: httpx.Client) -> None:
    robin, wren = ask(client, verdicts="true")["taxa"]
    assert robin["verdicts"] == {"confirmed": 2, "rejected": 1, "uncertain": 0, "unreviewed": 1, "corrected_to": 0}
    assert wren["verdicts"] == {"confirmed": 0, "rejected": 0, "uncertain": 0, "unreviewed": 1, "corrected_to": 0}
    assert ask(client)["taxa"][0]["verdicts"] is None


@pytest.mark.usefixtures("reviewed")
@pytest.mark.parametrize(
    ("how", "robins", "wrens", "first_s"),
    [("confirmed", 2, 0, 10), ("rejected", 1, 0, 50), ("uncertain", 0, 0, None), ("any", 3, 0, 10), ("none", 1, 1, 70)],
)
def test_detections_are_selected_by_their_review(
    client: httpx.Client, how: str, robins: int, wrens: int, first_s: int | None
) -> None:
    found = ask(client, reviewed=how, taxon=[ROBIN.code, WREN.code])
    by_code = {each["code"]: each for each in found["taxa"]}
    assert (by_code[ROBIN.code]["detections"], by_code[WREN.code]["detections"]) == (robins, wrens)
    assert (by_code[ROBIN.code]["by_hour"][4], by_code[ROBIN.code]["by_day"]) == (robins, [robins])
    assert found["total"]["hours"] == pytest.approx(1 / 6, abs=1e-6), "whatever was reviewed, it was listened to"
    first = None if first_s is None else (DAWN + timedelta(seconds=first_s)).isoformat()
    assert by_code[ROBIN.code]["first_heard"] == first


def test_saved_thresholds_count_at_their_site(client: httpx.Client, database: Database) -> None:
    record(database, DAWN, 600.0, SONGS, site="pond")
    record(database, DAWN, 600.0, SONGS, site="hill")
    for site, threshold in ((None, 0.65), ("hill", 0.85)):
        saved = {"taxon": ROBIN.code, "site": site, "pack": PACK.name, "threshold": threshold}
        assert client.put("/v1/thresholds", json=saved).status_code in (200, 201)
    assert ask(client)["taxa"][0]["by_site"] == [4, 4]
    for named in ({}, {"taxon": [ROBIN.code, WREN.code]}):
        robin, wren = ask(client, thresholds="saved", **named)["taxa"]
        assert (robin["by_site"], wren["by_site"]) == ([1, 3], [1, 1])


def test_first_and_last_are_of_what_is_counted(client: httpx.Client, database: Database) -> None:
    """Elsewhere, and below the bound, the taxon was heard earlier and later in the same hour."""
    times = ((10.0, 0.4), (30.0, 0.9), (50.0, 0.9), (70.0, 0.4))
    record(database, DAWN, 600.0, [(ROBIN, onset_s, onset_s + 2, confidence) for onset_s, confidence in times])
    record(database, DAWN, 600.0, [(ROBIN, 5.0, 7.0, 0.9), (ROBIN, 90.0, 92.0, 0.9)], site="hill")
    (robin,) = ask(client, site="pond", min_confidence=0.5)["taxa"]
    ends = [(DAWN + timedelta(seconds=second)).isoformat() for second in (30, 50)]
    assert [robin["first_heard"], robin["last_heard"], robin["detections"]] == [*ends, 2]


@pytest.mark.usefixtures("reviewed")
def test_the_table_is_tidy(client: httpx.Client) -> None:
    rows = table(client)
    assert [row["scientific_name"] for row in rows] == [ROBIN.scientific_name, WREN.scientific_name]
    assert rows[0] == {
        "site": "pond", "date": "2026-05-03", "hour": "4", "scientific_name": ROBIN.scientific_name,
        "common_name": ROBIN.common_name, "detections": "4", "hours_listened": "0.166667", "confirmed": "2",
        "rejected": "1", "uncertain": "0", "corrected_to": "0",
    }  # fmt: skip
    assert [row["detections"] for row in table(client, reviewed="confirmed")] == ["2"]


def test_human_voices_are_left_out_on_request(client: httpx.Client, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) "
            "VALUES ('human', 'Human vocal', 'Human vocal', '')"
        )
    stored = record(database, DAWN, 600.0, SONGS)
    with database.transaction() as connection:
        connection.execute(
            "UPDATE detections SET taxon_id = (SELECT id FROM taxa WHERE code = 'human') "
            "WHERE analysis_id = %s AND taxon_id = (SELECT id FROM taxa WHERE code = %s)",
            (stored.analyses[0].id, WREN.code),
        )
    assert ask(client)["total"]["richness"] == 2
    hidden = ask(client, voices="hide")
    assert ([each["code"] for each in hidden["taxa"]], hidden["total"]["detections"]) == ([ROBIN.code], 4)
    assert {row["scientific_name"] for row in table(client, voices="hide")} == {ROBIN.scientific_name}


def test_the_table_has_a_row_for_each_hour_listened_to(client: httpx.Client, database: Database) -> None:
    """Also where the taxon was not heard: absence is what one did not hear while one listened."""
    record(database, DAWN - timedelta(hours=5), 7200.0, SONGS, lost=[(1800.0, 5400.0)])
    record(database, DAWN, 600.0, SONGS[:1], site="hill")
    record(database, None, 300.0, SONGS[:1], site=None)
    rows = table(client)
    cells = {(row["site"], row["date"], row["hour"], row["scientific_name"]) for row in rows}
    assert len(cells) == len(rows)
    places = {("hill", "2026-05-03", "4"), ("pond", "2026-05-02", "23"), ("pond", "2026-05-03", "1"), ("", "", "")}
    names = {ROBIN.scientific_name, WREN.scientific_name}
    assert cells == {(*place, name) for place in places for name in names}
    assert [row["site"] for row in rows][-2:] == ["", ""], "undated ones come last"
    zeros = [row for row in rows if row["detections"] == "0"]
    assert table(client, zeros="false") == [row for row in rows if row not in zeros]
    assert {row["scientific_name"] for row in table(client, taxon=WREN.code)} == {WREN.scientific_name}


def test_the_table_adds_up_to_the_overview(client: httpx.Client, database: Database) -> None:
    for hour in range(3):
        record(database, DAWN + timedelta(hours=9 * hour), 4000.0, SONGS, failed=[hour])
        record(database, DAWN + timedelta(hours=9 * hour), 4000.0, SONGS[hour:], site="hill", lost=[(5, 7.5)])
    for wanted in ({}, {"from": "2026-05-03T10:00:00Z"}, {"to": "2026-05-03T04:50:00+02:00"}, {"from": "2026-05-04"}):
        overview, rows = ask(client, **wanted), table(client, **wanted)
        hours: defaultdict[str, float] = defaultdict(float)
        for cell in {(row["site"], row["date"], row["hour"], row["hours_listened"]) for row in rows}:
            hours[cell[1]] += float(cell[3])
        assert hours == {day["date"]: pytest.approx(day["hours"], abs=1e-5) for day in overview["by_day"]}
        counts: Counter[Any] = Counter()
        for row in rows:
            counts[row["scientific_name"]] += int(row["detections"])
        assert counts == {each["scientific_name"]: each["detections"] for each in overview["taxa"]}


def test_what_is_no_table_is_refused(client: httpx.Client) -> None:
    problem_of(client.get("/v1/overview", params={"format": "raven"}), 422, "invalid-request")
    problem_of(client.get("/v1/overview", headers={"Accept": "image/png"}), 406, "not-acceptable")
    problem_of(client.get("/v1/overview", params={"reviewed": "twice"}), 422, "invalid-request")
