"""How often a taxon is right at a confidence, from reviews; and which threshold a wanted precision needs."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query

from dawn_chorus.adapters.postgres.precision import JudgedEvents, read_judged
from dawn_chorus.api.analysis_request import check_pack
from dawn_chorus.api.auth import Reader
from dawn_chorus.api.dependencies import Deps
from dawn_chorus.api.http.problems import INVALID, NOT_FOUND, UNKNOWN_PACK, documented
from dawn_chorus.api.models.responses import TaxonOut
from dawn_chorus.api.models.review.precision import (
    BandOut,
    ByStrategyOut,
    CurvePointOut,
    FitOut,
    KeptOut,
    PrecisionOut,
    PrecisionQuery,
    SuggestionOut,
)
from dawn_chorus.api.taxon_names import without_nul
from dawn_chorus.domain.review.kept import Kept, count_bands, keep_each
from dawn_chorus.domain.review.precision import Curve, Refused, Suggestion, fit_curve, suggest_threshold
from dawn_chorus.domain.review.verdicts import Strategy

router = APIRouter(tags=["reviews"])
_POINTS = [percent / 100 for percent in range(1, 100)]


@router.get(
    "/v1/taxa/{code:path}/precision",
    summary="How often a taxon is right",
    responses=documented(NOT_FOUND, INVALID, UNKNOWN_PACK),
)
def get_precision(code: str, deps: Deps, _caller: Reader, query: Annotated[PrecisionQuery, Query()]) -> PrecisionOut:
    """From reviews: the chance that an event is right by its confidence, and the threshold for a wanted precision.

    `code` is a code or scientific name, in any case. A code may mean different taxa in different packs; reviews go by
    scientific names.
    """
    pack = query.pack or deps.settings.default_pack
    check_pack(deps, pack)
    judged = read_judged(deps.database, without_nul(code), pack, query.site)
    curve, suggestion, reason = _fit(judged, query.wanted)
    return PrecisionOut(
        taxon=TaxonOut.model_validate(judged.taxon),
        site=query.site,
        pack=pack,
        n=len(judged.confidence),
        confirmed=int(judged.confirmed.sum()),
        uncertain=judged.uncertain,
        repeated=judged.repeated,
        left_out=judged.left_out,
        bands=[BandOut.model_validate(band) for band in count_bands(judged.confidence, judged.confirmed)],
        before=_kept(judged, curve, [0.0])[0],
        fit=None if curve is None else _fit_out(curve),
        curve=[] if curve is None else _points(judged, curve),
        threshold=None if suggestion is None else _suggested(judged, curve, suggestion, query.wanted),
        reason=reason,
        caution=_caution(judged, suggestion),
        by_strategy=ByStrategyOut.model_validate(dict(judged.by_strategy)),
        sampled_events=len(judged.events),
        are_all_events=judged.are_all_events,
    )


def _fit(judged: JudgedEvents, wanted: float) -> tuple[Curve | None, Suggestion | None, str | None]:
    """Return the curve, the threshold for what is wanted, and why there is none of one of them."""
    curve = None
    try:
        curve = fit_curve(judged.confidence, judged.confirmed)
        lowest = float(np.concatenate([judged.confidence, judged.events]).min())
        return curve, suggest_threshold(curve, wanted, lowest), None
    except Refused as refused:
        return curve, None, f"{refused}."


def _fit_out(curve: Curve) -> FitOut:
    return FitOut(
        intercept=curve.intercept,
        slope=curve.slope,
        intercept_se=curve.intercept_var**0.5,
        slope_se=curve.slope_var**0.5,
        covariance=curve.covariance,
    )


def _kept(judged: JudgedEvents, curve: Curve | None, thresholds: list[float]) -> list[KeptOut]:
    found = keep_each(thresholds, judged.confidence, judged.confirmed, judged.events, curve)
    return [_kept_out(each) for each in found]


def _kept_out(kept: Kept) -> KeptOut:
    return KeptOut.model_validate(kept)


def _points(judged: JudgedEvents, curve: Curve) -> list[CurvePointOut]:
    at = np.array(_POINTS)
    columns = (curve.precision(at).tolist(), *(each.tolist() for each in curve.interval(at)))
    return [
        CurvePointOut(confidence=confidence, precision=precision, low=low, high=high, kept=kept)
        for confidence, precision, low, high, kept in zip(_POINTS, *columns, _kept(judged, curve, _POINTS), strict=True)
    ]


def _suggested(judged: JudgedEvents, curve: Curve | None, found: Suggestion, wanted: float) -> SuggestionOut:
    (kept,) = _kept(judged, curve, [found.threshold])
    return SuggestionOut(wanted=wanted, threshold=found.threshold, low=found.low, high=found.high, kept=kept)


def _caution(judged: JudgedEvents, suggestion: Suggestion | None) -> str | None:
    """Return what to know before one believes the numbers."""
    n, by_highest = len(judged.confidence), judged.by_strategy.get(Strategy.HIGHEST, 0)
    found = []
    if by_highest * 2 > n:
        found.append(
            f"{by_highest} of {n} reviews came by the queue of the surest events: of the less sure ones little is "
            "known, and the counts flatter. Review across bands, or at random, before you trust it."
        )
    if suggestion is not None and suggestion.low is None:
        found.append("The reviews hardly tell that surer events are right more often: review more.")
    if suggestion is not None and not judged.confidence.min() <= suggestion.threshold <= judged.confidence.max():
        found.append("The threshold lies beyond all reviewed events: review some near it.")
    return " ".join(found) or None
