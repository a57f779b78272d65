"""Response models."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState

Item = TypeVar("Item")
ClockTime = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339 with milliseconds, in the recording's own offset from UTC, as in exports."""


CHANNEL: Any = Field(
    description="The channel, from 1, in which its score is highest; null: the mean of all was scored.", examples=[2]
)


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PackOut(Answer):
    """The model pack of an analysis, with the attribution that the license of its weights requires."""

    name: str = Field(examples=["birdnet"])
    version: str | None = Field(description="Null until a worker has saved the first segment.", examples=["2.4.0"])
    license: str | None = Field(description="SPDX expression.", examples=["CC-BY-NC-SA-4.0"])
    attribution: str | None = Field(examples=["K. Lisa Yang Center for Conservation Bioacoustics"])


class InstalledPackOut(Answer):
    """A pack that workers have registered."""

    name: str = Field(examples=["birdnet"])
    version: str = Field(examples=["2.4.0"])
    license: str = Field(description="SPDX expression.", examples=["CC-BY-NC-SA-4.0"])
    attribution: str
    is_default: bool = Field(description="Used where an upload names no pack.")
    n_taxa: int = Field(examples=[6522])
    window_s: float = Field(description="Length of a window, which has one score per taxon.", examples=[5.0])
    frame_s: float | None = Field(description="Step of the framewise scores; null if the pack has window scores only.")
    has_occurrence: bool | None = Field(
        description="Whether it knows which taxa occur where, so that `occurrence_min` can be asked of it; null until "
        "a worker of this version registers it."
    )
    manifest_sha256: str
    registered_at: AwareDatetime


class LostOut(Answer):
    """A stretch of a recording that was not analyzed; seconds from its start."""

    start_s: float = Field(examples=[1043.2])
    end_s: float = Field(examples=[1200.0])
    reason: str = Field(examples=["the audio ends at 1043.2 s, the header claims 1200.0 s"])


class FailureOut(Answer):
    """Seconds that were not analyzed, and why."""

    segment: int = Field(examples=[3])
    start_s: float = Field(examples=[900.0])
    end_s: float = Field(examples=[1200.0])
    failed_s: float = Field(description="The whole segment, or the audio lost within it.", examples=[156.8])
    reason: str = Field(
        examples=["lost 1043.200 s to 1200.000 s: the audio ends at 1043.2 s, the header claims 1200.0 s"]
    )
    lost: list[LostOut] = Field(
        description="The first stretches that it consists of; the list of failures has them all. There are at most "
        "100: the last one then covers all the others. None are known of analyses older than this field."
    )
    lost_total: int = Field(description="How many stretches there are.", examples=[1])


class SettingsOut(Answer):
    floor: float
    occurrence_min: float | None
    event_rule: dict[str, float] | None = Field(
        description="Overrides of the pack's event rule; null if there are none.",
        examples=[{"min_gap_s": 2.0}],
    )
    channels: Literal["mix", "each"] | int = Field(
        description="The mean of all channels, each of them, or the number of one, from 1.", examples=["mix"]
    )


class WarningOut(Answer):
    """What to know before trusting a result; it changes no result."""

    code: str = Field(
        description="`channels_cancel`: mixed, channels cancel each other (inverted wiring). `channels_differ`: a "
        "channel is 20 dB quieter than another, or has nothing in common with it (a broken microphone). `silence`: "
        "5 s or more of exact zeros. `clipped`: over 1 % of the samples are at full scale. `length_doubted`: the "
        "header claims far more than the file holds. `place_changed`: the recording's place was changed after taxa "
        "that do not occur there were dropped.",
        examples=["channels_cancel"],
    )
    detail: str = Field(description="A sentence; it may change between versions.")
    start_s: float | None = Field(description="Null, like end_s: it concerns the whole analysis.", examples=[0.0])
    end_s: float | None = Field(examples=[600.0])
    channel: int | None = Field(description="From 1; null: all channels, or none in particular.")


class AnalysisOut(Answer):
    """One pack applied to one recording: progress and result."""

    id: UUID
    recording_id: UUID
    state: AnalysisState
    result: AnalysisResult | None = Field(description="Null until finished.")
    terminal: bool = Field(description="Finished: nothing changes any more, unless it is retried.")
    retryable: bool = Field(description="Some segment failed or was cancelled, and `retry` can run it again.")
    segments_done: int
    segments_failed: int = Field(description="Failed or cancelled; done + failed = total once finished.")
    segments_total: int
    duration_s: float
    analyzed_s: float = Field(description="Once finished, analyzed_s + failed_s is the recording's duration.")
    failed_s: float
    eta_s: float | None = Field(description="Seconds left, estimated from the speed so far; null while unknown.")
    failures: list[FailureOut] = Field(
        description="The first 100, and of all of them together the first 100 stretches that were lost; in lists of "
        "recordings 10 of each. All of them: `GET /v1/analyses/{id}/failures`."
    )
    failures_total: int = Field(description="How many there are.", examples=[1])
    warnings: list[WarningOut] = Field(
        description="The first 100, in lists of recordings 10, ordered by time; of the segments done so far while it "
        "runs. All of them: `GET /v1/analyses/{id}/warnings`."
    )
    warnings_total: int = Field(description="How many there are.", examples=[0])
    pack: PackOut
    provider: str | None = Field(
        description="ONNX Runtime execution provider in use.", examples=["CPUExecutionProvider"]
    )
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
    recorded_at: datetime | None = Field(description="In the offset from UTC that it was uploaded with.")
    created_at: AwareDatetime
    audio_removed_at: AwareDatetime | None = Field(
        description="When retention removed the audio; the results stay. Null if the audio was not removed."
    )
    analyses: list[AnalysisOut]
    links: dict[str, str]


class StartOut(Answer):
    """How it is known when the recording starts."""

    source: str | None = Field(
        description="`recorded_at` (sent), `header` or `name` (of the file); null: it is not known.",
        examples=["header"],
    )
    certain: bool = Field(description="False if it is not known, or if `time_zone` had to say the zone of the clock.")
    reason: str = Field(examples=["AudioMoth's comment says 2024-05-04 04:30:00 and its offset from UTC."])


class UploadOut(RecordingOut):
    """The response to an upload."""

    start: StartOut
    duplicate: bool = Field(
        description="The same was uploaded before for this site and start, and asked before: no analysis was started."
    )
    analysis_id: UUID = Field(description="The analysis that answers this upload: a new one, or one that was there.")


class PageOut(Answer, Generic[Item]):
    """One page of a long list; the header `Link: rel="next"` has the URL of the next page."""

    items: list[Item]
    next: str | None = Field(description="The `cursor` of the next page; null on the last page.")


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
    started_at: ClockTime | None = Field(description="Null if the recording has no time.")
    ended_at: ClockTime | None
    confidence: float
    channel: int | None = CHANNEL


class TaxonTimelineOut(TaxonOut):
    """One taxon over the whole recording."""

    peak: float
    windows: list[ScoreOut] = Field(description="Each covers window_s, beginning at start_s.")
    detections: list[EventOut] = Field(description="Empty until the analysis is finished.")
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
    floor: float = Field(description="Taxa whose peak within a segment stays below this are not stored.")
    window_s: float | None = Field(description="Null if nothing was found.")
    frame_s: float | None
    taxa: list[TaxonTimelineOut]


class DetectionOut(Answer):
    """A detected event, with its taxon, file, site, pack, recording and analysis."""

    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    code: str = Field(examples=["eurrob1"])
    onset_s: float
    offset_s: float
    started_at: ClockTime | None = Field(description="Null if the recording has no time.")
    ended_at: ClockTime | None
    confidence: float
    channel: int | None = CHANNEL
    file: str = Field(examples=["dawn.flac"])
    site: str | None
    pack: str
    recording_id: UUID
    analysis_id: UUID
    warnings: str = Field(
        description="Codes of the analysis' warnings, joined by `;`; empty: none.", examples=["channels_differ;silence"]
    )
    taxonomic_class: str = Field(examples=["Aves"])
    latitude: float | None = Field(description="Of the recording, degrees north; null if it has no place.")
    longitude: float | None


class DetectionsOut(Answer):
    """All events of one analysis, ordered by time."""

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


class SessionOut(Answer):
    """Who asks, and what they may do."""

    name: str | None = Field(description="Of the key; null where no key is asked for.", examples=["field laptop"])
    scopes: list[str] = Field(
        description="`read`, `upload`, `review`, `admin`; the last includes the others.", examples=[["read", "review"]]
    )
    open: bool = Field(description="No key is asked for: everybody who reaches the service may do all.")
