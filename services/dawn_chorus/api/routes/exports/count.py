"""How many detections there are to export, before anybody does."""

from collections import Counter
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.detection_request import wanted_detections
from dawn_chorus.api.http.problems import INVALID, UNKNOWN_PACK, documented
from dawn_chorus.api.models.exports import MOST_COUNTED, CountOut, CountQuery, PackageCountOut
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.exports.occurrences import why_left_out

_ANYWHERE = {ExportFormat.CAMTRAP_DP: False, ExportFormat.DWCA: True}
"""Whether a package holds what has no place or time."""
router = APIRouter(tags=["exports"])


@router.get(
    "/v1/detections/count",
    summary="How many detections there are",
    responses=documented(INVALID, UNKNOWN_PACK),
)
def count_detections(deps: Deps, _caller: Reader, query: Annotated[CountQuery, Query()]) -> CountOut:
    """Count the rows that `GET /v1/detections` and an export with the same filters have, up to 10,000.

    `packages` says how many of them a Camtrap package and a Darwin Core archive would hold, and why not all.
    """
    found = stream_detections(deps.database, wanted_detections(deps, query))
    counted, left_out = 0, {name: Counter[str]() for name in _ANYWHERE}
    for finding in islice(found, MOST_COUNTED):
        counted += 1
        for name, anywhere in _ANYWHERE.items():
            if reason := why_left_out(finding, anywhere=anywhere):
                left_out[name][reason] += 1
    packages = {
        name: PackageCountOut(count=counted - reasons.total(), left_out=dict(reasons))
        for name, reasons in left_out.items()
    }
    return CountOut(count=counted, is_exact=next(found, None) is None, packages=packages)
