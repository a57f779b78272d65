"""The taxa to review, and the events of one of them, in the order of a strategy."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from dawn_chorus.adapters.postgres.queue_values import Counted, QueuedEvent, QueueFilter
from dawn_chorus.adapters.postgres.review_queue import find_reviewable, read_queue
from dawn_chorus.adapters.postgres.review_taxa import ReviewTaxaFilter, ReviewTaxon, list_review_taxa
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Dependencies, Deps
from dawn_chorus.api.http.pagination import next_link
from dawn_chorus.api.http.problems import INVALID, UNKNOWN_PACK, documented, invalid_field
from dawn_chorus.api.models.query_parameters import ANY_PACK
from dawn_chorus.api.models.review.queue import (
    ReviewQueueOut,
    ReviewQueueQuery,
    ReviewTaxaListQuery,
    ReviewTaxaOut,
    ReviewTaxonOut,
)
from dawn_chorus.api.taxon_names import without_nul
from dawn_chorus.domain.exports.findings import finding_row
from dawn_chorus.domain.review.verdicts import Strategy

_SEEDED = (Strategy.BANDS, Strategy.RANDOM)
router = APIRouter(tags=["reviews"])


@router.get(
    "/v1/review-queue",
    summary="The events of a taxon to review next",
    response_model=ReviewQueueOut,
    responses=documented(INVALID, UNKNOWN_PACK),
)
def get_review_queue(
    request: Request, deps: Deps, _caller: Reader, query: Annotated[ReviewQueueQuery, Query()]
) -> JSONResponse:
    """Only events that show no review, of analyses that count, and of recordings whose audio was not removed.

    What is reviewed drops out by itself; to skip events, go on with `next`, whose order no review changes.
    """
    seed = query.seed
    if query.strategy not in _SEEDED:
        if seed is not None:
            raise invalid_field("seed", f"{query.strategy} has one order only: leave the seed out")
    elif seed is None and query.cursor is None:
        seed = secrets.randbelow(2**31)
    wanted = _wanted(deps, query)
    queue = read_queue(deps.database, wanted, query.strategy, seed=seed, limit=query.limit, cursor=query.cursor)
    answer = {
        "items": [_row(item) for item in queue.items],
        "next": queue.next_cursor,
        "strategy": query.strategy.value,
        "seed": queue.seed,
        "left": queue.left.n,
        "left_is": queue.left.kind.value,
        "left_is_exact": queue.left.kind is Counted.EXACT,
        "reviewed": queue.reviewed.n,
        "reviewed_is_exact": queue.reviewed.kind is Counted.EXACT,
    }
    return JSONResponse(answer, headers=next_link(request, queue.next_cursor))


@router.get(
    "/v1/review-taxa", summary="The taxa to choose from for review", responses=documented(INVALID, UNKNOWN_PACK)
)
def get_review_taxa(deps: Deps, _caller: Reader, query: Annotated[ReviewTaxaListQuery, Query()]) -> ReviewTaxaOut:
    """Taxa that were heard, those with most left first. Only few events are counted; `left_is` says it."""
    wanted = ReviewTaxaFilter(query.site, query.from_, query.to, chosen_pack(deps, query.pack))
    found = list_review_taxa(deps.database, wanted, without_nul(query.q))
    return ReviewTaxaOut(items=[_taxon_out(each) for each in found[: query.limit]], total=len(found))


def _taxon_out(found: ReviewTaxon) -> ReviewTaxonOut:
    taxon = found.taxon
    return ReviewTaxonOut(
        code=taxon.code,
        scientific_name=taxon.scientific_name,
        common_name=taxon.common_name,
        taxonomic_class=taxon.taxonomic_class,
        detections=found.left.n + found.reviewed.n,
        left=found.left.n,
        left_is=found.left.kind,
        left_is_exact=found.left.kind is Counted.EXACT,
        reviewed=found.reviewed.n,
        reviewed_is_exact=found.reviewed.kind is Counted.EXACT,
    )


def _wanted(deps: Dependencies, query: ReviewQueueQuery) -> QueueFilter:
    """Return which events are wanted. Raises Problem for a pack or taxon that is unknown, or a name of several taxa."""
    pack = chosen_pack(deps, query.pack)
    found = find_reviewable(deps.database, without_nul(query.taxon))
    if not found:
        raise invalid_field("taxon", f"No registered pack has {query.taxon!r}; search names with GET /v1/taxa?q=…")
    if len(found) > 1:
        raise invalid_field("taxon", f"{query.taxon!r} is the name of several: say one of {', '.join(found)}")
    ((scientific_name, taxon_ids),) = found.items()
    return QueueFilter(
        scientific_name,
        taxon_ids,
        pack,
        query.site,
        query.from_,
        query.to,
        query.min_confidence,
        query.max_confidence,
    )


def chosen_pack(deps: Dependencies, pack: str | None) -> str | None:
    """Return the pack whose events are wanted; None: all. Raises Problem for an unknown one."""
    if pack == ANY_PACK:
        return None
    if pack is not None:
        check_pack(deps, pack)
    return pack or deps.settings.default_pack


def _row(item: QueuedEvent) -> dict[str, Any]:
    facts = {"duration_s": item.duration_s, "sample_rate_hz": item.sample_rate_hz, "channels": item.channels}
    return finding_row(item.finding) | {"place": item.place, **facts, "audio_removed": False}
