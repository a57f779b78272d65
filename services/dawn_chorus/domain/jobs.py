"""The jobs on the queue: ids, never audio."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from dawn_chorus.domain.analysis import AnalysisSettings, Segment
from dawn_chorus.domain.recording import Recording

EXPRESS_MAX_S = 600.0
"""Recordings up to this long go express, so that a 24-hour upload never blocks a short one."""

BULK_SHARE = 5
"""While both lanes have work, one of so many jobs is of the bulk lane, in batches of the relay and in a worker."""

DELIVERY_LIMIT = 5
"""A message that was returned to the queue more often than this becomes a dead letter."""


class Lane(StrEnum):
    """Which queue a segment waits in."""

    EXPRESS = "express"
    BULK = "bulk"


def lane_for(duration_s: float, requested: Lane | None = None) -> Lane:
    """Return the lane that was requested, else the one for the recording's length."""
    if requested is not None:
        return requested
    return Lane.EXPRESS if duration_s <= EXPRESS_MAX_S else Lane.BULK


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """One segment to analyze: the whole content of a message."""

    analysis_id: UUID
    segment_index: int
    lane: Lane


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A job to publish; written in the same transaction as the segment or the retry that it is for."""

    id: int
    job: SegmentJob


@dataclass(frozen=True, slots=True)
class LaneDepth:
    """What a lane's queue holds."""

    ready: int
    """Messages that no worker has been given yet."""
    consumers: int
    """Workers that take them."""
    published: int = 0
    """Messages that this publisher has put there since it was made."""


def share_batch(waiting: Sequence[OutboxEntry], limit: int) -> list[OutboxEntry]:
    """Return at most `limit` of the jobs in their order, express before bulk.

    While bulk jobs wait, a fifth of each batch is theirs, so that express never starves them.
    """
    express = [entry for entry in waiting if entry.job.lane is Lane.EXPRESS]
    bulk = [entry for entry in waiting if entry.job.lane is Lane.BULK]
    for_bulk = min(len(bulk), limit // BULK_SHARE)
    express = express[: limit - for_bulk]
    return express + bulk[: limit - len(express)]


@dataclass(frozen=True, slots=True)
class SegmentWork:
    """All that a worker needs to know about a segment."""

    job: SegmentJob
    recording: Recording
    segment: Segment
    is_last: bool
    """No segment of the recording follows: audio after its end was not declared by the header."""
    pack: str
    settings: AnalysisSettings
    attempt: int
    """Number of this attempt, from 1."""
    queued_s: float
    """How long the segment has waited since it was last queued."""
    segment_s: float = math.inf
    """The length of the analysis' segments; a longer one holds all that lay beyond the longest duration."""
    pack_version: str | None = None
    """The version that its first result was computed with; None: there is no result yet."""


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """The worker that analyzed a segment, its provider and its pack; stored with the result."""

    name: str
    provider: str
    """The ONNX Runtime provider that was active, not the requested one."""
    pack_version: str
    stage_s: dict[str, float] = field(default_factory=dict)
    """Seconds by stage: fetch, decode, resample, mel, inference, score, save."""
