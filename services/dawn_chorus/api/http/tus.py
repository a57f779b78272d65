"""What stands around every request of the tus protocol, 1.0 (https://tus.io/protocols/resumable-upload)."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOADS_PATH = "/v1/uploads"
VERSION = "1.0.0"
VERSION_HEADERS: Mapping[str, str] = {"Tus-Resumable": VERSION}
_SPEAKS = re.compile(rf"{UPLOADS_PATH}(/[^/]+)?")
_EVERY = ((b"tus-resumable", VERSION.encode()), (b"cache-control", b"no-store"))
"""Of every response; how far an upload is, and that there is none, no proxy may remember."""
_NAMES = frozenset(name for name, _ in _EVERY)
_CHANGING = frozenset({"PATCH", "DELETE"})


def tus_headers(path: str) -> Mapping[str, str]:
    """Return the headers of every response at this path, those to errors included."""
    return VERSION_HEADERS if _SPEAKS.fullmatch(path) else {}


class TusProtocol:
    """Middleware: every response names the version."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [each for each in message.get("headers", ()) if each[0].lower() not in _NAMES]
                message = {**message, "headers": [*others, *_EVERY]}
            await send(message)

        speaks = scope["type"] == "http" and _SPEAKS.fullmatch(scope["path"])
        await self._app(scope, receive, send_with_version if speaks else send)


class MethodOverride:
    """Middleware: a POST may stand for a method that a proxy does not know, of uploads in parts alone.

    Whether another site sent it is judged before, of the POST: that is refused wherever a method that changes something
    would be.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = ""
        if scope["type"] == "http" and scope["method"] == "POST" and _SPEAKS.fullmatch(scope["path"]):
            method = Headers(scope=scope).get("x-http-method-override", "").upper()
        if method == "HEAD":
            # A copy: the server looks at its own scope to know that a body follows, as it does after a POST.
            as_head = {**scope, "method": method}
            await self._app(as_head, receive, send)
            scope["route"] = as_head.get("route")
            return
        if method in _CHANGING:
            scope["method"] = method
        await self._app(scope, receive, send)
