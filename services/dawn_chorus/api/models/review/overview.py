"""The overview: its query and its response."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field

from dawn_chorus.adapters.postgres.judged import CORRECTED_TO
from dawn_chorus.adapters.postgres.overview import Overview, Part, day_of
from dawn_chorus.adapters.postgres.overview_counts import HeardTaxon
from dawn_chorus.api.models.query_parameters import FindingQuery, Thresholds
from dawn_chorus.api.models.requests import Name, Score
from dawn_chorus.api.models.responses import Answer, TaxonOut
from dawn_chorus.domain.clock.moments import HOW_TO_WRITE, parse_moment
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.review.verdicts import Verdict

HOURS_A_DAY = 24


def _read_bound(value: Any) -> Any:
    """Return a date or a moment; bare numbers are refused, of which pydantic would make a time."""
    if not isinstance(value, str):
        raise ValueError(HOW_TO_WRITE)  # noqa: TRY004 - pydantic reports a ValueError as the field's
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return parse_moment(value)
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"there is no such day; {HOW_TO_WRITE}") from error


DayOrMoment = Annotated[AwareDatetime | dt.date, BeforeValidator(_read_bound)]


class VerdictsOut(Answer):
    """How many detections show a review that says so, and how many show none."""

    confirmed: int = Field(examples=[11])
    rejected: int = Field(examples=[2])
    uncertain: int = Field(examples=[0])
    unreviewed: int = Field(examples=[10])
    corrected_to: int = Field(
        description="With `reviewed=identified`: how many a reviewer heard as this taxon, and the model as another.",
        examples=[0],
    )


class OverviewQuery(FindingQuery):
    site: Name | None = Field(default=None, description="Only this site. Default: all, each beside the others.")
    from_: DayOrMoment | None = Field(
        default=None,
        alias="from",
        description="A date, from whose midnight on it is counted by each recorder's own clock; or a moment. Leaves "
        "out what is undated.",
        examples=["2026-05-01"],
    )
    to: DayOrMoment | None = Field(
        default=None,
        description="The date, or the moment, before which it is counted: `from=2026-05-01&to=2026-06-01` is May.",
        examples=["2026-06-01"],
    )
    pack: Name | None = Field(
        default=None, description="Found with this model pack. Default: that of the service. One at a time."
    )
    min_confidence: Score = Field(default=0.0, description="Leave out detections with a lower confidence.")
    thresholds: Thresholds = None
    verdicts: bool = Field(default=False, description="Count the verdicts of each taxon, too. CSV always has them.")
    zeros: bool = Field(
        default=True, description="In CSV, also the hours in which somebody listened and a taxon was not heard."
    )
    format: ExportFormat | None = Field(default=None, description="json or csv. Default: by `Accept`, else JSON.")


class PartOut(Answer):
    """How long somebody listened, and what was heard."""

    hours: float | None = Field(
        description="Analyzed, without what was lost or failed; null: nobody listened.", examples=[12.5]
    )
    detections: int | None = Field(description="Null where nobody listened, else how many.", examples=[340])
    richness: int | None = Field(description="How many taxa; null where nobody listened.", examples=[17])


class HourPartOut(PartOut):
    hour: int = Field(description="0 to 23, by the recorder's own clock.", examples=[4])


class DayPartOut(PartOut):
    date: dt.date = Field(description="By the recorder's own clock.", examples=["2026-05-03"])


class SitePartOut(PartOut):
    site: str | None = Field(description="Null: recordings without a site.", examples=["north-marsh"])


_ALONGSIDE = "Detections in each of `{}`, in its order; null where nobody listened, 0 where it was not heard."


class HeardTaxonOut(TaxonOut):
    """One taxon, and where its detections lie."""

    detections: int = Field(examples=[23])
    by_hour: list[int | None] = Field(
        description=_ALONGSIDE.format("by_hour"), examples=[[None, None, None, 4, 17, 2] + [None] * 18]
    )
    by_day: list[int | None] = Field(description=_ALONGSIDE.format("by_day"), examples=[[23]])
    by_site: list[int | None] = Field(description=_ALONGSIDE.format("by_site"), examples=[[23]])
    undated: int | None = Field(description="Detections of no hour and no day.", examples=[None])
    first_heard: AwareDatetime | None = Field(
        description="When its first dated detection begins, by the recorder's clock.",
        examples=["2026-05-03T04:32:03+02:00"],
    )
    last_heard: AwareDatetime | None = Field(examples=["2026-05-03T05:20:41+02:00"])
    verdicts: VerdictsOut | None = Field(description="With `verdicts=true`, of all detections that are counted here.")


class OverviewOut(Answer):
    """What was heard at which hours, on which days and at which sites, and how long somebody listened."""

    pack: str = Field(examples=["birdnet"])
    total: PartOut
    undated: PartOut = Field(description="Of recordings without a time: in no hour and on no day.")
    by_hour: list[HourPartOut] = Field(description="The 24 hours of the day.")
    by_day: list[DayPartOut] = Field(description="The days on which somebody listened, in order.")
    by_site: list[SitePartOut] = Field(description="By name, recordings without a site last.")
    taxa: list[HeardTaxonOut] = Field(
        description="Most often heard first. A taxon that was asked for and not heard is there, with its zeros."
    )
    corrected: int | None = Field(
        description="With `reviewed=confirmed`: how many a reviewer corrected to another taxon, which are not counted; "
        "`reviewed=identified` counts them as what they were corrected to. Else null.",
        examples=[None],
    )


def overview_out(pack: str, found: Overview, *, verdicts: bool) -> OverviewOut:
    by_hour = {hour: found.by_hour.get(hour, Part(0.0)) for hour in range(HOURS_A_DAY)}
    return OverviewOut(
        pack=pack,
        total=PartOut(**_fields(found.total)),
        undated=PartOut(**_fields(found.undated)),
        by_hour=[HourPartOut(hour=hour, **_fields(part)) for hour, part in by_hour.items()],
        by_day=[DayPartOut(date=day_of(number), **_fields(part)) for number, part in found.by_day.items()],
        by_site=[SitePartOut(site=site, **_fields(part)) for site, part in found.by_site.items()],
        taxa=[
            HeardTaxonOut(
                **TaxonOut.model_validate(heard.taxon).model_dump(),
                detections=heard.detections,
                by_hour=_alongside(heard.by_hour, by_hour),
                by_day=_alongside(heard.by_day, found.by_day),
                by_site=_alongside(heard.by_site, found.by_site),
                undated=heard.undated if _is_known(found.undated) else None,
                first_heard=heard.first,
                last_heard=heard.last,
                verdicts=_verdicts(heard) if verdicts else None,
            )
            for heard in found.taxa
        ],
        corrected=found.corrected,
    )


def _verdicts(heard: HeardTaxon) -> VerdictsOut:
    counts = {said: heard.verdicts.get(said, 0) for said in (*map(str, Verdict), CORRECTED_TO)}
    return VerdictsOut(**counts, unreviewed=heard.detections - sum(counts.values()))


def _is_known(part: Part) -> bool:
    """Return whether there is something to say: what was heard where the ledger knows of no effort is not hidden."""
    return bool(part.listened_s or part.detections)


def _fields(part: Part) -> dict[str, Any]:
    hours = round(part.listened_s / 3600, 6) or None
    known = _is_known(part)
    return {
        "hours": hours,
        "detections": part.detections if known else None,
        "richness": part.richness if known else None,
    }


def _alongside(counts: Mapping[Any, int], parts: Mapping[Any, Part]) -> list[int | None]:
    return [counts.get(key, 0) if _is_known(part) else None for key, part in parts.items()]
