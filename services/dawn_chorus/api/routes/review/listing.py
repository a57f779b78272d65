"""Reviews that were made: lists of them, also as a table, and one of them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from dawn_chorus.adapters.postgres.reviews import ListedReview, ReviewFilter, get_review, list_reviews, stream_reviews
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.content_negotiation import choose_format
from dawn_chorus.api.http.disposition import disposition
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import INVALID, NOT_ACCEPTABLE, NOT_FOUND, documented, invalid_field
from dawn_chorus.api.http.streamed_response import streamed
from dawn_chorus.api.models.responses import PageOut
from dawn_chorus.api.models.review.reviews import ReviewOut, ReviewsQuery, review_out, review_row
from dawn_chorus.api.models.review.table_example import TABLE
from dawn_chorus.api.taxon_names import check_taxa
from dawn_chorus.domain.exports.context import ExportContext
from dawn_chorus.domain.exports.formats import FILES, ExportFormat
from dawn_chorus.domain.exports.naming import name_selection
from dawn_chorus.domain.exports.tables import with_byte_order_mark
from dawn_chorus.domain.review.table import review_lines

_FORMATS = (ExportFormat.JSON, ExportFormat.CSV)
_PAGE_ROWS = 100
router = APIRouter(tags=["reviews"])


@router.get(
    "/v1/reviews",
    summary="List reviews, newest first",
    response_model=PageOut[ReviewOut],
    responses={
        200: {
            "content": {"text/csv": TABLE},
            "description": "In the requested format.",
        },
        **documented(NOT_ACCEPTABLE, INVALID),
    },
)
def find_reviews(request: Request, deps: Deps, _caller: Reader, query: Annotated[ReviewsQuery, Query()]) -> Response:
    """Those made last first. CSV returns all rows at once, unless `limit` is set; `POST /v1/reviews` takes it back."""
    requested = None if query.format is None else ExportFormat(query.format)
    chosen = choose_format(requested, request.headers.get("accept"), _FORMATS)
    if query.bom and chosen is not ExportFormat.CSV:
        raise invalid_field("bom", "a byte order mark is for csv")
    wanted = ReviewFilter(
        query.recording_id,
        check_taxa(deps.database, query.taxon),
        query.site,
        query.verdict,
        query.reviewer,
        query.strategy,
        query.from_,
        query.to,
    )
    media_type, headers = FILES[chosen].media_type, {"Vary": "Accept"}
    if chosen is ExportFormat.CSV:
        headers["Content-Disposition"] = disposition(_file_name(wanted), "attachment")
    if chosen is ExportFormat.CSV and query.limit is None and query.cursor is None:
        return streamed(_table(stream_reviews(deps.database, wanted), bom=query.bom), media_type, headers)
    page = list_reviews(deps.database, wanted, limit=query.limit or _PAGE_ROWS, cursor=query.cursor)
    headers |= next_link(request, page.next_cursor)
    if chosen is ExportFormat.CSV:
        return streamed(_table(page.items, bom=query.bom), media_type, headers)
    return JSONResponse({"items": [review_row(each) for each in page.items], "next": page.next_cursor}, headers=headers)


def _file_name(wanted: ReviewFilter) -> str:
    selection = ExportContext(
        datetime.now(UTC),
        filters={"reviewed": wanted.verdict} if wanted.verdict else {},
        site=wanted.site,
        from_time=wanted.from_time,
        to_time=wanted.to_time,
        taxa=wanted.taxa,
    )
    return f"{name_selection(selection)}.reviews.csv"


def _table(listed: Iterable[ListedReview], *, bom: bool) -> Iterator[str]:
    lines = review_lines(map(review_row, listed))
    return with_byte_order_mark(lines) if bom else lines


@router.get("/v1/reviews/{review_id:uuid}", summary="One review", responses=documented(NOT_FOUND))
def get_one_review(review_id: UUID, deps: Deps, _caller: Reader) -> ReviewOut:
    return review_out(get_review(deps.database, review_id))
