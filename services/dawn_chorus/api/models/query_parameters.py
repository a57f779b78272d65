"""Query parameters of the routes; an unknown parameter is refused, not ignored.

A misspelled filter that was ignored would return the whole list in answer to a narrow query.
"""

import math
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dawn_chorus.api.models.requests import EventRuleFields, Moment, Name, Score, Text
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState
from dawn_chorus.domain.exports.formats import ExportFormat
from dawn_chorus.domain.review.matching import Reviewed
from dawn_chorus.domain.timeline import Span

Sha256 = Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]


Position = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""Seconds from a recording's start."""
ANY_PACK = "any"


class AnalysesCounted(StrEnum):
    """Which analyses of a recording a list across recordings counts."""

    CURRENT = "current"
    ALL = "all"


class DetectionOrder(StrEnum):
    """In which order a list across recordings is."""

    TIME = "time"
    CONFIDENCE = "confidence"


class ThresholdsCounted(StrEnum):
    """Which thresholds count besides the packs' rules."""

    SAVED = "saved"


Thresholds = Annotated[
    ThresholdsCounted | None,
    Field(
        description="`saved`: of taxa that have a saved threshold at the site, or at all sites, only events that reach "
        "it; an analysis whose floor or rule is above it shows what it has. Default: all events that the packs' rules "
        "cut."
    ),
]


class StrictQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PagedQuery(StrictQuery):
    cursor: Name | None = Field(default=None, description="`next` of the previous page.")


class RecordingsQuery(PagedQuery):
    site: Name | None = None
    sha256: Sha256 | None = Field(
        default=None, description="Of these bytes; hexadecimal. A key with the scope `upload` may ask this, too."
    )
    recorded_after: Moment | None = Field(default=None, description="Started at or after.")
    recorded_before: Moment | None = Field(default=None, description="Started before.")
    state: AnalysisState | None = Field(default=None, description="With an analysis in this state.")
    result: AnalysisResult | None = Field(default=None, description="With an analysis that ended so.")
    q: Annotated[Text, Field(max_length=200)] = Field(
        default="", description="Part of the file's name or of the site, in any case.", examples=["marsh"]
    )
    taxon: list[Name] = Field(
        default=[],
        description="With a detection of one of them: code, scientific or common name, in any case; repeatable. Of "
        "each pack the newest analysis that succeeded or is partial counts.",
    )
    min_confidence: Score | None = Field(
        default=None, description="With a detection at least so sure: of one of the taxa, or of any."
    )
    has_reviews: bool | None = Field(default=None, description="With a review of anything heard in it, or without.")
    limit: int = Field(default=50, ge=1, le=500)


class PartsQuery(PagedQuery):
    limit: int = Field(default=100, ge=1, le=200, description="How many on a page.")


class TaxaQuery(StrictQuery):
    q: str = Field(default="", max_length=200, description="Part of a code, scientific or common name.")
    limit: int = Field(default=50, ge=1, le=1000)


class SpanQuery(StrictQuery):
    from_s: Position = Field(default=0.0, description="Only what overlaps the part that begins here.")
    to_s: Position | None = Field(default=None, description="Where that part ends. Default: with the recording.")

    @field_validator("to_s")
    @classmethod
    def _after_its_start(cls, to_s: float | None, info: ValidationInfo) -> float | None:
        if to_s is not None and to_s <= info.data.get("from_s", 0.0):
            raise ValueError("must be after from_s")
        return to_s

    @property
    def span(self) -> Span:
        return Span(self.from_s, math.inf if self.to_s is None else self.to_s)


class TaxonQuery(StrictQuery):
    taxon: list[Name] = Field(default=[], description="Code, scientific or common name, in any case; repeatable.")
    class_: list[Name] = Field(
        default=[], alias="class", description="Taxonomic class, in any case; repeatable.", examples=[["Aves"]]
    )


class Voices(StrEnum):
    """Whether human voices are listed."""

    SHOW = "show"
    HIDE = "hide"


class FindingQuery(TaxonQuery):
    """What selects detections in all lists and exports of them."""

    reviewed: Reviewed | None = Field(
        default=None,
        description="Only those that show such a review; `any`: whatever it says, `none`: no review. "
        "`identified`: a person has named the taxon, so it is confirmed, or rejected with `corrected_taxon`.",
    )
    voices: Voices = Field(default=Voices.SHOW, description="`hide`: leave out human voices.")


class LanesQuery(SpanQuery, TaxonQuery):
    frames: bool = Field(
        default=False,
        description="Framewise scores, of 60 minutes at most; window scores if the pack has no others.",
    )


class TimelineQuery(SpanQuery, TaxonQuery):
    min_score: Score = Field(default=0.0, description="Leave out scores below this, and taxa whose peak is below it.")
    min_confidence: Score = Field(default=0.0, description="Leave out events with a lower confidence.")
    frames: bool = Field(default=False, description="Include framewise scores.")
    thresholds: Thresholds = None


Bom = Annotated[bool, Field(description="Begin CSV with a byte order mark, by which Excel knows that it is UTF-8.")]


class AnalysisDetectionsQuery(EventRuleFields, SpanQuery, FindingQuery):
    """With a threshold or duration, events are cut anew from the stored scores."""

    thresholds: Thresholds = None
    min_confidence: Score = Field(default=0.0, description="Leave out events with a lower confidence.")
    bom: Bom = False
    format: ExportFormat | None = Field(default=None, description="Default: by `Accept`, else JSON.")

    @field_validator("thresholds")
    @classmethod
    def _by_one_rule(cls, thresholds: ThresholdsCounted | None, info: ValidationInfo) -> ThresholdsCounted | None:
        sent = [name for name in EventRuleFields.model_fields if info.data.get(name) is not None]
        if thresholds is not None and sent:
            raise ValueError(f"saved thresholds say how events are cut: leave out {', '.join(sent)}, or this")
        return thresholds


class FilterFields(FindingQuery):
    """Which detections are wanted across recordings: of lists, and of exports."""

    site: Name | None = None
    from_: Moment | None = Field(default=None, alias="from", description="Starting at or after.")
    to: Moment | None = Field(default=None, description="Starting before.")
    min_confidence: Score = 0.0
    pack: Name | None = Field(
        default=None, description=f"Found with this model pack; `{ANY_PACK}`: with any. Default: that of the service."
    )
    analyses: AnalysesCounted = Field(
        default=AnalysesCounted.CURRENT,
        description="`current`: of each recording and pack one analysis counts, the newest that succeeded or is "
        "partial. `all`: all of them count and, where `pack` is not given, of all packs.",
    )
    thresholds: Thresholds = None


class DetectionsQuery(PagedQuery, FilterFields):
    bom: Bom = False
    order: DetectionOrder = Field(
        default=DetectionOrder.TIME,
        description="`time`: latest first. `confidence`: most confident first, in pages in each format; name a taxon.",
    )
    limit: int | None = Field(
        default=None, ge=1, le=1000, description="Rows per page. Default: 100 for JSON, all rows for other formats."
    )
    format: ExportFormat | None = Field(default=None, description="All but audacity-birdnet. Default: by `Accept`.")
