"""Turns the fields of a request into the analysis to run, within the limits of the service."""

import math

from dawn_chorus.adapters.postgres.packs import PackListing, list_packs
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.api.dependencies import Dependencies
from dawn_chorus.api.http.problems import TOO_LONG, UNKNOWN_PACK, FieldError, Problem, invalid_field
from dawn_chorus.api.models.requests import AnalysisFields
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.domain.analysis import channels_to_score, count_segments, longest_plan_s
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.jobs import EXPRESS_MAX_S, Lane, lane_for
from dawn_chorus.domain.recording import AudioFacts


def plan_analysis(
    deps: Dependencies, fields: AnalysisFields, audio: AudioFacts, *, field: str = "file", name: str = "the recording"
) -> AnalysisRequest:
    """Return the analysis to run, with defaults for omitted fields.

    Raises Problem for a recording beyond the limits, which is `name` in the request's `field`; for a pack that no
    worker has registered, except the default pack: its work may wait for the first worker; and for what the recording
    or the pack does not have.
    """
    pack = fields.pack or deps.settings.default_pack
    _check_length(deps.settings, audio.duration_s, field, name)
    _check_priority(fields.priority, audio.duration_s)
    check_pack(deps, pack)
    _check_occurrence(deps, fields, pack)
    try:
        channels_to_score(fields.channels, audio.channels)
    except PermanentError as error:
        raise invalid_field("channels", str(error).capitalize()) from error
    segment_s = deps.settings.segment_s
    return AnalysisRequest(
        pack=pack,
        lane=lane_for(audio.duration_s, fields.priority),
        segment_s=segment_s,
        settings=fields.settings(),
        most_s=longest_plan_s(deps.settings.max_duration_s, deps.settings.max_segments, segment_s),
    )


def _check_length(settings: ApiSettings, duration_s: float, field: str, name: str) -> None:
    """Raise Problem for a longer recording, or one of more segments, than the service takes."""
    if duration_s > settings.max_duration_s:
        limit = f"{_spoken(settings.max_duration_s)} (CHORUS_MAX_DURATION_S)"
    elif (segments := count_segments(duration_s, settings.segment_s)) > settings.max_segments:
        limit = (
            f"{settings.max_segments:,} segments (CHORUS_MAX_SEGMENTS) of {settings.segment_s:g} s, and it has "
            f"{segments:,}"
        )
    else:
        return
    detail = f"{name} is {_spoken(duration_s)} long; this service takes at most {limit}: cut it into shorter recordings"
    detail = detail[0].upper() + detail[1:] if name == "the recording" else detail
    raise Problem(TOO_LONG, detail, errors=[FieldError(field=field, detail=detail)])


def _check_priority(priority: Lane | None, duration_s: float) -> None:
    if priority is Lane.EXPRESS and duration_s > EXPRESS_MAX_S:
        raise invalid_field(
            "priority",
            f"express is for recordings of up to {_spoken(EXPRESS_MAX_S)}, so that long ones never hold them up; this "
            f"one is {_spoken(duration_s)} long: leave priority out",
        )


def _spoken(seconds: float) -> str:
    minutes, rest_s = divmod(math.ceil(seconds), 60)
    parts = ((minutes // 60, "h"), (minutes % 60, "min"), (rest_s, "s"))
    return " ".join(f"{number:,} {unit}" for number, unit in parts if number)


def check_pack(deps: Dependencies, pack: str) -> None:
    """Raise Problem for a pack that no worker has registered and that is not the default pack."""
    if pack == deps.settings.default_pack:
        return
    names = sorted({listing.name for listing in list_packs(deps.database)} | {deps.settings.default_pack})
    if pack not in names:
        detail = f"Unknown pack {pack!r}; available: {', '.join(names)}"
        raise Problem(UNKNOWN_PACK, detail, errors=[FieldError(field="pack", detail=detail)])


def _check_occurrence(deps: Dependencies, fields: AnalysisFields, pack: str) -> None:
    """Raise Problem for an occurrence filter by a pack that cannot filter; one that did not say may try."""
    if not fields.occurrence_min:
        return
    listing: PackListing | None = next((each for each in list_packs(deps.database) if each.name == pack), None)
    if listing is not None and listing.has_occurrence is False:
        raise invalid_field(
            "occurrence_min",
            f"The pack {pack} does not know which taxa occur where: leave it out, or choose another pack",
        )
