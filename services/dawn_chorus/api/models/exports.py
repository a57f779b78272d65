"""Exports that are made in the background: the request, and how far one is."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from dawn_chorus.adapters.postgres.exports import Export, ExportState
from dawn_chorus.api.models.query_parameters import FilterFields, PagedQuery
from dawn_chorus.api.models.responses import Answer, PageOut
from dawn_chorus.domain.exports.formats import SPREADSHEETS, ExportFormat

EXPORTS_PATH = "/v1/exports"
CLIPS = "clips"
MOST_CLIPS = 10_000
MOST_AROUND_S = 30.0
MOST_COUNTED = 10_000
REMOVED = "removed"
"""The state that the stream of events tells of an export that is gone."""
_ID = "019f9ad1-4f30-7e1c-8a44-0c1f3a5b7d91"

_ACROSS = [each for each in ExportFormat if each is not ExportFormat.AUDACITY_BIRDNET]
FileFormat = StrEnum("FileFormat", {"CLIPS": CLIPS} | {each.name: each.value for each in _ACROSS})  # type: ignore[misc]
"""The formats of detections across recordings, and clips of them."""


class ClipsFields(BaseModel):
    """What the clips of an export are like."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before_s: float = Field(default=1.0, ge=0, le=MOST_AROUND_S, description="Sound before the event.")
    after_s: float = Field(default=1.0, ge=0, le=MOST_AROUND_S, description="Sound after it.")
    format: Literal["flac", "wav", "opus", "mp3"] = "flac"
    most: int | None = Field(
        default=None,
        ge=1,
        le=MOST_CLIPS,
        description=f"So many of the latest. Unset: all, and the export fails if there are more than {MOST_CLIPS:,}.",
    )


class ExportFields(FilterFields):
    """Which detections, with the filters of `GET /v1/detections`, and as what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"format": CLIPS, "taxon": ["Erithacus rubecula"], "min_confidence": 0.8, "clips": {"most": 500}}
            ]
        }
    )

    format: FileFormat = Field(examples=["clips"], description="`clips`: a zip with the sound of each event.")
    bom: bool = Field(default=False, description="Begin CSV with a byte order mark, by which Excel knows UTF-8.")
    clips: ClipsFields | None = Field(default=None, description="For the format `clips` only.")

    @field_validator("bom")
    @classmethod
    def _bom_for_spreadsheets(cls, bom: bool, info: ValidationInfo) -> bool:
        if bom and info.data.get("format") not in [each.value for each in SPREADSHEETS]:
            raise ValueError(f"a byte order mark is for {' and '.join(SPREADSHEETS)}")
        return bom

    @field_validator("clips")
    @classmethod
    def _clips_for_clips(cls, clips: ClipsFields | None, info: ValidationInfo) -> ClipsFields | None:
        if clips is not None and info.data.get("format") != CLIPS:
            raise ValueError("only for the format clips")
        return clips


class CountQuery(FilterFields):
    """Which detections are counted."""


class PackageCountOut(Answer):
    """How many of the detections that were counted a package would hold."""

    count: int = Field(examples=[1200])
    left_out: dict[str, int] = Field(description="Of the others how many, by reason.", examples=[{"no place": 40}])


class CountOut(Answer):
    """How many detections the filters leave."""

    count: int = Field(description=f"At most {MOST_COUNTED:,}.", examples=[1240])
    is_exact: bool = Field(description=f"False: there are more than {MOST_COUNTED:,}.", examples=[True])
    packages: dict[str, PackageCountOut] = Field(
        description="Of the formats that have no room for all of them: `camtrap-dp` and `dwca`.",
        examples=[
            {
                "camtrap-dp": {"count": 1200, "left_out": {"no place": 40}},
                "dwca": {"count": 1240, "left_out": {}},
            }
        ],
    )


class ExportsQuery(PagedQuery):
    limit: int = Field(default=50, ge=1, le=200, description="How many on a page.")


class ExportOut(Answer):
    """A file that is made in the background."""

    id: UUID = Field(examples=[_ID])
    format: str = Field(examples=["clips"])
    state: ExportState = Field(
        description="`waiting` and `running` until it is `ready` or `failed`; a file that is ready is `expired` when "
        "it was given up.",
        examples=["ready"],
    )
    request: dict[str, Any] = Field(
        description="What was asked for.", examples=[{"format": "clips", "taxon": ["Erithacus rubecula"]}]
    )
    items_total: int | None = Field(description="Rows or clips; null: not known yet.", examples=[120])
    items_done: int = Field(description="Those that are made, or left out.", examples=[120])
    items_left_out: int = Field(description="Those that are not in it: the README of a zip says why.", examples=[2])
    filename: str | None = Field(examples=["all-sites_erithacus-rubecula.clips.zip"])
    size_bytes: int | None = Field(examples=[48_213_004])
    created_at: datetime = Field(examples=["2026-07-04T09:12:44Z"])
    finished_at: datetime | None = Field(examples=["2026-07-04T09:13:20Z"])
    expires_at: datetime | None = Field(
        description="When a file that is ready is given up.", examples=["2026-07-11T09:13:20Z"]
    )
    error: str | None = Field(description="Why it failed, and what to do.", examples=[None])
    links: dict[str, str] = Field(
        description="`self`; `file` once it is ready.",
        examples=[{"self": f"{EXPORTS_PATH}/{_ID}", "file": f"{EXPORTS_PATH}/{_ID}/file"}],
    )


class ExportsOut(PageOut[ExportOut]):
    """Exports, newest first."""


def export_url(export_id: UUID) -> str:
    return f"{EXPORTS_PATH}/{export_id}"


def export_out(export: Export) -> ExportOut:
    url = export_url(export.id)
    links = {"self": url} | ({"file": f"{url}/file"} if export.state is ExportState.READY else {})
    shown = {name: getattr(export, name) for name in ExportOut.model_fields if name != "links"}
    return ExportOut(**shown | {"links": links})
