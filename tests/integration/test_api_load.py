"""More than the API can do: what is too much is refused at once, and nobody else notices."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, StartedApi, read_metrics, run_api

FILES = {"file": ("dawn.wav", wav_bytes())}
HEAD = (
    b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """Connections that a test opens are closed at its end."""
    with ExitStack() as stack:
        yield stack


def begin_upload(api: StartedApi, opened: ExitStack, body: bytes = b"") -> socket.socket:
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    connection.sendall(HEAD + body)
    return connection


def count_requests(route: str, status: str, method: str = "\\w+") -> float:
    found = re.findall(
        rf'chorus_api_requests_total{{method="{method}",route="{re.escape(route)}",status="{status}"}} (\S+)',
        read_metrics(),
    )
    return sum(map(float, found))


def test_a_limit_needs_no_database(store: ObjectAudioStore) -> None:
    with (
        Database("postgresql://127.0.0.1:1/nowhere", wait_s=0.5) as database,
        run_api(database, store, request_burst=2, requests_per_s=0.01) as api,
    ):
        for _ in range(2):
            problem_of(api.client.get("/v1/recordings"), 503, "unavailable")
        for headers in ({}, {"Authorization": "Bearer chorus_guess"}):
            problem_of(api.client.get("/v1/recordings", headers=headers), 429, "too-many-requests")


def test_a_key_that_was_known_keeps_its_limit_when_the_database_is_locked(
    start_api: StartApi, database: Database, opened: ExitStack
) -> None:
    _, secret = create_key(database, "station 7", ["read"])
    api = start_api(request_burst=3, requests_per_s=0.01, key_cache_s=0.0)
    headers = {"Authorization": f"Bearer {secret}"}
    assert api.client.get("/v1/recordings", headers=headers).status_code == 200
    locking = opened.enter_context(psycopg.connect(database.url))
    locking.execute("LOCK TABLE api_keys")
    pool = opened.enter_context(ThreadPoolExecutor(4))
    opened.callback(locking.rollback)
    before = count_requests("/v1/recordings", "429")
    for _ in range(4):
        pool.submit(httpx.get, f"{api.url}/v1/recordings", headers=headers, timeout=60)
    wait_until(lambda: count_requests("/v1/recordings", "429") == before + 2)
    problem_of(api.client.get("/v1/recordings", headers=headers), 429, "too-many-requests")


def test_uploads_count_by_themselves(start_api: StartApi) -> None:
    client = start_api(request_burst=2, requests_per_s=0.01).client
    statuses = [client.post("/v1/recordings", files=FILES).status_code for _ in range(3)]
    assert statuses == [202, 200, 429]
    assert client.get("/v1/recordings").status_code == 200


def test_a_refused_upload_with_a_short_body_keeps_its_connection(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(request_burst=1, requests_per_s=0.01)
    api.client.post("/v1/recordings", files=FILES)
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    for _ in range(3):
        connection.sendall(HEAD.partition(b"--x")[0].replace(b"5000000", b"4") + b"RIFF")
        answer = ""
        while not answer.endswith("}"):
            answer += connection.recv(65536).decode().lower()
        assert answer.startswith("http/1.1 429")
        assert "connection: close" not in answer


def test_a_refused_upload_of_gigabytes_is_answered_and_not_read(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(request_burst=1, requests_per_s=0.01)
    api.client.post("/v1/recordings", files=FILES)
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    connection.sendall(HEAD.replace(b"5000000", b"9000000000"))
    answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 429")
    assert "retry-after: " in answer.lower()
    assert "connection: close" in answer.lower()


def test_refusals_are_counted_by_their_route(start_api: StartApi) -> None:
    api = start_api(request_burst=1, requests_per_s=0.01)
    before = count_requests("/v1/recordings/{recording_id}", "429")
    url = "/v1/recordings/01a22417-6a07-757d-92bc-7e7f02166941"
    for _ in range(3):
        api.client.get(url)
    wait_until(lambda: count_requests("/v1/recordings/{recording_id}", "429") == before + 2)


def test_reads_do_not_wait_behind_uploads(start_api: StartApi, database: Database, opened: ExitStack) -> None:
    """While all threads of uploads wait for a locked table."""
    api = start_api(upload_threads=2, uploads_at_once=8)
    known = upload(api.client)
    locking = opened.enter_context(psycopg.connect(database.url))
    locking.execute("LOCK TABLE audio_to_delete")
    pool = opened.enter_context(ThreadPoolExecutor(8))
    opened.callback(locking.rollback)
    uploads = [
        pool.submit(httpx.post, f"{api.url}/v1/recordings", files={"file": ("a.wav", wav_bytes(1 + n))}, timeout=60)
        for n in range(8)
    ]
    wait_until(lambda: "chorus_uploads_in_flight 8.0" in read_metrics())
    assert api.client.get(known["links"]["self"], timeout=5).status_code == 200
    assert not any(each.done() for each in uploads)
    locking.rollback()
    assert {each.result().status_code for each in uploads} == {202}


def test_the_slowest_upload_gives_way_to_the_next(start_api: StartApi, database: Database, opened: ExitStack) -> None:
    api = start_api(uploads_at_once=2, upload_settle_s=0.2, upload_floor_bytes_per_s=1000)
    dripping = begin_upload(api, opened, bytes(2 * 2**20))
    busy = begin_upload(api, opened)
    wait_until(lambda: "chorus_uploads_in_flight 2.0" in read_metrics())
    is_over = threading.Event()
    opened.callback(is_over.set)

    def send() -> None:
        while not is_over.is_set():
            busy.sendall(bytes(1_000))
            time.sleep(0.02)

    threading.Thread(target=send, daemon=True).start()
    wait_until(lambda: api.client.post("/v1/recordings", files=FILES).status_code in (200, 202))
    answer = dripping.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 408")
    assert "upload-stalled" in answer
    wait_until(lambda: row_count(database, "audio_to_delete") <= 1)
    assert "chorus_uploads_in_flight 1.0" in read_metrics()


def test_without_a_place_an_upload_is_refused_on_its_first_bytes(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(uploads_at_once=1)
    begin_upload(api, opened)
    wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
    before = count_requests("/v1/recordings", "429")
    started = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    started.sendall(HEAD[:60])
    answer = receive_all(started)
    assert answer.startswith("HTTP/1.1 429")
    for line in ("retry-after: 5", "connection: close", "content-type: application/problem+json"):
        assert f"{line}\r\n" in answer.lower()
    assert json.loads(answer.partition("\r\n\r\n")[2])["instance"] == "/v1/recordings"
    assert count_requests("/v1/recordings", "429") == before + 1


def test_a_refused_client_that_sends_on_for_a_while_still_gets_its_answer(
    start_api: StartApi, opened: ExitStack
) -> None:
    """Closing with unread bytes would reset the connection, and the answer would be lost."""
    api = start_api(uploads_at_once=1)
    begin_upload(api, opened)
    wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
    for size in (10, 900_000):
        connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
        connection.sendall(HEAD.replace(b"5000000", str(size + 71).encode()))
        for _ in range(size // 10_000 + 1):
            connection.sendall(bytes(min(size, 10_000)))
        assert receive_all(connection).startswith("HTTP/1.1 429")


def test_idle_uploads_hold_no_place_that_others_want(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(uploads_at_once=16, upload_settle_s=0.1)
    for _ in range(16):
        begin_upload(api, opened)
    wait_until(lambda: "chorus_uploads_in_flight 16.0" in read_metrics())
    wait_until(lambda: api.client.post("/v1/recordings", files=FILES).status_code in (200, 202))


def test_a_json_body_that_does_not_come_is_no_reason_to_wait(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(upload_idle_s=0.2)
    url = upload(api.client)["links"]["analyses"]
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    head = f"POST {url} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    connection.sendall(head.encode())
    assert connection.recv(65536).decode().startswith("HTTP/1.1 408")


def test_a_small_file_with_a_wrong_field_is_never_stored(
    client: httpx.Client, store_dir: Path, database: Database
) -> None:
    problem_of(client.post("/v1/recordings", files=FILES, data={"latitude": "91"}), 422, "invalid-request")
    assert stored_files(store_dir) == []
    assert row_count(database, "audio_to_delete") == 0


def test_a_half_sent_header_is_answered_and_its_connection_closed(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(header_timeout_s=0.3)
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    connection.sendall(b"GET /v1/recordings HTTP/1.1\r\nHost: localhost\r\n")
    answer = receive_all(connection)
    assert answer.startswith("HTTP/1.1 408")
    assert "application/problem+json" in answer
    assert "request-timeout" in answer


def test_a_header_in_drops_is_not_waited_for(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(header_timeout_s=0.3)
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=0.05))
    connection.sendall(b"GET /v1/recordings HTTP/1.1\r\nHost: localhost\r\n")
    answer = ""

    def drip() -> bool:
        nonlocal answer
        connection.sendall(b"X")
        with suppress(TimeoutError):
            answer += connection.recv(65536).decode()
        return bool(answer)

    wait_until(drip)
    assert answer.startswith("HTTP/1.1 408")


def test_a_connection_on_which_nothing_comes_is_closed(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(header_timeout_s=0.3)
    silent = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    assert receive_all(silent) == ""


def test_a_half_sent_second_header_is_not_waited_for_either(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(header_timeout_s=0.3)
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection.sendall(request + request[:20])
    answer = receive_all(connection)
    assert re.findall(r"HTTP/1.1 (\d+)", answer) == ["200", "408"]


def test_a_slow_body_is_not_a_slow_header(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(header_timeout_s=0.3)
    content = wav_bytes(1)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + content + b"\r\n--x--\r\n"
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    head = HEAD.partition(b"--x")[0].replace(b"5000000", str(len(body)).encode())
    connection.sendall(head + body[:100])
    time.sleep(1)
    connection.sendall(body[100:])
    assert connection.recv(65536).decode().startswith("HTTP/1.1 202")


def test_more_connections_than_allowed_get_a_problem(start_api: StartApi, opened: ExitStack) -> None:
    api = start_api(connections_at_once=3)
    for _ in range(4):
        opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
    before = count_requests("unmatched", "503", "other")
    for path in ("/v1/recordings", "/health/ready"):
        response = httpx.get(f"{api.url}{path}")
        problem_of(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
    assert count_requests("unmatched", "503", "other") == before + 2
    # Else whoever watches over it would restart it, and cut off those who are connected.
    assert httpx.get(f"{api.url}/health/live").status_code == 200


def receive_all(connection: socket.socket) -> str:
    """Return what comes until the other side closes the connection."""
    received = b""
    while part := connection.recv(65536):
        received += part
    return received.decode()


class Leaving:
    """What a client that goes away does to the log and the metrics."""

    def __init__(self, lines: list[MutableMapping[str, Any]], method: str, route: str) -> None:
        self._lines, self._method, self._route = lines, method, route
        self._before = self._count("disconnected"), self._count("500")

    def check(self) -> None:
        wait_until(lambda: self._count("disconnected") == self._before[0] + 1)
        assert self._count("500") == self._before[1]
        said = [line for line in self._lines if line["event"] == "client disconnected"]
        assert [line["log_level"] for line in said] == ["info"]
        assert not any("exc_info" in line for line in self._lines)

    def _count(self, status: str) -> float:
        return count_requests(self._route, status, self._method)


@pytest.fixture
def log_lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the API logs; a test requests it before the API is started."""
    with capture_logs() as lines:
        yield lines


def test_an_upload_that_is_broken_off_is_no_error(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi, caplog: pytest.LogCaptureFixture
) -> None:
    api, leaving = start_api(), Leaving(log_lines, "POST", "/v1/recordings")
    with ExitStack() as opened:
        begin_upload(api, opened)
        wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
    leaving.check()
    assert "Traceback" not in caplog.text
    assert 'chorus_uploads_total{outcome="disconnected"}' in read_metrics()


def test_a_json_body_that_is_broken_off_is_no_error(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi, caplog: pytest.LogCaptureFixture
) -> None:
    api = start_api()
    url = upload(api.client)["links"]["analyses"]
    leaving = Leaving(log_lines, "POST", "/v1/recordings/{recording_id}/analyses")
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        head = (
            f"POST {url} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{"
        )
        connection.sendall(head.encode())
    leaving.check()
    assert "Traceback" not in caplog.text


def test_an_event_stream_that_is_left_is_no_error(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi, caplog: pytest.LogCaptureFixture
) -> None:
    api = start_api()
    url = upload(api.client)["analyses"][0]["links"]["events"]
    leaving = Leaving(log_lines, "GET", "/v1/analyses/{analysis_id}/events")
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    leaving.check()
    assert "Traceback" not in caplog.text


def test_a_download_that_is_broken_off_is_no_error(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi, caplog: pytest.LogCaptureFixture
) -> None:
    api = start_api()
    url = upload(api.client, wav_bytes(3600))["links"]["audio"]
    leaving = Leaving(log_lines, "GET", "/v1/recordings/{recording_id}/audio")
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    leaving.check()
    assert "Traceback" not in caplog.text


def test_a_service_that_stops_says_so_to_whoever_is_still_sending(
    database: Database, store: ObjectAudioStore, opened: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    with run_api(database, store) as api:
        connection = begin_upload(api, opened, b"RIFF")
        api.client.get("/health/live")
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"urn:dawn-chorus:problem:unavailable" in answer
    assert b"retry-after: " in answer.lower()
    assert not [record for record in caplog.records if record.exc_info and record.name != "uvicorn.lifespan"]


def test_an_event_stream_that_the_stop_cuts_short_is_no_unfinished_answer(
    database: Database, store: ObjectAudioStore, opened: ExitStack, caplog: pytest.LogCaptureFixture
) -> None:
    with run_api(database, store) as api:
        url = upload(api.client)["analyses"][0]["links"]["events"]
        connection = opened.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=30))
        connection.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    rest = b"".join(iter(lambda: connection.recv(65536), b""))
    assert not rest.endswith(b"0\r\n\r\n")
    assert not [record for record in caplog.records if "without completing" in record.getMessage() or record.exc_info]
