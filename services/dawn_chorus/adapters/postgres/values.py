"""What the database gives and takes beyond the domain's own nouns: frozen values, one a question."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place, Recording
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, Scores

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a list."""

    items: tuple[Item, ...]
    next_cursor: str | None
    """Opaque; None: this was the last page."""


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


@dataclass(frozen=True, slots=True)
class DetectionFilter:
    """Which detections; empty or None does not restrict."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case."""
    site: str | None = None
    from_time: datetime | None = None
    """Starting at or after; undated detections then fall out."""
    to_time: datetime | None = None
    """Starting before."""
    min_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which part of a timeline."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case; empty: all."""
    min_score: float = 0.0
    """Leave out windows and frames below this, and taxa whose peak is below."""
    frames: bool = False


@dataclass(frozen=True, slots=True)
class TaxonTimeline:
    """One taxon over a whole recording; stretches that were lost or stayed below the floor have no entries."""

    taxon: Taxon
    peak: float
    window_s: float
    window_start_s: tuple[float, ...]
    window_scores: Scores
    """(n_windows,), beside window_start_s."""
    frame_s: float | None
    frame_start_s: tuple[float, ...]
    frame_scores: Scores
    """(n_frames,), beside frame_start_s; empty unless frames were asked for."""
    detections: tuple[Detection, ...]
    """By the pack's rules, in order of time; empty until the analysis is finished."""


@dataclass(frozen=True, slots=True)
class PackListing:
    """A registered pack as the API shows it."""

    name: str
    version: str
    license: str
    attribution: str
    manifest_sha256: str
    window_s: float
    frame_s: float | None
    n_taxa: int
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is listed: never the key itself."""

    id: UUID
    name: str
    prefix: str
    """The first characters, by which an owner tells keys apart."""
    scopes: frozenset[str]
    """Of `read`, `upload`, `admin`."""
    created_at: datetime
    last_used_at: datetime | None
    """To the minute or so."""
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that no worker could finish."""

    id: UUID
    body: bytes
    reason: str
    analysis_id: UUID | None
    segment_index: int | None
    created_at: datetime
    requeued_at: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxLag:
    """What waits to be published."""

    waiting: int
    oldest_s: float
    """Age of the oldest; 0 when nothing waits."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer kept to be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer a request for the first time."""

    key: str
    token: UUID


@dataclass(frozen=True, slots=True)
class KeyMismatch:
    """The key was used before, for another request."""


@dataclass(frozen=True, slots=True)
class KeyInProgress:
    """The first request with this key is still running."""
