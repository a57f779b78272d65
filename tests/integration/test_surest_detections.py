"""The most confident detections of a taxon first, page by page."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.cursors import write_cursor
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import problem_of
from tests.servers.postgres_fill import CRICKET, DAWN, PACK, ROBIN, WREN, post, save

SCORES = (0.7, 0.95, 0.6, 0.95, 0.8)
TAXON = {"taxon": ROBIN.code, "order": "confidence", "pack": PACK.name}


@pytest.fixture(autouse=True)
def songs(database: Database) -> None:
    """Robins at two sites, at one in an undated recording; a wren that is surer than all of them."""
    for site, at in (("pond", DAWN), ("hill", None)):
        stored = post(database, 300.0, place=Place(site, None, None, at))
        robins = [(ROBIN, 10.0 * number, 10.0 * number + 2, score) for number, score in enumerate(SCORES, 1)]
        save(PostgresLedger(database), stored.analyses[0].id, 0, [*robins, (WREN, 10.0, 12.0, 0.99)])


def ask(client: httpx.Client, **wanted: Any) -> Any:
    response = client.get("/v1/detections", params=TAXON | wanted)
    assert response.status_code == 200, response.text
    return response


def test_the_surest_come_first(client: httpx.Client) -> None:
    found = ask(client).json()["items"]
    assert [row["confidence"] for row in found] == sorted([*SCORES, *SCORES], reverse=True)
    assert {row["code"] for row in found} == {ROBIN.code}


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 10])
def test_pages_hold_each_row_once_among_equals_too(client: httpx.Client, limit: int) -> None:
    whole = ask(client).json()["items"]
    pages, cursor = [], None
    while True:
        page = ask(client, limit=limit, **({"cursor": cursor} if cursor else {})).json()
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert pages == whole


def test_taxa_are_merged(client: httpx.Client) -> None:
    found = ask(client, taxon=[ROBIN.code, WREN.code], limit=4).json()
    assert [row["code"] for row in found["items"]] == [WREN.code, WREN.code, ROBIN.code, ROBIN.code]


def test_filters_hold(client: httpx.Client) -> None:
    assert len(ask(client, min_confidence=0.8).json()["items"]) == 6
    assert {row["site"] for row in ask(client, site="hill").json()["items"]} == {"hill"}
    assert {row["site"] for row in ask(client, **{"from": DAWN.isoformat()}).json()["items"]} == {"pond"}
    assert ask(client, taxon=CRICKET.code).json() == {"items": [], "next": None}
    assert ask(client, **{"class": "insecta"}).json()["items"] == []


def test_tables_come_in_pages_too(client: httpx.Client) -> None:
    rows = ask(client, limit=3).json()["items"]
    table = ask(client, limit=3, format="csv")
    assert 'rel="next"' in table.headers["Link"]
    assert [float(row["confidence"]) for row in csv.DictReader(io.StringIO(table.text))] == [
        row["confidence"] for row in rows
    ]
    lines = ask(client, limit=3, format="ndjson").text.splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_what_has_no_such_order_is_refused(client: httpx.Client) -> None:
    problem = problem_of(client.get("/v1/detections", params={"order": "confidence"}), 422, "invalid-request")
    assert "taxon=" in problem["detail"]
    problem_of(client.get("/v1/detections", params={"order": "name"}), 422, "invalid-request")
    problem_of(client.get("/v1/detections", params=TAXON | {"format": "raven"}), 422, "invalid-request")
    by_time = write_cursor(DAWN.isoformat(), 1)
    problem_of(client.get("/v1/detections", params=TAXON | {"cursor": by_time}), 422, "invalid-request")
