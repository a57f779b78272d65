"""Refuses what is too much before anything is done for it: no thread, no database, no byte of the body."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from dawn_chorus.api.http.limits.places import Places
from dawn_chorus.api.http.limits.rate_limit import RateLimit
from dawn_chorus.api.http.limits.upload_requests import UploadRequests
from dawn_chorus.api.http.problems import Problem, problem_response

LIMITED = "/v1/"


@dataclass(frozen=True, slots=True)
class Limits:
    """What is limited, and how."""

    rate: RateLimit
    name_caller: Callable[[Scope], str]
    """Returns whose rate a request counts to; must not block."""
    places: Places
    uploads: UploadRequests
    routes: Sequence[BaseRoute]
    """By which the metrics name a refused request, as it never reaches its route."""


class Admission:
    """Takes each request under `/v1` from its caller's rate limit, and refuses uploads for which there is no place."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(LIMITED):
            await self._app(scope, receive, send)
            return
        try:
            caller = self._limits.name_caller(scope)
            if self._limits.uploads.include(scope["method"], scope["path"]):
                # A limit of their own: whoever uploads too much can still read.
                self._limits.rate.take(f"{caller} uploads")
                self._limits.places.check()
            else:
                self._limits.rate.take(caller)
        except Problem as problem:
            scope["route"] = self._find_route(scope)
            await problem_response(problem, scope["path"])(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _find_route(self, scope: Scope) -> BaseRoute | None:
        return next((route for route in self._limits.routes if route.matches(scope)[0] is Match.FULL), None)
