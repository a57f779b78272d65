import errno
import os

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dawn_chorus.api.http.error_handlers import translate
from dawn_chorus.api.http.problems import PROBLEM_TYPES, UNAVAILABLE, Problem, problem_response
from dawn_chorus.domain.errors import (
    AudioRemoved,
    BelowFloor,
    Conflict,
    InvalidCursor,
    NotFound,
    PermanentError,
    TransientError,
)


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (NotFound("no recording 7"), 404, "not-found"),
        (Conflict("finished already"), 409, "conflict"),
        (AudioRemoved("removed last week"), 410, "audio-removed"),
        (InvalidCursor("not a cursor"), 422, "invalid-request"),
        (BelowFloor("below 0.05", field="onset_threshold"), 422, "invalid-request"),
        (TransientError("PostgreSQL does not answer"), 503, "unavailable"),
        (PermanentError("unexpected"), 500, "internal-error"),
        (ZeroDivisionError("division by zero"), 500, "internal-error"),
        (HTTPException(404), 404, "not-found"),
        (HTTPException(411), 411, "length-required"),
        (RequestValidationError([{"loc": ("query", "limit"), "msg": "too large"}]), 422, "invalid-request"),
    ],
)
def test_every_error_has_its_problem(error: Exception, status: int, name: str) -> None:
    problem = translate(error)
    assert (problem.kind.status, problem.kind.uri) == (status, f"urn:dawn-chorus:problem:{name}")


def test_an_unexpected_error_shows_no_internals() -> None:
    body = bytes(problem_response(translate(KeyError("password=hunter2")), "/v1/recordings").body).decode()
    assert "hunter2" not in body
    assert "KeyError" not in body


def test_invalid_json_is_reported_as_the_field_body() -> None:
    error = {"type": "json_invalid", "loc": ("body", 1), "msg": "JSON decode error"}
    assert translate(RequestValidationError([error])).detail == "body: JSON decode error"


def test_an_unavailable_server_sets_retry_after() -> None:
    assert int(translate(TransientError("unavailable")).headers["Retry-After"]) > 0


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC])
def test_what_the_machine_lacks_is_unavailable_and_shows_no_path(number: int) -> None:
    problem = translate(OSError(number, os.strerror(number), "/secret/place"))
    assert (problem.kind, "secret" in problem.detail) == (UNAVAILABLE, False)
    assert int(problem.headers["Retry-After"]) > 0


def test_types_are_stable_and_each_stands_for_one_cause() -> None:
    names = [kind.name for kind in PROBLEM_TYPES]
    assert len(names) == len(set(names))
    assert {kind.status for kind in PROBLEM_TYPES} == {
        400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 416, 421, 422, 429, 431, 460, 500, 501,
        503,
    }  # fmt: skip


def test_extensions_are_added_to_the_standard_members() -> None:
    problem = Problem(PROBLEM_TYPES[0], "detail", limit_bytes=7)
    assert b'"limit_bytes":7' in bytes(problem_response(problem, "/").body)
