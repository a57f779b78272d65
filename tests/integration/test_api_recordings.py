import hashlib
import re
from pathlib import Path

import httpx
import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartedApi

NOBODY = "0193d0c8-0000-7000-8000-000000000000"


def test_recordings_are_listed_newest_first_page_by_page(client: httpx.Client) -> None:
    ids = [upload(client, wav_bytes(seed=seed))["id"] for seed in range(5)]
    found, url = [], "/v1/recordings?limit=2"
    while url:
        response = client.get(url)
        found += [item["id"] for item in response.json()["items"]]
        link = re.fullmatch(r'<(.+)>; rel="next"', response.headers.get("link", ""))
        assert (link is None) == (response.json()["next"] is None)
        url = link.group(1) if link else ""
    assert found == ids[::-1]


def test_recordings_are_found_by_site_time_and_state(client: httpx.Client, database: Database) -> None:
    worker = MadeUpWorker(database)
    marsh = upload(client, wav_bytes(seed=1), site="marsh", recorded_at="2025-05-03T04:30:00+02:00")
    hill = upload(client, wav_bytes(seed=2), site="hill", recorded_at="2025-05-04T04:30:00+02:00")
    worker.finish(hill)

    def ids(**wanted: str) -> list[str]:
        return [item["id"] for item in client.get("/v1/recordings", params=wanted).json()["items"]]

    assert ids(site="marsh") == [marsh["id"]]
    assert ids(recorded_after="2025-05-04T00:00:00Z") == [hill["id"]]
    assert ids(recorded_before="2025-05-04T00:00:00Z") == [marsh["id"]]
    assert ids(state="finished") == [hill["id"]]
    assert ids(state="queued") == [marsh["id"]]


def test_a_client_can_ask_for_bytes_before_it_sends_them(client: httpx.Client) -> None:
    content, other = wav_bytes(seed=1), wav_bytes(seed=2)
    sha256 = hashlib.sha256(content).hexdigest()
    assert client.get("/v1/recordings", params={"sha256": sha256}).json() == {"items": [], "next": None}
    ids = [upload(client, content, **fields)["id"] for fields in ({"site": "hill"}, {"site": "marsh"})]
    upload(client, other, site="hill")

    def found(**wanted: str) -> list[str]:
        return [item["id"] for item in client.get("/v1/recordings", params=wanted).json()["items"]]

    assert found(sha256=sha256) == found(sha256=sha256.upper()) == ids[::-1]
    assert found(sha256=sha256, site="hill") == ids[:1], "filters narrow together"
    assert found(sha256=sha256, state="finished") == []
    page = client.get("/v1/recordings", params={"sha256": sha256, "limit": 1})
    assert [item["id"] for item in client.get(page.links["next"]["url"]).json()["items"]] == ids[:1]


@pytest.mark.parametrize(
    "query",
    [
        "sha256=",
        "sha256=abc",
        f"sha256={'g' * 64}",
        f"sha256={'a' * 65}",
        f"sha256={'a' * 64}%0A",
        "limit=0",
        "limit=many",
        "cursor=nonsense",
        "state=done",
        "recorded_after=2025-05-03",
        "sight=marsh",
    ],
)
def test_an_invalid_query_is_refused_and_its_field_named(client: httpx.Client, query: str) -> None:
    problem = problem_of(client.get(f"/v1/recordings?{query}"), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("name", [NOBODY, "nonsense"])
@pytest.mark.parametrize("resource", ["", "/audio"])
def test_an_unknown_recording_is_not_found(client: httpx.Client, name: str, resource: str) -> None:
    problem_of(client.get(f"/v1/recordings/{name}{resource}"), 404, "not-found")


def test_a_removed_recording_leaves_nothing_behind(api: StartedApi, store_dir: Path, database: Database) -> None:
    client = api.client
    answer = upload(client)
    MadeUpWorker(database).finish(answer)
    assert client.delete(answer["links"]["self"]).status_code == 204
    problem_of(client.get(answer["links"]["self"]), 404, "not-found")
    problem_of(client.get(answer["analyses"][0]["links"]["self"]), 404, "not-found")
    problem_of(client.delete(answer["links"]["self"]), 404, "not-found")
    assert stored_files(store_dir) == []
    assert [row_count(database, table) for table in ("recordings", "analyses", "timelines", "detections")] == [0] * 4


class TestAudio:
    @pytest.fixture
    def content(self) -> bytes:
        return wav_bytes(3)

    @pytest.fixture
    def url(self, client: httpx.Client, content: bytes) -> str:
        return str(upload(client, content, "Höhe 3.wav")["links"]["audio"])

    def test_it_is_returned_as_it_was_sent(self, client: httpx.Client, url: str, content: bytes) -> None:
        response = client.get(url)
        assert (response.status_code, response.content) == (200, content)
        assert response.headers["content-type"] == "audio/wav"
        assert response.headers["accept-ranges"] == "bytes"
        assert "H%C3%B6he%203.wav" in response.headers["content-disposition"]

    @pytest.mark.parametrize(
        ("requested", "first", "end"),
        [("bytes=0-99", 0, 100), ("bytes=44-", 44, None), ("bytes=-10", -10, None), ("bytes=40-9999999", 40, None)],
    )
    def test_a_range_can_be_requested(
        self, client: httpx.Client, url: str, content: bytes, requested: str, first: int, end: int | None
    ) -> None:
        response = client.get(url, headers={"Range": requested})
        assert (response.status_code, response.content) == (206, content[first:end])
        start = first % len(content)
        assert response.headers["content-range"] == f"bytes {start}-{start + len(response.content) - 1}/{len(content)}"

    @pytest.mark.parametrize("requested", ["bytes=9999999-", "bytes=-0"])
    def test_a_range_beyond_the_end_is_refused(
        self, client: httpx.Client, url: str, content: bytes, requested: str
    ) -> None:
        response = client.get(url, headers={"Range": requested})
        problem_of(response, 416, "range-not-satisfiable")
        assert response.headers["content-range"] == f"bytes */{len(content)}"

    @pytest.mark.parametrize(
        "requested", ["bytes=5-2", "bytes=0-1,4-5", "seconds=0-1", "bytes=-", f"bytes={'9' * 5000}-"]
    )
    def test_an_invalid_range_is_ignored(self, client: httpx.Client, url: str, content: bytes, requested: str) -> None:
        response = client.get(url, headers={"Range": requested})
        assert (response.status_code, response.content) == (200, content)

    def test_a_player_that_has_it_gets_304(self, client: httpx.Client, url: str) -> None:
        etag = client.get(url).headers["etag"]
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
        same = {"Range": "bytes=0-3", "If-Range": etag}
        assert client.get(url, headers=same).status_code == 206
        assert client.get(url, headers={**same, "If-Range": '"another"'}).status_code == 200

    def test_head_returns_its_size(self, client: httpx.Client, url: str, content: bytes) -> None:
        response = client.head(url)
        assert (response.status_code, response.headers["content-length"]) == (200, str(len(content)))

    def test_bytes_missing_in_the_store_are_not_found(
        self, client: httpx.Client, url: str, store: ObjectAudioStore, database: Database
    ) -> None:
        with database.transaction() as connection:
            row = connection.execute("SELECT store_key FROM recordings").fetchone()
        assert row is not None
        store.delete(row["store_key"])
        problem_of(client.get(url), 404, "not-found")
