import json
import socket
import struct
from collections.abc import Iterator
from http.client import HTTPConnection
from threading import Event
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from dawn_chorus.adapters import metrics, status_server
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.adapters.status_server import StatusServer
from dawn_chorus.domain.errors import PermanentError, TransientError


class Outside:
    """An external server that can be unavailable."""

    away = False
    alive = True

    def check(self) -> None:
        if self.away:
            raise TransientError("no answer from db:5432")


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def server(outside: Outside) -> Iterator[StatusServer]:
    with StatusServer(
        "127.0.0.1", 0, ready=Readiness({"database": outside.check}, fresh_s=0), alive=lambda: outside.alive
    ) as server:
        yield server


def get(server: StatusServer, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_ready_names_what_is_down_and_recovers(server: StatusServer, outside: Outside) -> None:
    assert get(server, "/health/ready")[0] == 200
    outside.away = True
    status, body = get(server, "/health/ready")
    assert status == 503
    assert json.loads(body)["down"] == {"database": "no answer from db:5432"}
    assert get(server, "/health/live")[0] == 200
    outside.away = False
    assert get(server, "/health/ready")[0] == 200


def test_a_port_that_is_taken_is_named(server: StatusServer) -> None:
    with pytest.raises(
        PermanentError,
        match=f"127.0.0.1:{server.port}: Address already in use; choose another port: CHORUS_STATUS_PORT",
    ):
        StatusServer("127.0.0.1", server.port, ready=Readiness({}))


def test_live_fails_once_the_process_can_do_no_more_work(server: StatusServer, outside: Outside) -> None:
    outside.alive = False
    assert get(server, "/health/live")[0] == 503


def test_metrics_are_served_with_bounded_names(server: StatusServer) -> None:
    metrics.observe_stages({"inference": 2.0, "inference:effnet_b0": 1.5}, pack="tone")
    status, body = get(server, "/metrics")
    assert status == 200
    assert 'chorus_stage_seconds_sum{stage="inference"}' in body
    assert 'chorus_member_inference_seconds_sum{member="effnet_b0",pack="tone"}' in body


def test_head_is_answered_as_get_without_the_body(server: StatusServer) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    for path, status in (("/health/live", 200), ("/health/ready", 200), ("/nothing", 404)):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
        assert int(answer.headers["content-length"]) > 0


def test_a_client_that_says_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_server, "_IDLE_S", 0.1)
    with (
        StatusServer("127.0.0.1", 0, ready=Readiness({})) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=30) as silent,
    ):
        assert silent.recv(1) == b""
        assert get(server, "/health/live")[0] == 200


def test_it_listens_on_addresses_of_both_kinds() -> None:
    with (
        StatusServer("::1", 0, ready=Readiness({})) as server,
        urlopen(f"http://[::1]:{server.port}/health/live") as answer,
    ):
        assert answer.status == 200


def test_a_host_that_is_nowhere_is_named() -> None:
    with pytest.raises(PermanentError, match=r"no status at nowhere\.invalid:9103"):
        StatusServer("nowhere.invalid", 9103, ready=Readiness({}))


def test_a_client_that_waits_no_longer_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    is_gone, answered = Event(), Event()

    def look() -> None:
        is_gone.wait(30)

    with StatusServer("127.0.0.1", 0, ready=Readiness({"database": look})) as server:
        monkeypatch.setattr(server._server, "shutdown_request", lambda _request: answered.set())  # its last step
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(b"GET /health/ready HTTP/1.1\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        is_gone.set()
        assert answered.wait(30)
    assert capfd.readouterr() == ("", "")
