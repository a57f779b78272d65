"""`HEAD` is answered wherever `GET` is: the same status and headers, and no body."""

import http.client
import json
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, wait_until
from tests.integration.made_up import ROBIN, MadeUpWorker, review, upload, wav_bytes
from tests.servers.api import StartApi, StartedApi, read_metrics

VARYING = {"x-request-id", "date", "transfer-encoding", "connection"}
UPLOAD = "/v1/uploads/{upload_id}"
QUERIES = {
    "/v1/recordings/{recording_id}/clip": "?start_s=0&end_s=1",
    "/v1/review-queue": f"?taxon={ROBIN.code}",
}


@pytest.fixture
def answer(client: httpx.Client, database: Database) -> dict[str, Any]:
    """An analyzed recording."""
    found = upload(client, site="marsh", recorded_at="2025-05-03T04:30:00+02:00")
    MadeUpWorker(database).finish(found)
    return found


@pytest.fixture
def urls(client: httpx.Client, answer: dict[str, Any]) -> list[str]:
    """The path of every `GET` that the schema names, but the stream without an end."""
    tus = {"Tus-Resumable": "1.0.0", "Upload-Metadata": "filename ZGF3bi53YXY="}
    content = wav_bytes(seed=7)
    more = tus | {"Upload-Length": str(len(content)), "Content-Type": "application/offset+octet-stream"}
    created = client.post("/v1/uploads", headers=more, content=content)
    assert created.status_code == 201, created.text
    ids = {
        "recording_id": answer["id"],
        "analysis_id": answer["analyses"][0]["id"],
        "upload_id": created.headers["location"].rpartition("/")[2],
        "review_id": review(client, answer["id"]),
        "export_id": ready_export(client),
        "code": ROBIN.code,
        "span_s": 4,
        "index": 0,
    }
    paths = client.get("/openapi.json").json()["paths"]
    found = [path.format(**ids) + QUERIES.get(path, "") for path, operations in paths.items() if "get" in operations]
    found.remove("/v1/events")
    return [*found, "/", "/docs", "/openapi.json"]


def ready_export(client: httpx.Client) -> str:
    """Return the id of an export whose file is there."""
    export = client.post("/v1/exports", json={"format": "csv"}).json()
    wait_until(lambda: client.get(export["links"]["self"]).json()["state"] == "ready")
    return str(export["id"])


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in VARYING}


def test_every_get_of_the_schema_takes_head(client: httpx.Client, urls: list[str]) -> None:
    assert len(urls) > 12
    for url in urls:
        by_get, by_head = client.get(url), client.head(url)
        assert (by_head.status_code, by_head.content) == (by_get.status_code, b""), url
        assert by_get.status_code == 200, url
        assert headers_of(by_head) == headers_of(by_get), url


def test_the_schema_names_head_in_a_sentence_and_not_at_every_path(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert "`HEAD` works wherever `GET` does" in document["info"]["description"]
    # But for uploads in parts, which no GET answers.
    assert [path for path, operations in document["paths"].items() if "head" in operations] == [UPLOAD]
    assert "get" not in document["paths"][UPLOAD]


@pytest.mark.parametrize("wanted", ["json", "ndjson", "csv", "raven", "audacity", "birdnet"])
def test_the_length_of_a_table_is_known_without_it(client: httpx.Client, answer: dict[str, Any], wanted: str) -> None:
    url = answer["analyses"][0]["links"]["detections"] + f"?format={wanted}"
    by_get = client.get(url)
    assert client.head(url).headers["content-length"] == str(len(by_get.content))


def test_the_stream_of_a_running_analysis_answers_at_once(client: httpx.Client) -> None:
    links = upload(client)["analyses"][0]["links"]
    response = client.head(links["events"])
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in response.headers
    wait_until(lambda: "\nchorus_api_event_streams 0.0\n" in read_metrics())


def test_nothing_follows_the_headers_on_the_wire(api: StartedApi, urls: list[str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=30)
    for url in urls:
        connection.request("HEAD", url)
        assert connection.getresponse().read() == b""
        # Any byte of a body would be taken for the beginning of the next answer.
        connection.request("GET", "/health/live")
        assert json.loads(connection.getresponse().read()) == {"status": "live"}, url
    connection.close()


def test_a_range_of_the_audio_has_its_length(client: httpx.Client) -> None:
    content = wav_bytes()
    url = upload(client, content)["links"]["audio"]
    whole, part = client.head(url), client.head(url, headers={"Range": "bytes=10-19"})
    assert (whole.status_code, whole.headers["content-length"]) == (200, str(len(content)))
    assert whole.headers["accept-ranges"] == "bytes"
    assert (part.status_code, part.headers["content-length"]) == (206, "10")
    assert part.headers["content-range"] == f"bytes 10-19/{len(content)}"
    assert client.head(url, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert client.head(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/v1/nothing", 404),
        ("/v1/recordings/01980a5e-0000-7000-8000-000000000000", 404),
        ("/v1/analyses/01980a5e-0000-7000-8000-000000000000/events", 404),
        ("/v1/recordings?limit=0", 422),
        ("/v1/detections?format=audacity-birdnet", 422),
    ],
)
def test_an_error_has_its_status_and_no_body(client: httpx.Client, url: str, status: int) -> None:
    by_get, by_head = client.get(url), client.head(url)
    assert (by_head.status_code, by_head.content) == (status, b"")
    assert headers_of(by_head) == headers_of(by_get)


def test_what_only_takes_post_takes_no_head(client: httpx.Client, answer: dict[str, Any]) -> None:
    url = f"/v1/recordings/{answer['id']}/analyses"
    assert client.head(url).status_code == 405
    refused = client.put("/v1/packs")
    problem_of(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET, HEAD"


def test_a_key_is_required_as_for_get(start_api: StartApi) -> None:
    client = start_api(host="0.0.0.0").client  # noqa: S104 - a key is required beyond loopback
    assert client.head("/v1/recordings").status_code == 401
    assert client.head("/health/live").status_code == 200
