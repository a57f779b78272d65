"""Where windows start, which of them a segment needs, and their samples.

All positions are seconds from the recording's start, to the microsecond; a window is identified by where its audio
starts. Window positions do not depend on how a recording was cut into segments: a segment selects from the recording's
windows.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.timeline import Grid

Seconds = NDArray[np.floating[Any]]
NEAR_S = 1e-6
"""Positions closer than this are equal: sums of decimal fractions differ in their last bits."""
MANY_WINDOWS = 10_000
"""Enough to cover every position of a recording's end relative to a row of windows."""


@dataclass(frozen=True)
class Stretch:
    """A segment as the scoring sees it: the windows and frames it owns, and the windows needed to score them."""

    grid: Grid
    duration_s: float
    """Of the whole recording, like `n_windows`."""
    n_windows: int
    windows: range
    """The windows owned by the segment: those that start in it."""
    spanned: range
    """`windows`, and before them the window in which the segment starts, if it starts within one."""
    reach: range
    """`spanned` and the neighbors that smoothing mixes in."""
    frames: range
    """The frames owned by the segment; empty if the pack has no framewise member."""
    shifts_s: tuple[float, ...]

    @property
    def frame_centers_s(self) -> Seconds:
        """Centers of the owned frames, (n_frames,)."""
        return (np.arange(self.frames.start, self.frames.stop) + 0.5) * (self.grid.frame_s or 0.0)

    def view_starts_s(self, windows: range) -> Seconds:
        """Return where the views of the windows start, (n_windows, n_shifts).

        A view that would start before the first or after the last window of the recording is the window itself.
        """
        own = (np.arange(windows.start, windows.stop) * self.grid.window_s)[:, None]
        shifted = own + np.array(self.shifts_s)
        last = (self.n_windows - 1) * self.grid.window_s
        inside = (shifted > -NEAR_S) & (shifted < last + NEAR_S)
        starts: Seconds = np.round(np.where(inside, shifted, own), 6)
        return starts

    def windows_near(self, start_s: float, end_s: float) -> range:
        """Return the recording's windows that overlap [start_s, end_s), and up to one more on either side."""
        first = math.floor(start_s / self.grid.window_s) - 1
        stop = math.ceil(end_s / self.grid.window_s) + 1
        return range(min(max(first, 0), self.n_windows), max(0, min(stop, self.n_windows)))


def stretch_of(
    segment: Segment, duration_s: float, grid: Grid, *, shifts_s: tuple[float, ...], smoothing_reach: int
) -> Stretch:
    """Return what a segment of a recording of `duration_s` owns, and the windows needed to score it."""
    n_windows = len(grid.windows(0.0, duration_s))
    end_s = min(segment.end_s, duration_s)
    owned = grid.windows(segment.start_s, end_s)
    spanned = range(min(owned.start, math.floor(segment.start_s / grid.window_s + NEAR_S)), owned.stop)
    reach = range(max(0, spanned.start - smoothing_reach), min(n_windows, spanned.stop + smoothing_reach))
    return Stretch(grid, duration_s, n_windows, owned, spanned, reach, grid.frames(segment.start_s, end_s), shifts_s)


@dataclass(frozen=True)
class Geometry:
    """The windows of one member, and the frames within one."""

    rule: Literal["clip", "frame_max"]
    window_s: float
    """The network's input."""
    scored_s: float
    """The pack's window, which the network's output is used for."""
    hop_s: float
    n_frames: int
    """Per window; 0 for a member that is not framewise."""
    frame_start_s: float
    frame_step_s: float
    inner_s: float
    """The part in a window's middle whose frames are used; the window's length if the pack does not say."""

    @cached_property
    def offsets_s(self) -> Seconds:
        """Where the audio of the member's windows starts, relative to the start of the scored window, (n_parts,).

        One window with the scored window in its middle; or, if the network's window is shorter, as many as fit.
        """
        spare_s = self.scored_s - self.window_s
        if spare_s <= 0:
            return np.array([spare_s / 2])
        return np.arange(math.floor(spare_s / self.hop_s + NEAR_S) + 1) * self.hop_s

    @cached_property
    def frame_offsets_s(self) -> Seconds:
        """Frame centers relative to the start of the window's audio, (n_frames,)."""
        return self.frame_start_s + (np.arange(self.n_frames) + 0.5) * self.frame_step_s

    @cached_property
    def reaches_all(self) -> bool:
        """Whether a row of such windows has a frame in every scored window, whatever the recording's length."""
        first_s, last_s = float(self.frame_offsets_s[0]), float(self.frame_offsets_s[-1])
        scored_starts_s = np.arange(MANY_WINDOWS) * self.scored_s
        left_over_s = float(np.remainder(scored_starts_s + NEAR_S, self.hop_s).max())  # how much earlier the row ends
        return (
            self.offsets_s[0] + first_s < self.scored_s - NEAR_S
            and self.hop_s - (last_s - first_s) < self.scored_s + NEAR_S
            and (self.n_frames == 1 or self.frame_step_s < self.scored_s + NEAR_S)
            and self.offsets_s[-1] + last_s > left_over_s - 2 * NEAR_S
        )

    def widest_step_s(self, shifts_s: tuple[float, ...]) -> float:
        """Return how far apart the starts of two windows in succession are at most, away from a recording's ends."""
        if self.rule == "frame_max":
            return self.hop_s
        starts_s = np.sort(np.remainder(np.add.outer(shifts_s, self.offsets_s).ravel(), self.scored_s))
        return float(np.diff(starts_s, append=starts_s[0] + self.scored_s).max())

    def serves(self, starts_s: Seconds, centers_s: Seconds) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return which of the sorted centers each window's frames are used for: the first and the stop, (n_starts,).

        Those in the window's inner part; and those in no window's inner part, as near a recording's ends, whose
        nearest middle is the window's. `starts_s`, sorted, must hold the recording's windows next to each.
        """
        middles_s = starts_s + self.window_s / 2
        halfway_s = (middles_s[:-1] + middles_s[1:]) / 2
        begins_s = np.minimum(middles_s - self.inner_s / 2, np.append(-np.inf, halfway_s))
        ends_s = np.maximum(middles_s + self.inner_s / 2, np.append(halfway_s, np.inf))
        first = np.searchsorted(centers_s, np.maximum(begins_s, starts_s) - NEAR_S)
        return first, np.searchsorted(centers_s, np.minimum(ends_s, starts_s + self.window_s) - NEAR_S)


def clip_starts_s(geometry: Geometry, stretch: Stretch) -> Seconds:
    """Return the windows of rule `clip`, sorted: those of the segment's views, and all others that hold its frames."""
    of_views = _parts(geometry, stretch.view_starts_s(stretch.reach))
    if not geometry.n_frames:
        return of_views
    around = starts_around_s(geometry, stretch)
    first, stop = geometry.serves(around, stretch.frame_centers_s)
    return np.union1d(of_views, around[stop > first])


def starts_around_s(geometry: Geometry, stretch: Stretch) -> Seconds:
    """Return the recording's windows around the segment's frames, sorted: all that hold one, and those next to them."""
    if geometry.rule == "frame_max":
        return _row_starts_s(geometry, stretch)
    centers_s = stretch.frame_centers_s
    if not len(centers_s):
        return np.empty(0)
    far_s = geometry.window_s + max(abs(shift) for shift in stretch.shifts_s)
    near = stretch.windows_near(centers_s[0] - far_s, centers_s[-1] + far_s)
    return _parts(geometry, stretch.view_starts_s(near))


def _parts(geometry: Geometry, times_s: Seconds) -> Seconds:
    return np.unique(np.round(times_s[..., None] + geometry.offsets_s, 6))


def stitched_starts_s(geometry: Geometry, stretch: Stretch) -> Seconds:
    """Return the windows of rule `frame_max`, sorted: those of the row with frames that the segment needs."""
    starts = _row_starts_s(geometry, stretch)
    first, stop = geometry.serves(starts, stretch.frame_centers_s)
    needed = stop > first
    times = stretch.view_starts_s(stretch.reach)
    if times.size:
        first_frame, last_frame = starts + geometry.frame_offsets_s[0], starts + geometry.frame_offsets_s[-1]
        needed |= (last_frame > times.min() - NEAR_S) & (first_frame < times.max() + stretch.grid.window_s)
    chosen: Seconds = starts[needed]
    return chosen


def _row_starts_s(geometry: Geometry, stretch: Stretch) -> Seconds:
    """Return all windows of the recording under rule `frame_max`, sorted."""
    last_s = (stretch.n_windows - 1) * stretch.grid.window_s
    n_row = math.floor(last_s / geometry.hop_s + NEAR_S) + len(geometry.offsets_s)
    starts: Seconds = np.round(np.arange(n_row) * geometry.hop_s + geometry.offsets_s[0], 6)
    return starts


def margin_s(geometry: Geometry, shifts_s: tuple[float, ...], smoothing_reach: int) -> float:
    """Return how many seconds the windows of a segment may reach beyond it, on either side."""
    scored_s = (smoothing_reach + 1) * geometry.scored_s + max(abs(shift) for shift in shifts_s)
    if geometry.rule == "frame_max":
        return scored_s + geometry.window_s
    context_s = max(0.0, geometry.window_s - geometry.scored_s) / 2
    return max(scored_s + context_s, geometry.window_s if geometry.n_frames else 0.0)


def cut_windows(
    waveform: NDArray[np.float32], first_sample: int, starts_s: Seconds, *, window_s: float, sample_rate_hz: int
) -> NDArray[np.float32]:
    """Cut windows out of a waveform that begins at `first_sample` of the recording: (n_windows, n_samples).

    Samples are cut at round(start · rate). Adjacent windows are returned as a view of the waveform: do not write to
    them. Raises ValueError if the waveform does not cover the windows.
    """
    n_samples = round(window_s * sample_rate_hz)
    begins = [round(start * sample_rate_hz) - first_sample for start in starts_s.tolist()]
    if begins and (min(begins) < 0 or max(begins) + n_samples > len(waveform)):
        raise ValueError(f"windows from {starts_s[0]} to {starts_s[-1]} s reach beyond the audio that was loaded")
    if begins == list(range(begins[0], begins[0] + len(begins) * n_samples, n_samples)):
        return waveform[begins[0] : begins[0] + len(begins) * n_samples].reshape(len(begins), n_samples)
    return np.stack([waveform[begin : begin + n_samples] for begin in begins])
