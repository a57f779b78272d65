"""What the database gives and takes beyond the domain's own nouns: frozen values, one a question."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place, Recording


@dataclass(frozen=True, slots=True)
class NewRecording:
    """An uploaded file whose bytes are safe in the store."""

    filename: str
    store_key: str
    """Its own: no two recordings share a key, so that deleting one never takes another's bytes."""
    size_bytes: int
    sha256: str
    """Hexadecimal."""
    audio: AudioFacts
    place: Place


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What is to be run over a recording."""

    pack: str
    lane: Lane
    segment_s: float = 300.0
    settings: AnalysisSettings = field(default_factory=AnalysisSettings)


@dataclass(frozen=True, slots=True)
class Analysis:
    """One pack applied to one recording."""

    id: UUID
    recording_id: UUID
    state: AnalysisState
    result: AnalysisResult | None
    pack_name: str
    pack_version: str | None
    """None until the first segment is saved, or where the pack is not known here."""
    pack_license: str | None
    pack_attribution: str | None
    settings: AnalysisSettings
    lane: Lane
    segments_total: int
    provider: str | None
    """The ONNX Runtime provider that did the work."""
    revision: int
    """Grows with every change that a user can see."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Seconds of a recording that were not heard, and why."""

    segment: int
    start_s: float
    end_s: float
    failed_s: float
    """How much of the segment: all of it, or what was lost within."""
    reason: str


@dataclass(frozen=True, slots=True)
class AnalysisStatus:
    """How far an analysis is: the ledger of its seconds."""

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
    """Seconds until the end at the pace of the segments done so far; None: finished, or no pace known yet."""
    failures: tuple[Failure, ...]
    """In order of time."""


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording and its analyses, oldest first."""

    recording: Recording
    analyses: tuple[Analysis, ...]
    duplicate: bool = False
    """The same sound was there before for the same site and time; its bytes were stored only if they were missing."""


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Which recordings; None does not restrict."""

    site: str | None = None
    recorded_after: datetime | None = None
    """At or after."""
    recorded_before: datetime | None = None
    """Before."""
    state: AnalysisState | None = None
    """With an analysis in this state."""
