"""Whose word counts on where a request comes from."""

import asyncio
import socket
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from dawn_chorus.api.http.limits.proxies import TrustedProxies


class Names:
    """Names and their addresses, as a network of containers knows them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **addresses: str) -> None:
        self.addresses, self.asked = addresses, 0
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, name: str, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        if name not in self.addresses:
            raise socket.gaierror("Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (self.addresses[name], 0))]


def ask(trusted: str, *comes_from: str, claims: str | None = "203.0.113.7") -> list[tuple[str, str]]:
    """Return client and scheme that the application sees, of one request after another."""
    seen = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append((scope["client"][0], scope["scheme"]))

    async def never(*_: Any) -> Any:
        raise AssertionError("nothing is received or sent")

    async def run() -> None:
        proxies = TrustedProxies(app, trusted)
        headers = [(b"x-forwarded-for", claims.encode()), (b"x-forwarded-proto", b"https")] if claims else []
        for address in comes_from:
            scope = {"type": "http", "scheme": "http", "client": (address, 1), "headers": headers}
            await proxies(scope, never, never)

    asyncio.run(run())
    return seen


BELIEVED, NOT_BELIEVED = ("203.0.113.7", "https"), ("10.0.0.9", "http")


@pytest.mark.parametrize("trusted", ["10.0.0.9", "127.0.0.1, 10.0.0.9", "10.0.0.0/24", "*", "tls,*"])
def test_an_address_a_network_or_everybody_is_believed(trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch)
    assert ask(trusted, "10.0.0.9") == [BELIEVED]


@pytest.mark.parametrize("trusted", ["", ",", "10.0.0.8", "10.0.1.0/24", "tls"])
def test_nobody_else_is_believed(trusted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Names(monkeypatch, tls="10.0.0.8")
    assert ask(trusted, "10.0.0.9") == [NOT_BELIEVED]


def test_a_name_is_believed_by_the_address_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, tls="10.0.0.9")
    assert ask("tls,127.0.0.1", "10.0.0.9", "10.0.0.9", "127.0.0.1") == [BELIEVED] * 3
    assert names.asked == 1


def test_a_name_that_moves_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([100.0, 100.0, 102.0, 102.0])
    monkeypatch.setattr("dawn_chorus.api.http.limits.proxies.monotonic", lambda: next(moments))
    names = Names(monkeypatch)
    seen = []
    original = names._look_up

    def move(name: str, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        seen.append(name)
        if len(seen) == 2:
            names.addresses = {"tls": "10.0.0.9"}
        return original(name)

    monkeypatch.setattr(socket, "getaddrinfo", move)
    assert ask("tls", "10.0.0.9", "10.0.0.9") == [NOT_BELIEVED, BELIEVED]


def test_no_name_is_looked_up_for_who_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, tls="10.0.0.9")
    assert ask("tls", "10.0.0.9", claims=None) == [NOT_BELIEVED]
    assert names.asked == 0
