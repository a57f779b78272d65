"""Thresholds that people chose: request, queries and responses."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from dawn_chorus.api.models.query_parameters import StrictQuery
from dawn_chorus.api.models.requests import Name, Text
from dawn_chorus.api.models.responses import Answer
from dawn_chorus.domain.review.thresholds import Threshold

_EXAMPLE: JsonDict = {"taxon": "Erithacus rubecula", "site": None, "threshold": 0.72}


class ThresholdKey(StrictQuery):
    """Which threshold is meant."""

    taxon: Name = Field(description="Code or scientific name, in any case.", examples=["Erithacus rubecula"])
    site: Name | None = Field(default=None, description="Left out: the threshold of all sites.")
    pack: Name | None = Field(default=None, description="Default: the pack of the service.")


class ThresholdsQuery(StrictQuery):
    taxon: Name | None = Field(default=None, description="Code or scientific name, in any case.")
    site: Name | None = Field(
        default=None, description="Those that hold at this site: its own, and those of all sites where it has none."
    )
    pack: Name | None = Field(default=None, description="Default: of all packs.")


class ThresholdFields(BaseModel):
    """From which confidence on events of a taxon count."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    taxon: Name = Field(description="Code or scientific name, in any case.")
    site: Name | None = Field(default=None, description="Null: at all sites that have no threshold of their own.")
    pack: Name | None = Field(default=None, description="Of whose confidences; default: the pack of the service.")
    threshold: Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)] = Field(
        description="Not below the onset threshold by which the pack cuts events of the taxon."
    )
    note: Annotated[Text, Field(max_length=2000)] = Field(default="", description="Why, for those who come after.")
    reviewer: Name | None = Field(
        default=None, description="Who chose it, where no key is asked for; else it is the key's name."
    )


class ThresholdOut(Answer):
    """From which confidence on events of a taxon count."""

    taxon: str = Field(description="Its scientific name.", examples=["Erithacus rubecula"])
    site: str | None = Field(description="Null: at all sites that have none of their own.", examples=["north-marsh"])
    pack: str = Field(examples=["birdnet"])
    threshold: float = Field(examples=[0.72])
    note: str = Field(examples=["200 reviews, precision 0.9"])
    set_by: str = Field(examples=["Ada"])
    set_at: AwareDatetime = Field(examples=["2026-05-04T09:12:44Z"])


class SavedThresholdOut(ThresholdOut):
    replaced: ThresholdOut | None = Field(description="What was saved before; null: nothing.", examples=[None])


class ThresholdsOut(Answer):
    items: list[ThresholdOut]


def threshold_out(found: Threshold) -> ThresholdOut:
    return ThresholdOut(
        taxon=found.scientific_name,
        site=found.site,
        pack=found.pack,
        threshold=found.threshold,
        note=found.note,
        set_by=found.set_by,
        set_at=found.set_at,
    )
