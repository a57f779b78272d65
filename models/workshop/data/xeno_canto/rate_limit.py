"""HTTP as a guest: one request a second, waiting when asked to, and the key shown only to whom it belongs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to ask, and how long to bear with a busy server."""

    interval_s: float = 1.0
    """Least time between two requests, redirects and repetitions among them."""
    attempts: int = 5
    first_wait_s: float = 2.0
    """Before the second attempt, where the server does not say; doubled each time."""
    longest_wait_s: float = 300.0
    """A server that asks for more is taken at its word: the run ends and can be started again later."""


@dataclass
class PoliteTransport(httpx.BaseTransport):
    """Paces and repeats requests; those to the API get the key.

    The key is added beneath the client, so that neither httpx's log nor its errors ever show it. A response that is
    still busy after all attempts is given as it is. Not thread-safe.
    """

    api_url: httpx.URL
    key: str
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._below = httpx.HTTPTransport()
        self._next_at = self.clock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self.pace.attempts):
            is_last = attempt == self.pace.attempts - 1
            wait_s = self.pace.first_wait_s * 2**attempt
            self._await_turn()
            try:
                response = self._below.handle_request(self._with_key(request))
            except httpx.TransportError:
                if is_last:
                    raise
            else:
                wait_s = max(0.0, asked_wait_s(response, wait_s))
                if response.status_code not in BUSY or is_last or wait_s > self.pace.longest_wait_s:
                    return response
                response.close()
            self.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        self._below.close()

    def _await_turn(self) -> None:
        early_s = self._next_at - self.clock()
        if early_s > 0:
            self.sleep(early_s)
        self._next_at = self.clock() + self.pace.interval_s

    def _with_key(self, request: httpx.Request) -> httpx.Request:
        if request.url.copy_with(query=None) != self.api_url:
            return request
        url = request.url.copy_merge_params({"key": self.key})
        return httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )


def asked_wait_s(response: httpx.Response, otherwise_s: float) -> float:
    """Read Retry-After, seconds or a date (RFC 9110, section 10.2.3)."""
    said = response.headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    try:
        return (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return otherwise_s
