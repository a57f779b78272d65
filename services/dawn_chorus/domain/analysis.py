"""The analysis of a recording, its segments, and the result that follows from their states."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import round_s

Channels = Literal["mix", "each"] | int
"""`mix`: the mean of all; `each`: every channel, and of their scores the highest; a number: that channel, from 1."""
MAX_EACH = 32
"""Recordings with more channels are not scored by `each`: it takes as many times as long."""


class AnalysisState(StrEnum):
    """How far an analysis is; how it ended is its `AnalysisResult`."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class AnalysisResult(StrEnum):
    """How a finished analysis ended."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SegmentState(StrEnum):
    """How far a segment is; the last three states are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """What a user may choose for one analysis; stored with it."""

    floor: float = 0.05
    """Taxa whose peak within a segment is below this are not stored."""
    occurrence_min: float | None = None
    """Drop taxa less probable than this at the recording's place and week; None: keep all."""
    event_rule: dict[str, float] | None = None
    """Fields of the pack's event rules that are overridden (`EventRules.changed`); None: none."""
    channels: Channels = "mix"
    """Which channels are scored; settings that were stored before there was a choice mean `mix`."""


def channels_to_score(chosen: Channels, n_channels: int) -> tuple[int | None, ...]:
    """Return the channels of a recording that are scored one after the other, from 1; None is the mean of all.

    Raises PermanentError for a channel that the recording lacks, and for `each` of more than `MAX_EACH`.
    """
    if chosen == "mix":
        return (None,)
    have = "1 channel" if n_channels == 1 else f"{n_channels} channels"
    if chosen == "each":
        if n_channels > MAX_EACH:
            raise PermanentError(f"the recording has {have}: each scores at most {MAX_EACH}; use mix, or a number")
        return tuple(range(1, n_channels + 1))
    if chosen > n_channels:
        raise PermanentError(f"the recording has {have}: there is no channel {chosen}")
    return (chosen,)


MAX_DURATION_S = 7 * 24 * 3600.0
"""Of a recording, where no setting says otherwise."""
MAX_SEGMENTS = 10_000
"""Of an analysis, where no setting says otherwise: more than a month in segments of 300 s."""


def longest_plan_s(max_duration_s: float, max_segments: int, segment_s: float) -> float:
    """Return how much of a recording is analyzed where its duration and the number of segments are limited."""
    return min(max_duration_s, max_segments * segment_s)


def count_segments(duration_s: float, segment_s: float) -> int:
    """Return the number of segments of `segment_s` that a recording is cut into."""
    # In whole microseconds: as floats, 87.5 / 0.7 is slightly more than 125 and would add an empty segment.
    return max(0, math.ceil(Fraction(round(duration_s * 1e6), round(segment_s * 1e6))))


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a recording: the unit of work on the queue."""

    index: int
    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return round_s(self.end_s - self.start_s)


def plan_segments(
    duration_s: float, segment_s: float, *, start_s: float = 0.0, index: int = 0, most_s: float = math.inf
) -> list[Segment]:
    """Cut [start_s, duration_s) into segments of `segment_s`; the last one is the remainder.

    `index` is the number of the first segment. `start_s` and `index` extend the plan of a recording that turns out to
    be longer than its header declared. What lies beyond `most_s` is one segment, however long: no worker analyzes it.
    """
    if duration_s > most_s:
        rest_s = max(start_s, most_s)
        planned = plan_segments(rest_s, segment_s, start_s=start_s, index=index)
        return [*planned, Segment(index + len(planned), round_s(rest_s), round_s(duration_s))]
    count = count_segments(duration_s - start_s, segment_s)
    edges = [round_s(start_s + number * segment_s) for number in range(count)] + [round_s(duration_s)]
    return [Segment(index + number, edges[number], edges[number + 1]) for number in range(count)]


def result_of(states: Sequence[SegmentState], failed_s: float) -> AnalysisResult | None:
    """Return the result of an analysis, or None while a segment is queued or running.

    `failed_s` counts too: a segment of a truncated file can be done and still have lost audio.
    """
    if any(state in (SegmentState.QUEUED, SegmentState.RUNNING) for state in states):
        return None
    if any(state is SegmentState.CANCELLED for state in states):
        return AnalysisResult.CANCELLED
    if all(state is SegmentState.FAILED for state in states):
        return AnalysisResult.FAILED
    if failed_s > 0 or any(state is SegmentState.FAILED for state in states):
        return AnalysisResult.PARTIAL
    return AnalysisResult.SUCCEEDED
