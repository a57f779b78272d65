"""Response models."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState
from dawn_chorus.domain.review.verdicts import Verdict

Item = TypeVar("Item")
ClockTime = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339 with milliseconds, in the recording's own offset from UTC, as in exports."""

_RECORDING_ID, _ANALYSIS_ID = "0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "0193d0c8-5a41-7f08-8a52-6b1d0c9e7f34"
"""Of the examples."""

CHANNEL: Any = Field(
    description="The channel, from 1, in which its score is highest; null: the mean of all was scored.", examples=[2]
)


SPREAD: Any = Field(
    description="How far the members of the ensemble are apart: the standard deviation of their scores in the window "
    "of its highest score; null: the pack has one member, or an older version analyzed it.",
    examples=[0.0824],
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
    attribution: str = Field(examples=["K. Lisa Yang Center for Conservation Bioacoustics"])
    is_default: bool = Field(description="Used where an upload names no pack.", examples=[True])
    n_taxa: int = Field(examples=[6522])
    window_s: float = Field(description="Length of a window, which has one score per taxon.", examples=[5.0])
    frame_s: float | None = Field(
        description="Step of the framewise scores; null if the pack has window scores only.", examples=[None]
    )
    has_occurrence: bool | None = Field(
        description="Whether it knows which taxa occur where, so that `occurrence_min` can be asked of it; null until "
        "a worker of this version registers it.",
        examples=[True],
    )
    manifest_sha256: str = Field(examples=["2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"])
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
    floor: float = Field(examples=[0.05])
    occurrence_min: float | None = Field(examples=[0.03])
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
    detail: str = Field(
        description="A sentence; it may change between versions.",
        examples=["Channels 1 and 2 cancel each other: the mix is 14 dB below the loudest."],
    )
    start_s: float | None = Field(description="Null, like end_s: it concerns the whole analysis.", examples=[0.0])
    end_s: float | None = Field(examples=[600.0])
    channel: int | None = Field(description="From 1; null: all channels, or none in particular.", examples=[None])


class TaxonOut(Answer):
    code: str = Field(examples=["eurrob1"])
    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    taxonomic_class: str = Field(examples=["Aves"])


class TopTaxonOut(TaxonOut):
    """A taxon that was found, in short."""

    confidence: float = Field(description="Of its surest detection.", examples=[0.94])
    detections: int = Field(examples=[17])


class AnalysisOut(Answer):
    """One pack applied to one recording: progress and result."""

    id: UUID = Field(examples=[_ANALYSIS_ID])
    recording_id: UUID = Field(examples=[_RECORDING_ID])
    state: AnalysisState = Field(examples=[AnalysisState.FINISHED])
    result: AnalysisResult | None = Field(description="Null until finished.", examples=[AnalysisResult.SUCCEEDED])
    terminal: bool = Field(description="Finished: nothing changes any more, unless it is retried.", examples=[True])
    retryable: bool = Field(
        description="Some segment failed or was cancelled, and `retry` can run it again.", examples=[False]
    )
    segments_done: int = Field(examples=[2])
    segments_failed: int = Field(description="Failed or cancelled; done + failed = total once finished.", examples=[0])
    segments_total: int = Field(examples=[2])
    duration_s: float = Field(examples=[600.0])
    analyzed_s: float = Field(
        description="Once finished, analyzed_s + failed_s is the recording's duration.", examples=[600.0]
    )
    failed_s: float = Field(examples=[0.0])
    eta_s: float | None = Field(
        description="Seconds left, estimated from the speed so far; null while unknown.", examples=[None]
    )
    failures: list[FailureOut] = Field(
        description="The first 100, and of all of them together the first 100 stretches that were lost; in lists of "
        "recordings 10 of each. All of them: `GET /v1/analyses/{id}/failures`.",
        examples=[[]],
    )
    failures_total: int = Field(description="How many there are.", examples=[0])
    warnings: list[WarningOut] = Field(
        description="The first 100, in lists of recordings 10, ordered by time; of the segments done so far while it "
        "runs. All of them: `GET /v1/analyses/{id}/warnings`.",
        examples=[[]],
    )
    warnings_total: int = Field(description="How many there are.", examples=[0])
    detections: int | None = Field(description="How many events it has; null until finished.", examples=[23])
    top_taxa: list[TopTaxonOut] = Field(
        description="The three taxa with the surest detections, the surest first; empty until finished."
    )
    pack: PackOut
    provider: str | None = Field(
        description="ONNX Runtime execution provider in use.", examples=["CPUExecutionProvider"]
    )
    settings: SettingsOut
    priority: str = Field(examples=["express"])
    created_at: AwareDatetime = Field(examples=["2026-05-03T05:40:02Z"])
    started_at: AwareDatetime | None = Field(examples=["2026-05-03T05:40:03Z"])
    finished_at: AwareDatetime | None = Field(examples=["2026-05-03T05:40:21Z"])
    links: dict[str, str] = Field(
        examples=[{"self": f"/v1/analyses/{_ANALYSIS_ID}", "recording": f"/v1/recordings/{_RECORDING_ID}"}]
    )


class RecordingOut(Answer):
    """One uploaded audio file and its facts."""

    id: UUID = Field(examples=[_RECORDING_ID])
    filename: str = Field(examples=["dawn.flac"])
    format: str = Field(examples=["flac/pcm_16"])
    size_bytes: int = Field(examples=[38_215_680])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    duration_s: float = Field(examples=[600.0])
    sample_rate_hz: int = Field(examples=[48000])
    channels: int = Field(examples=[1])
    site: str | None = Field(examples=["north-marsh"])
    latitude: float | None = Field(examples=[52.52])
    longitude: float | None = Field(examples=[13.405])
    recorded_at: datetime | None = Field(
        description="In the offset from UTC that it was uploaded with.", examples=["2026-05-03T04:30:00+02:00"]
    )
    created_at: AwareDatetime = Field(examples=["2026-05-03T05:40:02Z"])
    audio_removed_at: AwareDatetime | None = Field(
        description="When retention removed the audio; the results stay. Null if the audio was not removed.",
        examples=[None],
    )
    analyses: list[AnalysisOut]
    links: dict[str, str] = Field(
        examples=[{"self": f"/v1/recordings/{_RECORDING_ID}", "audio": f"/v1/recordings/{_RECORDING_ID}/audio"}]
    )


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
    analysis_id: UUID = Field(
        description="The analysis that answers this upload: a new one, or one that was there.", examples=[_ANALYSIS_ID]
    )


class PageOut(Answer, Generic[Item]):
    """One page of a long list; the header `Link: rel="next"` has the URL of the next page."""

    items: list[Item]
    next: str | None = Field(description="The `cursor` of the next page; null on the last page.", examples=[None])


class TaxaOut(Answer):
    items: list[TaxonOut]


class PacksOut(Answer):
    items: list[InstalledPackOut]


class ScoreOut(Answer):
    start_s: float = Field(examples=[120.0])
    score: float = Field(examples=[0.94])


class ShownReview(Answer):
    """The review that an event shows: of its taxon, the one with the largest overlap, of equals the newest."""

    id: UUID = Field(examples=["019f9ad1-4f30-7e1c-8a44-0c1f3a5b7d90"])
    verdict: Verdict = Field(examples=["confirmed"])
    corrected_taxon: str | None = Field(
        description="The scientific name of the taxon that is heard instead; null: none is named.", examples=[None]
    )
    reviewer: str = Field(examples=["Ada"])
    reviewed_at: datetime = Field(examples=["2026-05-04T09:12:44Z"])
    note: str = Field(examples=[""])


class EventOut(Answer):
    onset_s: float = Field(examples=[123.0])
    offset_s: float = Field(examples=[126.5])
    started_at: ClockTime | None = Field(
        description="Null if the recording has no time.", examples=["2026-05-03T04:32:03.000+02:00"]
    )
    ended_at: ClockTime | None = Field(examples=["2026-05-03T04:32:06.500+02:00"])
    confidence: float = Field(examples=[0.94])
    channel: int | None = CHANNEL
    review: ShownReview | None = Field(description="Null: it was not reviewed.", examples=[None])
    spread: float | None = SPREAD


class TaxonTimelineOut(TaxonOut):
    """One taxon over the whole recording."""

    peak: float = Field(examples=[0.94])
    windows: list[ScoreOut] = Field(description="Each covers window_s, beginning at start_s.")
    detections: list[EventOut] = Field(description="Empty until the analysis is finished.")
    frames: list[ScoreOut] | None = Field(
        default=None, description="With `frames=true`: each covers frame_s.", examples=[None]
    )


class TimelineOut(Answer):
    """Who sang when: window scores and events, by taxon, highest peak first."""

    analysis_id: UUID = Field(examples=[_ANALYSIS_ID])
    recording_id: UUID = Field(examples=[_RECORDING_ID])
    state: AnalysisState = Field(examples=[AnalysisState.FINISHED])
    result: AnalysisResult | None = Field(examples=[AnalysisResult.SUCCEEDED])
    pack: PackOut
    duration_s: float = Field(examples=[600.0])
    analyzed_s: float = Field(examples=[600.0])
    failed_s: float = Field(examples=[0.0])
    floor: float = Field(
        description="Taxa whose peak within a segment stays below this are not stored.", examples=[0.05]
    )
    window_s: float | None = Field(description="Null if nothing was found.", examples=[5.0])
    frame_s: float | None = Field(examples=[None])
    taxa: list[TaxonTimelineOut]


class DetectionOut(Answer):
    """A detected event, with its taxon, file, site, pack, recording and analysis."""

    scientific_name: str = Field(examples=["Erithacus rubecula"])
    common_name: str = Field(examples=["European Robin"])
    code: str = Field(examples=["eurrob1"])
    onset_s: float = Field(examples=[123.0])
    offset_s: float = Field(examples=[126.5])
    started_at: ClockTime | None = Field(
        description="Null if the recording has no time.", examples=["2026-05-03T04:32:03.000+02:00"]
    )
    ended_at: ClockTime | None = Field(examples=["2026-05-03T04:32:06.500+02:00"])
    confidence: float = Field(examples=[0.94])
    channel: int | None = CHANNEL
    spread: float | None = SPREAD
    file: str = Field(examples=["dawn.flac"])
    site: str | None = Field(examples=["north-marsh"])
    pack: str = Field(examples=["birdnet"])
    recording_id: UUID = Field(examples=[_RECORDING_ID])
    analysis_id: UUID = Field(examples=[_ANALYSIS_ID])
    warnings: str = Field(description="Codes of the analysis' warnings, joined by `;`; empty: none.", examples=[""])
    taxonomic_class: str = Field(examples=["Aves"])
    latitude: float | None = Field(
        description="Of the recording, degrees north; null if it has no place.", examples=[52.52]
    )
    longitude: float | None = Field(examples=[13.405])
    review: ShownReview | None = Field(description="Null: it was not reviewed.", examples=[None])


class DetectionsOut(Answer):
    """All events of one analysis, ordered by time."""

    analysis_id: UUID = Field(examples=[_ANALYSIS_ID])
    recording_id: UUID = Field(examples=[_RECORDING_ID])
    pack: PackOut
    items: list[DetectionOut]


class CheckOut(Answer):
    ok: bool = Field(examples=[True])
    detail: str | None = Field(default=None, description="What is wrong.", examples=[None])


class ReadyOut(Answer):
    status: str = Field(examples=["ready"])
    checks: dict[str, CheckOut] = Field(
        examples=[{"database": {"ok": True, "detail": None}, "audio store": {"ok": True, "detail": None}}]
    )


class LiveOut(Answer):
    status: str = Field(examples=["live"])


class SessionOut(Answer):
    """Who asks, and what they may do."""

    name: str | None = Field(description="Of the key; null where no key is asked for.", examples=["field laptop"])
    scopes: list[str] = Field(
        description="`read`, `upload`, `review`, `admin`; the last includes the others.", examples=[["read", "review"]]
    )
    open: bool = Field(description="No key is asked for: everybody who reaches the service may do all.")
