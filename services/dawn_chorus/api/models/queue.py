"""What waits to be analyzed: its query and its response."""

from uuid import UUID

from pydantic import Field

from dawn_chorus.api.models.query_parameters import StrictQuery
from dawn_chorus.api.models.responses import Answer

_ANALYSIS_ID = "0193d0c8-5a41-7f08-8a52-6b1d0c9e7f34"


class QueueQuery(StrictQuery):
    analysis_id: list[UUID] = Field(
        default=[], max_length=100, description="Say how many come before this analysis; repeatable."
    )


class WorkOut(Answer):
    analyses: int = Field(examples=[12])
    segments: int = Field(examples=[96])


class AheadOut(Answer):
    """The line before an analysis."""

    analysis_id: UUID = Field(examples=[_ANALYSIS_ID])
    analyses: int = Field(
        description="Unfinished ones that were begun earlier; for one with the priority `express` those of it alone.",
        examples=[3],
    )


class QueueOut(Answer):
    """What is not finished, and who is there to do it."""

    workers: int | None = Field(
        description="Workers that said within the last minute that they are there; null: none did, but segments are "
        "being analyzed, by workers of an older version, which do not say it.",
        examples=[2],
    )
    waiting: WorkOut = Field(description="Analyses of which nothing was begun, and all segments that wait.")
    running: WorkOut
    ahead: list[AheadOut] = Field(description="Of the analyses that were asked for, those that are unfinished.")
