"""Which event a reviewer is given next, by each strategy, and how many are left.

Small collections are read whole, large ones in the order of an index: both must give the same.
"""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres import strategies, unreviewed_events
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.queue_values import QueueFilter
from dawn_chorus.adapters.postgres.review_queue import find_reviewable, read_queue
from dawn_chorus.domain.review.verdicts import Strategy
from tests.integration.heard import analyze, hear, judge
from tests.integration.made_up import FROG, MadeUpWorker

Ask = Callable[..., dict[str, Any]]
TENTHS = [round(0.05 + band / 10, 2) for band in range(10)]


@pytest.fixture(params=["read whole", "by an index"])
def ask(
    request: pytest.FixtureRequest, client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Ask:
    """Return what asks for a queue of robins."""
    MadeUpWorker(database)
    if request.param == "by an index":
        monkeypatch.setattr(unreviewed_events, "rare_analyses", lambda *_: None)
        monkeypatch.setattr(unreviewed_events, "FEW", 0)
        monkeypatch.setattr(unreviewed_events, "MIXED", 0)

    def get(**query: Any) -> dict[str, Any]:
        answer = client.get("/v1/review-queue", params={"taxon": "eurrob1", **query})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return get


def walk(ask: Ask, **query: Any) -> list[dict[str, Any]]:
    """Return all events of a queue, page by page."""
    page, items = ask(**query), []
    while True:
        items += page["items"]
        if page["next"] is None:
            assert [each["place"] for each in items] == list(range(1, len(items) + 1))
            return items
        page = ask(**query, cursor=page["next"])


def confidences(items: list[dict[str, Any]]) -> list[float]:
    return [each["confidence"] for each in items]


def keys(items: list[dict[str, Any]]) -> list[tuple[str, float]]:
    return [(each["recording_id"], each["onset_s"]) for each in items]


def test_the_surest_come_first_and_of_equals_the_oldest(ask: Ask, database: Database) -> None:
    first = hear(database, [(1, 0.7), (5, 0.9), (9, 0.9)])
    second = hear(database, [(2, 0.9), (4, 0.95)])
    items = ask()["items"]
    expected = [(second, 4.0), (first, 5.0), (first, 9.0), (second, 2.0), (first, 1.0)]
    assert keys(items) == [(str(recording), onset_s) for recording, onset_s in expected]
    assert items[0] | {"duration_s": 7200.0, "sample_rate_hz": 48000, "channels": 2, "audio_removed": False} == items[0]
    assert all(each["review"] is None for each in items)
    assert keys(walk(ask, limit=2)) == keys(items)


@pytest.mark.parametrize("verdict", ["confirmed", "rejected", "uncertain"])
def test_what_was_reviewed_is_gone_and_comes_back_with_its_review(
    ask: Ask, client: httpx.Client, database: Database, verdict: str
) -> None:
    hear(database, [(1, 0.7), (5, 0.9), (9, 0.8)])
    before = ask()
    review = judge(client, before["items"][0], verdict)
    after = ask()
    assert confidences(after["items"]) == [0.8, 0.7]
    counts = [(each["left"], each["left_is_exact"], each["reviewed"]) for each in (before, after)]
    assert counts == [(3, True, 0), (2, True, 1)]
    client.delete(f"/v1/reviews/{review['id']}").raise_for_status()
    assert confidences(ask()["items"]) == [0.9, 0.8, 0.7]


@pytest.mark.parametrize("strategy", ["highest", "bands", "random", "first"])
def test_reviews_made_meanwhile_change_nothing_of_what_follows(
    ask: Ask, client: httpx.Client, database: Database, strategy: str
) -> None:
    for day in range(1, 9):
        hear(database, [(each, each / 10) for each in range(2, 9)], at=f"2026-05-0{day}T04:00:00+02:00")
    query: dict[str, Any] = {"strategy": strategy} | ({"seed": 7} if strategy in ("bands", "random") else {})
    whole = walk(ask, **query, limit=200)
    assert len(whole) == (8 if strategy == "first" else 56)
    page = ask(**query, limit=3)
    seen = page["items"]
    while page["next"] is not None:
        for event in page["items"][:2]:  # the third is skipped
            judge(client, event)
        page = ask(**query, limit=3, cursor=page["next"])
        seen += page["items"]
    assert keys(seen) == keys(whole)


def test_reviews_are_counted_by_when_they_begin_and_not_their_recordings(
    client: httpx.Client, database: Database
) -> None:
    MadeUpWorker(database)
    hear(database, [(1, 0.9), (30, 0.8)], at="2026-05-03T04:00:00+02:00")
    url = "/v1/review-queue?taxon=eurrob1"
    for event in client.get(url).json()["items"]:
        judge(client, event)
    asked = {"": 2, "&from=2026-05-03T02:00:20Z": 1, "&to=2026-05-03T02:00:20Z": 1, "&site=nowhere": 0}
    assert {query: client.get(url + query).json()["reviewed"] for query in asked} == asked


def test_an_event_that_is_found_again_stays_reviewed(ask: Ask, client: httpx.Client, database: Database) -> None:
    recording = hear(database, [(1, 0.7), (5, 0.9)])
    review = judge(client, ask()["items"][0])
    with database.transaction() as connection:
        analyze(connection, recording, [(5.25, 0.99), (8, 0.6)])
    assert confidences(ask()["items"]) == [0.6]
    client.delete(f"/v1/reviews/{review['id']}").raise_for_status()
    assert confidences(ask()["items"]) == [0.99, 0.6]


def test_the_bands_come_in_turn_the_lowest_first(ask: Ask, database: Database) -> None:
    for extra in (0.0, 0.01, 0.02):
        hear(database, [(place, each + extra) for place, each in enumerate(TENTHS)])
    for seed in range(5):
        items = walk(ask, strategy="bands", seed=seed, limit=7)
        bands = [int(each["confidence"] * 10) for each in items]
        assert bands == [*range(10)] * 3
        assert len({*keys(items)}) == 30
        assert keys(items) == keys(ask(strategy="bands", seed=seed, limit=200)["items"])
    firsts = {keys(ask(strategy="bands", seed=seed, limit=10)["items"])[4] for seed in range(40)}
    assert len(firsts) == 3, "another seed begins at another event of the band"


def test_a_band_that_is_used_up_gives_its_turns_to_the_others(ask: Ask, database: Database) -> None:
    hear(database, [(1, 0.7), (2, 0.71), (3, 0.79), (4, 0.3), (5, 1.0), (6, 0.9), (7, 0.72)])
    bands = [int(each * 10) for each in confidences(walk(ask, strategy="bands", seed=3, limit=2))]
    assert [min(each, 9) for each in bands] == [3, 7, 9, 7, 9, 7, 7]
    within = ask(strategy="bands", seed=3, min_confidence=0.71, max_confidence=0.9)["items"]
    assert sorted(confidences(within)) == [0.71, 0.72, 0.79, 0.9]


def test_the_bounds_of_bands_leave_nothing_between_them() -> None:
    bounds = [strategies.band_bounds(band) for band in range(10)]
    assert [low for low, _ in bounds] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert bounds[-1][1] == 1.0
    assert all(
        np.nextafter(np.float32(top), np.float32(1)) == np.float32(low) for (_, top), (low, _) in pairwise(bounds)
    )


def test_a_seed_gives_an_order_and_without_one_the_answer_says_which(ask: Ask, database: Database) -> None:
    hear(database, [(place, 0.5 + place / 100) for place in range(30)])
    first = walk(ask, strategy="random", seed=1, limit=4)
    assert len({*keys(first)}) == 30
    assert keys(first) == keys(ask(strategy="random", seed=1, limit=50)["items"])
    assert keys(first) != keys(ask(strategy="random", seed=2, limit=50)["items"])
    drawn = ask(strategy="random", limit=50)
    assert keys(drawn["items"]) == keys(ask(strategy="random", seed=drawn["seed"], limit=50)["items"])


def drawn_by(database: Database, seed: int, limit: int) -> list[float]:
    """Return the confidences of the first of a random queue of robins, asked below HTTP, which limits the rate."""
    ((name, taxon_ids),) = find_reviewable(database, "eurrob1").items()
    queue = read_queue(database, QueueFilter(name, taxon_ids), Strategy.RANDOM, seed=seed, limit=limit)
    return [round(each.finding.detection.confidence, 4) for each in queue.items]


def test_each_of_few_events_is_as_likely_as_the_other(database: Database) -> None:
    MadeUpWorker(database)
    hear(database, [(place, 0.5 + place / 100) for place in range(12)])
    drawn: Counter[float] = Counter()
    pairs: Counter[tuple[float, ...]] = Counter()
    for seed in range(1200):
        found = drawn_by(database, seed, 2)
        drawn.update(found)
        pairs.update([tuple(sorted(found))])
    # 11 degrees of freedom, where one in 1,000 exceeds 31.3; 65 for pairs, 106.
    assert sum((n - 200) ** 2 / 200 for n in drawn.values()) * 11 / 10 < 31.3
    assert len(pairs) == 66
    assert sum((n - 1200 / 66) ** 2 / (1200 / 66) for n in pairs.values()) < 106


def test_by_an_index_all_come_once_wherever_the_seed_begins(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    MadeUpWorker(database)
    hear(database, [(place, 0.5 + place / 100) for place in range(12)])
    monkeypatch.setattr(unreviewed_events, "rare_analyses", lambda *_: None)
    monkeypatch.setattr(unreviewed_events, "MIXED", 0)
    orders = set()
    for seed in range(60):
        found = drawn_by(database, seed, 12)
        assert len({*found}) == 12
        orders.add(tuple(found))
    (ring, *others) = orders
    rotations = {ring[at:] + ring[:at] for at in range(12)}
    assert {*others} < rotations
    assert len(orders) > 6


def test_the_surest_of_each_site_and_day_of_the_recorders_clock(ask: Ask, database: Database) -> None:
    # 23:30 in Sydney is still the day that began in New York ten hours later; each goes by its own clock.
    sydney = hear(database, [(60, 0.6), (1790, 0.7), (1900, 0.8)], site="sydney", at="2026-05-03T23:30:00+10:00")
    new_york = hear(database, [(10, 0.9), (70, 0.5)], site="new york", at="2026-05-02T23:59:00-04:00")
    later = hear(database, [(0, 0.99)], site="sydney", at="2026-05-04T22:00:00+10:00")
    nowhere = hear(database, [(0, 0.4)], site=None, at="2026-05-03T05:00:00+00:00")
    undated = [hear(database, [(3, 0.2), (4, 0.3)], site=site) for site in ("sydney", None)]
    expected = [
        (new_york, 10.0), (new_york, 70.0), (sydney, 1790.0), (nowhere, 0.0), (later, 0.0),
        (undated[0], 4.0), (undated[1], 4.0),
    ]  # fmt: skip
    for limit in (1, 2, 50):
        assert keys(walk(ask, strategy="first", limit=limit)) == [(str(each), at_s) for each, at_s in expected]
    within = ask(strategy="first", **{"from": "2026-05-03T00:00:00Z", "to": "2026-05-03T13:35:00Z"})["items"]
    assert keys(within) == [(str(new_york), 10.0), (str(new_york), 70.0), (str(sydney), 60.0), (str(nowhere), 0.0)]


def test_a_day_is_over_once_its_surest_is_reviewed(ask: Ask, client: httpx.Client, database: Database) -> None:
    hear(database, [(1, 0.6), (2, 0.9)], at="2026-05-03T04:00:00+02:00")
    hear(database, [(1, 0.7)], at="2026-05-03T05:00:00+02:00")
    hear(database, [(1, 0.5)], at="2026-05-04T05:00:00+02:00")
    judge(client, ask(strategy="first")["items"][0], "rejected")
    assert confidences(walk(ask, strategy="first")) == [0.5]
    assert ask(strategy="first")["left"] == 3


@pytest.mark.parametrize("strategy", ["highest", "bands", "random", "first"])
def test_what_is_not_wanted_is_left_out(ask: Ask, database: Database, strategy: str) -> None:
    wanted = hear(database, [(1, 0.9)], at="2026-05-03T04:00:00+02:00")
    hear(database, [(1, 0.91)], site="hill", at="2026-05-03T04:00:00+02:00")
    hear(database, [(1, 0.92)], at="2026-05-03T03:59:00+02:00")
    hear(database, [(1, 0.93)], at="2026-05-03T04:01:00+02:00")
    hear(database, [(1, 0.94)], at="2026-05-03T04:00:10+02:00", pack="other")
    hear(database, [(1, 0.95)], at="2026-05-03T04:00:10+02:00", taxon=FROG)
    hear(database, [(1, 0.96)])
    removed = hear(database, [(1, 0.97)], at="2026-05-03T04:00:20+02:00")
    hear(database, [(1, 0.5)], at="2026-05-03T04:00:30+02:00")
    hear(database, [(1, 0.99)], at="2026-05-03T04:00:30+02:00")
    again = hear(database, [(1, 0.98)], at="2026-05-03T04:00:40+02:00")
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = now() WHERE id = %s", [removed])
        analyze(connection, again, [])
    span = {"from": "2026-05-03T02:00:00Z", "to": "2026-05-03T02:01:00Z"}
    found = ask(strategy=strategy, site="marsh", min_confidence=0.6, max_confidence=0.985, **span)
    assert keys(found["items"]) == [(str(wanted), 1.0)]
    if strategy != "first":
        assert (found["left"], found["left_is"]) == (1, "exact")


def test_a_taxon_goes_by_its_scientific_name_in_all_packs(client: httpx.Client, database: Database) -> None:
    MadeUpWorker(database)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES "
            "('Erithacus rubecula', 'Erithacus rubecula', 'Robin', 'Aves'), "
            "('amerob', 'Turdus migratorius', 'Robin', 'Aves')"
        )
    hear(database, [(1, 0.9)])
    for name in ("eurrob1", "ERITHACUS rubecula", "european robin"):
        found = client.get("/v1/review-queue", params={"taxon": name, "pack": "any"}).json()
        assert confidences(found["items"]) == [0.9], name
    ambiguous = client.get("/v1/review-queue?taxon=robin")
    assert ambiguous.status_code == 422
    assert "Erithacus rubecula, Turdus migratorius" in ambiguous.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "taxon"),
        ("taxon=dodo", "taxon"),
        ("taxon=eurrob1&strategy=highest&seed=1", "seed"),
        ("taxon=eurrob1&strategy=best", "strategy"),
        ("taxon=eurrob1&min_confidence=0.9&max_confidence=0.8", "max_confidence"),
        ("taxon=eurrob1&limit=201", "limit"),
        ("taxon=eurrob1&sites=marsh", "sites"),
        ("taxon=eurrob1&pack=none", "pack"),
        ("taxon=eurrob1&cursor=WyJyYW5kb20iXQ", "cursor"),
    ],
)
def test_what_cannot_be_meant_is_refused(client: httpx.Client, database: Database, query: str, field: str) -> None:
    MadeUpWorker(database)
    answer = client.get(f"/v1/review-queue?{query}")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


def test_a_cursor_holds_for_its_strategy_and_seed_only(ask: Ask, client: httpx.Client, database: Database) -> None:
    hear(database, [(1, 0.7), (5, 0.9)])
    cursor = ask(strategy="random", seed=3, limit=1)["next"]
    assert ask(strategy="random", limit=1, cursor=cursor)["seed"] == 3
    others: list[dict[str, Any]] = [{"strategy": "random", "seed": 4}, {"strategy": "bands"}, {"strategy": "first"}]
    for query in others:
        answer = client.get("/v1/review-queue", params={"taxon": "eurrob1", "cursor": cursor, **query})
        assert answer.status_code == 422, query
