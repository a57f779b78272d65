"""Lanes over HTTP: their layout, of analyses in every state, and what is refused."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from dawn_chorus.adapters.postgres.analyses import retry_analysis
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import ROBIN, WREN, MadeUpWorker, upload, wav_bytes
from tests.lane_reading import cut_lanes, read_lanes
from tests.servers.api import StartApi, StartedApi
from tests.servers.long_timeline import end_partial, post_long


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings into segments of 10 s."""
    return start_api(segment_s=10).client


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


@pytest.fixture
def links(client: httpx.Client, worker: MadeUpWorker) -> dict[str, str]:
    """A finished analysis of 30 s in three segments; in each a robin sings at 2 s to 4 s."""
    answer = upload(client, wav_bytes(30.0))
    worker.finish(answer)
    found: dict[str, str] = answer["analyses"][0]["links"]
    return found


def header_of(client: httpx.Client, links: dict[str, str], **wanted: Any) -> dict[str, Any]:
    return read_lanes(client.get(links["lanes"], params=wanted).content)[0]


def test_a_header_is_followed_by_a_row_of_windows_a_taxon(client: httpx.Client, links: dict[str, str]) -> None:
    response = client.get(links["lanes"])
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-length"] == str(len(response.content))
    header, rows = read_lanes(response.content)
    taxa = header.pop("taxa")
    assert header == {
        "first": 0, "n": 6, "step_s": 5.0, "kind": "windows", "end_s": 30.0, "runs": [[0, 6]], "lost": [],
    }  # fmt: skip
    assert [(taxon["code"], taxon["common_name"]) for taxon in taxa] == [
        (ROBIN.code, ROBIN.common_name),
        (WREN.code, WREN.common_name),
    ]
    assert taxa[0]["scientific_name"] == ROBIN.scientific_name
    assert taxa[0]["peak"] == pytest.approx(0.9)
    assert taxa[0]["rule"] == {"onset_threshold": 0.5, "offset_threshold": 0.3, "min_event_s": 0.0, "min_gap_s": 0.5}
    assert rows == [[58982, 0, 58982, 0, 58982, 0], [13107] * 6]


def test_frames_give_the_events_that_the_service_found(client: httpx.Client, links: dict[str, str]) -> None:
    answer = client.get(links["lanes"], params={"frames": True}).content
    header, rows = read_lanes(answer)
    assert (header["kind"], header["step_s"], header["n"]) == ("frames", 0.5, 60)
    assert rows[0][2:10] == [0, 0, *[58982] * 4, 0, 0]
    items = client.get(links["detections"]).json()["items"]
    assert [(code, (onset_s, offset_s)) for code, (onset_s, offset_s, _) in cut_lanes(answer)] == [
        (row["code"], (row["onset_s"], row["offset_s"])) for row in items
    ]


SPANS: list[tuple[dict[str, float], int, int, list[list[int]]]] = [
    ({"from_s": 10}, 2, 4, [[2, 4]]),
    ({"to_s": 10}, 0, 2, [[0, 2]]),
    ({"from_s": 9.9, "to_s": 10.1}, 1, 2, [[1, 2]]),
    ({"from_s": 11, "to_s": 12}, 2, 1, [[2, 1]]),
    ({"from_s": 0, "to_s": 1e300}, 0, 6, [[0, 6]]),
    ({"from_s": 30}, 6, 0, []),
    ({"from_s": 1e300}, 6, 0, []),
]


def test_a_span_has_the_windows_that_overlap_it(client: httpx.Client, links: dict[str, str]) -> None:
    for span, first, n, runs in SPANS:
        header, rows = read_lanes(client.get(links["lanes"], params=span).content)
        assert (header["first"], header["n"], header["runs"]) == (first, n, runs)
        assert rows[0] == [58982, 0, 58982, 0, 58982, 0][first : first + n]
        assert len(header["taxa"]) == len(rows) == 2
        assert header["end_s"] == 30.0


def test_a_running_analysis_shows_what_is_done(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = upload(client, wav_bytes(30.0))["analyses"][0]
    response = client.get(analysis["links"]["lanes"])
    assert read_lanes(response.content) == (
        {
            "taxa": [], "first": 0, "n": 0, "step_s": None, "kind": "windows", "end_s": 30.0, "runs": [], "lost": [],
        },
        [],
    )  # fmt: skip
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers
    worker.save(analysis["id"], 1)
    header, rows = read_lanes(client.get(analysis["links"]["lanes"]).content)
    assert (header["n"], header["runs"], header["lost"]) == (6, [[2, 2]], [])
    assert rows[0] == [0, 0, 58982, 0, 0, 0]


def test_what_failed_is_a_gap_with_its_reason(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = upload(client, wav_bytes(30.0))["analyses"][0]
    worker.save(analysis["id"], 0)
    worker.fail(analysis["id"], 1)
    worker.save(analysis["id"], 2)
    header = header_of(client, analysis["links"])
    assert header["runs"] == [[0, 2], [4, 2]]
    assert header["lost"] == [{"start_s": 10.0, "end_s": 20.0, "reason": "the decoder crashed (signal 11)"}]
    assert header_of(client, analysis["links"], to_s=10)["lost"] == []


def test_an_analysis_that_failed_or_was_cancelled_has_its_reason_alone(
    client: httpx.Client, worker: MadeUpWorker
) -> None:
    failed = upload(client, wav_bytes(10.0, seed=1))["analyses"][0]
    worker.fail(failed["id"], 0)
    header = header_of(client, failed["links"], frames=True)
    assert (header["taxa"], header["n"], header["kind"]) == ([], 0, "windows")
    assert [stretch["end_s"] for stretch in header["lost"]] == [10.0]
    cancelled = upload(client, wav_bytes(30.0, seed=2))["analyses"][0]
    worker.save(cancelled["id"], 0)
    client.post(cancelled["links"]["cancel"])
    header = header_of(client, cancelled["links"])
    assert header["runs"] == [[0, 2]]
    assert [(each["start_s"], each["end_s"], "cancel" in each["reason"]) for each in header["lost"]] == [
        (10.0, 30.0, True)
    ]


def test_a_finished_analysis_is_asked_for_once(client: httpx.Client, worker: MadeUpWorker, database: Database) -> None:
    analysis = upload(client)["analyses"][0]
    worker.save(analysis["id"], 0)
    worker.fail(analysis["id"], 1)
    first = client.get(analysis["links"]["lanes"])
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = client.get(analysis["links"]["lanes"], headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    retry_analysis(database, UUID(analysis["id"]))
    worker.save(analysis["id"], 1)
    new = client.get(analysis["links"]["lanes"], headers={"If-None-Match": first.headers["etag"]})
    assert new.status_code == 200
    assert read_lanes(new.content)[0]["runs"] == [[0, 4]]


def test_only_the_taxa_that_are_named_have_a_row(client: httpx.Client, links: dict[str, str]) -> None:
    for name in (WREN.code, WREN.scientific_name.upper(), WREN.common_name):
        assert [taxon["code"] for taxon in header_of(client, links, taxon=name)["taxa"]] == [WREN.code]
    problem = problem_of(client.get(links["lanes"], params={"taxon": "nobody"}), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == ["taxon"]


REFUSED = [
    ("from_s=-1", "from_s"),
    ("from_s=nan", "from_s"),
    ("from_s=inf", "from_s"),
    ("to_s=NaN", "to_s"),
    ("to_s=0", "to_s"),
    ("from_s=5&to_s=5", "to_s"),
    ("from_s=6&to_s=5", "to_s"),
    ("from_s=soon", "from_s"),
    ("frames=perhaps", "frames"),
    ("form_s=1", "form_s"),
]


def test_a_span_that_is_none_is_refused(client: httpx.Client, links: dict[str, str]) -> None:
    for query, field in REFUSED:
        problem = problem_of(client.get(f"{links['lanes']}?{query}"), 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == [field]


def test_an_unknown_analysis_is_not_found(client: httpx.Client) -> None:
    problem_of(client.get(f"/v1/analyses/{uuid4()}/lanes"), 404, "not-found")
    problem_of(client.get("/v1/analyses/1/lanes"), 404, "not-found")


def test_keys_are_asked_for(start_api: StartApi, database: Database) -> None:
    keys = {scope: create_key(database, scope, [scope])[1] for scope in ("read", "upload")}
    client = start_api().client
    url = f"/v1/analyses/{uuid4()}/lanes"
    problem_of(client.get(url), 401, "unauthenticated")
    for scope, status in (("upload", 403), ("read", 404)):
        assert client.get(url, headers={"Authorization": f"Bearer {keys[scope]}"}).status_code == status


class TestLong:
    """Three hours of twelve taxa: more than is sent at once."""

    @pytest.fixture
    def url(self, database: Database) -> str:
        recording = post_long(database, 3.0, 12)
        end_partial(database, recording, 12)
        return f"/v1/analyses/{recording.analyses[0].id}/lanes"

    def test_frames_come_for_an_hour_at_most(self, api: StartedApi, url: str) -> None:
        for span in ({}, {"to_s": 3600.5}, {"from_s": 10, "to_s": 3611}, {"from_s": 7000}):
            problem = problem_of(api.client.get(url, params={"frames": True, **span}), 422, "invalid-request")
            assert [error["field"] for error in problem["errors"]] == ["to_s"]
            assert "3600 s" in problem["detail"]
            assert api.client.get(url, params=span).status_code == 200
        for span in ({"to_s": 3600}, {"from_s": 7200}, {"from_s": 7200, "to_s": 1e9}, {"from_s": 1e9}):
            assert api.client.get(url, params={"frames": True, **span}).status_code == 200
