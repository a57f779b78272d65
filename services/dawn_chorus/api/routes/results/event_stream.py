"""Server-sent events: all that changes, in one stream. Browsers allow six connections to a host."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from dawn_chorus.adapters import metrics
from dawn_chorus.api.auth import ADMIT_EVERY_S, Bearer, Cookie, Reader, is_still_reader
from dawn_chorus.api.changes.feed import Follower
from dawn_chorus.api.dependencies import Deps

RECONNECT_MS = 2000
_EXAMPLE = 'event: deleted\nretry: 2000\ndata: {"id": "0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a"}\n\n'
router = APIRouter(tags=["analyses"])


async def _joined(deps: Deps, _caller: Reader) -> AsyncIterator[Follower]:
    """Join before the response begins: whatever is committed once a client has its headers comes as an event."""
    async with deps.changes.joined() as follower:
        yield follower


@router.get(
    "/v1/events",
    summary="Follow everything",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {"example": _EXAMPLE}}}},
)
async def follow_all(
    request: Request,
    deps: Deps,
    credentials: Bearer,
    session: Cookie,
    follower: Annotated[Follower, Depends(_joined)],
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events of all recordings, analyses and exports, whichever process changes them.

    `recording`: one is new or was corrected; `progress` and `finished`: of an analysis, `progress` at most once a
    second; `export`: one was asked for, goes on, or ended; each with the body of its GET. `deleted`: `{"id": …}` of a
    recording; of an export that was removed comes `export` with `{"id": …, "state": "removed"}`. First comes `progress`
    of all analyses that are unfinished.

    There are no ids: after a break load the list again, once the new stream is open. A client that reads too slowly is
    cut off. Between events, a comment is sent every 15 s.
    """
    with metrics.event_streams.track_inprogress():
        admitted_at = time.monotonic()
        while not follower.is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(ADMIT_EVERY_S):
                    taken = await follower.take()
                for change in taken:
                    yield ServerSentEvent(event=change.event, raw_data=change.data, retry=RECONNECT_MS)
            if time.monotonic() - admitted_at >= ADMIT_EVERY_S:
                if not await is_still_reader(request, deps, credentials, session):
                    return
                admitted_at = time.monotonic()
