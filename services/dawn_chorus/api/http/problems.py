"""Errors in API responses: RFC 9457 problem details, with one stable type for each cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from dawn_chorus.api.http.request_ids import HEADER, current_request_id

RETRY_AFTER_S = 5
"""`Retry-After` while the database or the audio store is unavailable."""

_MOST_TOLD = 20
"""Fields of which a problem's detail tells."""
_MOST_ERRORS = 500
"""Fields that a problem lists; a table may have 10,000 that are wrong."""


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One cause of errors; the name never changes once published."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        return f"urn:dawn-chorus:problem:{self.name}"


MALFORMED = ProblemType("malformed-request", 400, "The request cannot be read")
UNAUTHENTICATED = ProblemType("unauthenticated", 401, "A valid key is required")
FORBIDDEN = ProblemType("forbidden", 403, "The key does not allow this")
CROSS_SITE = ProblemType("cross-site", 403, "Pages of other sites may not do this")
NOT_FOUND = ProblemType("not-found", 404, "There is no such thing here")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This cannot be done here")
NOT_ACCEPTABLE = ProblemType("not-acceptable", 406, "None of the accepted formats can be given")
HEADERS_LATE = ProblemType("request-timeout", 408, "The headers did not come in time")
STALLED = ProblemType("upload-stalled", 408, "The upload came to a standstill")
CONFLICT = ProblemType("conflict", 409, "The state does not allow this")
IN_PROGRESS = ProblemType("request-in-progress", 409, "A request with this Idempotency-Key is still running")
WRONG_OFFSET = ProblemType("wrong-offset", 409, "The bytes begin elsewhere than those here end")
INCOMPLETE = ProblemType("upload-incomplete", 409, "Bytes of the upload are missing")
TOO_EARLY = ProblemType("too-early", 409, "Not enough of the file is here yet")
EXPORT_NOT_READY = ProblemType("export-not-ready", 409, "The export has no file yet")
AUDIO_REMOVED = ProblemType("audio-removed", 410, "The audio of this recording was removed")
EXPORT_GONE = ProblemType("export-gone", 410, "The file of this export was deleted")
UPLOAD_GONE = ProblemType("upload-gone", 410, "The upload has ended")
PROTOCOL_VERSION = ProblemType("unsupported-version", 412, "This version of the protocol is not spoken here")
TOO_LARGE = ProblemType("too-large", 413, "The body is too large")
NOT_AUDIO = ProblemType("not-audio", 415, "The file is not audio")
UNSUPPORTED = ProblemType("unsupported-media-type", 415, "The body has a type that is not understood here")
RANGE = ProblemType("range-not-satisfiable", 416, "The range lies beyond the end")
MISDIRECTED = ProblemType("misdirected", 421, "This service has another name")
INVALID = ProblemType("invalid-request", 422, "A field is wrong")
UNDECODABLE = ProblemType("undecodable-audio", 422, "The audio is broken or empty")
TOO_LONG = ProblemType("too-long", 422, "The recording is too long")
UNKNOWN_PACK = ProblemType("unknown-pack", 422, "No such model pack is installed")
KEY_REUSED = ProblemType("idempotency-key-reused", 422, "This Idempotency-Key was used for another request")
TOO_MANY = ProblemType("too-many-requests", 429, "Too many requests")
HEADERS_TOO_LARGE = ProblemType("headers-too-large", 431, "The address and headers are too long")
CHECKSUM = ProblemType("checksum-mismatch", 460, "The bytes are not those that were sent")
INTERNAL = ProblemType("internal-error", 500, "Something went wrong here")
UNKNOWN_CODING = ProblemType("unknown-transfer-coding", 501, "The body is encoded in a way that is not understood here")
MISSING_EXTRA = ProblemType("missing-extra", 501, "A library is not installed here")
UNAVAILABLE = ProblemType("unavailable", 503, "A server behind this one is away")
BUSY = ProblemType("busy", 503, "Others are served first")

PROBLEM_TYPES = (
    MALFORMED, UNAUTHENTICATED, FORBIDDEN, CROSS_SITE, NOT_FOUND, METHOD_NOT_ALLOWED, NOT_ACCEPTABLE, HEADERS_LATE,
    STALLED, CONFLICT, IN_PROGRESS, WRONG_OFFSET, INCOMPLETE, TOO_EARLY, EXPORT_NOT_READY, AUDIO_REMOVED, UPLOAD_GONE,
    EXPORT_GONE, PROTOCOL_VERSION, TOO_LARGE, NOT_AUDIO, UNSUPPORTED, RANGE, MISDIRECTED, INVALID, UNDECODABLE,
    TOO_LONG, UNKNOWN_PACK, KEY_REUSED, TOO_MANY, HEADERS_TOO_LARGE, CHECKSUM, INTERNAL, UNKNOWN_CODING, MISSING_EXTRA,
    UNAVAILABLE, BUSY,
)  # fmt: skip


class FieldError(BaseModel):
    """One field and what is wrong with it."""

    field: str = Field(examples=["latitude"])
    detail: str = Field(examples=["Input should be less than or equal to 90"])


class ProblemDetails(BaseModel):
    """RFC 9457 problem details: every error response has this form."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable name of the cause.", examples=[INVALID.uri])
    title: str = Field(examples=[INVALID.title])
    status: int = Field(examples=[INVALID.status])
    detail: str = Field(description="What is wrong in this case, and what to do.")
    instance: str | None = Field(default=None, description="The path of the request.")
    request_id: str | None = Field(
        default=None,
        description=f"The id of the request, as in the header `{HEADER}`: for whoever looks into the service's log.",
        examples=["3f2c9a4e7b9d4d0c8a51c0e1f7a2b6d9"],
    )
    errors: list[FieldError] = Field(default_factory=list, description="The invalid fields, if any.")


class Problem(Exception):  # RFC 9457's term
    """An error for the client; the detail says what is wrong and what to do."""

    def __init__(
        self,
        kind: ProblemType,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem_response(problem: Problem, path: str, request_id: str | None = None) -> ProblemResponse:
    """Return the response; `request_id` is for what never became a request, otherwise it is that of this task's."""
    kind = problem.kind
    request_id = request_id or current_request_id()
    details = ProblemDetails(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail=problem.detail,
        instance=path,
        request_id=request_id,
        errors=problem.errors,
        **problem.extensions,
    )
    content = details.model_dump(mode="json", exclude={"errors"} if not problem.errors else None)
    headers = problem.headers if request_id is None else {**problem.headers, HEADER: request_id}
    return ProblemResponse(content, kind.status, headers=headers)


def invalid_field(field: str, detail: str) -> Problem:
    return Problem(INVALID, f"{field}: {detail}", errors=[FieldError(field=field, detail=detail)])


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Convert pydantic's errors; field names omit the part of the request (query, path, body or header)."""
    return [FieldError(field=_field_name(each), detail=each["msg"].removeprefix("Value error, ")) for each in errors]


def _field_name(error: Mapping[str, Any]) -> str:
    if error.get("type") == "json_invalid":  # its location is a character offset
        return "body"
    location = error["loc"]
    parts = location[1:] if location and location[0] in ("query", "path", "body", "header") else location
    return ".".join(str(part) for part in parts) or "body"


def invalid_fields(errors: Sequence[Mapping[str, Any]]) -> Problem:
    return refused_fields(field_errors(errors))


def refused_fields(errors: Sequence[FieldError], kind: ProblemType = INVALID) -> Problem:
    """Return the problem of some fields; its detail tells of the first ones."""
    told = [f"{error.field}: {error.detail}" for error in errors[:_MOST_TOLD]]
    if len(errors) > _MOST_TOLD:
        told.append(f"and {len(errors) - _MOST_TOLD} more")
    return Problem(kind, "; ".join(told), errors=errors[:_MOST_ERRORS])


def documented(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems that a route may respond with."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        known = responses.setdefault(kind.status, {"description": "", "model": ProblemDetails})
        known["description"] += f"{kind.title} (`{kind.uri}`). "
    return responses
