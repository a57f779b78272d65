"""Refuses uploads on their first bytes while there is no place for them, at a fifth of the cost of an answered request.

Only so does a flood of uploads leave the time that is needed to take some of them, on a busy machine too.
"""

import re
import time
from typing import Any

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.body_limit import LINGER_BYTES, LINGER_S
from dawn_chorus.api.http.browsers.response_headers import PROTECTIVE_HEADERS
from dawn_chorus.api.http.late_headers import PunctualProtocol
from dawn_chorus.api.http.limits.places import Places
from dawn_chorus.api.http.problems import problem_response
from dawn_chorus.api.http.request_metrics import Refusals

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
log = get_logger(__name__)


class Door:
    """What all connections share: the places, the answer while all are taken, and how many got it."""

    def __init__(self, places: Places, upload_path: str) -> None:
        self.places, self._path = places, upload_path
        self.first_line = f"POST {upload_path} HTTP/1.1\r\n".encode()
        self.answer = _render(places, upload_path)
        self._counter = metrics.api_requests.labels("POST", upload_path, "429")
        self._refusals = Refusals()

    def count(self) -> None:
        self._counter.inc()
        if number := self._refusals.due(time.perf_counter()):
            log.info("request", method="POST", path=self._path, status=429, refused=number)


def _render(places: Places, path: str) -> bytes:
    response = problem_response(places.refusal(), path)
    response.headers.update({**PROTECTIVE_HEADERS, "Connection": "close"})
    headers = b"".join(b"%s: %s\r\n" % header for header in response.raw_headers)
    return b"HTTP/1.1 429 Too Many Requests\r\n" + headers + b"\r\n" + bytes(response.body)


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
        elif self.scope is None and data.startswith(self.door.first_line) and self.door.places.is_full():
            self._refuse(data)
        else:
            super().data_received(data)

    def _refuse(self, data: bytes) -> None:
        self.door.count()
        self.transport.write(self.door.answer)
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
