"""Reviews are made, one or many or a table of them, and removed."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from dawn_chorus.adapters.postgres.reviews import (
    delete_review,
    get_review,
)
from dawn_chorus.api.auth import Caller, Reviewer
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import (
    FORBIDDEN,
    IN_PROGRESS,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED,
    Problem,
    documented,
    invalid_fields,
)
from dawn_chorus.api.idempotency import ReviewerOnce
from dawn_chorus.api.models.rendering import json_response
from dawn_chorus.api.models.review.reviews import (
    ImportedOut,
    ReviewFields,
    ReviewsFields,
    SavedReviewOut,
    SavedReviewsOut,
)
from dawn_chorus.api.models.review.table_example import TABLE
from dawn_chorus.api.routes.review.saving import save_fields, save_rows
from dawn_chorus.api.routes.review.table_rows import read_rows

REVIEWS_PATH = "/v1/reviews"
_JSON, _CSV = "application/json", "text/csv"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/ReviewFields"}}, _CSV: TABLE},
    }
}
_PROBLEMS = (MALFORMED, NOT_FOUND, IN_PROGRESS, TOO_LARGE, UNSUPPORTED, INVALID, KEY_REUSED)
router = APIRouter(tags=["reviews"])


@router.post(
    REVIEWS_PATH,
    summary="Review an event, or bring in a table of reviews",
    status_code=201,
    response_model=SavedReviewOut,
    responses={
        200: {
            "model": SavedReviewOut | ImportedOut,
            "description": "A review was replaced, or a table was brought in.",
        },
        **documented(*_PROBLEMS),
    },
    openapi_extra=_BODY,
)
async def save_review(request: Request, deps: Deps, caller: Reviewer, once: ReviewerOnce) -> Response:
    """Say of a taxon in a stretch of a recording whether it is heard there.

    A review belongs to recording, taxon and stretch, not to a detection: it shows on the events of every analysis that
    it overlaps by half the shorter of the two. It replaces (200) what the same reviewer said of this taxon where both
    stretches overlap as much. Two reviewers may both review an event, which then shows the review with the largest
    overlap, of equals the newest.

    `text/csv` takes the table that `GET /v1/reviews?format=csv` gives, of up to 10,000 rows and 8 MiB: all rows or, at
    any error, none. Columns for people (`id`, `common_name`, `file`, `site`, `started_at`) are not read. With the scope
    `admin`, and where no key is asked for, `reviewer` and `reviewed_at` are kept as they are in the table, and a newer
    review of the same reviewer stays. With the scope `review` alone every row is signed with the name of the key and
    the time of now; rows of others are refused.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _CSV):
        sent = f"; this is {kind}" if kind else ""
        raise Problem(UNSUPPORTED, f"Send a review as {_JSON}, or a table of reviews as {_CSV}{sent}")
    with once.running():
        body = await request.body()
        text = _decoded(body)
        act = _import if kind == _CSV else _save_one
        return await once.respond(f"{kind} {text}", lambda: run_in_threadpool(act, deps, caller, text))


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Problem(MALFORMED, f"The body is not UTF-8: byte {error.start} begins no character") from error


def _save_one(deps: Dependencies, caller: Caller, text: str) -> Response:
    try:
        fields = ReviewFields.model_validate_json(text)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise Problem(MALFORMED, f"The body is not JSON: {error.errors()[0]['ctx']['error']}") from error
        raise invalid_fields(error.errors()) from error
    (out,) = save_fields(deps, caller, [fields], [""])
    return json_response(out, 200 if out.replaced else 201, {"Location": f"{REVIEWS_PATH}/{out.id}"})


def _import(deps: Dependencies, caller: Caller, text: str) -> Response:
    saved = save_rows(deps, caller, read_rows(text))
    older, replaced = sum(each.is_older for each in saved), sum(bool(each.replaced) for each in saved)
    out = ImportedOut(rows=len(saved), created=len(saved) - older - replaced, replaced=replaced, older=older)
    return json_response(out)


@router.post(
    f"{REVIEWS_PATH}/batch",
    summary="Review many events",
    status_code=201,
    response_model=SavedReviewsOut,
    responses=documented(*_PROBLEMS),
)
async def save_many(deps: Deps, caller: Reviewer, once: ReviewerOnce, wanted: ReviewsFields) -> Response:
    """Save up to 500 reviews, as `POST /v1/reviews` does one: all of them or, at any error, none.

    `errors[]` names fields by the place of their review in `items`.
    """
    prefixes = [f"items.{number}." for number in range(len(wanted.items))]

    def save() -> Response:
        return json_response(SavedReviewsOut(items=save_fields(deps, caller, wanted.items, prefixes)), 201)

    with once.running():
        return await once.respond(wanted.model_dump_json(), lambda: run_in_threadpool(save))


@router.delete(
    f"{REVIEWS_PATH}/{{review_id:uuid}}",
    summary="Remove a review",
    status_code=204,
    responses=documented(NOT_FOUND, FORBIDDEN),
)
def remove_review(review_id: UUID, deps: Deps, caller: Reviewer) -> None:
    """Remove a review for good; those of others only with the scope `admin`."""
    reviewer = get_review(deps.database, review_id).review.reviewer
    if "admin" not in caller.scopes and reviewer != caller.key_name:
        raise Problem(
            FORBIDDEN, f"This is a review of {reviewer}; to remove it takes their key, or one with the scope admin"
        )
    delete_review(deps.database, review_id)
