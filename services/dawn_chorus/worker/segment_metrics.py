"""The worker's metrics, by outcome of a segment."""

from dawn_chorus.adapters import metrics
from dawn_chorus.domain.errors import (
    AudioRemoved,
    ChorusError,
    DeviceUnavailable,
    EmptyAudio,
    InvalidPack,
    NotAudio,
    NotFound,
    PermanentError,
    TransientError,
    UndecodableAudio,
    UnknownPack,
)
from dawn_chorus.domain.jobs import Lane, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import NothingHeard
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.inference.segment_scores import SegmentScores

_REASONS = (
    TransientError, PermanentError, UndecodableAudio, NotAudio, EmptyAudio, NothingHeard, InvalidPack, UnknownPack,
    DeviceUnavailable, NotFound, AudioRemoved,
)  # fmt: skip
"""What ends or delays segments; an error of another class is counted from its first time on."""


def expect_segments() -> None:
    """Create the series at 0 that are of no pack."""
    metrics.expect_segments(list(Lane), [error.__name__ for error in _REASONS])


def observe_start(work: SegmentWork) -> None:
    metrics.queue_wait_seconds.labels(work.job.lane).observe(work.queued_s)
    if work.attempt > 1:
        metrics.redeliveries.inc()


def observe_skip() -> None:
    metrics.segments.labels("none", "skipped").inc()


def observe_done(
    work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts, *, save_s: float, segment_s: float
) -> None:
    """Count a saved segment; `segment_s` is the time from its start to the commit."""
    metrics.segments.labels(work.pack, "done").inc()
    metrics.audio_analyzed_seconds.labels(work.pack).inc(timeline.analyzed_s)
    metrics.audio_lost_seconds.inc(round_s(timeline.segment.duration_s - timeline.analyzed_s))
    metrics.observe_stages({**facts.stage_s, "save": save_s}, pack=work.pack)
    metrics.segment_seconds.observe(segment_s)
    metrics.real_time_factor_ratio.labels(work.pack).observe(segment_s / timeline.segment.duration_s)


def observe_batches(scores: SegmentScores) -> None:
    metrics.batch_fill_ratio.observe(scores.batch_fill)


def observe_retry(work: SegmentWork, error: ChorusError) -> None:
    metrics.segments.labels(work.pack, "retried").inc()
    metrics.segment_failures.labels(type(error).__name__).inc()


def observe_failure(work: SegmentWork, error: ChorusError) -> None:
    # An unknown pack's name is free text from a user: as a label it would be unbounded.
    pack = "unknown" if isinstance(error, UnknownPack) else work.pack
    metrics.segments.labels(pack, "failed").inc()
    metrics.segment_failures.labels(type(error).__name__).inc()
    metrics.audio_lost_seconds.inc(work.segment.duration_s)
