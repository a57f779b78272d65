"""The work on the queue: ids, never audio."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from dawn_chorus.domain.analysis import AnalysisSettings, Segment
from dawn_chorus.domain.recording import Recording

EXPRESS_MAX_S = 600.0
"""Recordings up to this long go express, so that a 24-hour upload never blocks a short one."""

DELIVERY_LIMIT = 5
"""A message that came back to the queue more often than this is dead."""


class Lane(StrEnum):
    """Which queue a segment waits in."""

    EXPRESS = "express"
    BULK = "bulk"


def lane_for(duration_s: float, wish: Lane | None = None) -> Lane:
    """Choose the lane: the uploader's wish, else by length."""
    if wish is not None:
        return wish
    return Lane.EXPRESS if duration_s <= EXPRESS_MAX_S else Lane.BULK


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """One segment to be analyzed: the whole content of a message."""

    analysis_id: UUID
    segment_index: int
    lane: Lane


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A job that waits to be published; written in the transaction that made it necessary."""

    id: int
    job: SegmentJob
    delay_s: float = 0.0
    """More than 0: through the retry queue, where it waits as long."""


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """All that a worker needs to know of a segment it was handed."""

    job: SegmentJob
    recording: Recording
    segment: Segment
    is_last: bool
    """No segment of the recording follows: audio beyond its end was not declared by the header."""
    pack: str
    settings: AnalysisSettings
    attempt: int
    """1 for the first."""
    queued_s: float
    """How long the segment waited since it was last queued."""


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """Who did the work and with what; stored with it."""

    name: str
    provider: str
    """The ONNX Runtime provider that was active, not the one asked for."""
    pack_version: str
    stage_s: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: fetch, decode, resample, mel, inference, score, save."""
