"""Limits the size of request bodies and how long they pause.

If the response comes before the end of a body, the connection is closed.
"""

import asyncio
import contextlib
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dawn_chorus.api.http.limits.upload_requests import UploadRequests
from dawn_chorus.api.http.problems import STALLED, TOO_LARGE, Problem, problem_response

MAX_JSON_BYTES = 2**20
MAX_TABLE_BYTES = 8 * 2**20
LINGER_S = 1.0
LINGER_BYTES = 2**20


class BodyTooLarge(Problem):
    def __init__(self, limit_bytes: int) -> None:
        super().__init__(TOO_LARGE, f"The body may have at most {limit_bytes} bytes", limit_bytes=limit_bytes)


class BodyStalled(Problem):
    def __init__(self, idle_s: float) -> None:
        super().__init__(STALLED, f"No bytes of the body arrived for {idle_s:g} s; send the request again")


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be; uploads are recordings, `text/csv` are tables, all others are JSON."""

    uploads: UploadRequests
    max_upload_bytes: int
    idle_s: float
    """No bytes for so long end a request."""


class BodyLimit:
    """Refuse a body as soon as its declared or its counted size is too large, and read no further."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _WatchedBody(receive, send, headers, self._limit_of(scope, headers), self._limits.idle_s)
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > body.limit_bytes:
            await refuse(BodyTooLarge(body.limit_bytes), scope, receive, send)
        else:
            await self._app(scope, body.receive, body.send)

    def _limit_of(self, scope: Scope, headers: Headers) -> int:
        if self._limits.uploads.include(scope["method"], scope["path"]):
            return self._limits.max_upload_bytes
        is_table = headers.get("content-type", "").strip().lower().startswith("text/csv")
        return min(MAX_TABLE_BYTES if is_table else MAX_JSON_BYTES, self._limits.max_upload_bytes)


async def refuse(problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the problem in answer to a request whose body was not read, and close the connection if there is one."""
    body = _WatchedBody(receive, send, Headers(scope=scope), limit_bytes=0, idle_s=LINGER_S)
    await problem_response(problem, scope["path"])(scope, receive, body.send)


class _WatchedBody:
    """The receive and send channels of one request.

    An error response sent before the end of the body closes the connection, since the rest of the body would be read as
    the next request. Closing with unread bytes resets the connection, and some clients then lose the response: so the
    rest of the body is read and discarded for a moment first (the lingering close of other servers). A short body has
    often arrived by then: its connection stays open.
    """

    def __init__(self, receive: Receive, send: Send, headers: Headers, limit_bytes: int, idle_s: float) -> None:
        self.limit_bytes = limit_bytes
        self._receive, self._send, self._idle_s = receive, send, idle_s
        self._received_bytes = 0
        self._unread = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        self._is_sent_unasked = "expect" not in headers
        self._is_refused = False

    async def receive(self) -> Message:
        if not self._unread:  # what comes is the client's end, for which an event stream waits long
            return await self._receive()
        try:
            async with asyncio.timeout(self._idle_s):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyStalled(self._idle_s) from error
        if message["type"] == "http.request":
            self._received_bytes += len(message.get("body", b""))
            self._unread = message.get("more_body", False)
        else:
            self._unread = False
        if self._received_bytes > self.limit_bytes:
            raise BodyTooLarge(self.limit_bytes)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            await self._take_what_arrived()
            if self._unread:
                self._is_refused = True
                message = {**message, "headers": [*message.get("headers", []), (b"connection", b"close")]}
        is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
        if is_end and self._is_refused:
            await self._send({**message, "more_body": True})
            await self._linger(LINGER_S)
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def _take_what_arrived(self) -> None:
        """Read what is here already; not from a client that waits to be asked for its body."""
        if self._unread and self._is_sent_unasked:
            await self._linger(0)

    async def _linger(self, seconds: float) -> None:
        discarded_bytes = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while discarded_bytes < LINGER_BYTES:
                    message = await self._receive()
                    discarded_bytes += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        self._unread = False
                        return
