"""Whose word counts on where a request comes from: that of proxies whose address, network or name is set."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from time import monotonic
from typing import cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn._types import ASGI3Application
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.request_ids import leave_request
from dawn_chorus.domain.errors import PermanentError

_KEPT_S = 10.0
_ASK_AGAIN_S = 1.0
_PATIENCE_S = 2.0
"""How long a request waits for an answer; one that comes later counts for those after it."""
_UNKNOWN = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
log = get_logger(__name__)


class TrustedProxies:
    """Middleware that takes client and scheme from `X-Forwarded-…` of the proxies in `trusted`, separated by commas.

    `*` trusts everybody. A name is looked up when a request has such a header, as a container gets another address when
    it is started again: the answer is kept for 10 s, or for 1 s where the request comes from none of the addresses.
    Requests from addresses that are known do not wait for it. While nobody answers, a name keeps what it had.
    Raises PermanentError for what is neither an address, nor a network, nor can be a name.
    """

    def __init__(self, app: ASGIApp, trusted: str) -> None:
        entries = [entry for each in trusted.split(",") if (entry := each.strip())]
        self._app = app
        self._addresses = [entry for entry in entries if entry == "*" or _is_address(entry)]
        self._found: dict[str, list[str]] = {entry: [] for entry in entries if entry not in self._addresses}
        self._reader = self._trust(())
        self._asked_at = -_KEPT_S
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._found and scope["type"] == "http" and _is_forwarded(scope):
            await self._ask_in_time(scope)
        await self._reader(scope, receive, send)  # type: ignore[arg-type]

    async def _ask_in_time(self, scope: Scope) -> None:
        client = scope.get("client")
        is_known = client is not None and client[0] in self._reader.trusted_hosts
        if self._asking is None and monotonic() - self._asked_at >= (_KEPT_S if is_known else _ASK_AGAIN_S):
            self._asking = asyncio.create_task(self._ask())
        if self._asking is not None and not is_known:
            await asyncio.wait({self._asking}, timeout=_PATIENCE_S)

    async def _ask(self) -> None:
        leave_request()
        try:
            for name, known in self._found.items():
                self._found[name] = await _look_up(name, known)
            self._reader = self._trust(address for found in self._found.values() for address in found)
        finally:
            self._asked_at, self._asking = monotonic(), None

    def _trust(self, further: Iterable[str]) -> ProxyHeadersMiddleware:
        app = cast("ASGI3Application", self._app)
        if "*" in self._addresses:
            return ProxyHeadersMiddleware(app, "*")
        return ProxyHeadersMiddleware(app, [*self._addresses, *further])


def _is_address(entry: str) -> bool:
    try:
        ip_address(entry) if "%" in entry else ip_network(entry)
    except ValueError as error:
        if "/" in entry or ":" in entry:
            raise PermanentError(f"CHORUS_TRUSTED_PROXIES: {entry!r} is no address and no network: {error}") from error
        return False
    return True


def _is_forwarded(scope: Scope) -> bool:
    return any(name in {b"x-forwarded-for", b"x-forwarded-proto"} for name, _ in scope["headers"])


async def _look_up(name: str, known: list[str]) -> list[str]:
    """Return the addresses that a name has now: none where there is no such name, `known` where nobody answers."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # not started, or not a name
        is_unknown = isinstance(error, UnicodeError) or error.errno in _UNKNOWN
        if known:
            log.warning("a proxy's name has no address", proxy=name, reason=str(error), kept=not is_unknown)
        return [] if is_unknown else known
    return [str(address[0]) for *_, address in found]
