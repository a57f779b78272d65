"""Sites: their query and their response."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from dawn_chorus.api.models.query_parameters import PagedQuery
from dawn_chorus.api.models.requests import Text
from dawn_chorus.api.models.responses import Answer, PageOut


class SitesQuery(PagedQuery):
    cursor: Annotated[Text, Field(min_length=1, max_length=4000)] | None = Field(
        default=None, description="`next` of the previous page; it holds a name."
    )
    q: str | None = Field(default=None, max_length=200, description="Part of a name, in any case.")
    limit: int = Field(default=100, ge=1, le=500, description="How many on a page.")


class SiteOut(Answer):
    """What the recordings of one site have in common."""

    name: str = Field(examples=["north-marsh"])
    latitude: float | None = Field(
        description="Like the longitude, of the newest recording (uploaded last) that has coordinates; null: none has.",
        examples=[52.52],
    )
    longitude: float | None = Field(examples=[13.405])
    places: int = Field(description="How many different coordinates its recordings have.", examples=[1])
    hours: float = Field(description="Length of all recordings together.", examples=[35.5])
    first: datetime | None = Field(
        description="When the earliest recording starts; null: none has a time.", examples=["2026-05-03T04:30:00+02:00"]
    )
    last: datetime | None = Field(
        description="When the latest recording starts.", examples=["2026-06-30T21:00:00+02:00"]
    )
    recordings: int = Field(examples=[213])


class SitesOut(PageOut[SiteOut]):
    """Sites by name, and what belongs to none."""

    without_site: int = Field(description="How many recordings have no site, whatever is asked for.", examples=[0])
