"""One stream for all that changes, whichever process changes it."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key, list_keys, revoke_key
from dawn_chorus.adapters.postgres.changes import delete_old_changes
from dawn_chorus.adapters.postgres.corrections import correct_recording
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.domain.ports import AudioStore
from tests.integration.api_checks import problem_of, row_count, wait_until
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi, read_metrics, run_api

EVENTS = "/v1/events"
STREAMS = "\nchorus_api_event_streams {}.0\n"
Event = tuple[str, dict[str, Any]]


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings into segments of 10 s."""
    return start_api(segment_s=10).client


def events_in(response: httpx.Response) -> Iterator[Event]:
    name, data = "", ""
    for line in response.iter_lines():
        field, _, value = line.partition(": ")
        assert field in ("event", "data", "retry", "", ":"), f"no ids: {line}"
        if field == "event":
            name = value
        elif field == "data":
            data = value
        elif not line and name:
            yield name, json.loads(data)
            name = ""


@contextmanager
def following(client: httpx.Client, **headers: str) -> Iterator[Iterator[Event]]:
    with client.stream("GET", EVENTS, headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events_in(response)


def until(events: Iterator[Event], name: str, thing: str) -> list[Event]:
    """Return the events up to the first of this name of this thing."""
    seen: list[Event] = []
    for event in events:
        seen.append(event)
        if event[0] == name and event[1]["id"] == thing:
            return seen
    raise AssertionError(f"the stream ended without {name} {thing}: {seen}")


def test_a_recording_is_told_of_from_upload_to_removal(
    client: httpx.Client, worker: MadeUpWorker, database: Database
) -> None:
    with following(client) as events:
        answer = upload(client)
        recording, analysis = answer["id"], answer["analyses"][0]
        (*_, (_, told)) = until(events, "recording", recording)
        assert told == client.get(answer["links"]["self"]).json()
        worker.save(analysis["id"], 0)
        (*_, (_, told)) = until(events, "progress", analysis["id"])
        worker.save(analysis["id"], 1)
        (*_, (_, told)) = until(events, "finished", analysis["id"])
        assert told == client.get(analysis["links"]["self"]).json()
        correct_recording(database, answer_id(answer), {"site": "marsh"})
        (*_, (_, told)) = until(events, "recording", recording)
        assert told["site"] == "marsh"
        assert client.delete(answer["links"]["self"]).status_code == 204
        (*_, (_, told)) = until(events, "deleted", recording)
        assert told == {"id": recording}


def answer_id(answer: dict[str, Any]) -> UUID:
    return UUID(answer["id"])


def test_first_comes_all_that_is_unfinished(client: httpx.Client, worker: MadeUpWorker) -> None:
    answers = [upload(client, wav_bytes(seed=seed)) for seed in range(4)]
    worker.finish(answers[0])
    worker.save(answers[1]["analyses"][0]["id"], 0)
    with following(client) as events:
        seen = [next(events) for _ in range(3)]
    assert [name for name, _ in seen] == ["progress"] * 3
    assert [each["id"] for _, each in seen] == [answer["analyses"][0]["id"] for answer in answers[1:]]
    assert [(each["state"], each["segments_done"]) for _, each in seen] == [
        ("running", 1),
        ("queued", 0),
        ("queued", 0),
    ]
    assert seen[0][1] == client.get(answers[1]["analyses"][0]["links"]["self"]).json()


def test_what_begins_and_ends_between_two_looks_is_told(
    client: httpx.Client, worker: MadeUpWorker, start_api: StartApi, database: Database
) -> None:
    other = start_api(segment_s=10).client
    with following(client) as events, following(other) as elsewhere:
        finished: list[dict[str, Any]] = []
        gone: list[dict[str, Any]] = []
        for seed in range(12):
            answer = upload(other, wav_bytes(1.0, seed=seed))
            worker.save(answer["analyses"][0]["id"], 0)
            (gone if seed % 2 else finished).append(answer)
            if seed % 2:
                delete_recording(database, answer_id(answer))
        end = upload(client, wav_bytes(1.0, seed=99))
        delete_recording(database, answer_id(end))
        for stream in (events, elsewhere):
            seen = until(stream, "deleted", end["id"])
            ended = [each["id"] for name, each in seen if name == "finished"]
            assert {answer["analyses"][0]["id"] for answer in finished} <= set(ended)
            assert len(ended) == len(set(ended))
            deleted = [each["id"] for name, each in seen if name == "deleted"]
            assert sorted(deleted) == sorted(answer["id"] for answer in [*gone, end])


def test_progress_comes_once_a_second_at_most_and_the_end_follows(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client, wav_bytes(300.0, rate_hz=1000))
    analysis = answer["analyses"][0]
    assert analysis["segments_total"] == 30
    with following(client) as events, ThreadPoolExecutor(1) as pool:
        next(events)
        pool.submit(worker.save_all, analysis)
        seen = until(events, "finished", analysis["id"])
        working = client.get(analysis["links"]["self"]).json()
    steps = [each["segments_done"] for name, each in seen if name == "progress"]
    assert steps == sorted(set(steps))
    assert len(steps) < 30, "not one for each segment"
    assert seen[-1][1] == working


def test_a_change_that_is_committed_late_is_told(client: httpx.Client, database: Database) -> None:
    late = upload(client)
    with following(client) as events, database.transaction() as connection:
        until(events, "progress", late["analyses"][0]["id"])
        connection.execute("UPDATE recordings SET site = 'late' WHERE id = %s", (late["id"],))
        for seed in (1, 2, 3):  # several looks see younger transactions first
            between = upload(client, wav_bytes(seed=seed))
            assert "late" not in [each.get("site") for _, each in until(events, "recording", between["id"])]
        connection.commit()
        (*_, (_, told)) = until(events, "recording", late["id"])
        assert told["site"] == "late"


def test_cancelled_retried_and_begun_again(client: httpx.Client) -> None:
    answer = upload(client)
    analysis = answer["analyses"][0]
    with following(client) as events:
        client.post(analysis["links"]["cancel"])
        assert until(events, "finished", analysis["id"])[-1][1]["result"] == "cancelled"
        client.post(analysis["links"]["retry"])
        assert until(events, "progress", analysis["id"])[-1][1]["state"] == "running"
        another = client.post(answer["links"]["analyses"], json={"floor": 0.2}).json()
        assert until(events, "progress", another["id"])[-1][1]["state"] == "queued"


def test_a_look_is_made_for_all_streams_together(
    client: httpx.Client, worker: MadeUpWorker, database: Database
) -> None:
    answer = upload(client)
    followers = [httpx.Client(base_url=client.base_url, timeout=60) for _ in range(30)]
    responses = [follower.send(follower.build_request("GET", EVENTS), stream=True) for follower in followers]
    assert "chorus_api_event_streams 30.0" in read_metrics()
    assert database.stats()["pool_size"] <= 8
    worker.finish(answer)
    for response, follower in zip(responses, followers, strict=True):
        until(events_in(response), "finished", answer["analyses"][0]["id"])
        follower.close()


def test_head_answers_at_once_and_leaves_no_stream(client: httpx.Client) -> None:
    head = client.head(EVENTS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")
    wait_until(lambda: "chorus_api_event_streams 0.0" in read_metrics())


def test_the_stream_takes_a_key_to_read_or_a_session_and_ends_with_it(
    start_api: StartApi, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("event_stream", "progress_stream"):
        monkeypatch.setattr(f"dawn_chorus.api.routes.results.{module}.ADMIT_EVERY_S", 0.1)
    client = start_api(key_cache_s=0).client
    _, secret = create_key(database, "page", ["read"])
    send = {"Authorization": f"Bearer {create_key(database, 'sender', ['upload'])[1]}"}
    problem_of(client.get(EVENTS), 401, "unauthenticated")
    problem_of(client.get(EVENTS, headers=send), 403, "forbidden")
    session = client.post("/v1/session", json={"key": secret}).headers["set-cookie"].partition(";")[0]
    client.cookies.clear()
    for headers in ({"Authorization": f"Bearer {secret}"}, {"Cookie": session}):
        with following(client, **headers) as events:
            files = {"file": ("dawn.wav", wav_bytes(seed=len(session + str(headers))))}
            answer = client.post("/v1/recordings", files=files, headers=send).json()
            until(events, "recording", answer["id"])
    of_one = answer["analyses"][0]["links"]["events"]
    cookie = {"Cookie": session}
    with following(client, **cookie) as events, client.stream("GET", of_one, headers=cookie) as progress:
        assert progress.status_code == 200
        revoke_key(database, list_keys(database)[0].id)
        assert "event: progress" in progress.read().decode(), "it ends"
        assert [name for name, _ in events if name == "deleted"] == [], "it ends"
    problem_of(client.get(EVENTS, headers={"Cookie": session}), 401, "unauthenticated")


def test_a_stream_that_has_missed_too_much_ends(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dawn_chorus.adapters.postgres.changes.KEPT", timedelta(0))
    with following(client) as events:
        assert list(events) == []


def test_a_client_that_does_not_read_is_cut_off_and_holds_up_nobody(
    start_api: StartApi, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.api.changes.feed.MOST_WAITING_BYTES", 2**21)
    api = start_api()
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, "
            "channels) SELECT repeat('n', 20000), i, 1, lpad(i::text, 64, '0'), 'wav', 1, 1, 1 "
            "FROM generate_series(1, 200) AS i"
        )
    with socket.socket() as deaf, following(api.client) as events:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(30)
        deaf.connect(("127.0.0.1", api.port))
        deaf.sendall(b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: STREAMS.format(2) in read_metrics())
        for number in range(4):
            with database.transaction() as connection:
                connection.execute("UPDATE recordings SET site = %s", (f"site {number}",))
            told = [next(events)[1] for _ in range(200)]
            assert {each["site"] for each in told} == {f"site {number}"}
        read = b""
        while not read.endswith(b"\r\n0\r\n\r\n"):
            read = read[-20:] + deaf.recv(2**20)
        wait_until(lambda: STREAMS.format(1) in read_metrics())


def read_to_the_end(url: str) -> bool:
    with suppress(httpx.RemoteProtocolError), httpx.stream("GET", url, timeout=60) as stream:
        stream.read()
    return True


def test_streams_end_when_the_service_stops(database: Database, store: AudioStore) -> None:
    with ThreadPoolExecutor(3) as pool:
        with run_api(database, store) as api:
            ends = [pool.submit(read_to_the_end, f"{api.url}{EVENTS}") for _ in range(3)]
            wait_until(lambda: STREAMS.format(3) in read_metrics())
        assert [end.result(timeout=30) for end in ends] == [True] * 3


def test_silence_is_kept_alive_by_comments(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.05)
    with client.stream("GET", EVENTS) as response:
        assert next(response.iter_lines()).startswith(":")


def test_notes_of_changes_are_kept_for_an_hour(client: httpx.Client, database: Database) -> None:
    upload(client)
    assert delete_old_changes(database) == 0
    noted = row_count(database, "changes")
    assert noted == 2
    with database.transaction() as connection:
        connection.execute("UPDATE changes SET at = at - interval '61 minutes'")
    assert delete_old_changes(database) == noted
