"""Thresholds that people choose: saved, listed and removed; and what lists and re-cuts make of them."""

import json
from typing import Any

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres import detections
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.timeline import SegmentTimeline, TaxonRow, quantize_scores
from tests.integration.api_checks import problem_of
from tests.integration.judged import heard
from tests.integration.made_up import FACTS, FROG, ROBIN, MadeUpWorker, upload, wav_bytes

SAVED = {"taxon": ROBIN.scientific_name, "site": None, "pack": "birdnet", "threshold": 0.72, "note": ""}


def save(client: httpx.Client, threshold: float, status: int = 201, **fields: Any) -> dict[str, Any]:
    body = {"taxon": ROBIN.code, "threshold": threshold, **fields}
    response = client.put("/v1/thresholds", json=body)
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


def saved(client: httpx.Client, **wanted: str) -> list[tuple[str, str | None, float]]:
    items = client.get("/v1/thresholds", params=wanted).json()["items"]
    return [(each["taxon"], each["site"], each["threshold"]) for each in items]


def test_a_threshold_is_saved_replaced_and_removed(client: httpx.Client, database: Database) -> None:
    heard(client, database, [0.9])
    first = save(client, 0.72, reviewer="Ada")
    assert {name: first[name] for name in SAVED} == SAVED
    assert (first["set_by"], first["replaced"]) == ("Ada", None)
    second = save(client, 0.8, 200, taxon=ROBIN.scientific_name.lower(), note="after 200 reviews", reviewer="Bo")
    assert second["replaced"] == {name: value for name, value in first.items() if name != "replaced"}
    assert (second["threshold"], second["set_by"], second["note"]) == (0.8, "Bo", "after 200 reviews")
    assert saved(client) == [(ROBIN.scientific_name, None, 0.8)]
    assert client.delete("/v1/thresholds", params={"taxon": ROBIN.code}).status_code == 204
    assert saved(client) == []
    problem_of(client.delete("/v1/thresholds", params={"taxon": ROBIN.code}), 404, "not-found")


def test_that_of_a_site_goes_before_that_of_all(client: httpx.Client, database: Database) -> None:
    heard(client, database, [0.9], site="marsh")
    save(client, 0.7)
    save(client, 0.8, site="marsh")
    save(client, 0.9, taxon=FROG.code)
    robin, frog = ROBIN.scientific_name, FROG.scientific_name
    assert saved(client) == [(robin, None, 0.7), (robin, "marsh", 0.8), (frog, None, 0.9)]
    assert saved(client, site="marsh") == [(robin, "marsh", 0.8), (frog, None, 0.9)]
    assert saved(client, site="ridge") == [(robin, None, 0.7), (frog, None, 0.9)]
    assert saved(client, taxon=FROG.code, pack="birdnet") == [(frog, None, 0.9)]
    assert client.delete("/v1/thresholds", params={"taxon": ROBIN.code, "site": "marsh"}).status_code == 204
    assert saved(client, site="marsh", taxon=robin) == [(robin, None, 0.7)]


def test_what_no_list_could_show_is_refused(client: httpx.Client, database: Database) -> None:
    heard(client, database, [0.9], site="marsh")

    def refused(name: str = "invalid-request", **fields: Any) -> str:
        body = {"taxon": ROBIN.code, "threshold": 0.7, **fields}
        return str(problem_of(client.put("/v1/thresholds", json=body), 422, name)["detail"])

    below = refused(threshold=0.49)
    assert "0.49 is below 0.5" in below
    assert "Analyze with onset_threshold=0.49 first" in below
    assert "0.89 is below 0.9" in refused(taxon=FROG.code, threshold=0.89)
    assert "there are marsh" in refused(site="ridge")
    assert "see GET /v1/taxa" in refused(taxon="Corvus corax")
    assert "available: birdnet" in refused("unknown-pack", pack="nothing")
    for threshold in (0, 1.01, "0.7", None):
        refused(threshold=threshold)
    assert saved(client) == []


def test_readers_may_look_and_reviewers_may_save(client: httpx.Client, database: Database) -> None:
    heard(client, database, [0.9])
    for scope in ("read", "review"):
        _, key = create_key(database, scope, [scope])
        client.headers["Authorization"] = f"Bearer {key}"
        may_save = scope == "review"
        response = client.put("/v1/thresholds", json={"taxon": ROBIN.code, "threshold": 0.7, "reviewer": "Ada"})
        assert response.status_code == (201 if may_save else 403)
        if may_save:
            assert response.json()["set_by"] == "review", "the name of the key"
        else:
            assert client.get("/v1/thresholds").status_code == 200


def in_order(row: tuple[str, str | None, float]) -> tuple[str, str, float]:
    return row[0], row[1] or "", row[2]


def found(client: httpx.Client, **wanted: Any) -> list[tuple[str, str | None, float]]:
    """Return code, site and confidence of what lists across recordings have, page by page and as a stream."""
    params = {"pack": "any", "thresholds": "saved", **wanted}
    rows: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while not rows or page["next"] is not None:
        cursor = {"cursor": page["next"]} if page["next"] else {}
        page = client.get("/v1/detections", params={**params, "limit": 2, **cursor}).json()
        rows += page["items"]
        if not page["items"]:
            break
    streamed = client.get("/v1/detections", params={**params, "format": "ndjson"}).text.splitlines()
    assert [json.loads(line) for line in streamed] == rows
    return sorted(((each["code"], each["site"], each["confidence"]) for each in rows), key=in_order)


def test_lists_leave_out_what_does_not_reach_a_saved_threshold(client: httpx.Client, database: Database) -> None:
    heard(client, database, [0.95, 0.7, 0.55], seed=1, site="marsh")
    heard(client, database, [0.9, 0.6], seed=2, site="ridge")
    heard(client, database, [0.8, 0.52], seed=3)
    heard(client, database, [0.95, 0.91], seed=4, site="marsh", taxon=FROG)
    frogs = [(FROG.code, "marsh", 0.91), (FROG.code, "marsh", 0.95)]
    everything = len(client.get("/v1/detections").json()["items"])
    assert len(found(client)) == everything == 9, "none is saved"
    save(client, 0.7)
    save(client, 0.95, site="marsh")
    robins = [(ROBIN.code, "marsh", 0.95), (ROBIN.code, "ridge", 0.9), (ROBIN.code, None, 0.8)]

    for pack in ("any", "birdnet"):
        for wanted, rows in (
            ({}, frogs + robins),
            ({"taxon": ROBIN.code}, robins),
            ({"taxon": [ROBIN.code, FROG.code]}, frogs + robins),
            ({"class": "Aves"}, robins),
            ({"site": "marsh"}, [*frogs, robins[0]]),
            ({"site": "marsh", "taxon": ROBIN.code}, robins[:1]),
            ({"site": "ridge", "min_confidence": 0.95}, []),
            ({"analyses": "all"}, frogs + robins),
        ):
            assert found(client, pack=pack, **wanted) == sorted(rows, key=in_order), (pack, wanted)
    surest = client.get("/v1/detections", params={"thresholds": "saved", "order": "confidence", "taxon": ROBIN.code})
    assert [row["confidence"] for row in surest.json()["items"]] == [0.95, 0.9, 0.8]
    assert len(client.get("/v1/detections").json()["items"]) == everything, "unless they are asked for"


def test_many_analyses_are_looked_through_as_few_are(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack with few detections is read as a whole; one with many by indexes."""
    heard(client, database, [0.95, 0.7, 0.55], seed=1, site="marsh")
    save(client, 0.7)
    rare = found(client, pack="birdnet"), found(client, pack="birdnet", taxon=ROBIN.code)
    assert [confidence for _, _, confidence in rare[0]] == [0.7, 0.95]
    monkeypatch.setattr(detections, "_RARE_DETECTIONS", 0)
    assert rare == (found(client, pack="birdnet"), found(client, pack="birdnet", taxon=ROBIN.code))
    monkeypatch.setattr(detections, "_FEW", 0)
    assert rare[1] == found(client, pack="birdnet", taxon=ROBIN.code)


def test_taxa_with_high_and_low_thresholds_are_one_list(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taxa whose events must all be sure are looked up apart."""
    monkeypatch.setattr(detections, "_RARE_DETECTIONS", 0)
    for seed, site in enumerate(("marsh", "ridge", "moor")):
        heard(client, database, [0.97, 0.72, 0.6], seed=2 * seed, site=site)
        heard(client, database, [0.96, 0.91, 0.9], seed=2 * seed + 1, site=site, taxon=FROG)
    with database.transaction() as connection:
        connection.execute(
            "UPDATE detections SET started_at = timestamptz '2026-05-01' + (hashint8(id) % 1000) * interval '1 s' "
            "WHERE site <> 'moor'"
        )
    save(client, 0.7)
    save(client, 0.95, taxon=FROG.code)
    params: dict[str, Any] = {"taxon": [ROBIN.code, FROG.code], "limit": 100}
    least = {ROBIN.code: 0.7, FROG.code: 0.95}
    everything = client.get("/v1/detections", params=params).json()["items"]
    expected = [row for row in everything if row["confidence"] >= least[row["code"]]]
    assert len(expected) == 9
    assert client.get("/v1/detections", params={**params, "thresholds": "saved"}).json()["items"] == expected
    assert len(found(client, pack="birdnet", taxon=[ROBIN.code, FROG.code])) == 9, "page by page"


SONG = [0.0, 0.35, 0.6, 0.7, 0.6, 0.35, 0.0, 0.0, 0.55, 0.0]
"""A robin's frames of half a second: by the rule of the pack from 1 s to 3 s at 0.7, and from 4 s to 4.5 s at 0.55."""


def sing(client: httpx.Client, database: Database, **fields: str) -> dict[str, str]:
    """Upload 5 s in which a robin and a frog sing so; the frog's rule is another one. Return the analysis' links."""
    answer = upload(client, wav_bytes(5.0), **fields)
    worker, analysis = MadeUpWorker(database), answer["analyses"][0]
    work = worker.start(analysis["id"])
    scores = np.array(SONG, np.float32)
    rows = [
        TaxonRow(taxon, np.array([each.max()], np.float32), quantize_scores(each), float(each.max()))
        for taxon, each in ((ROBIN, scores), (FROG, np.where(scores > 0, scores + np.float32(0.29), np.float32(0))))
    ]
    timeline = SegmentTimeline(work.segment, 0, 1, 0, len(SONG), tuple(rows), analyzed_s=5.0)
    worker.ledger.save_timeline(work, timeline, FACTS)
    links: dict[str, str] = analysis["links"]
    return links


def events(client: httpx.Client, links: dict[str, str], **wanted: Any) -> list[tuple[str, float, float, float]]:
    """Return code, onset, offset and confidence of the events by saved thresholds; list and timeline must agree."""
    params = {"thresholds": "saved", **wanted}
    rows = client.get(links["detections"], params=params).json()["items"]
    lanes = client.get(links["timeline"], params=params).json()["taxa"]
    of_timeline = {(lane["code"], each["onset_s"], each["offset_s"]) for lane in lanes for each in lane["detections"]}
    assert of_timeline == {(row["code"], row["onset_s"], row["offset_s"]) for row in rows}
    return [(row["code"], row["onset_s"], row["offset_s"], row["confidence"]) for row in rows]


def test_one_analysis_is_cut_anew_where_a_threshold_is_saved(client: httpx.Client, database: Database) -> None:
    links = sing(client, database, site="marsh")
    robin, frog = ROBIN.code, FROG.code
    frogs = [(frog, 1.5, 2.5, 0.99)]
    own = [(robin, 1.0, 3.0, 0.7), (robin, 4.0, 4.5, 0.55)]
    assert events(client, links) == [own[0], frogs[0], own[1]], "none is saved"
    save(client, 0.65)
    later = [(robin, 1.5, 3.0, 0.7), frogs[0]]
    assert events(client, links) == later, "it begins later, and ends by the offset threshold of the rule"
    save(client, 0.5, site="marsh")
    assert events(client, links) == [own[0], frogs[0], own[1]], "the site's own goes before"
    save(client, 0.75, 200, site="marsh")
    assert events(client, links) == frogs
    assert events(client, links, taxon=robin) == []
    save(client, 0.95, taxon=frog)
    assert events(client, links, taxon=frog) == frogs
    save(client, 0.995, 200, taxon=frog)
    assert events(client, links) == []


def test_saved_thresholds_and_thresholds_sent_are_not_mixed(client: httpx.Client, database: Database) -> None:
    links = sing(client, database)
    problem = problem_of(
        client.get(links["detections"], params={"thresholds": "saved", "onset_threshold": 0.7}), 422, "invalid-request"
    )
    assert problem["errors"][0]["field"] == "thresholds"
    assert "leave out onset_threshold" in problem["detail"]
    for url in (links["detections"], links["timeline"], "/v1/detections"):
        problem_of(client.get(url, params={"thresholds": "mine"}), 422, "invalid-request")


def test_below_the_floor_of_an_analysis_a_saved_threshold_keeps_what_there_is(
    client: httpx.Client, database: Database
) -> None:
    links = sing(client, database, floor="0.6", onset_threshold="0.8", offset_threshold="0.7")
    save(client, 0.55)
    assert events(client, links, taxon=ROBIN.code) == [(ROBIN.code, 1.0, 2.5, 0.7)], "cut at the floor"
    assert client.get(links["timeline"], params={"thresholds": "saved"}).status_code == 200


def test_before_an_analysis_is_finished_there_are_no_events(client: httpx.Client, database: Database) -> None:
    answer = upload(client, wav_bytes(700))
    links = answer["analyses"][0]["links"]
    assert events(client, links) == []
    MadeUpWorker(database).save(answer["analyses"][0]["id"])
    save(client, 0.6)
    assert events(client, links) == []
