"""What waits to be analyzed, and who is there to do it."""

from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.waiting import count_ahead, measure_waiting
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, documented
from dawn_chorus.api.models.queue import AheadOut, QueueOut, QueueQuery, WorkOut

router = APIRouter(tags=["operations"])


@router.get("/v1/queue", summary="What waits, and for whom", responses=documented(INVALID))
def get_queue(deps: Deps, _caller: Reader, query: Annotated[QueueQuery, Query()]) -> QueueOut:
    """Return what is not finished, how many workers are there, and how many analyses come before those asked for.

    The order is not strict: short recordings go first, and analyses that wait take turns.
    """
    found = measure_waiting(deps.database)
    ahead = count_ahead(deps.database, query.analysis_id)
    return QueueOut(
        workers=found.workers,
        waiting=WorkOut(analyses=found.waiting_analyses, segments=found.waiting_segments),
        running=WorkOut(analyses=found.running_analyses, segments=found.running_segments),
        ahead=[
            AheadOut(analysis_id=each, analyses=ahead[each])
            for each in dict.fromkeys(query.analysis_id)
            if each in ahead
        ],
    )
