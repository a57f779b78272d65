"""Timelines: window scores and framewise scores of an analysis, by taxon.

Frame scores are kept as unsigned 16-bit steps of 1/65535, little-endian. The command line quantizes just as the service
does, so that both cut the same events from the same sound.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.taxonomy import Taxon

Scores = NDArray[np.float32]
"""Scores in [0, 1]; the docstring that uses it says the shape."""

FRAME_STEPS = 65535


def quantize_scores(scores: Scores) -> NDArray[np.uint16]:
    """Round scores in [0, 1] to steps of 1/65535, any shape."""
    return np.rint(np.clip(scores, 0.0, 1.0) * FRAME_STEPS).astype("<u2")


def dequantize_scores(steps: NDArray[np.uint16]) -> Scores:
    """Turn steps back into scores, any shape."""
    return (steps / np.float32(FRAME_STEPS)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Grid:
    """Where windows start and frames stand; the same over the whole recording, wherever segments were cut."""

    window_s: float
    """Window k covers [k·window_s, (k + 1)·window_s)."""
    frame_s: float | None
    """Frame i is centered at (i + 0.5)·frame_s. None: the pack has no framewise member, events are cut from windows."""

    def windows(self, start_s: float, end_s: float) -> range:
        """Windows that start in [start_s, end_s)."""
        return range(_first_at_or_after(start_s / self.window_s), _first_at_or_after(end_s / self.window_s))

    def frames(self, start_s: float, end_s: float) -> range:
        """Frames whose center lies in [start_s, end_s); of no frames there are none."""
        if self.frame_s is None:
            return range(0)
        first, last = start_s / self.frame_s - 0.5, end_s / self.frame_s - 0.5
        return range(_first_at_or_after(first), _first_at_or_after(last))

    @property
    def event_step_s(self) -> float:
        """The step of the row of scores that events are cut from."""
        return self.window_s if self.frame_s is None else self.frame_s


def _first_at_or_after(position: float) -> int:
    """Round up, forgiving the last bits of a division."""
    return max(0, math.ceil(position - 1e-6))


@dataclass(frozen=True, slots=True)
class TaxonRow:
    """One taxon's scores over one segment."""

    taxon: Taxon
    window_scores: Scores
    """(n_windows,)"""
    frame_steps: NDArray[np.uint16]
    """(n_frames,), quantized; empty where the pack has no framewise member."""
    peak: float
    """The highest of both."""


@dataclass(frozen=True, slots=True)
class SegmentTimeline:
    """What the analysis of one segment found; rows only of taxa whose peak reaches the floor."""

    segment: Segment
    first_window: int
    """Number of the first window in the recording, likewise for frames."""
    n_windows: int
    first_frame: int
    n_frames: int
    rows: tuple[TaxonRow, ...]
    analyzed_s: float
    """How much of the segment was heard; the rest is lost, and `lost` says why."""
    lost: str | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """An event found; seconds from the recording's start."""

    taxon: Taxon
    onset_s: float
    offset_s: float
    confidence: float
    """The highest frame score within the event."""
