"""Refuses uploads on their first bytes while there is no place for them, at a fifth of the cost of an answered request.

Only so does a flood of uploads leave the time that is needed to take some of them, on a busy machine too.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.body_limit import LINGER_BYTES, LINGER_S
from dawn_chorus.api.http.browsers.response_headers import PROTECTIVE_HEADERS
from dawn_chorus.api.http.late_headers import PunctualProtocol
from dawn_chorus.api.http.limits.places import Places
from dawn_chorus.api.http.limits.upload_requests import UploadRequests
from dawn_chorus.api.http.problems import problem_response
from dawn_chorus.api.http.request_ids import HEADER, make_request_id, take_over
from dawn_chorus.api.http.request_metrics import Refusals
from dawn_chorus.api.http.tus import tus_headers

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_REQUEST_ID = re.compile(rb"\r\n%s:[ \t]*([^\r\n]*?)[ \t]*\r\n" % HEADER.encode(), re.IGNORECASE)
_HEADER = HEADER.lower().encode()
_ANY_ID = "00000000-0000-0000-0000-000000000000"
"""In a prepared answer, for an id of the same length."""
_ANY_REQUEST = "request-id"
"""In a prepared answer, for the id of a request."""
log = get_logger(__name__)


class Door:
    """What all connections share: the places, the answers while all are taken, and how many got one."""

    def __init__(self, places: Places, uploads: UploadRequests) -> None:
        self.places = places
        self._first_line = uploads.first_line
        self._answers: Mapping[bytes, _Refusal] = {
            b"POST " + uploads.whole.encode(): _Refusal("POST", uploads.whole, _render(places, uploads.whole)),
            b"POST " + uploads.parts.encode(): _Refusal("POST", uploads.parts, _render(places, uploads.parts)),
        }
        template = f"{uploads.parts}/{{upload_id}}"
        self._answer_of_one = _Refusal("PATCH", template, _render(places, f"{uploads.parts}/{_ANY_ID}"))
        self._refusals = Refusals()

    def refuse(self, data: bytes) -> bytes | None:
        """Return the answer to an upload that begins so, and count it; None: it is none, or there is a place."""
        found = self._first_line.match(data)
        if found is None or not self.places.is_full():
            return None
        refusal = self._answer_of_one if found[2] else self._answers[found[1]]
        refusal.count()
        if number := self._refusals.due(time.perf_counter()):
            log.info("request", method=refusal.method, path=refusal.route, status=429, refused=number)
        return refusal.answer(found[2], _find_request_id(data))


class _Refusal:
    """The answer to one kind of upload; `route` is what metrics call it."""

    def __init__(self, method: str, route: str, template: tuple[bytes, bytes]) -> None:
        self.method, self.route = method, route
        self._head, self._body = template
        self._counter = metrics.api_requests.labels(method, route, "429")

    def count(self) -> None:
        self._counter.inc()

    def answer(self, upload_id: bytes | None, request_id: bytes) -> bytes:
        body = self._body.replace(_ANY_REQUEST.encode(), request_id)
        if upload_id:
            body = body.replace(_ANY_ID.encode(), upload_id)
        return self._head + b"%s: %s\r\ncontent-length: %d\r\n\r\n" % (HEADER.encode(), request_id, len(body)) + body


def _find_request_id(data: bytes) -> bytes:
    head = data[: data.find(b"\r\n\r\n") + 2]
    # The cheap look first: a flood mostly sends none.
    sent = _REQUEST_ID.findall(head) if _HEADER in head.lower() else []
    return ((take_over(sent[0]) if len(sent) == 1 else None) or make_request_id()).encode()


def _render(places: Places, path: str) -> tuple[bytes, bytes]:
    """Return the head, up to its length and the id of the request, and the body."""
    response = problem_response(places.refusal(), path, _ANY_REQUEST)
    response.headers.update({**PROTECTIVE_HEADERS, **tus_headers(path), "Connection": "close"})
    del response.headers["content-length"], response.headers[HEADER]
    headers = b"".join(b"%s: %s\r\n" % header for header in response.raw_headers)
    return b"HTTP/1.1 429 Too Many Requests\r\n" + headers, bytes(response.body)


class DoorProtocol(PunctualProtocol):
    """One connection. Later requests on it are refused by `Admission`, in the same words."""

    door: Door

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread_bytes: int | None = None
        """Of a refused request; None: none was refused."""

    def data_received(self, data: bytes) -> None:
        if self._unread_bytes is not None:
            self._discard(len(data))
        elif self.scope is None and (answer := self.door.refuse(data)) is not None:
            self._refuse(data, answer)
        else:
            super().data_received(data)

    def _refuse(self, data: bytes, answer: bytes) -> None:
        self.transport.write(answer)
        head_bytes, length = data.find(b"\r\n\r\n") + 4, _LENGTH.search(data)
        # What is not known to be a short body is discarded for a moment: closing at once would reset the connection.
        is_known = length is not None and head_bytes >= 4
        self._unread_bytes = head_bytes + int(length[1]) if length is not None and is_known else LINGER_BYTES
        self.loop.call_later(LINGER_S, self.transport.close)
        self._discard(len(data))

    def _discard(self, size_bytes: int) -> None:
        self._unread_bytes = min(self._unread_bytes or 0, LINGER_BYTES) - size_bytes
        if self._unread_bytes <= 0:
            self.transport.close()
