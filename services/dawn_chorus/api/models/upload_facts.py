"""What a file says of itself while it is being uploaded."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dawn_chorus.api.models.responses import Answer
from dawn_chorus.domain.clock.readings import ClockReading, Recorder, RecorderNotes
from dawn_chorus.domain.clock.start import find_readings, list_candidates
from dawn_chorus.domain.recording import AudioFacts, EarlyFacts


class RecorderOut(Answer):
    """The device, as far as its files describe it."""

    make: str | None = Field(examples=["Open Acoustic Devices"])
    model: str | None = Field(examples=["AudioMoth"])
    serial: str | None = Field(examples=["24F319055FDF2902"])
    temperature_c: float | None = Field(examples=[11.8])
    battery_v: float | None = Field(examples=[4.1])


class CandidateOut(Answer):
    """A clock that may say when the recording starts."""

    local: str = Field(description="What the clock showed, without offset.", examples=["2026-05-03T04:30:00"])
    offset: str | None = Field(
        description="Of that clock from UTC; null: the file does not say, so somebody must name the time zone.",
        examples=["+02:00"],
    )
    source: Literal["header", "name"]
    certain: bool = Field(description="False if the time zone has to be asked for.", examples=[True])


class PointOut(Answer):
    latitude: float = Field(examples=[52.52])
    longitude: float = Field(examples=[13.405])


class UploadFactsOut(Answer):
    """The facts in a file's header and name."""

    filename: str = Field(examples=["20260503_043000.WAV"])
    complete: bool = Field(
        description="Whether the whole file was read. If not, what stands behind the sound is not known yet: the "
        "length of Ogg, AAC and some MP3, GUANO in most WAV files.",
        examples=[False],
    )
    format: str = Field(examples=["wav/pcm_16"])
    duration_s: float | None = Field(
        description="Null: it cannot be known before all of the file is here.", examples=[3600.0]
    )
    sample_rate_hz: int = Field(examples=[48000])
    channels: int = Field(examples=[1])
    recorder: RecorderOut | None = Field(description="Null: the file does not say.")
    start_candidates: list[CandidateOut] = Field(
        description="The best first: a header with its offset, a header without, the name. Clocks that were never "
        "set, or that are in the future, are left out."
    )
    place: PointOut | None = Field(description="Null: the file does not say.")


def facts_out(facts: AudioFacts | EarlyFacts, filename: str, *, is_whole: bool) -> UploadFactsOut:
    notes = facts.notes or RecorderNotes()
    return UploadFactsOut(
        filename=filename,
        complete=is_whole,
        format=facts.format,
        duration_s=facts.duration_s,
        sample_rate_hz=facts.sample_rate_hz,
        channels=facts.channels,
        recorder=None if notes.recorder == Recorder() else RecorderOut.model_validate(notes.recorder),
        start_candidates=[_candidate(reading) for reading in list_candidates(find_readings(notes, filename))],
        place=_point(notes),
    )


def _candidate(reading: ClockReading) -> CandidateOut:
    offset = None if reading.offset is None else _written(reading.offset)
    source: Literal["header", "name"] = "header" if reading.source == "header" else "name"
    return CandidateOut(local=reading.local.isoformat(), offset=offset, source=source, certain=reading.certain)


def _written(offset: timedelta) -> str:
    """Return an offset as RFC 3339 has it: `-03:30`."""
    sign, minutes = "-" if offset < timedelta(0) else "+", round(abs(offset).total_seconds() / 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def _point(notes: RecorderNotes) -> PointOut | None:
    if notes.latitude is None or notes.longitude is None:
        return None
    return PointOut(latitude=notes.latitude, longitude=notes.longitude)
