"""What stands around every request of the tus protocol, 1.0 (https://tus.io/protocols/resumable-upload)."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOADS_PATH = "/v1/uploads"
VERSION = "1.0.0"
VERSION_HEADERS: Mapping[str, str] = {"Tus-Resumable": VERSION}
_SPEAKS = re.compile(rf"{UPLOADS_PATH}(/[^/]+)?")
_RAW = (b"tus-resumable", VERSION.encode())
_OVERRIDDEN = frozenset({"PATCH", "DELETE"})


def tus_headers(path: str) -> Mapping[str, str]:
    """Return the headers of every response at this path, those to errors included."""
    return VERSION_HEADERS if _SPEAKS.fullmatch(path) else {}


class TusProtocol:
    """Middleware: every response names the version, and a POST may stand for a method that a proxy does not know."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _SPEAKS.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        method = Headers(scope=scope).get("x-http-method-override", "").upper()
        if scope["method"] == "POST" and method in _OVERRIDDEN:
            scope["method"] = method

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_without_version(message), _RAW]}
            await send(message)

        await self._app(scope, receive, send_with_version)


def _without_version(message: Message) -> list[tuple[bytes, bytes]]:
    return [each for each in message.get("headers", ()) if each[0].lower() != _RAW[0]]
