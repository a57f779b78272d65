import json
import threading
from collections.abc import Iterator
from typing import Any

import fastapi.sse
import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import MadeUpWorker, upload
from tests.servers.api import StartApi

NOBODY = "0193d0c8-0000-7000-8000-000000000000"


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings into segments of 10 s."""
    return start_api(segment_s=10).client


def analysis_of(client: httpx.Client, answer: dict[str, Any]) -> dict[str, Any]:
    analysis: dict[str, Any] = client.get(answer["analyses"][-1]["links"]["self"]).json()
    return analysis


def test_an_analysis_goes_from_queued_to_succeeded(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    queued = analysis_of(client, answer)
    assert (queued["state"], queued["segments_done"], queued["segments_total"]) == ("queued", 0, 2)
    worker.save(queued["id"], 0)
    running = analysis_of(client, answer)
    assert (running["state"], running["result"], running["terminal"]) == ("running", None, False)
    assert (running["segments_done"], running["analyzed_s"], running["duration_s"]) == (1, 10.0, 20.0)
    worker.save(queued["id"], 1)
    finished = analysis_of(client, answer)
    assert (finished["state"], finished["result"], finished["terminal"]) == ("finished", "succeeded", True)
    assert (finished["analyzed_s"], finished["failed_s"], finished["retryable"]) == (20.0, 0.0, False)
    assert finished["pack"] == {
        "name": "birdnet",
        "version": "2.4.0",
        "license": "CC-BY-NC-SA-4.0",
        "attribution": "Cornell and Chemnitz",
    }
    assert finished["provider"] == "CPUExecutionProvider"


def test_a_failed_segment_has_its_reason_and_can_be_retried(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    analysis = analysis_of(client, answer)
    worker.save(analysis["id"], 0)
    worker.fail(analysis["id"], 1, "the decoder crashed (signal 11)")
    partial = analysis_of(client, answer)
    assert (partial["result"], partial["retryable"], partial["failed_s"]) == ("partial", True, 10.0)
    (failure,) = partial["failures"]
    assert (failure["segment"], failure["start_s"], failure["end_s"]) == (1, 10.0, 20.0)
    assert "signal 11" in failure["reason"]

    retried = client.post(f"{analysis['links']['self']}/retry")
    assert (retried.status_code, retried.json()["state"], retried.json()["segments_done"]) == (202, "running", 1)
    worker.save(analysis["id"], 1)
    assert analysis_of(client, answer)["result"] == "succeeded"
    problem_of(client.post(f"{analysis['links']['self']}/retry"), 409, "conflict")


def test_a_cancelled_analysis_keeps_what_is_done(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    analysis = analysis_of(client, answer)
    worker.save(analysis["id"], 0)
    cancelled = client.post(f"{analysis['links']['self']}/cancel")
    assert cancelled.status_code == 200
    assert (cancelled.json()["result"], cancelled.json()["analyzed_s"]) == ("cancelled", 10.0)
    problem_of(client.post(f"{analysis['links']['self']}/cancel"), 409, "conflict")


def test_a_recording_can_be_analyzed_again_with_other_settings(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    body = {"onset_threshold": 0.35, "min_gap_s": 5, "priority": "bulk"}
    response = client.post(answer["links"]["analyses"], json=body)
    assert response.status_code == 202, response.text
    second = response.json()
    assert response.headers["location"] == second["links"]["self"]
    assert second["priority"] == "bulk"
    assert second["settings"]["event_rule"] == {"onset_threshold": 0.35, "min_gap_s": 5.0}
    recording = client.get(answer["links"]["self"]).json()
    assert [analysis["id"] for analysis in recording["analyses"]] == [answer["analyses"][0]["id"], second["id"]]
    assert client.post(answer["links"]["analyses"]).status_code == 202, "a body is not needed"
    assert worker.start(second["id"]).settings.event_rule is not None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"onset_treshold": 0.5}, "onset_treshold"),
        ({"onset_threshold": 1.5}, "onset_threshold"),
        ({"onset_threshold": 0.2, "offset_threshold": 0.4}, "body"),
        ({"min_gap_s": -1}, "min_gap_s"),
    ],
)
def test_a_wrong_setting_is_named(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    problem = problem_of(client.post(upload(client)["links"]["analyses"], json=body), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("resource", ["", "/events", "/timeline", "/detections"])
def test_an_unknown_analysis_is_not_found(client: httpx.Client, resource: str) -> None:
    problem_of(client.get(f"/v1/analyses/{NOBODY}{resource}"), 404, "not-found")


@pytest.mark.parametrize("url", [f"/v1/analyses/{NOBODY}/cancel", f"/v1/recordings/{NOBODY}/analyses"])
def test_posts_to_unknown_ids_are_not_found(client: httpx.Client, url: str) -> None:
    problem_of(client.post(url), 404, "not-found")


Event = tuple[str, int, dict[str, Any]]


def events_in(lines: Iterator[str]) -> Iterator[Event]:
    """Read server-sent events as a browser does: name, id, data."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif "data" in fields:
            yield fields["event"], int(fields["id"]), json.loads(fields["data"])
            fields = {}


def test_events_report_every_step_and_end_with_the_last(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = analysis_of(client, upload(client))
    with client.stream("GET", analysis["links"]["events"]) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = events_in(response.iter_lines())
        seen = [next(events)]
        threading.Thread(target=worker.save_all, args=[analysis]).start()
        seen += list(events)
    names, ids, states = zip(*((name, number, data["state"]) for name, number, data in seen), strict=True)
    assert names == ("progress",) * (len(seen) - 1) + ("finished",)
    assert list(ids) == sorted(set(ids)), "ids grow"
    assert states[0] == "queued"
    assert seen[-1][2] == client.get(analysis["links"]["self"]).json(), "polling returns the same"


def test_a_broken_stream_is_resumed(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = analysis_of(client, upload(client))
    with client.stream("GET", analysis["links"]["events"]) as response:
        _, last_id, _ = next(events_in(response.iter_lines()))
    headers = {"Last-Event-ID": str(last_id)}
    with client.stream("GET", analysis["links"]["events"], headers=headers) as response:
        threading.Timer(0.5, worker.save_all, args=[analysis]).start()
        seen = list(events_in(response.iter_lines()))
    assert all(number > last_id for _, number, _ in seen)
    assert seen[-1][0] == "finished"


def test_the_events_of_a_finished_analysis_are_its_end(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    worker.finish(answer)
    with client.stream("GET", answer["analyses"][0]["links"]["events"]) as response:
        seen = list(events_in(response.iter_lines()))
    assert [name for name, _, _ in seen] == ["finished"]


def test_a_stream_ends_when_its_analysis_is_removed(client: httpx.Client) -> None:
    answer = upload(client)
    with client.stream("GET", answer["analyses"][0]["links"]["events"]) as response:
        events = events_in(response.iter_lines())
        next(events)
        client.delete(answer["links"]["self"])
        assert list(events) == []


def test_a_silent_stream_is_kept_alive_by_comments(
    client: httpx.Client, worker: MadeUpWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fastapi.sse._PING_INTERVAL == 15
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
    answer = upload(client)
    with client.stream("GET", answer["analyses"][0]["links"]["events"]) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith(":"))
        worker.finish(answer)
        assert any(line == "event: finished" for line in lines)


def test_many_followers_hold_no_connection_of_the_database(
    client: httpx.Client, worker: MadeUpWorker, database: Database
) -> None:
    answer = upload(client)
    url = answer["analyses"][0]["links"]["events"]
    followers = [httpx.Client(base_url=client.base_url, timeout=60) for _ in range(40)]
    responses = [follower.send(follower.build_request("GET", url), stream=True) for follower in followers]
    assert database.stats()["pool_size"] <= 8
    assert client.get("/v1/recordings").status_code == 200
    worker.finish(answer)
    for response, follower in zip(responses, followers, strict=True):
        assert [name for name, _, _ in events_in(response.iter_lines())][-1] == "finished"
        follower.close()
