"""A pack's scores for one segment: the highest of several channels, and the timeline that is kept of them."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.timeline import ChannelNumbers, Scores, SegmentTimeline, Spreads, TaxonRow, quantize_scores


@dataclass(frozen=True, slots=True)
class SegmentScores:
    """A pack's scores for one segment."""

    first_window: int
    window_scores: Scores
    """(n_windows, n_taxa)"""
    first_frame: int
    frame_scores: Scores | None
    """(n_frames, n_taxa); None where the pack has no framewise member."""
    stage_s: dict[str, float] = field(default_factory=dict)
    """Seconds spent: mel, inference (waiting for a session included), score; `inference:FILE` is one member's share."""
    batch_fill: float = 1.0
    """Windows run, divided by the windows that the batches could have held."""
    window_channels: ChannelNumbers | None = None
    """(n_windows, n_taxa), whose score it is; None: one channel, or the mean of all, was scored."""
    frame_channels: ChannelNumbers | None = None
    """(n_frames, n_taxa), likewise."""
    window_spread: Spreads | None = None
    """(n_windows, n_taxa), how far the members are apart; None: there is one."""
    spread_taxa: NDArray[np.bool_] | None = None
    """(n_taxa,), whether two members or more score the taxon; None: there is one."""


def highest_scores(one: SegmentScores, other: SegmentScores) -> SegmentScores:
    """Return the higher of two channels' scores for each window, frame and taxon, and whose it is; of equals, `one`."""
    windows, window_channels = _higher(
        (one.window_scores, one.window_channels), (other.window_scores, other.window_channels)
    )
    spread = one.window_spread
    if spread is not None and other.window_spread is not None:
        spread = np.where(other.window_scores > one.window_scores, other.window_spread, spread)
    frames, frame_channels = one.frame_scores, one.frame_channels
    if frames is not None and other.frame_scores is not None:
        frames, frame_channels = _higher((frames, frame_channels), (other.frame_scores, other.frame_channels))
    return replace(
        one,
        window_scores=windows,
        window_channels=window_channels,
        window_spread=spread,
        frame_scores=frames,
        frame_channels=frame_channels,
        stage_s=add_stages(one.stage_s, other.stage_s),
        batch_fill=(one.batch_fill + other.batch_fill) / 2,
    )


def _higher(
    one: tuple[Scores, ChannelNumbers | None], other: tuple[Scores, ChannelNumbers | None]
) -> tuple[Scores, ChannelNumbers | None]:
    is_higher = other[0] > one[0]
    if one[1] is None or other[1] is None:
        return np.where(is_higher, other[0], one[0]), None
    return np.where(is_higher, other[0], one[0]), np.where(is_higher, other[1], one[1])


def add_stages(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Return the sums of seconds by stage."""
    return {stage: one.get(stage, 0.0) + other.get(stage, 0.0) for stage in {**one, **other}}


def to_timeline(
    scores: SegmentScores,
    segment: Segment,
    facts: PackFacts,
    floor: float,
    *,
    analyzed_s: float,
    lost: tuple[LostStretch, ...] = (),
) -> SegmentTimeline:
    """Keep the taxa whose peak reaches the floor, their frame scores quantized."""
    frames = scores.frame_scores if scores.frame_scores is not None else np.zeros((0, len(facts.taxa)), np.float32)
    peaks = np.maximum(scores.window_scores.max(axis=0, initial=0.0), frames.max(axis=0, initial=0.0))
    rows = tuple(
        TaxonRow(
            facts.taxa[column],
            np.ascontiguousarray(scores.window_scores[:, column]),
            quantize_scores(frames[:, column]),
            float(peaks[column]),
            _column(scores.window_channels, column),
            _column(scores.frame_channels, column),
            _spread(scores, column),
        )
        for column in np.flatnonzero(peaks >= floor).tolist()
    )
    return SegmentTimeline(
        segment,
        scores.first_window,
        len(scores.window_scores),
        scores.first_frame,
        len(frames),
        rows,
        analyzed_s,
        lost,
    )


def _column(channels: ChannelNumbers | None, column: int) -> ChannelNumbers | None:
    return None if channels is None else np.ascontiguousarray(channels[:, column])


def _spread(scores: SegmentScores, column: int) -> Spreads | None:
    if scores.window_spread is None or scores.spread_taxa is None or not scores.spread_taxa[column]:
        return None
    return np.ascontiguousarray(scores.window_spread[:, column])
