"""Turns every error into an RFC 9457 problem response."""

import errno
import os
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.api.http.browsers.response_headers import PROTECTIVE_HEADERS
from dawn_chorus.api.http.problems import (
    AUDIO_REMOVED,
    CONFLICT,
    INTERNAL,
    INVALID,
    METHOD_NOT_ALLOWED,
    MISSING_EXTRA,
    NOT_FOUND,
    PROBLEM_TYPES,
    RETRY_AFTER_S,
    UNAVAILABLE,
    UNSUPPORTED,
    UPLOAD_GONE,
    WRONG_OFFSET,
    FieldError,
    Problem,
    ProblemResponse,
    ProblemType,
    invalid_field,
    invalid_fields,
    problem_response,
)
from dawn_chorus.api.http.tus import tus_headers
from dawn_chorus.domain.errors import (
    AudioRemoved,
    BelowFloor,
    Conflict,
    InvalidCursor,
    MissingExtra,
    NotForMany,
    NotFound,
    PermanentError,
    PlaceUnknown,
    TooManyEvents,
    TransientError,
    UploadGone,
    WrongOffset,
)

_FIRST_BY_STATUS = {kind.status: kind for kind in reversed(PROBLEM_TYPES)} | {422: INVALID, 415: UNSUPPORTED}
_KINDS = {
    NotFound: NOT_FOUND,
    AudioRemoved: AUDIO_REMOVED,
    WrongOffset: WRONG_OFFSET,
    Conflict: CONFLICT,
    TooManyEvents: INVALID,
    MissingExtra: MISSING_EXTRA,
}
"""The first match counts, so subclasses come before their base class."""
_OF_MACHINE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT}
)
"""Numbers of OSErrors that pass when others have ended: no request is to blame for them."""
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

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
    if isinstance(error, OSError) and error.errno in _OF_MACHINE:
        detail = f"This machine is short of something: {os.strerror(error.errno)}; try again soon"
        return Problem(UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
    if isinstance(error, BelowFloor):
        return Problem(INVALID, str(error), errors=[FieldError(field=error.field, detail=str(error))])
    if isinstance(error, NotForMany | PlaceUnknown):
        return invalid_field("format" if isinstance(error, NotForMany) else "occurrence_min", str(error))
    if isinstance(error, UploadGone):
        became: dict[str, Any] = {} if error.recording_id is None else {"recording_id": str(error.recording_id)}
        return Problem(UPLOAD_GONE, str(error), **became)
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
    return Problem(kind, detail, headers=dict(error.headers or {}))


def _allowed_methods(request: Request) -> list[str]:
    """Return all methods of this path; the framework names only those of the first route that has the path."""

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(dict(scope))[0] is Match.FULL for route in request.app.routes)

    if request.scope["path"].startswith(tuple(f"{r.path}/" for r in request.app.routes if isinstance(r, Mount))):
        return ["GET", "HEAD"]  # files
    found = {method for method in _METHODS if takes(method)}
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


async def answer_problem(request: Request, error: Exception) -> ProblemResponse:
    if isinstance(error, PermanentError) and translate(error).kind is INTERNAL:
        # Uvicorn logs unexpected errors, but not a PermanentError, which has a handler.
        log.error("request failed", path=request.url.path, reason=str(error), exc_info=error)
    problem = translate(error)
    if problem.kind is METHOD_NOT_ALLOWED:
        problem.headers["Allow"] = ", ".join(_allowed_methods(request))
    response = problem_response(problem, request.url.path)
    # The one to an unexpected error passes no middleware.
    response.headers.update({**PROTECTIVE_HEADERS, **tus_headers(request.url.path)})
    return response


def install_problems(app: FastAPI) -> None:
    for kind in (Problem, RequestValidationError, HTTPException, TransientError, PermanentError, Exception):
        app.add_exception_handler(kind, answer_problem)
