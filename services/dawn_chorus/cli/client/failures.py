"""What a request to the service can end in but an answer: each class says what a caller may do about it.

`ServiceAway`: wait and send the same again. `RequestCut`: the same, but the service is there. `NoService`: nothing sent
to this address with this key will pass. `Refused`: this one request is wrong.
"""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from dawn_chorus.domain.errors import PermanentError, TransientError

AWAY = frozenset({429, 502, 503, 504, 520, 521, 522, 523, 524, 530})
"""The service, or a proxy before it, asks to come back later."""
CUT = frozenset({408, 425, 500})
"""The request was not understood or not finished; sent again, it may pass."""
KEY = frozenset({401, 403, 407})


CHANGED = "the file changed while it was sent: submit it again when it is complete"


class ServiceAway(TransientError):
    """The service cannot be reached, or asks to be left alone for a while."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """For how long, in seconds, as far as it said."""


class RequestCut(TransientError):
    """The connection broke in the middle of a request, or the service failed in it."""


class _Answered(PermanentError):
    def __init__(
        self, message: str, status: int | None = None, *, kind: str = "", fields: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(message)
        self.status, self.kind = status, kind
        """The HTTP status, if there was an answer, and the last part of the problem's type: `unknown-pack`."""
        self.fields = fields
        """Names of the fields that are wrong."""


class NoService(_Answered):
    """The address, the key or the proxy is wrong: no other request can pass either."""


class Refused(_Answered):
    """The service refused what was sent."""


def away_error(error: httpx.HTTPError, url: str, proxy: httpx.Proxy | None, *, reached: bool) -> Exception:
    """Return our error for a request that got no answer.

    `reached`: the service answered an earlier request. Only before that is a name that does not exist, a certificate
    that is not trusted or a proxy that is not there taken for a mistake rather than for a bad line.
    """
    cause = _root_cause(error)
    if not reached and isinstance(cause, ssl.SSLError):
        return NoService(f"no secure connection to {url}: {_ssl_reason(cause)}; check the address given with --url")
    if not reached and proxy is not None and isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return NoService(
            f"no way through the proxy {proxy.url.host} to {url} ({error}): set or unset HTTP_PROXY, NO_PROXY"
        )
    if not reached and isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
        return NoService(f"no host of that name: {url}; check the address given with --url")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return ServiceAway(f"no service at {url}: start one with `chorus up`, or give its address with --url")
    return ServiceAway(f"request to {url} failed: {error or type(error).__name__}; try again")


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _ssl_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return str(getattr(error, "reason", None) or error)


def answer_error(response: httpx.Response, url: str, *, reached: bool) -> Exception:
    """Return our error for an answer that is no success, with the problem document in one line."""
    status = response.status_code
    problem = _problem(response)
    message = _message(response, problem)
    if status in AWAY:
        return ServiceAway(f"{message}; try again later", _retry_after_s(response))
    if problem and problem.get("type", "").endswith(":request-in-progress"):
        return ServiceAway(message, _retry_after_s(response))
    if status in CUT:
        return RequestCut(message)
    if status in KEY:
        return NoService(message, status)
    if not problem and (response.is_redirect or status in (404, 405)):
        foreign = f"{url} is not the address of a Dawn Chorus service ({message}): check --url"
        return RequestCut(foreign) if reached else NoService(foreign)
    kind = str(problem.get("type", "")).rpartition(":")[2]
    return Refused(message, status, kind=kind, fields=frozenset(field for field, _ in _fields(problem)))


def _problem(response: httpx.Response) -> dict[str, Any]:
    """Return the problem document; empty if something else answered than the service."""
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) and ("title" in problem or "detail" in problem) else {}


def _message(response: httpx.Response, problem: dict[str, Any]) -> str:
    location = f" to {response.headers['location']}" if response.is_redirect and "location" in response.headers else ""
    plain = f"{response.status_code} {response.reason_phrase}{location}"
    detail = str(problem.get("detail") or problem.get("title") or plain)
    parts = [f"{field}: {what}" for field, what in _fields(problem)]
    if response.status_code in (401, 403):
        parts.append("give a key with --key or CHORUS_KEY")
    return "; ".join([detail, *(part for part in parts if part not in detail)])


def _fields(problem: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for error in problem.get("errors") or []:
        if isinstance(error, dict):
            yield str(error.get("field")), str(error.get("detail"))


def _retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`, which is a number or a date; None if it says nothing that can be read.

    A date is counted from the answer's own `Date`: the clock of a laptop in the field may be anywhere.
    """
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _read_date(text)
    if until is None:
        return None
    now = _read_date(response.headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
