import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from dawn_chorus.api.http.browsers.gate import Gate
from dawn_chorus.api.http.browsers.hosts import AllowedHosts


def run(**changes: Any) -> tuple[list[Message], list[Scope]]:
    """Send one request through the gate; return what was sent back, and what reached the application."""
    sent: list[Message] = []
    reached: list[Scope] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        reached.append(scope)
        headers = [(b"x-content-type-options", b"own")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/v1/packs", "raw_path": b"/v1/packs", "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }  # fmt: skip
    asyncio.run(Gate(app, hosts=AllowedHosts(()))(scope | changes, receive, send))
    return sent, reached


def test_a_response_keeps_the_headers_that_it_sets_itself() -> None:
    sent, reached = run()
    headers = dict(sent[0]["headers"])
    assert headers[b"x-content-type-options"] == b"own"
    assert b"content-security-policy" in headers
    assert len(reached) == 1


def test_what_is_refused_reaches_nothing() -> None:
    refused: tuple[dict[str, Any], ...] = (
        {"headers": [(b"host", b"evil.example")]},
        {"headers": []},
        {"method": "DELETE", "headers": [(b"host", b"localhost"), (b"origin", b"null")]},
    )
    for changes in refused:
        sent, reached = run(**changes)
        assert not reached
        assert sent[0]["status"] in (400, 403, 421)


def test_a_websocket_is_closed_before_it_opens() -> None:
    sent, reached = run(type="websocket")
    assert ([message["type"] for message in sent], reached) == (["websocket.close"], [])


def test_the_start_of_the_application_passes() -> None:
    _, reached = run(type="lifespan")
    assert reached


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        (b"http://localhost:8000/v1/a%20b", "/v1/a b", b"localhost:8000"),
        (b"HTTPS://127.0.0.1", "/", b"127.0.0.1"),
        (b"http://[::1]/x", "/x", b"[::1]"),
        (b"/v1/http://x/", "/v1/http://x/", b"localhost"),
    ],
)
def test_a_whole_url_as_target_is_its_path_at_its_host(target: bytes, path: str, host: bytes) -> None:
    raw = {"raw_path": target, "path": target.decode().replace("%20", " ")}
    _, (scope,) = run(**raw)
    assert (scope["path"], dict(scope["headers"])[b"host"]) == (path, host)
