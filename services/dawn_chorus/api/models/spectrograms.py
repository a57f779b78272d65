"""What is asked and said of spectrograms."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from dawn_chorus.api.models.query_parameters import StrictQuery
from dawn_chorus.api.models.requests import ChannelNumber
from dawn_chorus.api.models.responses import Answer
from dawn_chorus.domain.pictures.spectrogram_grid import COLUMNS, ROWS


def _read_channel(value: Any) -> Any:
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,9}", value) else value
    if number == "mix" or (type(number) is int and number >= 1):
        return number
    raise ValueError("write mix, or the number of a channel, from 1")


ShownChannel = Annotated[Literal["mix"] | ChannelNumber, BeforeValidator(_read_channel)]


class SpectrogramQuery(StrictQuery):
    channel: ShownChannel | None = Field(
        default=None,
        description="`mix`: the mean of all channels; or a channel's number, from 1. Default: what the recording's "
        "analysis scores; where it warns that channels cancel each other, the loudest.",
    )


class TileQuery(SpectrogramQuery):
    v: str | None = Field(
        default=None, max_length=64, description="Changes nothing but the address: as the list of levels gives it."
    )
    partial: bool = Field(
        default=False, description="Of an overview (spans from 512 s) return what is drawn so far, rather than 503."
    )


class ContrastOut(Answer):
    """Between which levels the sound lies: its 5th and 99.5th percentile, at most 80 dB apart."""

    low_db: float = Field(examples=[-92.5])
    high_db: float = Field(examples=[-41.0])


class LevelOut(Answer):
    """Pictures of one span."""

    span_s: int = Field(description="What a picture spans.", examples=[16])
    pictures: int = Field(description="How many there are: indexes from 0.", examples=[225])
    column_s: float = Field(description="What a column of pixels spans.", examples=[0.03125])
    overview: bool = Field(description="Put together of parts that are drawn first: it may take some requests.")


class SpectrogramOut(Answer):
    """How a recording's spectrogram is cut into pictures, and what their pixels mean."""

    recording_id: UUID
    duration_s: float = Field(description="Pixels after it are transparent.", examples=[3600.0])
    channel: int | None = Field(description="The channel that is shown, from 1; null: the mean of all.", examples=[1])
    width_px: int = Field(examples=[COLUMNS])
    height_px: int = Field(description="Linear in frequency; the highest is the top row.", examples=[ROWS])
    min_hz: float = Field(examples=[0.0])
    max_hz: float = Field(description="Half the recording's own sample rate.", examples=[24000.0])
    min_db: float = Field(
        description="Black. 0 dB is a sine of full scale; levels between black and white are linear in dB.",
        examples=[-127.5],
    )
    max_db: float = Field(description="White.", examples=[0.0])
    contrast: ContrastOut = Field(description="What to stretch black and white to.")
    levels: list[LevelOut]
    links: dict[str, str] = Field(
        description="`tile`: the address of a picture, with `{span_s}` and `{index}` to be filled in; what it leads to "
        "never changes.",
        examples=[
            {
                "tile": "/v1/recordings/0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a/spectrogram/{span_s}/{index}.webp"
                "?channel=mix&v=1-3600000"
            }
        ],
    )
