"""Which taxa there are to review, and how much of each is left."""

from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres import review_taxa
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.queue_values import estimate
from tests.integration.heard import analyze, hear, judge
from tests.integration.made_up import FROG, ROBIN, WREN, MadeUpWorker


def taxa(client: httpx.Client, **query: Any) -> list[tuple[str, int, str, int]]:
    """Return code, how many are left and how that is known, and how many reviews there are."""
    answer = client.get("/v1/review-taxa", params=query)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(each["left_is_exact"] == (each["left_is"] == "exact") for each in items)
    assert all(each["detections"] == each["left"] + each["reviewed"] for each in items)
    return [(each["code"], each["left"], each["left_is"], each["reviewed"]) for each in items]


def test_taxa_that_were_heard_come_with_most_left_first(client: httpx.Client, database: Database) -> None:
    MadeUpWorker(database)
    assert taxa(client) == []
    hear(database, [(1, 0.9), (3, 0.8)], at="2026-05-03T04:00:00+02:00")
    recording = hear(database, [(1, 0.9), (3, 0.8), (5, 0.7)], taxon=WREN, site="hill", at="2026-06-03T04:00:00+02:00")
    hear(database, [(1, 0.95)], taxon=FROG)
    hear(database, [(1, 0.95)], pack="other")
    assert taxa(client) == [("winwre4", 3, "exact", 0), ("eurrob1", 2, "exact", 0), ("65377", 1, "exact", 0)]
    for event in client.get("/v1/review-queue?taxon=winwre4&limit=2").json()["items"]:
        judge(client, event)
    assert taxa(client) == [("eurrob1", 2, "exact", 0), ("65377", 1, "exact", 0), ("winwre4", 1, "exact", 2)]
    assert taxa(client, site="hill") == [("winwre4", 1, "exact", 2)]
    assert taxa(client, site="nowhere") == []
    assert taxa(client, q="ROBIN") == [("eurrob1", 2, "exact", 0)]
    assert taxa(client, **{"from": "2026-05-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}) == [
        ("eurrob1", 2, "exact", 0)
    ]
    assert [each[:2] for each in taxa(client, pack="any", q="robin")] == [("eurrob1", 3)]
    with database.transaction() as connection:
        analyze(connection, recording, [], taxon=WREN)
    assert taxa(client, q="wren") == [("winwre4", 0, "exact", 2)]
    answer = client.get("/v1/review-taxa?limit=1").json()
    assert (len(answer["items"]), answer["total"]) == (1, 3)


def test_what_is_too_much_to_count_says_so(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    MadeUpWorker(database)
    for start in range(0, 400, 40):
        hear(database, [(start + each, 0.9) for each in range(40)], at="2026-05-03T04:00:00+02:00")
    hear(database, [(1, 0.9)], taxon=WREN)
    monkeypatch.setattr(review_taxa, "_COUNTED", 100)
    monkeypatch.setattr(review_taxa, "_MOST_OF_A_TAXON", 100)
    (robin, wren) = taxa(client)
    assert (robin[0], robin[2], wren) == ("eurrob1", "about", ("winwre4", 1, "exact", 0))
    assert 250 < robin[1] < 600
    monkeypatch.setattr(review_taxa, "_LOOKS", 100)
    assert taxa(client, site="marsh")[0] == ("eurrob1", 100, "at_least", 0)


def test_looks_that_taxa_with_few_events_do_not_need_go_to_those_with_many(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    MadeUpWorker(database)
    monkeypatch.setattr(review_taxa, "_LOOKS", 120)
    hear(database, [(1, 0.9)], taxon=WREN)
    hear(database, [(each, 0.9) for each in range(100)])
    for event in client.get("/v1/review-queue?taxon=eurrob1&limit=70").json()["items"]:
        judge(client, event)
    assert taxa(client) == [("eurrob1", 30, "exact", 70), ("winwre4", 1, "exact", 0)]
    assert taxa(client, site="marsh")[0] == ("eurrob1", 30, "exact", 70)


def test_no_review_in_the_recordings_that_were_looked_at_is_not_none_at_all(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    MadeUpWorker(database)
    for start in (0, 10):
        hear(database, [(start, 0.9)])
    monkeypatch.setattr(review_taxa, "_RECORDINGS", 1)
    query = {"site": "marsh"}
    (robin,) = client.get("/v1/review-taxa", params=query).json()["items"]
    assert (robin["reviewed"], robin["reviewed_is_exact"]) == (0, False)
    monkeypatch.setattr(review_taxa, "_RECORDINGS", 1000)
    (robin,) = client.get("/v1/review-taxa", params=query).json()["items"]
    assert (robin["reviewed"], robin["reviewed_is_exact"]) == (0, True)


@pytest.mark.parametrize("there_are", [1000, 20_000, 3_000_000])
def test_an_estimate_goes_by_how_close_hashes_are(there_are: int) -> None:
    hashes = [-(2**31) + (2 * number + 1) * 2**31 // there_are for number in range(400)]
    assert abs(estimate(400, hashes[-1]) - there_are) <= there_are / 20


def test_what_is_unknown_is_refused(client: httpx.Client) -> None:
    assert client.get("/v1/review-taxa?taxon=x").status_code == 422
    assert client.get(f"/v1/review-taxa?pack={ROBIN.code}").status_code == 422
