"""What a person has named: what is confirmed, and what is corrected, as the taxon that it was corrected to."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.review.verdicts import Verdict
from tests.integration.test_overview import ask, record
from tests.integration.test_overview_table import table
from tests.servers.postgres_fill import CRICKET, PACK, ROBIN, WREN

DAWN = datetime(2026, 5, 3, 4, 30, tzinfo=timezone(timedelta(hours=2)))
BLACKBIRD = "Turdus merula"
SONGS = [
    (ROBIN, 10.0, 12.0, 0.9), (ROBIN, 30.0, 32.0, 0.7), (ROBIN, 50.0, 52.0, 0.6), (ROBIN, 70.0, 72.0, 0.8),
    (ROBIN, 90.0, 92.0, 0.8), (CRICKET, 2000.0, 2002.0, 0.9),
]  # fmt: skip


def say(client: httpx.Client, database: Database, stored: Any, taxon: Any, onset_s: float, said: str) -> None:
    """Have Ada confirm, reject, or name what is heard instead."""
    verdict, corrected = (said, None) if said in list(Verdict) else ("rejected", said)
    fields = {
        "recording_id": str(stored.recording.id), "taxon": taxon.code, "onset_s": onset_s, "offset_s": onset_s + 2,
        "verdict": verdict, "reviewer": "Ada",
    }  # fmt: skip
    response = client.post("/v1/reviews", json=fields)
    assert response.status_code == 201, response.text
    with database.transaction() as connection:  # over HTTP only taxa of packs are named
        query = "UPDATE reviews SET corrected_taxon = %s WHERE id = %s"
        connection.execute(query, [corrected, response.json()["id"]])


@pytest.fixture
def stored(client: httpx.Client, database: Database) -> Any:
    """A robin is confirmed; others are a blackbird, which no pack knows, a wren, and no robin; so is the cricket."""
    stored = record(database, DAWN, 3600.0, SONGS)
    for taxon, onset_s, said in (
        (ROBIN, 10.0, "confirmed"),
        (ROBIN, 30.0, BLACKBIRD),
        (ROBIN, 50.0, "rejected"),
        (ROBIN, 70.0, WREN.scientific_name),
        (CRICKET, 2000.0, WREN.scientific_name),
    ):
        say(client, database, stored, taxon, onset_s, said)
    return stored


def by_name(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["scientific_name"]: each for each in found["taxa"]}


def at(seconds: float) -> str:
    return (DAWN + timedelta(seconds=seconds)).isoformat()


@pytest.mark.usefixtures("stored")
def test_the_overview_counts_what_was_corrected_as_what_it_was_corrected_to(client: httpx.Client) -> None:
    found = ask(client, reviewed="identified", verdicts="true")
    taxa = by_name(found)
    assert {name: each["detections"] for name, each in taxa.items()} == {
        WREN.scientific_name: 2, ROBIN.scientific_name: 1, BLACKBIRD: 1,
    }  # fmt: skip
    wren, blackbird = taxa[WREN.scientific_name], taxa[BLACKBIRD]
    names = ("code", "common_name", "taxonomic_class")
    assert [wren[each] for each in names] == [WREN.code, WREN.common_name, WREN.taxonomic_class]
    assert [blackbird[each] for each in names] == ["", "", ""], "no pack knows it"
    assert (wren["by_hour"][4:6], wren["by_day"], wren["by_site"]) == ([1, 1], [2], [2])
    assert (wren["first_heard"], wren["last_heard"]) == (at(70), at(2000))
    assert (blackbird["first_heard"], blackbird["last_heard"]) == (at(30), at(30))
    nothing = {"confirmed": 0, "rejected": 0, "uncertain": 0, "unreviewed": 0, "corrected_to": 0}
    assert wren["verdicts"] == nothing | {"corrected_to": 2}
    assert taxa[ROBIN.scientific_name]["verdicts"] == nothing | {"confirmed": 1}
    assert (found["total"]["detections"], found["total"]["richness"], found["corrected"]) == (4, 3, None)


@pytest.mark.usefixtures("stored")
def test_taxon_and_class_select_by_what_was_named(client: httpx.Client) -> None:
    def heard(**wanted: Any) -> dict[str, int]:
        found = ask(client, reviewed="identified", **wanted)["taxa"]
        return {each["scientific_name"]: each["detections"] for each in found}

    assert heard(taxon=WREN.code) == {WREN.scientific_name: 2}
    assert heard(taxon=[ROBIN.code, CRICKET.code]) == {ROBIN.scientific_name: 1, CRICKET.scientific_name: 0}
    assert heard(**{"class": "Aves"}) == {ROBIN.scientific_name: 1, WREN.scientific_name: 2}
    assert heard(min_confidence=0.75) == {ROBIN.scientific_name: 1, WREN.scientific_name: 2}
    saved = {"taxon": ROBIN.code, "pack": PACK.name, "threshold": 0.85}
    assert client.put("/v1/thresholds", json=saved).status_code in (200, 201)
    kept = heard(taxon=WREN.code, thresholds="saved")
    assert kept == {WREN.scientific_name: 1}, "the threshold is that of the taxon which the model heard"


@pytest.mark.usefixtures("stored")
def test_confirmed_stays_strict_and_says_how_many_were_corrected(client: httpx.Client) -> None:
    found = ask(client, reviewed="confirmed", verdicts="true")
    (robin,) = found["taxa"]
    assert (robin["scientific_name"], robin["detections"], found["corrected"]) == (ROBIN.scientific_name, 1, 3)
    assert robin["verdicts"]["unreviewed"] == robin["verdicts"]["rejected"] == 0
    assert ask(client, reviewed="confirmed", taxon=ROBIN.code)["corrected"] == 2
    (robin,) = ask(client, reviewed="none", verdicts="true")["taxa"]
    assert robin["verdicts"] == {"confirmed": 0, "rejected": 0, "uncertain": 0, "unreviewed": 1, "corrected_to": 0}
    robin = by_name(ask(client, verdicts="true"))[ROBIN.scientific_name]
    assert robin["verdicts"] == {"confirmed": 1, "rejected": 3, "uncertain": 0, "unreviewed": 1, "corrected_to": 0}
    assert by_name(ask(client, reviewed="rejected"))[ROBIN.scientific_name]["detections"] == 3


@pytest.mark.usefixtures("stored")
def test_the_table_of_effort_has_the_same(client: httpx.Client) -> None:
    rows = table(client, reviewed="identified", zeros="false")
    shown = [[row[each] for each in ("hour", "scientific_name", "detections", "corrected_to")] for row in rows]
    assert sorted(shown) == [
        ["4", ROBIN.scientific_name, "1", "0"],
        ["4", WREN.scientific_name, "1", "1"],
        ["4", BLACKBIRD, "1", "1"],
        ["5", WREN.scientific_name, "1", "1"],
    ]
    assert len(table(client, reviewed="identified")) == 3 * 2, "each taxon in each hour in which somebody listened"


def test_voices_are_left_out_of_what_was_named(client: httpx.Client, database: Database, stored: Any) -> None:
    say(client, database, stored, ROBIN, 90.0, "Homo sapiens")
    assert "Homo sapiens" in by_name(ask(client, reviewed="identified"))
    assert "Homo sapiens" not in by_name(ask(client, reviewed="identified", voices="hide"))


def test_lists_counts_and_exports_hold_it(client: httpx.Client, stored: Any) -> None:
    analysis = f"/v1/analyses/{stored.analyses[0].id}/detections"
    for path in ("/v1/detections", analysis):
        query = {"reviewed": "identified", "format": "csv"} | ({"pack": PACK.name} if path != analysis else {})
        rows = list(csv.DictReader(io.StringIO(client.get(path, params=query).text)))
        said = sorted((row["onset_s"], row["scientific_name"], row["verdict"], row["corrected_taxon"]) for row in rows)
        assert said == [
            ("10.000", ROBIN.scientific_name, "confirmed", ""),
            ("2000.000", CRICKET.scientific_name, "rejected", WREN.scientific_name),
            ("30.000", ROBIN.scientific_name, "rejected", BLACKBIRD),
            ("70.000", ROBIN.scientific_name, "rejected", WREN.scientific_name),
        ]
        labels = client.get(path, params=query | {"format": "audacity"}).text.splitlines()
        names = Counter(label.split("\t")[2].partition(" [")[0] for label in labels)
        assert names == {ROBIN.common_name: 1, BLACKBIRD: 1, WREN.scientific_name: 2}
    counted = client.get("/v1/detections/count", params={"pack": PACK.name, "reviewed": "identified"}).json()
    assert (counted["count"], counted["is_exact"]) == (4, True)
    package = {"camtrap-dp": {"count": 0, "left_out": {"no place": 4}}, "dwca": {"count": 4, "left_out": {}}}
    assert counted["packages"] == package
    surest = {"pack": PACK.name, "taxon": ROBIN.code, "order": "confidence", "reviewed": "identified"}
    assert [each["onset_s"] for each in client.get("/v1/detections", params=surest).json()["items"]] == [10, 70, 30]
    recut = client.get(analysis, params={"onset_threshold": 0.65, "reviewed": "identified"}).json()["items"]
    assert sorted(each["onset_s"] for each in recut) == [10, 30, 70, 2000]
