"""Filters of the list of recordings: by a part of a name, by result, by what was detected."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import FROG, ROBIN, WREN, MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi, StartedApi, run_api
from tests.servers.postgres import PostgresServer

NAMES = (
    ("Dawn_01.wav", "north-marsh"),
    ("100%.wav", "Café"),
    ("a\\b_c.wav", "Übersee ẞ"),
    ("cafe\u0301.wav", None),  # as macOS writes it
    ("plain.wav", "ΣΊΣΥΦΟΣ"),
    ("last.wav", "north-marsh"),
)


@pytest.fixture(scope="module")
def station(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[StartedApi, Database, list[dict[str, Any]]]]:
    """A service with six recordings: two succeeded, one is partial, one failed, one cancelled, and one waits."""
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store, segment_s=10, request_burst=100_000) as api:
        worker = MadeUpWorker(database)
        answers = []
        for seed, (name, site) in enumerate(NAMES):
            fields = {"site": site} if site else {}
            answers.append(upload(api.client, wav_bytes(seed=seed), name, **fields))
        ids = [answer["analyses"][0]["id"] for answer in answers]
        worker.finish(answers[0])
        worker.finish(answers[1])
        worker.save(ids[2], 0)
        worker.fail(ids[2], 1)
        worker.fail(ids[3], 0)
        worker.fail(ids[3], 1)
        api.client.post(answers[4]["analyses"][0]["links"]["cancel"])
        yield api, database, answers
    postgres_server.drop_database(url)


@pytest.fixture
def client(station: tuple[StartedApi, Database, list[dict[str, Any]]]) -> httpx.Client:
    return station[0].client


def found(client: httpx.Client, **query: Any) -> list[int]:
    """Return which recordings a query finds, by their place in `NAMES`."""
    response = client.get("/v1/recordings", params=query)
    assert response.status_code == 200, response.text
    names = [name for name, _ in NAMES]
    return [names.index(item["filename"]) for item in response.json()["items"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("marsh", [5, 0]),
        ("MARSH", [5, 0]),
        ("dawn", [0]),
        ("%", [1]),
        ("_", [2, 0]),
        ("\\", [2]),
        ("\\b", [2]),
        ("%%", []),
        ("CAFÉ", [3, 1]),
        ("cafe\u0301", [3, 1]),
        ("cafe", [3]),
        ("übersee ss", [2]),
        ("σίσυφοσ", [4]),
        (".wav", [5, 4, 3, 2, 1, 0]),
        ("", [5, 4, 3, 2, 1, 0]),
        ("' OR 1=1 --", []),
        ("north-marsh.wav", []),
    ],
)
def test_a_part_of_a_name_is_found_as_it_is_in_any_case(client: httpx.Client, text: str, expected: list[int]) -> None:
    assert found(client, q=text) == expected


@pytest.mark.parametrize(
    ("result", "expected"), [("succeeded", [1, 0]), ("partial", [2]), ("failed", [3]), ("cancelled", [4])]
)
def test_by_result(client: httpx.Client, result: str, expected: list[int]) -> None:
    assert found(client, result=result) == expected
    assert found(client, result=result, state="finished") == expected
    assert found(client, result=result, state="queued") == []


def detections(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/detections", params={"pack": "any"}).json()["items"]
    return items


@pytest.mark.parametrize("bound", [None, 0.0, 0.5, 0.8, 0.95, 1.0])
def test_by_taxon_and_confidence_as_in_the_list_of_detections(client: httpx.Client, bound: float | None) -> None:
    names = [name for name, _ in NAMES]
    confidence = {} if bound is None else {"min_confidence": bound}
    rows = [row for row in detections(client) if row["confidence"] >= (bound or 0)]
    for taxon in (ROBIN, WREN, FROG):
        expected = {names.index(row["file"]) for row in rows if row["code"] == taxon.code}
        for name in (taxon.code, taxon.scientific_name, taxon.scientific_name.upper(), taxon.common_name):
            assert found(client, taxon=name, **confidence) == sorted(expected, reverse=True), (name, bound)
    if bound is not None:
        assert found(client, **confidence) == sorted({names.index(row["file"]) for row in rows}, reverse=True)
    several = found(client, taxon=[ROBIN.code, FROG.code], **confidence)
    assert several == sorted(
        {names.index(row["file"]) for row in rows if row["code"] in (ROBIN.code, FROG.code)}, reverse=True
    )


def test_only_what_counts_is_found(client: httpx.Client, station: tuple[StartedApi, Database, Any]) -> None:
    database = station[1]
    before = found(client, taxon=ROBIN.code)
    assert before
    assert before != found(client)
    with database.transaction() as connection:
        connection.execute("DELETE FROM current_analyses")
        kept = connection.execute("SELECT count(*) AS n FROM detections").fetchone()
        assert kept is not None
        assert kept["n"] > 0
    try:
        assert found(client, taxon=ROBIN.code) == []
        assert found(client, min_confidence=0.1) == []
    finally:
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO current_analyses (recording_id, pack_name, analysis_id, finished_at) SELECT recording_id, "
                "pack_name, id, finished_at FROM analyses WHERE result IN ('succeeded', 'partial')"
            )
    assert found(client, taxon=ROBIN.code) == before


def test_filters_narrow_each_other_and_pages_go_on(client: httpx.Client) -> None:
    assert found(client, q="wav", site="north-marsh", result="succeeded", taxon=ROBIN.code) == [0]
    assert found(client, q="last", result="succeeded") == []
    for query in ({"q": ".wav"}, {"taxon": ROBIN.code}, {"min_confidence": "0.1"}, {"result": "succeeded"}):
        whole, paged, cursor = found(client, **query), [], None
        while True:
            params = {**query, "limit": "1"} | ({"cursor": cursor} if cursor else {})
            page = client.get("/v1/recordings", params=params).json()
            paged += [NAMES.index((item["filename"], item["site"])) for item in page["items"]]
            cursor = page["next"]
            if cursor is None:
                break
        assert paged == whole
    link = client.get("/v1/recordings", params={"q": "%", "limit": 1, "taxon": ROBIN.code}).headers.get("link", "")
    following = client.get("/v1/recordings", params={"q": ".wav", "limit": 1}).links["next"]["url"]
    assert "q=.wav" in following
    assert link == ""
    assert client.head("/v1/recordings", params={"q": "marsh"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"result": "done"}, "result"),
        ({"result": ""}, "result"),
        ({"taxon": "nobody"}, "taxon"),
        ({"taxon": ""}, "taxon.0"),
        ({"taxon": "nul\0"}, "taxon.0"),
        ({"min_confidence": "1.1"}, "min_confidence"),
        ({"min_confidence": "-0.1"}, "min_confidence"),
        ({"min_confidence": "nan"}, "min_confidence"),
        ({"min_confidence": "sure"}, "min_confidence"),
        ({"q": "x" * 201}, "q"),
        ({"q": "nul\0"}, "q"),
        ({"query": "marsh"}, "query"),
    ],
)
def test_a_wrong_filter_is_named(client: httpx.Client, query: dict[str, str], field: str) -> None:
    problem = problem_of(client.get("/v1/recordings", params=query), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_the_smallest_bound_is_no_error(client: httpx.Client) -> None:
    assert found(client, min_confidence="1e-60") == found(client, min_confidence="0")


def test_a_key_to_upload_learns_of_bytes_but_not_of_what_was_detected(start_api: StartApi, database: Database) -> None:
    client = start_api(key_cache_s=0).client
    MadeUpWorker(database)
    sha256 = upload(client)["sha256"]
    headers = {"Authorization": f"Bearer {create_key(database, 'sender', ['upload'])[1]}"}
    assert client.get("/v1/recordings", params={"sha256": sha256}, headers=headers).status_code == 200
    for more in ({"taxon": ROBIN.code}, {"min_confidence": "0.5"}):
        response = client.get("/v1/recordings", params={"sha256": sha256, **more}, headers=headers)
        problem_of(response, 403, "forbidden")
