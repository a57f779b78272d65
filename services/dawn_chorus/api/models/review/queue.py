"""The queue of events to review and the taxa to choose from: queries and responses."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from dawn_chorus.adapters.postgres.queue_values import Counted
from dawn_chorus.api.models.query_parameters import ANY_PACK, StrictQuery
from dawn_chorus.api.models.requests import Moment, Name, Score, Text
from dawn_chorus.api.models.responses import Answer, DetectionOut, PageOut, TaxonOut
from dawn_chorus.domain.review.verdicts import Strategy

LEFT_IS: Any = Field(
    description="`exact`, `at_least` (counting ended there), or `about` (an estimate from a sample: by a fifth wrong "
    "at times; of a list of taxa it counts events of older analyses and of other packs, too).",
    examples=["exact"],
)
_SEED = Field(
    default=None,
    ge=0,
    lt=2**31,
    description="Of `random` and `bands`: the same seed gives the same order. Default: another one each time; the "
    "answer says which. A cursor carries its seed: leave this out, or say the same.",
    examples=[7],
)


class ReviewTaxaQuery(StrictQuery):
    site: Name | None = None
    from_: Moment | None = Field(default=None, alias="from", description="Starting at or after.")
    to: Moment | None = Field(default=None, description="Starting before.")
    pack: Name | None = Field(
        default=None, description=f"Found with this model pack; `{ANY_PACK}`: with any. Default: that of the service."
    )


class ReviewTaxaListQuery(ReviewTaxaQuery):
    q: Annotated[Text, Field(max_length=200)] = Field(
        default="", description="Part of a code, scientific or common name, in any case.", examples=["robin"]
    )
    limit: int = Field(default=100, ge=1, le=1000, description="How many taxa.")


class ReviewQueueQuery(ReviewTaxaQuery):
    taxon: Name = Field(description="Code, scientific or common name, in any case.", examples=["Erithacus rubecula"])
    strategy: Strategy = Field(
        default=Strategy.HIGHEST,
        description="`highest`: the surest first. `bands`: of ten bands of confidence, 0.1 wide, in turn, the lowest "
        "first; where in a band it begins, the seed says. `random`: each event as likely as the other; up to 1,000 "
        "events are shuffled by the seed, of more, which lie shuffled already, it says where to begin. `first`: the "
        "surest of each site and day of the recorder's clock, the oldest day first; a day is over once its surest is "
        "reviewed; after them, of each recording without a time the surest.",
    )
    seed: int | None = _SEED
    min_confidence: Score = Field(default=0.0, description="Leave out events with a lower confidence.")
    max_confidence: Score = Field(default=1.0, description="Leave out events with a higher confidence.")
    cursor: Annotated[Text, Field(min_length=1, max_length=4000)] | None = Field(
        default=None, description="`next` of the previous page: goes on behind its last event, whatever was reviewed."
    )
    limit: int = Field(default=20, ge=1, le=200, description="How many events at most.")

    @field_validator("max_confidence")
    @classmethod
    def _not_below(cls, most: float, info: ValidationInfo) -> float:
        if most < info.data.get("min_confidence", 0.0):
            raise ValueError("must not be below min_confidence")
        return most


class QueuedEventOut(DetectionOut):
    """A detected event that shows no review, with what is needed to hear it."""

    place: int = Field(description="In the queue, from 1, counted on over its pages.", examples=[1])
    duration_s: float = Field(description="Of the recording.", examples=[600.0])
    sample_rate_hz: int = Field(description="Of the recording.", examples=[48000])
    channels: int = Field(description="Of the recording.", examples=[1])
    audio_removed: bool = Field(
        description="Always false: events whose audio was removed cannot be heard, and are left out.", examples=[False]
    )


class ReviewQueueOut(PageOut[QueuedEventOut]):
    """The next events of a taxon to review; a page may have fewer than `limit`, even none, and yet a `next`."""

    strategy: Strategy = Field(examples=["bands"])
    seed: int | None = Field(description="Null: the strategy needs none.", examples=[7])
    left: int = Field(description="Events that show no review, by whichever strategy.", examples=[1204])
    left_is: Counted = LEFT_IS
    left_is_exact: bool = Field(examples=[True])
    reviewed: int = Field(
        description="Reviews of this taxon at the site, of what begins in the time asked for.", examples=[37]
    )
    reviewed_is_exact: bool = Field(description="False: there are at least so many.", examples=[True])


class ReviewTaxonOut(TaxonOut):
    """A taxon that was heard, and how much of it was reviewed."""

    detections: int = Field(
        description="`left` and `reviewed` together; an event that two people reviewed counts twice.", examples=[1241]
    )
    left: int = Field(description="Events that show no review.", examples=[1204])
    left_is: Counted = LEFT_IS
    left_is_exact: bool = Field(examples=[True])
    reviewed: int = Field(description="Reviews.", examples=[37])
    reviewed_is_exact: bool = Field(description="False: there are at least so many.", examples=[True])


class ReviewTaxaOut(Answer):
    """Taxa with most left to review first."""

    items: list[ReviewTaxonOut]
    total: int = Field(description="How many taxa there are, of which `items` are the first.", examples=[58])
