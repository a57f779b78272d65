"""Reviews: what people say of a taxon in a stretch of a recording; requests and responses."""

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.config import JsonDict

from dawn_chorus.adapters.postgres.reviewing import NewReview
from dawn_chorus.adapters.postgres.reviews import ListedReview
from dawn_chorus.api.models.query_parameters import Bom, PagedQuery, Position
from dawn_chorus.api.models.requests import Moment, Name, Text
from dawn_chorus.api.models.responses import Answer, ClockTime
from dawn_chorus.domain.review.replacing import Saved
from dawn_chorus.domain.review.table import listed_row
from dawn_chorus.domain.review.verdicts import Strategy, Verdict, whole_ms

MOST_REVIEWS = 500
MOST_NOTE = 2000
RECORDING_ID, REVIEW_ID = "0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "019f9ad1-4f30-7e1c-8a44-0c1f3a5b7d90"
_EXAMPLE: JsonDict = {
    "recording_id": RECORDING_ID,
    "taxon": "Erithacus rubecula",
    "onset_s": 123.0,
    "offset_s": 126.5,
    "verdict": "confirmed",
    "reviewer": "Ada",
}


def _not_blank(name: str) -> str:
    if not name.strip():
        raise ValueError("is blank: say who reviews")
    return name.strip()


ReviewerName = Annotated[Name, AfterValidator(_not_blank)]
Placed = Annotated[Position, Field(le=2_000_000)]
"""Seconds that are milliseconds in PostgreSQL's `integer`: 23 days, longer than any recording here."""
Note = Annotated[Text, Field(max_length=MOST_NOTE)]


class ReviewFields(BaseModel):
    """What somebody says of a taxon in a stretch of a recording."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    recording_id: UUID
    taxon: Name = Field(description="Code or scientific name, in any case, of any registered pack.")
    onset_s: Placed = Field(description="Seconds from the recording's start, kept to the millisecond.")
    offset_s: Placed = Field(description="The end of the stretch, within the recording.")
    verdict: Verdict = Field(
        description="`rejected`: it is not this taxon. `uncertain`: it was looked at, and is open."
    )
    corrected_taxon: Name | None = Field(
        default=None, description="With `rejected`: which taxon is heard instead, as for `taxon`."
    )
    note: Note = ""
    reviewer: ReviewerName | None = Field(
        default=None,
        description="Who reviews, where no key is asked for. With a key it is the key's name, and no other is taken.",
    )
    strategy: Strategy | None = Field(
        default=None, description="How a queue chose the event; null: it came from no queue."
    )

    @field_validator("offset_s")
    @classmethod
    def _after_onset(cls, offset_s: float, info: ValidationInfo) -> float:
        if "onset_s" in info.data and whole_ms(offset_s) <= whole_ms(info.data["onset_s"]):
            raise ValueError("must be at least a millisecond after onset_s")
        return offset_s

    @field_validator("corrected_taxon")
    @classmethod
    def _of_a_rejection(cls, taxon: str | None, info: ValidationInfo) -> str | None:
        if taxon is not None and info.data.get("verdict", Verdict.REJECTED) is not Verdict.REJECTED:
            raise ValueError("names what is heard instead: send it with the verdict rejected")
        return taxon

    def review(self, reviewer: str, scientific_name: str, corrected_taxon: str | None) -> NewReview:
        return NewReview(
            self.recording_id,
            scientific_name,
            whole_ms(self.onset_s),
            whole_ms(self.offset_s),
            self.verdict,
            reviewer,
            corrected_taxon,
            self.note,
            self.strategy,
        )


class ReviewsFields(BaseModel):
    """Many reviews: all of them are saved or, at any error, none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: list[ReviewFields] = Field(min_length=1, max_length=MOST_REVIEWS)


class ReviewsQuery(PagedQuery):
    recording_id: UUID | None = None
    taxon: list[Name] = Field(default=[], description="Code, scientific or common name, in any case; repeatable.")
    site: Name | None = None
    verdict: Verdict | None = None
    reviewer: Name | None = None
    strategy: Strategy | None = Field(default=None, description="Of events that a queue chose so.")
    from_: Moment | None = Field(default=None, alias="from", description="Of what was heard at or after.")
    to: Moment | None = Field(default=None, description="Of what was heard before.")
    bom: Bom = False
    limit: int | None = Field(
        default=None, ge=1, le=1000, description="Rows per page. Default: 100 for JSON, all rows for CSV."
    )
    format: Literal["json", "csv"] | None = Field(default=None, description="Default: by `Accept`, else JSON.")


class ReviewOut(Answer):
    """What somebody said of a taxon in a stretch of a recording."""

    id: UUID = Field(examples=[REVIEW_ID])
    recording_id: UUID = Field(examples=[RECORDING_ID])
    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    onset_s: float = Field(examples=[123.0])
    offset_s: float = Field(examples=[126.5])
    verdict: Verdict = Field(examples=["confirmed"])
    corrected_taxon: str | None = Field(
        description="The scientific name of the taxon that is heard instead; null: none is named.", examples=[None]
    )
    note: str = Field(examples=[""])
    reviewer: str = Field(examples=["Ada"])
    reviewed_at: AwareDatetime = Field(examples=["2026-05-04T09:12:44Z"])
    strategy: Strategy | None = Field(description="Null: the event came from no queue.", examples=["random"])
    file: str = Field(description="Name of the recording's file.", examples=["dawn.flac"])
    site: str | None = Field(examples=["north-marsh"])
    started_at: ClockTime | None = Field(
        description="When the stretch begins; null if the recording has no time.",
        examples=["2026-05-03T04:32:03.000+02:00"],
    )


class SavedReviewOut(ReviewOut):
    """A review that was saved, and what it replaced."""

    replaced: ReviewOut | None = Field(
        description="The review of the same reviewer that it took the place of, and whose id it has; send it again to "
        "undo. Null: there was none."
    )
    also_replaced: list[ReviewOut] = Field(
        description="Others of the same reviewer, if the stretch overlaps several; they are gone.", examples=[[]]
    )


class SavedReviewsOut(Answer):
    items: list[SavedReviewOut] = Field(description="In the order of the request.")


class ImportedOut(Answer):
    """What became of the rows of a table."""

    rows: int = Field(examples=[213])
    created: int = Field(examples=[200])
    replaced: int = Field(description="Rows that took the place of reviews of the same reviewer.", examples=[12])
    older: int = Field(
        description="Rows that were left out, because a newer review of the same reviewer stands.", examples=[1]
    )


def review_row(listed: ListedReview) -> dict[str, Any]:
    """Return a `ReviewOut` as a mapping."""
    return listed_row(listed.review, listed.common_name, listed.file, listed.site, listed.recorded_at)


def review_out(listed: ListedReview) -> ReviewOut:
    return ReviewOut(**review_row(listed))


def saved_review_out(listed: ListedReview, saved: Saved) -> SavedReviewOut:
    """Return a review that was just saved; those that it replaced have its recording and taxon."""
    replaced = [review_out(replace(listed, review=each)) for each in saved.replaced]
    return SavedReviewOut(
        **dict(review_out(listed)), replaced=replaced[0] if replaced else None, also_replaced=replaced[1:]
    )
