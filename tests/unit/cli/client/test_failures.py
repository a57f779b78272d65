"""What a request ended in, and what a caller may do about it."""

import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from dawn_chorus.cli.client.failures import NoService, Refused, RequestCut, ServiceAway, answer_error, away_error

URL = "http://birds.example"
PROXY = httpx.Proxy("http://proxy:3128")


def answered(
    status: int, *, reached: bool = True, problem: Mapping[str, object] | None = None, **headers: str
) -> Exception:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = {"json": problem} if problem else {"text": "<html>"}
    return answer_error(httpx.Response(status, headers=named, **content), URL, reached=reached)


def failed(
    error: httpx.HTTPError, cause: Exception | None = None, *, reached: bool = False, by_proxy: bool = False
) -> Exception:
    error.__cause__ = cause
    return away_error(error, URL, PROXY if by_proxy else None, reached=reached)


@pytest.mark.parametrize("status", [429, 502, 503, 504, 522])
@pytest.mark.parametrize("problem", [None, {"title": "Not now", "detail": "come back"}])
def test_a_service_that_is_away_is_waited_for(status: int, problem: Mapping[str, object] | None) -> None:
    assert isinstance(answered(status, problem=problem), ServiceAway)


@pytest.mark.parametrize("status", [408, 425, 500])
def test_a_request_that_may_pass_is_sent_again(status: int) -> None:
    assert isinstance(answered(status, problem={"title": "Oh"}), RequestCut)


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 415, 422])
def test_a_refusal_is_an_answer_and_no_outage(status: int) -> None:
    error = answered(status, problem={"title": "No", "detail": "not this one"})
    assert isinstance(error, Refused)
    assert (error.status, str(error)) == (status, "not this one")


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_no_matter_of_one_file(status: int) -> None:
    error = answered(status, problem={"title": "No"})
    assert isinstance(error, NoService)
    assert "--key or CHORUS_KEY" in str(error)


def test_a_request_that_still_runs_is_waited_for() -> None:
    error = answered(
        409, problem={"title": "Busy", "type": "urn:dawn-chorus:problem:request-in-progress"}, retry_after="1"
    )
    assert isinstance(error, ServiceAway)
    assert error.retry_after_s == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 405])
def test_another_server_at_the_address_ends_the_run_unless_the_service_was_there(status: int) -> None:
    error = answered(status, reached=False, location="https://birds.example/")
    assert isinstance(error, NoService)
    assert "check --url" in str(error)
    assert isinstance(answered(status, reached=True), RequestCut), "the sign-in page of a hotel's network"


def test_the_fields_of_a_refusal_and_its_kind_are_told() -> None:
    problem = {
        "title": "No",
        "type": "urn:dawn-chorus:problem:unknown-pack",
        "errors": [{"field": "pack", "detail": "unknown"}],
    }
    error = answered(422, problem=problem)
    assert isinstance(error, Refused)
    assert (error.kind, set(error.fields)) == ("unknown-pack", {"pack"})


NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
"""By the service; the clock here may be anywhere."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("99999999999", 99999999999),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("Friday, 01-May-26 04:31:00 GMT", 60),
        ("Fri May  1 04:31:00 2026", 60),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("1.5", None),
        ("\u0663", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(text: str, seconds: float | None) -> None:
    response = httpx.Response(
        503, headers=[(b"retry-after", text.encode()), (b"date", format_datetime(NOW, usegmt=True).encode())]
    )
    error = answer_error(response, URL, reached=True)
    assert isinstance(error, ServiceAway)
    assert error.retry_after_s == seconds


def test_a_date_without_the_services_clock_is_counted_from_ours() -> None:
    error = answered(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True))
    assert isinstance(error, ServiceAway)
    assert error.retry_after_s is not None
    assert 50 < error.retry_after_s <= 100


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (httpx.ConnectError("refused"), ConnectionRefusedError(111, "Connection refused")),
        (httpx.ConnectError("unreachable"), OSError(101, "Network is unreachable")),
        (httpx.ConnectTimeout("timed out"), None),
        (httpx.ReadTimeout("timed out"), None),
        (httpx.ReadError("reset"), ConnectionResetError()),
        (httpx.RemoteProtocolError("disconnected"), None),
        (httpx.ConnectError("dns"), socket.gaierror(socket.EAI_AGAIN, "try again")),
    ],
)
@pytest.mark.parametrize("reached", [True, False])
def test_a_bad_line_is_waited_out(error: httpx.HTTPError, cause: Exception | None, reached: bool) -> None:
    assert isinstance(failed(error, cause, reached=reached), ServiceAway)


@pytest.mark.parametrize(
    ("cause", "by_proxy", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not known"), False, "no host of that name"),
        (ssl.SSLError(1, "wrong version number"), False, "no secure connection"),
        (ConnectionRefusedError(111, "refused"), True, "the proxy proxy"),
        (socket.gaierror(socket.EAI_NONAME, "not known"), True, "the proxy proxy"),
    ],
)
def test_a_mistake_in_the_address_is_told_at_once_but_only_at_the_start(
    cause: Exception, by_proxy: bool, words: str
) -> None:
    error = failed(httpx.ConnectError("no"), cause, by_proxy=by_proxy)
    assert isinstance(error, NoService)
    assert words in str(error)
    later = failed(httpx.ConnectError("no"), cause, by_proxy=by_proxy, reached=True)
    assert isinstance(later, ServiceAway), "the same in the middle of a run is a bad line"
