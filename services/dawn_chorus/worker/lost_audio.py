"""How much of a segment was analyzed, and why the rest was lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.recording import round_s
from dawn_chorus.inference.waveforms.loading import LostStretch

_MOST_NAMED = 3
"""Lost stretches named in the reason; the others are only counted."""


@dataclass(frozen=True, slots=True)
class AnalyzedAudio:
    """The ledger's entry for a segment: audio that is not analyzed is lost."""

    analyzed_s: float
    lost: str | None
    """Which stretches are lost and why; None: none."""


def measure_lost_audio(segment: Segment, stretches: Iterable[LostStretch]) -> AnalyzedAudio:
    """Return how much of the segment is not lost, and why the rest is.

    Stretches may overlap, touch and reach beyond the segment; overlaps count once.
    """
    inside = sorted(_clip(segment, stretches), key=lambda stretch: stretch.start_s)
    lost_s, counted_to_s = 0.0, segment.start_s
    for stretch in inside:
        lost_s += max(0.0, stretch.end_s - max(stretch.start_s, counted_to_s))
        counted_to_s = max(counted_to_s, stretch.end_s)
    if round_s(lost_s) <= 0:
        return AnalyzedAudio(segment.duration_s, None)
    return AnalyzedAudio(max(0.0, round_s(segment.duration_s - round_s(lost_s))), _describe(inside))


def _clip(segment: Segment, stretches: Iterable[LostStretch]) -> Iterable[LostStretch]:
    for stretch in stretches:
        start_s, end_s = max(stretch.start_s, segment.start_s), min(stretch.end_s, segment.end_s)
        if end_s > start_s:
            yield LostStretch(start_s, end_s, stretch.reason)


def _describe(stretches: Sequence[LostStretch]) -> str:
    """Return the first stretches with their reasons as text; a file damaged all over must not fill the database."""
    named = [f"{lost.start_s:.3f} s to {lost.end_s:.3f} s: {lost.reason}" for lost in stretches[:_MOST_NAMED]]
    more = len(stretches) - len(named)
    return "lost " + "; ".join(named) + (f"; and {more} more stretches" if more > 0 else "")
