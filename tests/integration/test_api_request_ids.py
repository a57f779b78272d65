"""Every response carries the id of its request, and so does every line that is logged for it."""

import io
import json
import re
import socket
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.integration.raw_http import exchange
from tests.servers.api import StartApi, StartedApi, read_metrics

MINE = "field-station-7.2026"
HEAD = b"Host: localhost\r\nX-Request-ID: field-station-7.2026\r\n"


def read_lines(logged_lines: io.StringIO, request_id: str, event: str) -> list[dict[str, Any]]:
    """Return the lines of an event of one request, once there is any."""

    def found() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in logged_lines.getvalue().splitlines()]
        return [line for line in lines if line.get("request_id") == request_id and str(line["event"]).strip() == event]

    wait_until(lambda: bool(found()))
    return found()


def test_an_answer_carries_the_id_that_was_sent(door: StartedApi) -> None:
    for path in ("/health/live", "/", "/openapi.json", "/v1/recordings", "/v1/events"):
        answer = door.client.head(path, headers={"X-Request-ID": MINE})
        assert (path, answer.status_code, answer.headers["x-request-id"]) == (path, 200, MINE)


@pytest.mark.parametrize("sent", ["", "a" * 65, "a b", "a\tb", "{}", "a,b", "\xe4"])
def test_an_id_that_is_not_sane_is_replaced(door: StartedApi, sent: str) -> None:
    answer = door.client.get("/v1/nothing", headers={b"X-Request-ID": sent.encode("latin-1")})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_each_request_on_a_connection_has_an_id_of_its_own(door: StartedApi) -> None:
    assert len({door.client.get("/health/live").headers["x-request-id"] for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (401, b"GET /v1/recordings HTTP/1.1\r\nAuthorization: Bearer nobody\r\n" + HEAD + b"\r\n"),
        (403, b"POST /v1/keys HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n" + HEAD + b"\r\n"),
        (404, b"GET /v1/nothing HTTP/1.1\r\n" + HEAD + b"\r\n"),
        (405, b"PUT /v1/recordings HTTP/1.1\r\nContent-Length: 0\r\n" + HEAD + b"\r\n"),
        (413, b"POST /v1/reviews HTTP/1.1\r\nContent-Length: 99999999999\r\n" + HEAD + b"\r\n"),
        (415, b"POST /v1/uploads HTTP/1.1\r\nTus-Resumable: 9\r\nContent-Length: 0\r\n" + HEAD + b"\r\n"),
        (421, b"GET / HTTP/1.1\r\nHost: evil.example\r\nX-Request-ID: field-station-7.2026\r\n\r\n"),
        (422, b"GET /v1/recordings?limit=no HTTP/1.1\r\n" + HEAD + b"\r\n"),
    ],
)
def test_a_refusal_carries_it_in_its_header_and_its_problem(door: StartedApi, status: int, sent: bytes) -> None:
    answer = exchange(door.port, sent)
    found = json.loads(answer.body)
    assert (answer.headers["x-request-id"], found["request_id"]) == (MINE, MINE)
    assert answer.status in {status, 412}


@pytest.mark.parametrize("sent", [b"nonsense\r\n\r\n", b"GET /" + b"a" * 600_000])
def test_what_never_becomes_a_request_has_an_id_that_the_log_knows(
    logged_lines: io.StringIO, door: StartedApi, sent: bytes
) -> None:
    answer = exchange(door.port, sent)
    request_id = json.loads(answer.body)["request_id"]
    assert answer.headers["x-request-id"] == request_id
    assert read_lines(logged_lines, request_id, "no request")[0]["status"] == answer.status


@pytest.mark.parametrize("sent", [MINE, "x", None])
def test_an_upload_refused_on_its_first_bytes_carries_one(start_api: StartApi, sent: str | None) -> None:
    api = start_api(uploads_at_once=1)
    head = b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n"
    multipart = b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as first:
        first.sendall(head + multipart)
        wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
        mine = b"" if sent is None else b"X-Request-ID: %s\r\n" % sent.encode()
        answer = exchange(api.port, head + mine + multipart)
    request_id = answer.headers["x-request-id"]
    assert (answer.status, json.loads(answer.body)["request_id"]) == (429, request_id)
    assert request_id == sent or (sent is None and len(request_id) == 32)
    assert len(answer.body) == int(answer.headers["content-length"])


def test_more_connections_than_allowed_are_refused_with_one(start_api: StartApi) -> None:
    api = start_api(connections_at_once=1)
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as idle:
        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(1)
        answer = exchange(api.port, b"GET /v1/recordings HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert (answer.status, json.loads(answer.body)["request_id"]) == (503, MINE)
    assert answer.headers["x-request-id"] == MINE


def test_the_log_line_of_a_request_names_key_recording_and_analysis_but_never_the_key(
    logged_lines: io.StringIO, database: Database, start_api: StartApi
) -> None:
    key, secret = create_key(database, "station 7", ["read", "upload"])
    client = httpx.Client(base_url=start_api().url, headers={"Authorization": f"Bearer {secret}"})
    with client:
        answer = client.post(
            "/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}, headers={"X-Request-ID": MINE}
        )
        recording, analysis = answer.json()["id"], answer.json()["analyses"][0]["id"]
        client.get(f"/v1/recordings/{recording}", headers={"X-Request-ID": "second"})
    [line] = read_lines(logged_lines, MINE, "request")
    assert (line["method"], line["path"], line["status"]) == ("POST", "/v1/recordings", 202)
    assert (line["key_id"], line["recording_id"], line["analysis_id"]) == (str(key.id), recording, analysis)
    assert line["duration_s"] > 0
    [accepted] = read_lines(logged_lines, MINE, "recording accepted")
    assert accepted["analysis_id"] == analysis
    assert read_lines(logged_lines, "second", "request")[0]["recording_id"] == recording
    assert secret not in logged_lines.getvalue()


@pytest.mark.parametrize("header", ["Cookie : chorus_session=", "Authorization : ", "Authorization : Bearer "])
def test_a_header_that_cannot_be_read_is_no_way_for_secrets_into_the_log(
    logged_lines: io.StringIO, door: StartedApi, header: str
) -> None:
    answer = exchange(door.port, f"GET / HTTP/1.1\r\nHost: localhost\r\n{header}hush\r\n\r\n".encode())
    [line] = read_lines(logged_lines, answer.headers["x-request-id"], "no request")
    assert (line["status"], line["reason"]) == (400, "This is not valid HTTP: illegal header line")
    assert "hush" not in logged_lines.getvalue()


def test_the_key_that_revokes_another_is_the_one_that_its_line_names(
    logged_lines: io.StringIO, database: Database, start_api: StartApi
) -> None:
    admin, secret = create_key(database, "office", ["admin"])
    other, _ = create_key(database, "station 7", ["upload"])
    with httpx.Client(base_url=start_api().url, headers={"Authorization": f"Bearer {secret}"}) as client:
        assert client.delete(f"/v1/keys/{other.id}", headers={"X-Request-ID": MINE}).status_code == 200
    [line] = read_lines(logged_lines, MINE, "request")
    assert (line["key_id"], line["path"]) == (str(admin.id), f"/v1/keys/{other.id}")


def test_two_ids_are_none_and_pipelined_requests_keep_theirs(door: StartedApi) -> None:
    two = b"GET /v1/no HTTP/1.1\r\nX-Request-ID: a\r\nX-Request-ID: b\r\nHost: localhost\r\n\r\n"
    assert re.fullmatch("[0-9a-f]{32}", exchange(door.port, two).headers["x-request-id"])
    head = b"GET /v1/no HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: pipe-%d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection:
        connection.sendall(b"".join(head % number for number in range(3)))
        received = b""
        while received.count(b'"request_id"') < 3:
            received += connection.recv(65536)
    assert re.findall(rb'"request_id":"([^"]*)"', received) == [b"pipe-0", b"pipe-1", b"pipe-2"]


def test_a_bug_is_logged_with_the_id_that_its_answer_carries(
    logged_lines: io.StringIO, database: Database, start_api: StartApi
) -> None:
    api = start_api()
    upload(api.client)
    with database.transaction() as connection:
        connection.execute("ALTER TABLE recordings RENAME COLUMN filename TO gone")
    answer = api.client.get("/v1/recordings")
    assert answer.status_code == 500
    request_id = answer.json()["request_id"]
    assert answer.headers["x-request-id"] == request_id
    [bug] = read_lines(logged_lines, request_id, "Exception in ASGI application")
    assert "filename does not exist" in bug["exception"]
