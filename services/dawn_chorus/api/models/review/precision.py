"""How often a taxon is right at a confidence: query and response."""

from typing import Annotated

from pydantic import Field

from dawn_chorus.api.models.query_parameters import StrictQuery
from dawn_chorus.api.models.requests import Name
from dawn_chorus.api.models.responses import Answer, TaxonOut


class PrecisionQuery(StrictQuery):
    site: Name | None = Field(default=None, description="Only reviews and events of this site.")
    pack: Name | None = Field(default=None, description="By its confidences. Default: the pack of the service.")
    wanted: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        default=0.9, description="The chance of being right that an event at the suggested threshold shall have."
    )


class BandOut(Answer):
    """Reviewed events with from ≤ confidence < to; of the last band ≤ to."""

    from_: float = Field(serialization_alias="from", examples=[0.8])
    to: float = Field(examples=[0.9])
    n: int = Field(examples=[31])
    confirmed: int = Field(examples=[27])


class FitOut(Answer):
    """P(true) = 1 / (1 + exp(-(intercept + slope · logit(confidence)))), by maximum likelihood."""

    intercept: float = Field(examples=[-0.74])
    slope: float = Field(examples=[1.26])
    intercept_se: float = Field(description="Standard error.", examples=[0.2])
    slope_se: float = Field(examples=[0.18])
    covariance: float = Field(description="Of intercept and slope.", examples=[-0.015])


class KeptOut(Answer):
    """The events of at least a confidence: how many are right, counted in reviews and expected by the curve."""

    threshold: float = Field(examples=[0.72])
    share: float | None = Field(description="Of all events; null: there are none.", examples=[0.41])
    precision: float | None = Field(
        description="Expected of all these events: the mean of the curve over them; null: no curve, or no event.",
        examples=[0.96],
    )
    reviewed: int = Field(description="Reviews of these events that count.", examples=[83])
    confirmed: int = Field(examples=[80])


class CurvePointOut(Answer):
    """The chance that an event of exactly this confidence is right, with its 95 % interval."""

    confidence: float = Field(examples=[0.72])
    precision: float = Field(examples=[0.9])
    low: float = Field(examples=[0.83])
    high: float = Field(examples=[0.94])
    kept: KeptOut = Field(description="What this confidence as threshold would leave.")


class SuggestionOut(Answer):
    """The confidence at which an event is right with the wanted chance; events above it are right more often."""

    wanted: float = Field(examples=[0.9])
    threshold: float = Field(examples=[0.72])
    low: float | None = Field(
        description="Like high, an end of its 95 % interval; null: open, the reviews hardly tell that the surer events "
        "are right more often.",
        examples=[0.65],
    )
    high: float | None = Field(examples=[0.81])
    kept: KeptOut


class ByStrategyOut(Answer):
    """By which queue the reviews that count came."""

    highest: int = Field(default=0, examples=[12])
    bands: int = Field(default=0, examples=[60])
    random: int = Field(default=0, examples=[100])
    first: int = Field(default=0, examples=[0])
    none: int = Field(default=0, description="By none.", examples=[28])


class PrecisionOut(Answer):
    """What reviews tell of a taxon's confidences by one pack."""

    taxon: TaxonOut
    site: str | None = Field(examples=["north-marsh"])
    pack: str = Field(examples=["birdnet"])
    n: int = Field(
        description="Reviews that count: confirmed or rejected, each with the highest confidence of the pack's events "
        "that it overlaps by half the shorter. Of several reviews of one event the one counts that it shows.",
        examples=[200],
    )
    confirmed: int = Field(examples=[151])
    uncertain: int = Field(description="Reviews that leave it open; not in n.", examples=[9])
    repeated: int = Field(description="Other reviews of the same events; not in n.", examples=[2])
    left_out: int = Field(description="Reviews where this pack has no event now; not in n.", examples=[4])
    bands: list[BandOut]
    before: KeptOut = Field(description="All events: what one has without a threshold.")
    fit: FitOut | None = Field(description="Null: `reason` says why.")
    curve: list[CurvePointOut] = Field(description="At 0.01 to 0.99; empty where there is no fit.")
    threshold: SuggestionOut | None = Field(description="Null: `reason` says why.")
    reason: str | None = Field(description="Why there is no curve, or no threshold, in plain words.", examples=[None])
    caution: str | None = Field(
        description="What to know before one believes it, in plain words; null: nothing.", examples=[None]
    )
    by_strategy: ByStrategyOut
    sampled_events: int = Field(
        description="How many events the shares and the expected precisions come from.", examples=[5000]
    )
    are_all_events: bool = Field(
        description="Whether these are all current events; else a fair sample of them.", examples=[False]
    )
