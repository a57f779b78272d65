"""uvicorn's HTTP/1.1, with problem documents for what never becomes a request: uvicorn writes plain text there."""

import asyncio
import re
import sys
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.metrics import UNMATCHED
from dawn_chorus.api.http.browsers.response_headers import PROTECTIVE_HEADERS
from dawn_chorus.api.http.problems import (
    HEADERS_TOO_LARGE,
    MALFORMED,
    UNAVAILABLE,
    UNKNOWN_CODING,
    Problem,
    ProblemResponse,
    problem_response,
)
from dawn_chorus.api.http.request_ids import begin_request, make_request_id
from dawn_chorus.api.http.tus import tus_headers

log = get_logger(__name__)

_KINDS = {431: HEADERS_TOO_LARGE, 501: UNKNOWN_CODING}
_QUOTED = re.compile(r": (?:bytearray\()?b['\"].*", re.DOTALL)
"""The bytes that h11 complains of, which may be a key or the cookie of a session."""
_BUSY_S = 1
_ALWAYS = "/health/live"


class ProblemProtocol(H11Protocol):
    """One connection; for `uvicorn.Config(http=…)`. uvicorn's errors from here on are problem documents."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limit, self.limit_concurrency = self.limit_concurrency, None
        self._whole_app, self.app = self.app, self._answer

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, if nothing was answered yet, and close the connection."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send_problem(_describe(sys.exception(), msg))
        self.transport.close()

    def _send_problem(self, problem: Problem) -> None:
        path = "" if self.scope is None else self.scope["path"]
        request_id = make_request_id()
        response = problem_response(problem, path, request_id)
        response.headers.update({**PROTECTIVE_HEADERS, "Connection": "close"})
        metrics.api_requests.labels("other", UNMATCHED, str(response.status_code)).inc()
        reason = _QUOTED.sub("", problem.detail)
        log.info("no request", status=response.status_code, reason=reason, request_id=request_id)
        for event in _events(response):
            self.transport.write(self.conn.send(event) or b"")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, unless there are more requests or connections than `limit_concurrency`.

        Whether this process lives is answered nevertheless: restarting it would only cut all the others off.
        """
        begin_request(scope)
        is_full = self._limit is not None and max(len(self.connections), len(self.tasks)) > self._limit
        if not is_full or scope["path"] == _ALWAYS:
            await self._run(scope, receive, send)
            return
        metrics.api_requests.labels("other", UNMATCHED, str(UNAVAILABLE.status)).inc()
        common = {**PROTECTIVE_HEADERS, **tus_headers(scope["path"])}
        headers = {**common, "Retry-After": str(_BUSY_S), "Connection": "close"}
        problem = Problem(UNAVAILABLE, "This service has as many requests as it can take; try again", headers=headers)
        await problem_response(problem, scope["path"])(scope, receive, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._whole_app(scope, receive, send)
        except asyncio.CancelledError:  # the service stops in the middle of an answer, which ends without its last part
            log.info("answer cut short, the service stops", path=scope["path"])
            self.transport.close()
            await asyncio.sleep(0)  # then uvicorn knows that it is closed, and calls no unfinished answer an error


def _describe(error: BaseException | None, message: str) -> Problem:
    if not isinstance(error, h11.RemoteProtocolError):
        return Problem(MALFORMED, message)
    kind = _KINDS.get(error.error_status_hint, MALFORMED)
    return Problem(kind, f"This is not valid HTTP: {str(error)[:200]}")


def _events(response: ProblemResponse) -> list[h11.Event]:
    reason = STATUS_PHRASES[response.status_code]
    start = h11.Response(status_code=response.status_code, headers=response.raw_headers, reason=reason)
    return [start, h11.Data(data=bytes(response.body)), h11.EndOfMessage()]
