"""Whose word counts on where a request comes from: that of proxies whose address, network or name is set."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_network
from time import monotonic
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_KEPT_S = 10.0
_ASK_AGAIN_S = 1.0


class TrustedProxies:
    """Middleware that takes client and scheme from `X-Forwarded-…` of the proxies in `trusted`, separated by commas.

    `*` trusts everybody. A name is looked up when a request has such a header, as a container gets another address when
    it is started again: the answer is kept for 10 s, or for 1 s where the request comes from none of the addresses.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        entries = [entry for each in trusted.split(",") if (entry := each.strip())]
        self._app = app
        self._addresses = [entry for entry in entries if entry == "*" or _is_address(entry)]
        self._names = [entry for entry in entries if entry not in self._addresses]
        self._reader = self._trust(())
        self._asked_at = -_KEPT_S
        self._asking = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._names and scope["type"] == "http" and _is_forwarded(scope):
            async with self._asking:
                if monotonic() - self._asked_at >= self._kept_s(scope):
                    self._reader = self._trust([found for name in self._names for found in await _look_up(name)])
                    self._asked_at = monotonic()
        await self._reader(scope, receive, send)  # type: ignore[arg-type]

    def _trust(self, further: Iterable[str]) -> ProxyHeadersMiddleware:
        app = cast("ASGI3Application", self._app)
        if "*" in self._addresses:
            return ProxyHeadersMiddleware(app, "*")
        return ProxyHeadersMiddleware(app, [*self._addresses, *further])

    def _kept_s(self, scope: Scope) -> float:
        client = scope.get("client")
        return _KEPT_S if client and client[0] in self._reader.trusted_hosts else _ASK_AGAIN_S


def _is_address(entry: str) -> bool:
    try:
        ip_network(entry)
    except ValueError:
        return False
    return True


def _is_forwarded(scope: Scope) -> bool:
    return any(name in {b"x-forwarded-for", b"x-forwarded-proto"} for name, _ in scope["headers"])


async def _look_up(name: str) -> list[str]:
    """Return the addresses that a name has now: none where it is not known."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # not started, or not a name
        return []
    return [str(address[0]) for *_, address in found]
