"""What may stand behind the question mark of a URL; a name that is not known is refused, not passed over.

A filter misspelled and ignored would give the whole list for the answer to a narrow question.
"""

from pydantic import BaseModel, ConfigDict, Field

from dawn_chorus.api.models.requests import EventRuleFields, Moment, Name, Score
from dawn_chorus.domain.analysis import AnalysisState
from dawn_chorus.domain.exports import ExportFormat


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Paged(Asked):
    cursor: Name | None = Field(default=None, description="From the page before: its `next`.")


class RecordingsQuery(Paged):
    site: Name | None = None
    recorded_after: Moment | None = Field(default=None, description="Started at or after.")
    recorded_before: Moment | None = Field(default=None, description="Started before.")
    state: AnalysisState | None = Field(default=None, description="With an analysis in this state.")
    limit: int = Field(default=50, ge=1, le=500)


class TaxaQuery(Asked):
    q: str = Field(default="", max_length=200, description="Part of a code, scientific or common name.")
    limit: int = Field(default=50, ge=1, le=1000)


class TimelineQuery(Asked):
    taxon: list[Name] = Field(
        default=[], description="Code, scientific or common name, in any case; can be given many times."
    )
    min_score: Score = Field(default=0.0, description="Leave out scores below, and taxa whose peak is below.")
    frames: bool = Field(default=False, description="Framewise scores too.")


class AnalysisDetectionsQuery(EventRuleFields):
    """With a threshold or duration, events are cut anew."""

    format: ExportFormat | None = Field(default=None, description="Else what `Accept` says; else JSON.")


class DetectionsQuery(Paged):
    taxon: list[Name] = Field(
        default=[], description="Code, scientific or common name, in any case; can be given many times."
    )
    site: Name | None = None
    from_: Moment | None = Field(default=None, alias="from", description="Starting at or after.")
    to: Moment | None = Field(default=None, description="Starting before.")
    min_confidence: Score = 0.0
    limit: int | None = Field(
        default=None, ge=1, le=1000, description="Rows in a page; JSON: 100, NDJSON and CSV: all, where not given."
    )
    format: ExportFormat | None = Field(default=None, description="json, ndjson or csv; else what `Accept` says.")
