"""From a member's outputs to scores: stitching, shift test-time augmentation, score rules, smoothing.

An accumulator takes the windows of one member batch by batch and keeps only sums: memory is bounded by the segment.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.timeline import Scores
from dawn_chorus.inference.member import OpenMember, Outputs
from dawn_chorus.inference.windows import (
    NEAR_S,
    Geometry,
    Seconds,
    Stretch,
    clip_starts_s,
    starts_around_s,
    stitched_starts_s,
)

ScoreAt = Callable[[float], Scores]
"""A member's scores of the window at a time, (n_columns,)."""


class RowMean:
    """A row of frames that windows are added to; where windows overlap, the mean is used."""

    def __init__(self, n_rows: int, n_columns: int) -> None:
        self._sums = np.zeros((n_rows, n_columns), np.float32)
        self._counts = np.zeros(n_rows, np.float32)

    def add(self, first: int, frames: Scores) -> None:
        """Add (n_frames, n_columns) from row `first` on; frames outside the row are ignored."""
        skip = max(0, -first)
        stop = min(len(self._sums), first + len(frames))
        if stop > first + skip:
            self._sums[first + skip : stop] += frames[skip : stop - first]
            self._counts[first + skip : stop] += 1

    def mean(self) -> tuple[Scores, NDArray[np.bool_]]:
        """Return the mean, (n_rows, n_columns), and which rows any window covered, (n_rows,)."""
        covered = self._counts > 0
        self._sums /= np.maximum(self._counts, 1)[:, None]
        return self._sums, covered


class FrameGrid:
    """A member's frame scores at the grid points that a segment owns."""

    def __init__(self, geometry: Geometry, stretch: Stretch, n_columns: int) -> None:
        self._geometry = geometry
        self._centers_s = stretch.frame_centers_s
        around = starts_around_s(geometry, stretch)
        first, stop = geometry.serves(around, self._centers_s)
        self._served = dict(zip(around.tolist(), zip(first.tolist(), stop.tolist(), strict=True), strict=True))
        self._row = RowMean(len(self._centers_s), n_columns)

    def add(self, start_s: float, frames: Scores) -> None:
        """Interpolate a window's frames, (n_frames, n_columns), at the grid points that they are used for.

        Linear between frame centers; constant before the first and after the last one.
        """
        first, stop = self._served.get(start_s, (0, 0))
        position = (self._centers_s[first:stop] - start_s - self._geometry.frame_start_s) / self._geometry.frame_step_s
        position = np.clip(position - 0.5, 0, len(frames) - 1)
        left = position.astype(np.intp)
        right = np.minimum(left + 1, len(frames) - 1)
        share = (position - left).astype(np.float32)[:, None]
        self._row.add(first, frames[left] * (1 - share) + frames[right] * share)

    def mean(self) -> tuple[Scores, NDArray[np.bool_]]:
        return self._row.mean()


class Accumulator(Protocol):
    """Adds up one member's scores over one segment. Not thread-safe."""

    starts_s: Seconds
    """Where the windows to run start, sorted."""
    frames: FrameGrid | None

    def add(self, starts_s: Seconds, outputs: Outputs) -> None: ...

    def score_at(self) -> ScoreAt:
        """Return the score function; call it after all windows were added."""
        ...


class ClipAccumulator:
    """Rule `clip`: a window's own score, or the highest of its parts' scores."""

    def __init__(self, member: OpenMember, stretch: Stretch) -> None:
        self._geometry = member.geometry
        self.starts_s = clip_starts_s(member.geometry, stretch)
        self.frames = _frame_grid(member, stretch)
        self._clips = np.zeros((len(self.starts_s), member.n_columns), np.float32)

    def add(self, starts_s: Seconds, outputs: Outputs) -> None:
        self._clips[np.searchsorted(self.starts_s, starts_s)] = outputs.clips
        _add_frames(self.frames, starts_s, outputs)

    def score_at(self) -> ScoreAt:
        def score(start_s: float) -> Scores:
            parts = np.round(start_s + self._geometry.offsets_s, 6)
            clips: Scores = self._clips[np.searchsorted(self.starts_s, parts)]
            best: Scores = clips.max(axis=0)
            return best

        return score


class StitchAccumulator:
    """Rule `frame_max`: overlapping windows form one row of frames; a window's score is its highest frame."""

    def __init__(self, member: OpenMember, stretch: Stretch) -> None:
        geometry = self._geometry = member.geometry
        self._scored_s = stretch.grid.window_s
        self.starts_s = stitched_starts_s(geometry, stretch)
        self.frames = _frame_grid(member, stretch)
        self._first_s = self.starts_s[0] if len(self.starts_s) else 0.0
        n_rows = self._row_of(self.starts_s[-1]) + geometry.n_frames if len(self.starts_s) else 0
        self._row = RowMean(n_rows, member.n_columns)
        self._centers_s = self._first_s + geometry.frame_start_s + (np.arange(n_rows) + 0.5) * geometry.frame_step_s

    def _row_of(self, start_s: float) -> int:
        return round((start_s - self._first_s) / self._geometry.frame_step_s)

    def add(self, starts_s: Seconds, outputs: Outputs) -> None:
        for start_s, frames in zip(
            starts_s.tolist(), outputs.frames if outputs.frames is not None else (), strict=True
        ):
            self._row.add(self._row_of(start_s), frames)
        _add_frames(self.frames, starts_s, outputs)

    def score_at(self) -> ScoreAt:
        row, _ = self._row.mean()

        def score(start_s: float) -> Scores:
            edges = (start_s - NEAR_S, start_s + self._scored_s - NEAR_S)
            first, stop = np.searchsorted(self._centers_s, edges)
            best: Scores = row[first:stop].max(axis=0, initial=0.0)
            return best

        return score


def _frame_grid(member: OpenMember, stretch: Stretch) -> FrameGrid | None:
    if not member.geometry.n_frames:
        return None
    return FrameGrid(member.geometry, stretch, member.n_columns)


def _add_frames(grid: FrameGrid | None, starts_s: Seconds, outputs: Outputs) -> None:
    if grid is not None and outputs.frames is not None:
        for start_s, frames in zip(starts_s.tolist(), outputs.frames, strict=True):
            grid.add(start_s, frames)


def open_accumulator(member: OpenMember, stretch: Stretch) -> Accumulator:
    """Return the accumulator for the member's rule."""
    return ClipAccumulator(member, stretch) if member.table.rule == "clip" else StitchAccumulator(member, stretch)


def average_views(score_at: ScoreAt, stretch: Stretch, weights: Sequence[float], n_columns: int) -> Scores:
    """Average the views of every window within reach, (n_reach, n_columns); one weight per shift, of any sum."""
    shares = np.array(weights, np.float64) / sum(weights)
    scores = np.zeros((len(stretch.reach), n_columns), np.float32)
    for row, starts_s in enumerate(stretch.view_starts_s(stretch.reach).tolist()):
        for start_s, share in zip(starts_s, shares.tolist(), strict=True):
            scores[row] += np.float32(share) * score_at(start_s)
    return scores


def smooth_windows(scores: Scores, stretch: Stretch, weights: Sequence[float]) -> Scores:
    """Mix each window with its neighbors, (n_reach, n_taxa) → (n_spanned, n_taxa); the recording's edges repeat."""
    own = np.arange(stretch.spanned.start, stretch.spanned.stop)
    mixed = np.zeros((len(own), scores.shape[1]), np.float32)
    for step, weight in enumerate(weights, start=-(len(weights) // 2)):
        neighbor = np.clip(own + step, 0, stretch.n_windows - 1)
        mixed += np.float32(weight) * scores[neighbor - stretch.reach.start]
    return mixed
