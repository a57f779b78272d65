"""What the API says: the models behind the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState

Item = TypeVar("Item")
ClockTime = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, to the millisecond, under the recording's own offset, as exports write it."""


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PackOut(Answer):
    """The model pack behind an analysis, with what its weights' license asks to be shown."""

    name: str = Field(examples=["birdnet"])
    version: str | None = Field(description="None until a worker has saved the first segment.", examples=["2.4.0"])
    license: str | None = Field(description="SPDX expression.", examples=["CC-BY-NC-SA-4.0"])
    attribution: str | None = Field(examples=["K. Lisa Yang Center for Conservation Bioacoustics"])


class InstalledPackOut(Answer):
    """A pack that workers have registered."""

    name: str = Field(examples=["birdnet"])
    version: str = Field(examples=["2.4.0"])
    license: str = Field(description="SPDX expression.", examples=["CC-BY-NC-SA-4.0"])
    attribution: str
    is_default: bool = Field(description="Taken where an upload names none.")
    n_taxa: int = Field(examples=[6522])
    window_s: float = Field(description="Every window of this length has one score by taxon.", examples=[5.0])
    frame_s: float | None = Field(description="The step of framewise scores; none: it has only windows.")
    manifest_sha256: str
    registered_at: AwareDatetime


class FailureOut(Answer):
    """Seconds that were not heard, and why."""

    segment: int = Field(examples=[3])
    start_s: float = Field(examples=[900.0])
    end_s: float = Field(examples=[1200.0])
    failed_s: float = Field(description="All of the segment, or what was lost within.", examples=[156.8])
    reason: str = Field(examples=["the file ends at 1043.2 s, where its header claims 1200 s"])


class SettingsOut(Answer):
    floor: float
    occurrence_min: float | None
    event_rule: dict[str, float] | None = Field(
        description="What was asked to be otherwise than in the pack's own rules; None: nothing.",
        examples=[{"min_gap_s": 2.0}],
    )


class AnalysisOut(Answer):
    """One pack applied to one recording: how far it is and how it went."""

    id: UUID
    recording_id: UUID
    state: AnalysisState
    result: AnalysisResult | None = Field(description="None until finished.")
    terminal: bool = Field(description="Nothing will change any more, unless it is retried.")
    retryable: bool = Field(description="Some segment failed or was cancelled, and `retry` can run it again.")
    segments_done: int
    segments_failed: int = Field(description="Failed or cancelled; done + failed = total once finished.")
    segments_total: int
    duration_s: float
    analyzed_s: float = Field(description="Once finished, analyzed_s + failed_s is the recording's duration.")
    failed_s: float
    eta_s: float | None = Field(description="Seconds to go, by the pace so far; none while there is none.")
    failures: list[FailureOut]
    pack: PackOut
    provider: str | None = Field(description="What the models ran on.", examples=["CPUExecutionProvider"])
    settings: SettingsOut
    priority: str = Field(examples=["express"])
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    links: dict[str, str]


class RecordingOut(Answer):
    """One uploaded audio file and its facts."""

    id: UUID
    filename: str = Field(examples=["dawn.flac"])
    format: str = Field(examples=["flac/pcm_16"])
    size_bytes: int
    sha256: str
    duration_s: float = Field(examples=[600.0])
    sample_rate_hz: int = Field(examples=[48000])
    channels: int = Field(examples=[1])
    site: str | None = Field(examples=["north-marsh"])
    latitude: float | None
    longitude: float | None
    recorded_at: datetime | None = Field(description="With the offset that it was given with.")
    created_at: AwareDatetime
    audio_removed_at: AwareDatetime | None = Field(
        description="When retention removed the audio; the results stay. None: the audio is there."
    )
    analyses: list[AnalysisOut]
    links: dict[str, str]


class UploadOut(RecordingOut):
    """What an upload is answered with."""

    duplicate: bool = Field(description="The same sound of the same site and time was here before: no analysis began.")


class PageOut(Answer, Generic[Item]):
    """Some of a long list; `Link: rel="next"` leads on."""

    items: list[Item]
    next: str | None = Field(description="The `cursor` of the next page; none: this is the last.")


class TaxonOut(Answer):
    code: str = Field(examples=["eurrob1"])
    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    taxonomic_class: str = Field(examples=["Aves"])


class TaxaOut(Answer):
    items: list[TaxonOut]


class PacksOut(Answer):
    items: list[InstalledPackOut]


class ScoreOut(Answer):
    start_s: float
    score: float


class EventOut(Answer):
    onset_s: float
    offset_s: float
    started_at: ClockTime | None = Field(description="None where the recording has no time.")
    ended_at: ClockTime | None
    confidence: float


class TaxonTimelineOut(TaxonOut):
    """One taxon over the whole recording."""

    peak: float
    windows: list[ScoreOut] = Field(description="Each covers window_s from start_s on.")
    detections: list[EventOut] = Field(description="Cut once the analysis is finished.")
    frames: list[ScoreOut] | None = Field(default=None, description="With `frames=true`: each covers frame_s.")


class TimelineOut(Answer):
    """Who sang when: window scores and events, by taxon, highest peak first."""

    analysis_id: UUID
    recording_id: UUID
    state: AnalysisState
    result: AnalysisResult | None
    pack: PackOut
    duration_s: float
    analyzed_s: float
    failed_s: float
    floor: float = Field(description="Taxa whose peak within a segment stays below this are not kept.")
    window_s: float | None = Field(description="None where nothing was found.")
    frame_s: float | None
    taxa: list[TaxonTimelineOut]


class DetectionOut(Answer):
    """An event found, with all that names it."""

    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    code: str = Field(examples=["eurrob1"])
    onset_s: float
    offset_s: float
    started_at: ClockTime | None = Field(description="None where the recording has no time.")
    ended_at: ClockTime | None
    confidence: float
    file: str = Field(examples=["dawn.flac"])
    site: str | None
    pack: str
    recording_id: UUID
    analysis_id: UUID


class DetectionsOut(Answer):
    """All events of one analysis, in order of time."""

    analysis_id: UUID
    recording_id: UUID
    pack: PackOut
    items: list[DetectionOut]


class CheckOut(Answer):
    ok: bool
    detail: str | None = Field(default=None, description="What is wrong.")


class ReadyOut(Answer):
    status: str = Field(examples=["ready"])
    checks: dict[str, CheckOut]


class LiveOut(Answer):
    status: str = Field(examples=["live"])
