"""Turns every error into an RFC 9457 problem response."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.problems import (
    AUDIO_REMOVED,
    CONFLICT,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    PROBLEM_TYPES,
    RETRY_AFTER_S,
    UNAVAILABLE,
    UNSUPPORTED,
    FieldError,
    Problem,
    ProblemResponse,
    ProblemType,
    invalid_field,
    invalid_fields,
    problem_response,
)
from dawn_chorus.domain.errors import (
    AudioRemoved,
    BelowFloor,
    Conflict,
    InvalidCursor,
    NotFound,
    PermanentError,
    PlaceUnknown,
    TransientError,
)

_FIRST_BY_STATUS = {kind.status: kind for kind in reversed(PROBLEM_TYPES)} | {422: INVALID, 415: UNSUPPORTED}
_KINDS = {NotFound: NOT_FOUND, AudioRemoved: AUDIO_REMOVED, Conflict: CONFLICT}
"""The first match counts, so subclasses come before their base class."""

log = get_logger(__name__)


def translate(error: Exception) -> Problem:
    """Return the problem for an error; the detail of an unexpected error shows no internals."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return invalid_fields(error.errors())
        case HTTPException():
            return _from_framework(error)
        case TransientError():
            return Problem(UNAVAILABLE, f"{error}; try again soon", headers={"Retry-After": str(RETRY_AFTER_S)})
        case InvalidCursor():
            return invalid_field("cursor", str(error))
        case _:
            return _from_domain(error)


def _from_domain(error: Exception) -> Problem:
    if isinstance(error, BelowFloor):
        return Problem(INVALID, str(error), errors=[FieldError(field=error.field, detail=str(error))])
    if isinstance(error, PlaceUnknown):
        return invalid_field("occurrence_min", str(error))
    for cause, kind in _KINDS.items():
        if isinstance(error, cause):
            return Problem(kind, str(error))
    return Problem(INTERNAL, "The error was written to the log; the request can be sent again")


def _from_framework(error: HTTPException) -> Problem:
    if isinstance(error.__cause__, Problem):  # BodyTooLarge, which FastAPI wraps as a broken body
        return error.__cause__
    kind = _FIRST_BY_STATUS.get(error.status_code)
    if kind is None:
        phrase = HTTPStatus(error.status_code).phrase
        kind = ProblemType(phrase.lower().replace(" ", "-"), error.status_code, phrase)
    detail = "Nothing is at this address" if kind is NOT_FOUND else str(error.detail)
    headers = dict(error.headers or {})
    if headers.get("Allow") == "GET":
        headers["Allow"] = "GET, HEAD"
    return Problem(kind, detail, headers=headers)


async def answer_problem(request: Request, error: Exception) -> ProblemResponse:
    if isinstance(error, PermanentError) and translate(error).kind is INTERNAL:
        # Uvicorn logs unexpected errors, but not a PermanentError, which has a handler.
        log.error("request failed", path=request.url.path, reason=str(error), exc_info=error)
    return problem_response(translate(error), request.url.path)


def install_problems(app: FastAPI) -> None:
    for kind in (Problem, RequestValidationError, HTTPException, TransientError, PermanentError, Exception):
        app.add_exception_handler(kind, answer_problem)
