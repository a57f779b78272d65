"""Server-sent events: the progress of an analysis."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dawn_chorus.adapters import metrics
from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.values import AnalysisStatus
from dawn_chorus.api.auth import ADMIT_EVERY_S, Bearer, Cookie, Reader, is_still_reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.problems import NOT_FOUND, documented
from dawn_chorus.api.models.rendering import analysis_out
from dawn_chorus.domain.errors import NotFound, TransientError

RECONNECT_MS = 2000
_EXAMPLE = (
    "event: progress\nid: 3\nretry: 2000\n"
    'data: {"id": "0193d0c8-5a41-7f08-8a52-6b1d0c9e7f34", "state": "running", "segments_done": 1}\n\n'
)
"""Its data is shortened."""
router = APIRouter(tags=["analyses"])


def _known(analysis_id: UUID, deps: Deps, _caller: Reader) -> AnalysisStatus:
    """Return the status before the stream begins: an unknown id is a 404, not a stream."""
    return get_status(deps.database, analysis_id)


@router.get(
    "/v1/analyses/{analysis_id:uuid}/events",
    summary="Follow an analysis",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}}, **documented(NOT_FOUND)},
)
async def follow(
    request: Request,
    deps: Deps,
    credentials: Bearer,
    session: Cookie,
    status: Annotated[AnalysisStatus, Depends(_known)],
    last_event_id: Annotated[int | None, Header(description="Id after which a broken stream goes on.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events `progress` and, at the end, `finished`, each with the body of `GET /v1/analyses/{id}`.

    Ids grow with every change, so a broken stream can be resumed. Between events, a comment is sent every 15 s.
    """
    with metrics.event_streams.track_inprogress():
        if status.terminal or status.analysis.revision != last_event_id:
            yield _event(status)
        while not status.terminal:
            try:
                async with asyncio.timeout(ADMIT_EVERY_S):
                    await deps.watch.wait_for_change(status.analysis.id, status.analysis.revision)
            except TimeoutError:
                if await is_still_reader(request, deps, credentials, session):
                    continue
                return
            latest = await _latest(deps, status)
            if latest is None:
                return
            if latest.analysis.revision > status.analysis.revision:
                status = latest
                yield _event(status)


async def _latest(deps: Dependencies, status: AnalysisStatus) -> AnalysisStatus | None:
    """Return the new status; None if the analysis was deleted, the old one if the database is unavailable."""
    try:
        return await run_in_threadpool(get_status, deps.database, status.analysis.id)
    except NotFound:
        return None
    except TransientError:
        return status


def _event(status: AnalysisStatus) -> ServerSentEvent:
    return ServerSentEvent(
        event="finished" if status.terminal else "progress",
        id=str(status.analysis.revision),
        retry=RECONNECT_MS,
        data=analysis_out(status),
    )
