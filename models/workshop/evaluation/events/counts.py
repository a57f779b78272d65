"""Which events are found, missed and false by several criteria, and how early or late those found are."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from models.workshop.data.manifest import Event
from models.workshop.evaluation.events.units import Unit, middles

Counts = NDArray[np.int64]
"""(n_stretches, 3): hits, misses, false alarms."""
Spans = NDArray[np.float64]
"""(n_events, 2): onsets and offsets in seconds."""
Outcome = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""Whether each true event is found, and whether each detection is false."""
Pairs = NDArray[np.int64]
"""(n_pairs, 2): numbers of a true event and of a detection."""
_ROUNDING_S = 1e-6


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
    allowed = (late_s[..., 0] <= collar_s + _ROUNDING_S) & (late_s[..., 1] <= offset_collars_s + _ROUNDING_S)
    return _assign(np.where(allowed, 1e3 - late_s[..., 0], 0.0))


def intersect(truth: Spans, found: Spans, share: float) -> Outcome:
    """Return what is found and what is false by intersection (Bilen et al., 2020); `found` may be (…, n, 2).

    A detection is false if less than `share` of it is event. An event is found if detections that are not false cover
    at least `share` of it. A detection without length is none.
    """
    first, last = truth[:, 0], truth[:, 1]
    overlaps_s = np.maximum(np.minimum(found[..., 1:], last) - np.maximum(found[..., :1], first), 0.0)
    lengths_s = found[..., 1] - found[..., 0]
    right = overlaps_s.sum(axis=-1) >= share * lengths_s - _ROUNDING_S
    covered_s = (overlaps_s * right[..., None]).sum(axis=-2)
    return covered_s >= share * (last - first) - _ROUNDING_S, ~right & (lengths_s > 0)


def _from_pairs(pair: Callable[[Spans, Spans], Pairs]) -> Callable[[Spans, Spans], Outcome]:
    def outcome(truth: Spans, found: Spans) -> Outcome:
        pairs = pair(truth, found)
        return np.isin(np.arange(len(truth)), pairs[:, 0]), ~np.isin(np.arange(len(found)), pairs[:, 1])

    return outcome


OVERLAP = "overlap"
CRITERIA: dict[str, Callable[[Spans, Spans], Outcome]] = {
    "F1 collar 0.2 s": _from_pairs(partial(pair_by_collar, collar_s=0.2, share=0.2)),
    "F1 collar 0.5 s": _from_pairs(partial(pair_by_collar, collar_s=0.5, share=0.5)),
    "F1 intersection": partial(intersect, share=0.5),
    OVERLAP: _from_pairs(pair_by_overlap),
}
"""By the name of their F1; OVERLAP only counts."""


def count_events(unit: Unit, codes: Sequence[str]) -> dict[str, Counts]:
    """Return the counts by each criterion; an event counts for the stretch of its middle."""
    counts = {name: np.zeros((unit.n_stretches, 3), np.int64) for name in CRITERIA}
    for code in codes:
        truth, found = _of(unit.truth, code), _of(unit.found, code)
        truth_in, found_in = unit.stretch_of(middles(truth)), unit.stretch_of(middles(found))
        for name, criterion in CRITERIA.items():
            hit, false = criterion(_spans(truth), _spans(found))
            for column, stretches in enumerate((truth_in[hit], truth_in[~hit], found_in[false])):
                counts[name][:, column] += np.bincount(stretches, minlength=unit.n_stretches)
    return counts


def find_errors(unit: Unit, codes: Sequence[str]) -> tuple[NDArray[np.int64], Spans]:
    """Return stretches, (n,), and errors in seconds, (n, 2): onset and offset, positive if late."""
    stretches, errors_s = [np.zeros(0, np.int64)], [np.zeros((0, 2))]
    for code in codes:
        truth, found = _of(unit.truth, code), _of(unit.found, code)
        pairs = pair_by_overlap(_spans(truth), _spans(found))
        stretches.append(unit.stretch_of(middles(truth))[pairs[:, 0]])
        errors_s.append(_spans(found)[pairs[:, 1]] - _spans(truth)[pairs[:, 0]])
    return np.concatenate(stretches), np.concatenate(errors_s)


def f1(counts: Counts) -> float:
    """Return the F1 of all stretches; NaN if there is nothing to find and nothing found."""
    hits, misses, false = counts.sum(axis=0)
    total = 2 * hits + misses + false
    return float(2 * hits / total) if total else float("nan")


def _assign(gains: NDArray[np.float64]) -> Pairs:
    pairs = np.stack(linear_sum_assignment(-gains), axis=1)
    return pairs[gains[pairs[:, 0], pairs[:, 1]] > 0]


def _of(events: Sequence[Event], code: str) -> list[Event]:
    return [event for event in events if event.code == code]


def _spans(events: Sequence[Event]) -> Spans:
    return np.array([(event.onset_s, event.offset_s) for event in events]).reshape(-1, 2)
