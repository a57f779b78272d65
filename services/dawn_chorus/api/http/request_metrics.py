"""Logs every request and counts it; the metrics are labeled by the route's template, never by the path."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger

UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = "/health/"

log = get_logger(__name__)


class Observe:
    """The outermost middleware, except Starlette's own error handler: it sees every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                metrics.api_request_seconds.labels(_method(scope), _route(scope)).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            metrics.api_requests.labels(_method(scope), _route(scope), str(status)).inc()
            _log_request(scope, status, time.perf_counter() - began)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path_format", UNMATCHED)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"].startswith(_QUIET) and status < 400:
        return
    client, _ = scope.get("client") or ("unknown", 0)
    seconds = round(seconds, 4)
    log.info("request", method=scope["method"], path=scope["path"], status=status, seconds=seconds, client=client)
