"""What is no HTTP gets a problem document too, and breaks nothing."""

import logging
import socket
from threading import Thread

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from dawn_chorus.api.http.h11_protocol import ProblemProtocol
from tests.integration.api_checks import wait_until
from tests.integration.raw_http import exchange, read_answer
from tests.servers.api import StartedApi, read_metrics

HEAD = b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40) + b"\r\n\r\n",
        b"GET /health/live\r\n\r\n",
        b"GET  /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /h\xc3\xa4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n folded: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: local\x00host\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: ten\r\n\r\n",
        HEAD + b"Content-Length: 1, 2\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_malformed_request(door: StartedApi, sent: bytes) -> None:
    answer = exchange(door.port, sent)
    assert (answer.status, answer.problem) == (400, "malformed-request")
    assert answer.headers["connection"] == "close"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("headers", [b"A: " + b"a" * 600_000, b"\r\n".join([b"A: a"] * 100_000)])
def test_headers_without_end_are_too_large(door: StartedApi, headers: bytes) -> None:
    answer = exchange(door.port, HEAD + headers + b"\r\n\r\n")
    assert (answer.status, answer.problem) == (431, "headers-too-large")


def test_an_address_without_end_is_too_large(door: StartedApi) -> None:
    assert exchange(door.port, b"GET /" + b"a" * 600_000).problem == "headers-too-large"


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"unheard-of"])
def test_a_transfer_coding_that_is_not_understood(door: StartedApi, coding: bytes) -> None:
    answer = exchange(door.port, HEAD + b"Transfer-Encoding: %s\r\n\r\n" % coding)
    assert (answer.status, answer.problem) == (501, "unknown-transfer-coding")


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b"5\r\nhello!\r\n", b"f" * 40 + b"\r\n"])
def test_a_broken_chunk_of_a_body_that_is_being_read(door: StartedApi, chunk: bytes) -> None:
    head = HEAD + b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = exchange(door.port, head + b"3\r\n--b\r\n" + chunk)
    assert (answer.status, answer.problem) == (400, "malformed-request")


def test_a_broken_chunk_after_the_response_breaks_the_connection_only(
    door: StartedApi, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST /v1/packs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as connection, caplog.at_level(logging.ERROR):
        connection.sendall(head + b"3\r\nabc\r\n")
        stream = connection.makefile("rb")
        assert read_answer(stream).problem == "method-not-allowed"
        connection.sendall(b"zz\r\n")
        assert stream.read() == b""
    assert door.client.get("/health/live").status_code == 200
    assert "Fatal error" not in caplog.text


def test_what_is_no_http_is_counted(door: StartedApi) -> None:
    exchange(door.port, b"nonsense\r\n\r\n")
    text = read_metrics()
    assert 'chorus_api_requests_total{method="other",route="unmatched",status="400"}' in text


def test_more_connections_than_the_server_may_have_are_a_problem_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("answered")(scope, receive, send)

    config = uvicorn.Config(
        app, port=0, http=ProblemProtocol, ws="none", lifespan="off", limit_concurrency=1, log_config=None
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert exchange(port, request).body == b"answered"
    wait_until(lambda: not server.server_state.connections)
    with socket.create_connection(("127.0.0.1", port)):
        wait_until(lambda: len(server.server_state.connections) == 1)
        refused = exchange(port, request)
    assert (refused.status, refused.problem, refused.headers["retry-after"]) == (503, "unavailable", "1")
    server.should_exit = True
    thread.join(30)
