"""Logs every request and counts it; the metrics are labeled by the route's template, never by the path."""

import asyncio
import time
from collections.abc import Iterable

from anyio import BrokenResourceError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.metrics import UNMATCHED
from dawn_chorus.api.http.problems import RETRY_AFTER_S, UNAVAILABLE, Problem, problem_response
from dawn_chorus.api.http.request_ids import RequestFacts, add_request_id, begin_request, note_path

DISCONNECTED = "disconnected"
"""The status of a request whose client went away before the end of the response."""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = "/health/"
_REFUSED = 429
_REFUSALS_EVERY_S = 1.0

log = get_logger(__name__)


class Observe:
    """The outermost middleware, except Starlette's own error handler: it sees every response.

    A client that goes away is no error of the service: it is counted by a status of its own, and logged in one line. A
    service that stops says so to whoever is still sending, and neither is that an error. Refusals (429) are all
    counted, but logged once a second with their number: a flood must not fill the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._refusals = Refusals()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = _Watched(begin_request(scope), scope, receive, send)
        try:
            await self._app(scope, watched.receive, watched.send)
        except ClientDisconnect:
            watched.is_gone = True
        except BaseExceptionGroup as group:  # of an event stream whose client went away while an event was on its way
            if group.split(BrokenResourceError)[1] is not None:
                raise
            watched.is_gone = True
        except asyncio.CancelledError:  # by uvicorn, which has waited for as long as it may
            if watched.status is not None:
                raise
            await _say_stopping(scope, receive, watched.send)
        finally:
            watched.count()
            if watched.status != _REFUSED:
                watched.log()
            elif number := self._refusals.due(time.perf_counter()):
                watched.log(refused=number)


def expect_answers(routes: Iterable[BaseRoute]) -> None:
    """Count 0 answers of each route, so that the first failure of any is one more than none."""
    metrics.expect_requests(
        (method, route.path_format, str(route.status_code or 200))
        for route in routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    )


async def _say_stopping(scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"Retry-After": str(RETRY_AFTER_S), "Connection": "close"}
    problem = Problem(UNAVAILABLE, "This service is being stopped; send the request again in a while", headers=headers)
    await problem_response(problem, scope["path"])(scope, receive, send)


class _Watched:
    """The receive and send channels of one request, and what became of it."""

    def __init__(self, facts: RequestFacts, scope: Scope, receive: Receive, send: Send) -> None:
        self._facts = facts
        self._scope, self._receive, self._send = scope, receive, send
        self._began = time.perf_counter()
        self._is_answered = False
        self.status: int | None = None
        """None: no response was started."""
        self.is_gone = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            # A refusal may be read, and the connection closed, before the end of the body.
            self.is_gone = not self._is_answered and (self.status is None or self.status < 400)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            seconds = time.perf_counter() - self._began
            metrics.api_request_seconds.labels(_method(self._scope), _route(self._scope)).observe(seconds)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_answered = True
        await self._send(add_request_id(message, self._facts.request_id))

    def count(self) -> None:
        status = DISCONNECTED if self.is_gone else str(self.status or 500)
        metrics.api_requests.labels(_method(self._scope), _route(self._scope), status).inc()

    def log(self, **more: int) -> None:
        scope = self._scope
        status = self.status or 500
        if scope["path"].startswith(_QUIET) and status < 400:
            return
        client, _ = scope.get("client") or ("unknown", 0)
        duration_s = round(time.perf_counter() - self._began, 4)
        note_path(scope.get("path_params", {}))
        facts = {"method": scope["method"], "path": scope["path"], "duration_s": duration_s, "client": client}
        facts |= self._facts.ids | more
        if self.is_gone:
            log.info("client disconnected", **facts)
        else:
            log.info("request", status=status, **facts)


class Refusals:
    """How many requests were refused since the last line about them."""

    def __init__(self) -> None:
        self._number, self._said_at = 0, float("-inf")

    def due(self, now: float) -> int:
        """Count one; return the number that a line should tell, or 0 if it is too early for another."""
        self._number += 1
        if now - self._said_at < _REFUSALS_EVERY_S:
            return 0
        number, self._number, self._said_at = self._number, 0, now
        return number


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path_format", UNMATCHED)
