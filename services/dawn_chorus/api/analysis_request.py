"""Turns the fields of a request into the analysis to run."""

from dawn_chorus.adapters.postgres.packs import list_packs
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import UNKNOWN_PACK, FieldError, Problem, invalid_field
from dawn_chorus.api.models.requests import AnalysisFields
from dawn_chorus.domain.analysis import channels_to_score
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.jobs import lane_for
from dawn_chorus.domain.recording import AudioFacts


def plan_analysis(deps: Dependencies, fields: AnalysisFields, audio: AudioFacts) -> AnalysisRequest:
    """Return the analysis to run, with defaults for omitted fields.

    Raises Problem for a pack that no worker has registered, except the default pack: its work may wait for the first
    worker. Also raises Problem for channels that the recording does not have.
    """
    pack = fields.pack or deps.settings.default_pack
    check_pack(deps, pack)
    try:
        channels_to_score(fields.channels, audio.channels)
    except PermanentError as error:
        raise invalid_field("channels", str(error).capitalize()) from error
    return AnalysisRequest(
        pack=pack,
        lane=lane_for(audio.duration_s, fields.priority),
        segment_s=deps.settings.segment_s,
        settings=fields.settings(),
        most_s=deps.settings.max_duration_s,
    )


def check_pack(deps: Dependencies, pack: str) -> None:
    """Raise Problem for a pack that no worker has registered and that is not the default pack."""
    if pack == deps.settings.default_pack:
        return
    names = sorted({listing.name for listing in list_packs(deps.database)} | {deps.settings.default_pack})
    if pack not in names:
        detail = f"Unknown pack {pack!r}; available: {', '.join(names)}"
        raise Problem(UNKNOWN_PACK, detail, errors=[FieldError(field="pack", detail=detail)])
