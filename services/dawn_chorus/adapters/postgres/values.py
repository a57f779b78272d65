"""Frozen values that the functions of this package take and return, beyond those of the domain."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.warnings import AnalysisWarning


@dataclass(frozen=True, slots=True)
class NewRecording:
    """An uploaded file whose bytes are in the store."""

    filename: str
    store_key: str
    """Unique: no two recordings share a key, so that deleting one never deletes another's bytes."""
    size_bytes: int
    sha256: str
    """Hexadecimal."""
    audio: AudioFacts
    place: Place


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """The parameters of an analysis to create."""

    pack: str
    lane: Lane
    segment_s: float = 300.0
    settings: AnalysisSettings = field(default_factory=AnalysisSettings)
    most_s: float = math.inf
    """What lies beyond is planned as one segment, which no worker analyzes."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One pack applied to one recording."""

    id: UUID
    recording_id: UUID
    state: AnalysisState
    result: AnalysisResult | None
    pack_name: str
    pack_version: str | None
    """None until the first segment is saved, or if no such pack is registered."""
    pack_license: str | None
    pack_attribution: str | None
    settings: AnalysisSettings
    lane: Lane
    segments_total: int
    provider: str | None
    """The ONNX Runtime provider that did the work."""
    revision: int
    """Increases with every change that a user can see."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Seconds of a recording that were not analyzed, and why."""

    segment: int
    start_s: float
    end_s: float
    failed_s: float
    """All of the segment, or the audio that was lost within it."""
    reason: str
    lost: tuple[LostStretch, ...] = ()
    """The first stretches that it consists of, in order of time; none are known of results older than these rows."""
    lost_total: int = 0
    """How many stretches there are."""


@dataclass(frozen=True, slots=True)
class TopTaxon:
    """A taxon that was found."""

    taxon: Taxon
    confidence: float
    """Of its surest detection."""
    detections: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found by an analysis, in short."""

    detections: int
    top: tuple[TopTaxon, ...] = ()
    """The three taxa with the surest detections, the surest first."""


@dataclass(frozen=True, slots=True)
class AnalysisStatus:
    """The progress of an analysis, and what became of each of its seconds."""

    analysis: Analysis
    terminal: bool
    retryable: bool
    segments_done: int
    segments_failed: int
    """Failed or cancelled; done + failed = total when finished."""
    duration_s: float
    analyzed_s: float
    failed_s: float
    """analyzed_s + failed_s = duration_s when finished, and never more before."""
    eta_s: float | None
    """Seconds until the end, estimated from the segments done so far; None: finished, or no segment is done yet."""
    failures: tuple[Failure, ...]
    """The first ones, in order of time."""
    failures_total: int = 0
    warnings: tuple[AnalysisWarning, ...] = ()
    """The first ones, in order of time, those of neighboring segments joined; while it runs, of the segments done."""
    warnings_total: int = 0
    findings: Findings | None = None
    """None until it is finished."""


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording and its analyses, oldest first."""

    recording: Recording
    analyses: tuple[Analysis, ...]
    duplicate: bool = False
    """Uploaded before, and nothing new was asked; the uploaded bytes were kept only if its own were missing."""
    is_known: bool = field(default=False, compare=False)
    """Uploaded before, whether or not something new was asked."""
    analysis_id: UUID | None = field(default=None, compare=False)
    """The analysis that answers an upload, the one it began or one that was there; None: this was no upload."""


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Selects recordings; a None field does not restrict."""

    site: str | None = None
    sha256: str | None = None
    """Only recordings of these bytes: hexadecimal, in lower case."""
    recorded_after: datetime | None = None
    """Only recordings that start at or after this."""
    recorded_before: datetime | None = None
    """Only recordings that start before this."""
    state: AnalysisState | None = None
    """Only recordings with an analysis in this state."""
    result: AnalysisResult | None = None
    """Only recordings with an analysis that ended so."""
    part_of_name: str = ""
    """Only recordings whose file's name or whose site has this in it, in any case."""
    taxa: tuple[str, ...] = ()
    """Only recordings in which an analysis that counts found one of these; codes, scientific or common names."""
    min_confidence: float | None = None
    """Only recordings in which an analysis that counts found one of the taxa, or any, at least so surely."""
    has_reviews: bool | None = None
    """Only recordings with a review of anything heard in them, or only those without."""
