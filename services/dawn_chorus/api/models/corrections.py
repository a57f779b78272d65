"""Corrections of where and when recordings were made: request and response."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from dawn_chorus.api.models.requests import Name, PastMoment
from dawn_chorus.api.models.responses import Answer

MOST_CORRECTED = 500
_EXAMPLE: JsonDict = {
    "site": "north-marsh",
    "latitude": 52.52,
    "longitude": 13.405,
    "recorded_at": "2026-05-03T04:30:00+02:00",
}


class CorrectionFields(BaseModel):
    """What is to be corrected: null clears a field, and one that is not sent stays as it is."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE], "minProperties": 1}
    )

    site: Name | None = Field(default=None, description="Name of the recording site.")
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)] | None = Field(
        default=None, description="Degrees north; together with the longitude."
    )
    longitude: Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)] | None = Field(
        default=None, description="Degrees east; together with the latitude."
    )
    recorded_at: PastMoment | None = Field(
        default=None, description="When the recording starts: RFC 3339 with its offset from UTC."
    )

    @model_validator(mode="after")
    def _whole(self) -> "CorrectionFields":
        sent = self.model_fields_set
        if not sent:
            raise ValueError("send at least one of site, latitude and longitude, recorded_at")
        if ("latitude" in sent) != ("longitude" in sent) or (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together: send both, or null for both")
        return self

    def changes(self) -> dict[str, Any]:
        """Return the fields of `Place` that were sent, with None for null."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class CorrectionsFields(BaseModel):
    """The same correction of many recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: list[UUID] = Field(
        examples=[["0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "0193d0c9-11b2-7a05-8e4f-2a7c9d013e58"]],
        min_length=1,
        max_length=MOST_CORRECTED,
        description="Of recordings; one sent twice counts once.",
    )
    fields: CorrectionFields


class CorrectedOut(Answer):
    """Where and when a recording was made."""

    id: UUID
    filename: str = Field(examples=["20260503_043000.WAV"])
    site: str | None = Field(examples=["north-marsh"])
    latitude: float | None = Field(examples=[52.52])
    longitude: float | None = Field(examples=[13.405])
    recorded_at: datetime | None = Field(examples=["2026-05-03T04:30:00+02:00"])


class CorrectionsOut(Answer):
    items: list[CorrectedOut] = Field(description="The recordings as they are now, in the order of `ids`.")
