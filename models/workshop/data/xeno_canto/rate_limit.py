"""An HTTP transport that limits the rate: one request a second, Retry-After respected, the key sent to the API only."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often to send requests, and how long to retry while the server is busy."""

    interval_s: float = 1.0
    """Minimum time between two requests, redirects and retries included."""
    attempts: int = 5
    first_wait_s: float = 2.0
    """Wait before the second attempt if the server sends no Retry-After; doubled each time."""
    longest_wait_s: float = 300.0
    """If the server asks for a longer wait, the run ends; it can be started again later."""


@dataclass
class RateLimitedTransport(httpx.BaseTransport):
    """Limits the rate of requests, retries while the server is busy, and adds the key to requests to the API.

    The key is added below the client, so that neither httpx's log nor its errors ever contain it. If the server is
    still busy after all attempts, its last response is returned. Not thread-safe.
    """

    api_url: httpx.URL
    key: str
    limit: RateLimit = field(default_factory=RateLimit)
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._below = httpx.HTTPTransport()
        self._next_at = self.clock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for attempt in range(self.limit.attempts):
            is_last = attempt == self.limit.attempts - 1
            wait_s = self.limit.first_wait_s * 2**attempt
            self._wait_for_interval()
            try:
                response = self._below.handle_request(self._with_key(request))
            except httpx.TransportError:
                if is_last:
                    raise
            else:
                wait_s = max(0.0, retry_after_s(response, wait_s))
                if response.status_code not in BUSY or is_last or wait_s > self.limit.longest_wait_s:
                    return response
                response.close()
            self.sleep(wait_s)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def close(self) -> None:
        self._below.close()

    def _wait_for_interval(self) -> None:
        early_s = self._next_at - self.clock()
        if early_s > 0:
            self.sleep(early_s)
        self._next_at = self.clock() + self.limit.interval_s

    def _with_key(self, request: httpx.Request) -> httpx.Request:
        if request.url.copy_with(query=None) != self.api_url:
            return request
        url = request.url.copy_merge_params({"key": self.key})
        return httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
        )


def retry_after_s(response: httpx.Response, otherwise_s: float) -> float:
    """Return the wait of the Retry-After header, in seconds or a date (RFC 9110, section 10.2.3)."""
    header = response.headers.get("retry-after", "")
    if header.isdecimal():
        return float(header)
    try:
        return (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return otherwise_s
