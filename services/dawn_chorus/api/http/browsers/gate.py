"""Asks of every request by which name and from which site it comes, before anything else is done with it."""

import re
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dawn_chorus.api.http.body_limit import refuse
from dawn_chorus.api.http.browsers.cross_site import is_cross_site
from dawn_chorus.api.http.browsers.hosts import AllowedHosts
from dawn_chorus.api.http.browsers.response_headers import add_protection
from dawn_chorus.api.http.problems import CROSS_SITE, MALFORMED, MISDIRECTED, Problem

_ABSOLUTE = re.compile(rb"https?://([^/]*)(/.*)?", re.IGNORECASE | re.DOTALL)


class Gate:
    """Middleware for every path, with keys or without; it adds the protective headers to every response."""

    def __init__(self, app: ASGIApp, *, hosts: AllowedHosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks it
            return

        async def protected_send(message: Message) -> None:
            await send(add_protection(message))

        problem = self._find_problem(scope)
        if problem is None:
            await self._app(scope, receive, protected_send)
        else:
            await refuse(problem, scope, receive, protected_send)

    def _find_problem(self, scope: Scope) -> Problem | None:
        _take_absolute_target(scope)
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        if len(named) != 1 or not named[0]:
            return Problem(MALFORMED, "Send one Host header: the name or address in the URL of this service")
        if not self._hosts.allow(named[0]):
            return Problem(
                MISDIRECTED,
                f"This service is not called {named[0][:100]!r}: call it by its address, or name it in "
                "CHORUS_ALLOWED_HOSTS or CHORUS_PUBLIC_URL",
            )
        if is_cross_site(scope["method"], headers, named[0]):
            return Problem(CROSS_SITE, "A page of another site sent this: only pages of this service may change it")
        return None


def _take_absolute_target(scope: Scope) -> None:
    """Make `GET http://name/path` the same as `GET /path` to this host, whatever `Host` says (RFC 9112 §3.2.2)."""
    found = _ABSOLUTE.fullmatch(scope.get("raw_path") or b"")
    if found is None:
        return
    path = found[2] or b"/"
    scope["raw_path"], scope["path"] = path, unquote(path.decode("ascii"))
    others = [(name, value) for name, value in scope["headers"] if name != b"host"]
    scope["headers"] = [(b"host", found[1]), *others]
