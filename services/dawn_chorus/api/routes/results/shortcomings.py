"""What an analysis left out, and what to know before trusting it: all of it, page by page."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from dawn_chorus.adapters.postgres.failures import list_failures
from dawn_chorus.adapters.postgres.warnings import list_warnings
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, documented
from dawn_chorus.api.models.query_parameters import PartsQuery
from dawn_chorus.api.models.responses import FailureOut, PageOut, WarningOut

router = APIRouter(tags=["analyses"])


@router.get(
    "/v1/analyses/{analysis_id:uuid}/failures",
    summary="All that was not analyzed, and why",
    responses=documented(NOT_FOUND, INVALID),
)
def get_failures(
    request: Request,
    response: Response,
    analysis_id: UUID,
    deps: Deps,
    _caller: Reader,
    query: Annotated[PartsQuery, Query()],
) -> PageOut[FailureOut]:
    """Ordered by time, each with all its stretches of lost audio; `GET /v1/analyses/{id}` has the first ones."""
    page = list_failures(deps.database, analysis_id, limit=query.limit, cursor=query.cursor)
    response.headers.update(next_link(request, page.next_cursor))
    return PageOut(items=[FailureOut.model_validate(each) for each in page.items], next=page.next_cursor)


@router.get(
    "/v1/analyses/{analysis_id:uuid}/warnings",
    summary="All warnings of an analysis",
    responses=documented(NOT_FOUND, INVALID),
)
def get_warnings(
    request: Request,
    response: Response,
    analysis_id: UUID,
    deps: Deps,
    _caller: Reader,
    query: Annotated[PartsQuery, Query()],
) -> PageOut[WarningOut]:
    """Ordered by time; `GET /v1/analyses/{id}` has the first ones."""
    page = list_warnings(deps.database, analysis_id, limit=query.limit, cursor=query.cursor)
    response.headers.update(next_link(request, page.next_cursor))
    return PageOut(items=[WarningOut.model_validate(each) for each in page.items], next=page.next_cursor)
