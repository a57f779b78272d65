"""Timelines: window scores and framewise scores of an analysis, by taxon.

Frame scores are stored as unsigned 16-bit steps of 1/65535, little-endian; window scores as they are. Events are cut
from steps, also those of windows: service, command line and browsers cut the same events from the same audio.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.warnings import AnalysisWarning

Scores = NDArray[np.float32]
"""Scores in [0, 1]; the docstring of each use states the shape."""

Steps = NDArray[np.uint16]
"""Scores in steps of 1/65535; the docstring of each use states the shape."""

ChannelNumbers = NDArray[np.uint8]
"""Channels of a recording, from 1; the docstring of each use states the shape."""

Spreads = NDArray[np.uint8]
"""Standard deviations over members of an ensemble, in steps of 1/255; the docstring of each use states the shape."""

FRAME_STEPS = 65535
SPREAD_STEPS = 255


def quantize_scores(scores: Scores) -> Steps:
    """Return scores in [0, 1] as steps of 1/65535, any shape; scores outside are clipped."""
    return np.rint(np.clip(scores, 0.0, 1.0) * FRAME_STEPS).astype("<u2")


def dequantize_scores(steps: Steps) -> Scores:
    """Return steps of 1/65535 as scores, any shape."""
    return (steps / np.float32(FRAME_STEPS)).astype(np.float32)


def positions_s(numbers: NDArray[np.int64], step_s: float) -> NDArray[np.float64]:
    """Return number·step_s for each number, rounded to the microsecond exactly as `round_s` rounds, (n,)."""
    steps_us = numbers * step_s * 1e6
    rounded_us = np.rint(steps_us)
    positions: NDArray[np.float64] = rounded_us / 1e6
    # Close to a half the product's own rounding decides, which the decimal rounding of Python sees through.
    for index in np.flatnonzero(np.abs(np.abs(steps_us - rounded_us) - 0.5) < 0.01).tolist():
        positions[index] = round_s(int(numbers[index]) * step_s)
    return positions


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a recording, [from_s, to_s); seconds from its start."""

    from_s: float = 0.0
    to_s: float = math.inf

    def steps(self, step_s: float, end_s: float) -> range:
        """Return the numbers of the windows or frames that overlap it and begin before `end_s`, the recording's end.

        Number i covers [i·step_s, (i + 1)·step_s).
        """
        stop = _first_at_or_after(min(self.to_s, end_s) / step_s)
        first = stop if self.from_s >= end_s else math.floor(self.from_s / step_s + 1e-6)
        return range(min(first, stop), stop)


WHOLE = Span()


@dataclass(frozen=True, slots=True)
class Grid:
    """The positions of windows and frames; the same over the whole recording, wherever segments were cut."""

    window_s: float
    """Window k covers [k·window_s, (k + 1)·window_s)."""
    frame_s: float | None
    """Frame i is centered at (i + 0.5)·frame_s. None: the pack has no framewise member, events are cut from windows."""

    def windows(self, start_s: float, end_s: float) -> range:
        """Return the numbers of the windows that start in [start_s, end_s)."""
        return range(_first_at_or_after(start_s / self.window_s), _first_at_or_after(end_s / self.window_s))

    def frames(self, start_s: float, end_s: float) -> range:
        """Return the numbers of the frames whose center is in [start_s, end_s); empty if the pack has no frames."""
        if self.frame_s is None:
            return range(0)
        first, last = start_s / self.frame_s - 0.5, end_s / self.frame_s - 0.5
        return range(_first_at_or_after(first), _first_at_or_after(last))

    def spread_of_events(self, spread: Spreads, first_window: int, frames: range) -> Spreads:
        """Return the spread of the window that each of the scores lies in that events are cut from.

        `spread`: of the windows from `first_window` on, (n_windows,); `frames`: a segment's, (n_frames,).
        """
        if self.frame_s is None or not len(spread):
            return spread
        windows = np.floor((np.arange(frames.start, frames.stop) + 0.5) * self.frame_s / self.window_s + 1e-6)
        own: Spreads = spread[np.clip(windows.astype(np.intp) - first_window, 0, len(spread) - 1)]
        return own

    @property
    def event_step_s(self) -> float:
        """Seconds between two of the scores that events are cut from."""
        return self.window_s if self.frame_s is None else self.frame_s


def _first_at_or_after(position: float) -> int:
    """Round up to at least 0, with a tolerance for the rounding error of a division."""
    return max(0, math.ceil(position - 1e-6))


@dataclass(frozen=True, slots=True)
class TaxonRow:
    """One taxon's scores over one segment."""

    taxon: Taxon
    window_scores: Scores
    """(n_windows,)"""
    frame_steps: Steps
    """(n_frames,), quantized; empty where the pack has no framewise member."""
    peak: float
    """The highest window or frame score."""
    window_channels: ChannelNumbers | None = None
    """(n_windows,), the channel that each score comes from; None: one channel, or the mean of all, was scored."""
    frame_channels: ChannelNumbers | None = None
    """(n_frames,), likewise."""
    window_spread: Spreads | None = None
    """(n_windows,), how far the members are apart; None: fewer than two of them know the taxon."""


@dataclass(frozen=True, slots=True)
class SegmentTimeline:
    """The scores of one segment; only taxa whose peak reaches the floor have a row."""

    segment: Segment
    first_window: int
    """Number of the first window, counted from the recording's start; likewise `first_frame`."""
    n_windows: int
    first_frame: int
    n_frames: int
    rows: tuple[TaxonRow, ...]
    analyzed_s: float
    """How much of the segment was analyzed; the rest is lost, and `lost` says why."""
    lost: tuple[LostStretch, ...] = ()
    """In time order, at most `MOST_STRETCHES`, within the segment."""
    warnings: tuple[AnalysisWarning, ...] = ()
    """Of this segment alone; `merge_warnings` joins them with those of its neighbors."""

    def keep(self, codes: Collection[str] | None) -> "SegmentTimeline":
        """Return the timeline with only the taxa of these codes; None: with all."""
        if codes is None:
            return self
        return replace(self, rows=tuple(row for row in self.rows if row.taxon.code in codes))


@dataclass(frozen=True, slots=True)
class Detection:
    """A detected event; seconds from the recording's start."""

    taxon: Taxon
    onset_s: float
    offset_s: float
    confidence: float
    """The highest score within the event, of frames or, where the pack has none, of windows, as quantized."""
    channel: int | None = None
    """The channel, from 1, in which it is that high; None: the mean of all was scored."""
    spread: float | None = None
    """Standard deviation over members in the window where it is that high; None: not measured."""
