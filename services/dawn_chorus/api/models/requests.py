"""Request models: form fields, bodies and settings, validated before anything is done."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.clock.moments import HOW_TO_WRITE, parse_moment
from dawn_chorus.domain.clock.start import CLOCK_SKEW, Start, StartFrom, locate
from dawn_chorus.domain.clock.zones import parse_time_zone
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.names import find_forbidden
from dawn_chorus.domain.recording import AudioFacts, Place

_SMALLEST_SCORE = 2.0**-126
FIRST_SOUND = datetime(1857, 1, 1, tzinfo=UTC)
"""The phonautograph, the first machine that recorded sound; earlier times are refused."""


def _possible(moment: datetime) -> datetime:
    # Compared without conversion: the first and last days of datetime cannot be moved to another time zone.
    if moment > datetime.now(UTC) + CLOCK_SKEW:
        raise ValueError("is in the future")
    if moment < FIRST_SOUND:
        raise ValueError(f"is before sound was first recorded, in {FIRST_SOUND.year}")
    return moment


def _read_moment(value: Any) -> datetime:
    """Return the moment; bare numbers are refused, of which pydantic would make a time."""
    if not isinstance(value, str):
        raise ValueError(HOW_TO_WRITE)  # noqa: TRY004 - pydantic reports a ValueError as the field's
    return parse_moment(value)


def _known_zone(name: str) -> str:
    return parse_time_zone(name).name


def _as_written(name: str) -> str:
    if (forbidden := find_forbidden(name)) is not None:
        raise ValueError(f"contains U+{ord(forbidden):04X}, a control character")
    return name


def _as_stored(score: float) -> float:
    """Raise a positive bound to what single precision holds: scores are stored in it, and PostgreSQL refuses less."""
    return max(score, _SMALLEST_SCORE) if score > 0 else score


Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_as_stored)]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, AfterValidator(_as_written)]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Moment = Annotated[AwareDatetime, BeforeValidator(_read_moment)]
PastMoment = Annotated[Moment, AfterValidator(_possible)]


class EventRuleFields(BaseModel):
    """Overrides of the pack's event rule; omitted values stay as in the pack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    onset_threshold: Score | None = Field(default=None, description="An event begins at this score.")
    offset_threshold: Score | None = Field(
        default=None, description="An event ends below this score; never above the onset threshold."
    )
    min_event_s: Seconds | None = Field(default=None, description="Shorter events are dropped.")
    min_gap_s: Seconds | None = Field(default=None, description="Events of one taxon with a shorter gap are merged.")

    @model_validator(mode="after")
    def _ordered(self) -> "EventRuleFields":
        onset, offset = self.onset_threshold, self.offset_threshold
        if onset is not None and offset is not None and offset > onset:
            raise ValueError("offset_threshold must not be above onset_threshold")
        return self

    @property
    def overrides(self) -> dict[str, float]:
        names = ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


_MOST_CHANNELS = 1024
ChannelNumber = Annotated[int, Field(strict=True, ge=1, le=_MOST_CHANNELS)]


def _read_channels(value: Any) -> Any:
    """Return the choice, a number also from a form's text; raise ValueError, one sentence, for anything else."""
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value
    if number in ("mix", "each") or (type(number) is int and 1 <= number <= _MOST_CHANNELS):
        return number
    raise ValueError(f"write mix, each, or the number of a channel, 1 to {_MOST_CHANNELS}")


ChosenChannels = Annotated[Literal["mix", "each"] | ChannelNumber, BeforeValidator(_read_channels)]


class SettingsFields(EventRuleFields):
    """Settings of one analysis."""

    floor: Score = Field(default=0.05, description="Taxa whose peak within a segment stays below this are not stored.")
    occurrence_min: Score | None = Field(
        default=None,
        description="Drop taxa less probable than this at the recording's coordinates and week. Unset or 0: keep all. "
        "Only for packs that know where taxa occur.",
    )

    channels: ChosenChannels = Field(
        default="mix",
        description="`mix`: the mean of all channels. `each`: score every channel, at most 32, and keep the highest "
        "score. A number: this channel alone, from 1.",
        examples=["each"],
    )

    def settings(self) -> AnalysisSettings:
        return AnalysisSettings(self.floor, self.occurrence_min, self.overrides or None, self.channels)


class AnalysisFields(SettingsFields):
    """Pack, priority and settings of a requested analysis."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"pack": "birdnet", "onset_threshold": 0.8}]}
    )

    pack: Name | None = Field(default=None, description="A model pack installed here. Default: that of the service.")
    priority: Lane | None = Field(
        default=None,
        description="`express` goes before `bulk`, and is refused for more than ten minutes of audio. Default: "
        "`express` for up to ten minutes.",
    )


class UploadFields(AnalysisFields):
    """The text fields of an upload; the file's header and name are read only with `start=file`."""

    upload: UUID | None = Field(
        default=None,
        description="In place of `file`: the id of an upload whose bytes were sent to `/v1/uploads` before.",
    )

    recorded_at: PastMoment | None = Field(
        default=None,
        description="When the recording starts: RFC 3339 with its offset from UTC, or as recorders write it "
        "(`20240504T043000Z`, `2024-05-04T04-30-00+0200`).",
    )
    start: StartFrom = Field(
        default=StartFrom.NONE,
        description="`file`: take the start from the recorder's clock, in the file's header or else its name, and the "
        "place from the header unless it is sent. Not together with `recorded_at`.",
    )
    time_zone: Annotated[str, Field(max_length=100), AfterValidator(_known_zone)] | None = Field(
        default=None,
        description="With `start=file`: the zone of a clock that does not say its own; an IANA name, or ±hh:mm.",
        examples=["Europe/Amsterdam", "+02:00"],
    )
    site: Name | None = Field(default=None, description="Name of the recording site, chosen by you.")
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = Field(
        default=None, description="Degrees north."
    )
    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = Field(
        default=None, description="Degrees east."
    )

    @field_validator("start")
    @classmethod
    def _one_start(cls, start: StartFrom, info: ValidationInfo) -> StartFrom:
        if start is StartFrom.FILE and info.data.get("recorded_at") is not None:
            raise ValueError("recorded_at says when it starts: send start=file or recorded_at, not both")
        return start

    @field_validator("time_zone")
    @classmethod
    def _zone_of_a_clock(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is not None and info.data.get("start") is StartFrom.NONE:
            raise ValueError("is for the clock in the file: send start=file with it")
        return zone

    @model_validator(mode="after")
    def _paired(self) -> "UploadFields":
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude belong together: send both or neither")
        return self

    def place(self) -> Place:
        return Place(self.site, self.latitude, self.longitude, self.recorded_at)

    def locate(self, facts: AudioFacts, filename: str) -> tuple[Place, Start]:
        """Return where and when it was recorded, and how the time is known. Raises UnclearHour."""
        zone = None if self.time_zone is None else parse_time_zone(self.time_zone)
        return locate(self.place(), facts.notes, filename, start_from=self.start, zone=zone)


class SessionFields(BaseModel):
    """What signs a browser in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        description="A key created with `chorus keys create`.", examples=["chorus_…"]
    )


UPLOAD_FIELDS = frozenset(UploadFields.model_fields)
