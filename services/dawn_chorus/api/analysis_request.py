"""Turns the fields of a request into the analysis to run."""

from dawn_chorus.adapters.postgres.packs import list_packs
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import UNKNOWN_PACK, FieldError, Problem, invalid_field
from dawn_chorus.api.models.requests import AnalysisFields
from dawn_chorus.domain.jobs import lane_for
from dawn_chorus.domain.recording import Place


def plan_analysis(deps: Dependencies, fields: AnalysisFields, place: Place, duration_s: float) -> AnalysisRequest:
    """Return the analysis to run, with defaults for omitted fields.

    Raises Problem for a pack that no worker has registered, except the default pack: its work may wait for the first
    worker. Also raises Problem for an occurrence filter without coordinates, since the analysis would run unfiltered.
    """
    pack = fields.pack or deps.settings.default_pack
    if pack != deps.settings.default_pack:
        _check_pack(deps, pack)
    if fields.occurrence_min is not None and place.latitude is None:
        raise invalid_field("occurrence_min", "Needs coordinates: the recording has no latitude and longitude")
    return AnalysisRequest(
        pack=pack,
        lane=lane_for(duration_s, fields.priority),
        segment_s=deps.settings.segment_s,
        settings=fields.settings(),
    )


def _check_pack(deps: Dependencies, pack: str) -> None:
    names = sorted({listing.name for listing in list_packs(deps.database)} | {deps.settings.default_pack})
    if pack not in names:
        detail = f"Unknown pack {pack!r}; available: {', '.join(names)}"
        raise Problem(UNKNOWN_PACK, detail, errors=[FieldError(field="pack", detail=detail)])
