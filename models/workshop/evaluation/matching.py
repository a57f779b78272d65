"""Pairs true events with detections, one to one."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from models.workshop.data.manifest import Event

Spans = NDArray[np.float64]
"""(n_events, 2): onsets and offsets in seconds."""
Pairs = NDArray[np.int64]
"""(n_pairs, 2): numbers of a true event and of a detection."""
ROUNDING_S = 1e-6


def spans_of(events: Sequence[Event]) -> Spans:
    """Return the onsets and offsets of events."""
    return np.array([(event.onset_s, event.offset_s) for event in events]).reshape(-1, 2)


def pair_by_overlap(truth: Spans, found: Spans) -> Pairs:
    """Return pairs of events that overlap, one to one, with the highest sum of intersection over union."""
    latest_onsets = np.maximum(truth[:, None, 0], found[None, :, 0])
    first_offsets = np.minimum(truth[:, None, 1], found[None, :, 1])
    union = np.maximum(truth[:, None, 1], found[None, :, 1]) - np.minimum(truth[:, None, 0], found[None, :, 0])
    return _assign(np.maximum(first_offsets - latest_onsets, 0.0) / union)


def pair_by_collar(truth: Spans, found: Spans, *, collar_s: float, share: float) -> Pairs:
    """Return as many pairs as possible, one to one, with the onset within the collar.

    The offset is within the collar or a share of the true event. Mesaros, Heittola and Virtanen, "Metrics for
    polyphonic sound event detection", 2016.
    """
    late_s = np.abs(truth[:, None] - found[None, :])
    offset_collars_s = np.maximum(collar_s, share * (truth[:, 1] - truth[:, 0]))[:, None]
    allowed = (late_s[..., 0] <= collar_s + ROUNDING_S) & (late_s[..., 1] <= offset_collars_s + ROUNDING_S)
    return _assign(np.where(allowed, 1e3 - late_s[..., 0], 0.0))


def _assign(gains: NDArray[np.float64]) -> Pairs:
    pairs = np.stack(linear_sum_assignment(-gains), axis=1)
    return pairs[gains[pairs[:, 0], pairs[:, 1]] > 0]
