"""Whose word counts on where a request comes from."""

import asyncio
import socket
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from dawn_chorus.api.http.limits.proxies import TrustedProxies
from dawn_chorus.domain.errors import PermanentError


class Names:
    """Names and their addresses, as a network of containers knows them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **addresses: str) -> None:
        self.addresses, self.asked = addresses, 0
        self.trouble = socket.EAI_NONAME
        """What is wrong with a name that has no address: there is none, or nobody answers."""
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, name: str, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        if name not in self.addresses:
            raise socket.gaierror(self.trouble, "no address")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in self.addresses[name].split()]


class Proxies:
    """The middleware before an application that says whom it sees."""

    def __init__(self, trusted: str, claims: str | None = "203.0.113.7") -> None:
        self._seen: tuple[str, str] = ("", "")
        self._middleware = TrustedProxies(self._see, trusted)
        forwarded = [(b"x-forwarded-for", (claims or "").encode()), (b"x-forwarded-proto", b"https")]
        self._headers = forwarded if claims else []

    async def _see(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self._seen = (scope["client"][0], scope["scheme"])

    async def ask(self, comes_from: str) -> tuple[str, str]:
        """Return client and scheme that the application sees."""
        scope = {"type": "http", "scheme": "http", "client": (comes_from, 1), "headers": self._headers}
        await self._middleware(scope, _never, _never)
        return self._seen


async def _never(*_: Any) -> Any:
    raise AssertionError("nothing is received or sent")


def ask(trusted: str, *comes_from: str, claims: str | None = "203.0.113.7") -> list[tuple[str, str]]:
    """Return client and scheme that the application sees, of one request after another."""

    async def run() -> list[tuple[str, str]]:
        proxies = Proxies(trusted, claims)
        return [await proxies.ask(address) for address in comes_from]

    return asyncio.run(run())


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


@pytest.mark.parametrize("address", ["10.0.0.9", "10.0.0.10", "fd00::9"])
def test_each_address_of_a_name_is_believed(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    Names(monkeypatch, tls="10.0.0.9 10.0.0.10 fd00:0::9")
    assert ask("tls", address) == [BELIEVED]


@pytest.mark.parametrize(("trouble", "seen"), [(socket.EAI_AGAIN, BELIEVED), (socket.EAI_NONAME, NOT_BELIEVED)])
def test_a_name_keeps_its_address_while_nobody_answers_and_not_once_it_is_gone(
    monkeypatch: pytest.MonkeyPatch, trouble: int, seen: tuple[str, str]
) -> None:
    monkeypatch.setattr("dawn_chorus.api.http.limits.proxies._KEPT_S", 0.0)
    monkeypatch.setattr("dawn_chorus.api.http.limits.proxies._ASK_AGAIN_S", 0.0)
    names = Names(monkeypatch, tls="10.0.0.9")
    proxies = Proxies("tls")

    async def run() -> list[tuple[str, str]]:
        first = await proxies.ask("10.0.0.9")
        names.addresses, names.trouble = {}, trouble
        await proxies.ask("10.0.0.8")  # waits until it was asked again
        return [first, await proxies.ask("10.0.0.9")]

    assert asyncio.run(run()) == [BELIEVED, seen]


def test_a_request_waits_for_a_slow_answer_only_if_its_address_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dawn_chorus.api.http.limits.proxies._KEPT_S", 0.0)
    monkeypatch.setattr("dawn_chorus.api.http.limits.proxies._PATIENCE_S", 0.01)
    Names(monkeypatch, tls="10.0.0.9")
    proxies = Proxies("tls")

    async def run() -> list[tuple[str, str]]:
        first = await proxies.ask("10.0.0.9")
        never = asyncio.Event()

        async def wait(*_: Any, **__: Any) -> Any:
            await never.wait()

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", wait, raising=False)
        return [first, await proxies.ask("10.0.0.9"), await proxies.ask("10.0.0.8"), await proxies.ask("10.0.0.9")]

    claimed_by_stranger = ("10.0.0.8", "http")
    assert asyncio.run(run()) == [BELIEVED, BELIEVED, claimed_by_stranger, BELIEVED]


@pytest.mark.parametrize("trusted", ["10.0.0.5/24", "10.0.0.0/33", "fd00::g", "10.0.0.9:8000", "http://tls"])
def test_what_is_no_address_and_no_name_is_refused_at_the_start(trusted: str) -> None:
    with pytest.raises(PermanentError, match=f"CHORUS_TRUSTED_PROXIES: '{trusted}' is no address and no network"):
        Proxies(f"tls,{trusted}")


def test_no_name_is_looked_up_for_who_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, tls="10.0.0.9")
    assert ask("tls", "10.0.0.9", claims=None) == [NOT_BELIEVED]
    assert names.asked == 0
