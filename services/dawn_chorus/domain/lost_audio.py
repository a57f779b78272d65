"""Audio that was not analyzed: which stretches of a segment are lost, why, and how much of it is left.

Worker and command line account for it by these functions alone, so that both say the same of the same recording.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import round_s

MOST_STRETCHES = 100
"""Lost stretches of one segment that are told apart; a file damaged all over must not fill the database."""
_MOST_NAMED = 3
"""Lost stretches named in the description; the others are only counted."""


@dataclass(frozen=True, slots=True)
class LostStretch:
    """Audio that no decoder could read; seconds from the recording's start."""

    start_s: float
    end_s: float
    reason: str


class NothingHeard(PermanentError):
    """All audio of a segment is lost; the message is the description. The class name is a label of a metric."""

    def __init__(self, lost: Sequence[LostStretch]) -> None:
        super().__init__(describe_lost(lost) or "the segment holds no audio")
        self.lost = tuple(lost)


def clip_lost(lost: Iterable[LostStretch], start_s: float, end_s: float) -> tuple[LostStretch, ...]:
    """Return the stretches cut to [start_s, end_s), in time order and in whole microseconds.

    Neighbors that touch and were lost for the same reason are joined.
    """
    clipped: list[LostStretch] = []
    for stretch in sorted(lost, key=lambda stretch: stretch.start_s):
        begin, end = round_s(max(stretch.start_s, start_s)), round_s(min(stretch.end_s, end_s))
        if end <= begin:
            continue
        if clipped and begin <= clipped[-1].end_s and stretch.reason == clipped[-1].reason:
            joined = clipped.pop()
            begin, end = joined.start_s, max(joined.end_s, end)
        clipped.append(LostStretch(begin, end, stretch.reason))
    return tuple(clipped)


def analyzed_s(segment: Segment, lost: Iterable[LostStretch]) -> float:
    """Return how much of the segment is not lost, in seconds; stretches may overlap and reach beyond it."""
    lost_s, counted_to_s = 0.0, segment.start_s
    for stretch in clip_lost(lost, segment.start_s, segment.end_s):
        lost_s += max(0.0, stretch.end_s - max(stretch.start_s, counted_to_s))
        counted_to_s = max(counted_to_s, stretch.end_s)
    return max(0.0, round_s(segment.duration_s - round_s(lost_s)))


def lost_in_both(one: Iterable[LostStretch], other: Iterable[LostStretch]) -> tuple[LostStretch, ...]:
    """Return what is lost in both of two channels, in time order, with the reason of the first."""
    # Of one reason, so that they do not overlap: damaged files have tens of thousands, too many to compare all pairs.
    others = clip_lost((replace(stretch, reason="") for stretch in other), 0.0, math.inf)
    ends_s = [stretch.end_s for stretch in others]
    both: list[LostStretch] = []
    for stretch in one:
        for number in range(bisect_right(ends_s, stretch.start_s), len(others)):
            if others[number].start_s >= stretch.end_s:
                break
            both += clip_lost([stretch], others[number].start_s, others[number].end_s)
    return clip_lost(both, 0.0, math.inf)


def bound_lost(lost: Sequence[LostStretch], most: int = MOST_STRETCHES) -> tuple[LostStretch, ...]:
    """Return at most `most` of the stretches, which are in time order; the last covers all the others."""
    if len(lost) <= most:
        return tuple(lost)
    rest = lost[most - 1 :]
    reason = f"{len(rest)} stretches with audio between them: {rest[0].reason}"
    return (*lost[: most - 1], LostStretch(rest[0].start_s, max(stretch.end_s for stretch in rest), reason))


def describe_lost(lost: Sequence[LostStretch]) -> str | None:
    """Return the first stretches with their reasons as one sentence; None if nothing is lost."""
    if not lost:
        return None
    named = [f"{_span(stretch)}: {stretch.reason}" for stretch in lost[:_MOST_NAMED]]
    more = len(lost) - len(named)
    return "lost " + "; ".join(named) + (f"; and {more} more stretches" if more > 0 else "")


def _span(stretch: LostStretch) -> str:
    """Return both ends to the millisecond, or to the microsecond where they would look the same."""
    start, end = f"{stretch.start_s:.3f}", f"{stretch.end_s:.3f}"
    return f"{start} s to {end} s" if start != end else f"{stretch.start_s:.6f} s to {stretch.end_s:.6f} s"
