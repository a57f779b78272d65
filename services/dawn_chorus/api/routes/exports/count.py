"""How many detections there are to export, before anybody does."""

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.detection_request import wanted_detections
from dawn_chorus.api.http.problems import INVALID, UNKNOWN_PACK, documented
from dawn_chorus.api.models.exports import MOST_COUNTED, CountOut, CountQuery

router = APIRouter(tags=["exports"])


@router.get(
    "/v1/detections/count",
    summary="How many detections there are",
    responses=documented(INVALID, UNKNOWN_PACK),
)
def count_detections(deps: Deps, _caller: Reader, query: Annotated[CountQuery, Query()]) -> CountOut:
    """Count the rows that `GET /v1/detections` and an export with the same filters have, up to 10,000."""
    found = sum(1 for _ in islice(stream_detections(deps.database, wanted_detections(deps, query)), MOST_COUNTED + 1))
    return CountOut(count=min(found, MOST_COUNTED), is_exact=found <= MOST_COUNTED)
