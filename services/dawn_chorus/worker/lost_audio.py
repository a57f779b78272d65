"""How much of a segment was heard, and why the rest was not: the two halves of the ledger."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.recording import round_s
from dawn_chorus.inference.waveforms.loading import LostStretch

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class AnalyzedAudio:
    """The ledger's entry: what is not analyzed is lost, and the reason says which stretches and why."""

    analyzed_s: float
    lost: str | None


def measure_lost_audio(segment: Segment, stretches: Iterable[LostStretch]) -> AnalyzedAudio:
    """Add up what was lost within the segment; stretches may overlap, touch and reach beyond it."""
    inside = sorted(_clip(segment, stretches), key=lambda stretch: stretch.start_s)
    lost_s, reached_s = 0.0, segment.start_s
    for stretch in inside:
        lost_s += max(0.0, stretch.end_s - max(stretch.start_s, reached_s))
        reached_s = max(reached_s, stretch.end_s)
    if round_s(lost_s) <= 0:
        return AnalyzedAudio(segment.duration_s, None)
    return AnalyzedAudio(max(0.0, round_s(segment.duration_s - round_s(lost_s))), _describe(inside))


def _clip(segment: Segment, stretches: Iterable[LostStretch]) -> Iterable[LostStretch]:
    for stretch in stretches:
        start_s, end_s = max(stretch.start_s, segment.start_s), min(stretch.end_s, segment.end_s)
        if end_s > start_s:
            yield LostStretch(start_s, end_s, stretch.reason)


def _describe(stretches: Sequence[LostStretch]) -> str:
    """Name the first stretches, each with its reason; a file damaged all over does not fill the database."""
    named = [f"{lost.start_s:.3f} s to {lost.end_s:.3f} s: {lost.reason}" for lost in stretches[:_MOST_NAMED]]
    more = len(stretches) - len(named)
    return "lost " + "; ".join(named) + (f"; and {more} more stretches" if more > 0 else "")
