"""Thresholds that people choose: saved, listed and removed; and what lists and re-cuts make of them."""

from typing import Any

import httpx

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.judged import heard
from tests.integration.made_up import FROG, ROBIN

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
