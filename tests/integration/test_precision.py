"""What reviews tell of a taxon's confidences: which reviews count, with which confidence, and what is made of them."""

import math

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.judged import heard, judge, put_events, told
from tests.integration.made_up import FROG, ROBIN

YES, NO, OPEN = "confirmed", "rejected", "uncertain"


def counts(found: dict[str, object]) -> tuple[object, ...]:
    return tuple(found[name] for name in ("n", "confirmed", "uncertain", "repeated", "left_out"))


def test_a_review_counts_with_the_confidence_that_its_event_has_now(client: httpx.Client, database: Database) -> None:
    recording = heard(client, database, [0.95, 0.65, 0.61, 0.35])
    judge(database, recording, [YES, NO, YES, OPEN])
    found = told(client)
    assert counts(found) == (3, 2, 1, 0, 0)
    assert [(band["from"], band["n"], band["confirmed"]) for band in found["bands"] if band["n"]] == [
        (0.6, 2, 1),
        (0.9, 1, 1),
    ]
    assert [band["to"] for band in found["bands"]] == [pytest.approx((n + 1) / 10) for n in range(10)]
    assert (found["sampled_events"], found["are_all_events"]) == (4, True)
    analysis = client.get(f"/v1/recordings/{recording}").json()["analyses"][0]["id"]
    put_events(database, analysis, [0.15, 0.65])
    found = told(client)
    assert counts(found) == (2, 1, 0, 0, 2), "two have no event any more"
    assert [band["from"] for band in found["bands"] if band["n"]] == [0.1, 0.6]


def test_overlap_of_half_the_shorter_decides_and_the_highest_confidence(
    client: httpx.Client, database: Database
) -> None:
    recording = heard(client, database, [0.35, 0.85])
    judge(database, recording, [YES], onsets_ms=[500], length_ms=2000)  # half of one event, half of the other
    assert [band["from"] for band in told(client)["bands"] if band["n"]] == [0.8]
    judge(database, recording, [YES], onsets_ms=[501], length_ms=1499, reviewer="Bo")
    assert counts(told(client)) == (1, 1, 0, 0, 1), "499 ms are less than half"


def test_of_several_reviews_of_an_event_the_one_counts_that_it_shows(client: httpx.Client, database: Database) -> None:
    recording = heard(client, database, [0.9, 0.8])
    judge(database, recording, [YES, YES])
    judge(database, recording, [NO], reviewer="Bo")
    judge(database, recording, [OPEN], reviewer="Cy", onsets_ms=[0], length_ms=600)
    shown = [row["review"]["verdict"] for row in client.get("/v1/detections").json()["items"]]
    assert sorted(shown) == [YES, NO]
    assert counts(told(client)) == (2, 1, 0, 2, 0)


def test_sites_and_packs_are_told_apart(client: httpx.Client, database: Database) -> None:
    marsh = heard(client, database, [0.9, 0.8], seed=1, site="marsh")
    ridge = heard(client, database, [0.7], seed=2, site="ridge")
    judge(database, marsh, [YES, NO])
    judge(database, ridge, [YES])
    assert (counts(told(client)), counts(told(client, site="marsh"))) == ((3, 2, 0, 0, 0), (2, 1, 0, 0, 0))
    assert told(client, site="ridge")["sampled_events"] == 1
    assert counts(told(client, site="nowhere")) == (0, 0, 0, 0, 0)
    problem_of(client.get("/v1/taxa/eurrob1/precision", params={"pack": "nothing"}), 422, "unknown-pack")


def test_a_taxon_goes_by_code_or_scientific_name_in_any_case(client: httpx.Client, database: Database) -> None:
    judge(database, heard(client, database, [0.9]), [YES])
    for name in (ROBIN.code, ROBIN.scientific_name, ROBIN.scientific_name.upper()):
        assert told(client, name)["n"] == 1
    assert told(client, FROG.code)["n"] == 0
    for name in ("Corvus", "European Robin", "a/b", "%00"):
        problem_of(client.get(f"/v1/taxa/{name}/precision"), 404, "not-found")


def test_few_reviews_and_one_verdict_and_separated_ones_are_refused_with_the_reason(
    client: httpx.Client, database: Database
) -> None:
    recording = heard(client, database, [0.9] * 20 + [0.3] * 5)
    for verdicts, onset, reason in (
        ([YES] * 19, 0, "20 reviews are needed for a curve, and 19 count so far."),
        ([YES] * 6, 19, "All 25 reviews are confirmed: a curve needs both verdicts. Review less sure events too."),
    ):
        judge(database, recording, verdicts, onsets_ms=range(2000 * onset, 2000 * (onset + len(verdicts)), 2000))
        found = told(client)
        assert (found["fit"], found["curve"], found["threshold"], found["reason"]) == (None, [], None, reason)
    with database.transaction() as connection:
        connection.execute("UPDATE reviews SET verdict = 'rejected' WHERE onset_ms >= 40000")
    assert "would be a step" in told(client)["reason"]
    assert told(client)["before"] == {
        "threshold": 0.0,
        "share": 1.0,
        "precision": None,
        "reviewed": 25,
        "confirmed": 20,
    }


def test_a_curve_and_a_threshold_and_what_it_would_leave(client: httpx.Client, database: Database) -> None:
    steps = np.linspace(0.1, 0.97, 60)
    chance = 1 / (1 + (steps / (1 - steps)) ** -1.5)
    true = np.random.default_rng(5).random(60) < chance
    recording = heard(client, database, steps.tolist())
    judge(database, recording, [YES if each else NO for each in true], strategy="random")
    found = told(client, wanted=0.8)
    assert found["reason"] is None
    assert found["caution"] is None
    fit, threshold = found["fit"], found["threshold"]
    at = threshold["threshold"]
    assert fit["intercept"] + fit["slope"] * math.log(at / (1 - at)) == pytest.approx(math.log(4))
    assert threshold["low"] < at < threshold["high"]
    kept = np.float32(steps) >= np.float32(at)
    assert (threshold["kept"]["reviewed"], threshold["kept"]["confirmed"]) == (kept.sum(), (kept & true).sum())
    assert threshold["kept"]["share"] == pytest.approx(kept.mean())
    expected = 1 / (1 + np.exp(-(fit["intercept"] + fit["slope"] * np.log(steps / (1 - steps)))))
    assert threshold["kept"]["precision"] == pytest.approx(expected[kept].mean(), abs=1e-5)
    assert found["before"]["precision"] == pytest.approx(expected.mean(), abs=1e-5)
    assert expected.mean() == pytest.approx(true.mean(), abs=1e-9), "so it is with maximum likelihood"
    assert [point["confidence"] for point in found["curve"]] == [n / 100 for n in range(1, 100)]
    assert all(point["low"] < point["precision"] < point["high"] for point in found["curve"])
    assert found["by_strategy"] == {"highest": 0, "bands": 0, "random": 60, "first": 0, "none": 0}


def test_reviews_of_the_surest_events_alone_are_warned_of(client: httpx.Client, database: Database) -> None:
    recording = heard(client, database, [0.9, 0.8, 0.7])
    judge(database, recording, [YES, YES], strategy="highest")
    judge(database, recording, [NO], onsets_ms=[4000])
    found = told(client)
    assert found["by_strategy"] == {"highest": 2, "bands": 0, "random": 0, "first": 0, "none": 1}
    assert found["caution"].startswith("2 of 3 reviews came by the queue of the surest events")
