"""Which events are found, missed and false by several criteria, and how early or late those found are."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from models.workshop.data.manifest import Event
from models.workshop.evaluation.events.units import Unit, middles
from models.workshop.evaluation.matching import ROUNDING_S, Pairs, Spans, pair_by_collar, pair_by_overlap, spans_of

Counts = NDArray[np.int64]
"""(n_stretches, 3): hits, misses, false alarms."""
Outcome = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""Whether each true event is found, and whether each detection is false."""


def intersect(truth: Spans, found: Spans, share: float) -> Outcome:
    """Return what is found and what is false by intersection (Bilen et al., 2020); `found` may be (…, n, 2).

    A detection is false if less than `share` of it is event. An event is found if detections that are not false cover
    at least `share` of it. A detection without length is none.
    """
    first, last = truth[:, 0], truth[:, 1]
    overlaps_s = np.maximum(np.minimum(found[..., 1:], last) - np.maximum(found[..., :1], first), 0.0)
    lengths_s = found[..., 1] - found[..., 0]
    right = overlaps_s.sum(axis=-1) >= share * lengths_s - ROUNDING_S
    covered_s = (overlaps_s * right[..., None]).sum(axis=-2)
    return covered_s >= share * (last - first) - ROUNDING_S, ~right & (lengths_s > 0)


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
        truth, found = _select(unit.truth, code), _select(unit.found, code)
        truth_in, found_in = unit.stretch_of(middles(truth)), unit.stretch_of(middles(found))
        for name, criterion in CRITERIA.items():
            hit, false = criterion(spans_of(truth), spans_of(found))
            for column, stretches in enumerate((truth_in[hit], truth_in[~hit], found_in[false])):
                counts[name][:, column] += np.bincount(stretches, minlength=unit.n_stretches)
    return counts


def find_errors(unit: Unit, codes: Sequence[str]) -> tuple[NDArray[np.int64], Spans]:
    """Return stretches, (n,), and errors in seconds, (n, 2): onset and offset, positive if late."""
    stretches, errors_s = [np.zeros(0, np.int64)], [np.zeros((0, 2))]
    for code in codes:
        truth, found = _select(unit.truth, code), _select(unit.found, code)
        pairs = pair_by_overlap(spans_of(truth), spans_of(found))
        stretches.append(unit.stretch_of(middles(truth))[pairs[:, 0]])
        errors_s.append(spans_of(found)[pairs[:, 1]] - spans_of(truth)[pairs[:, 0]])
    return np.concatenate(stretches), np.concatenate(errors_s)


def f1(counts: Counts) -> float:
    """Return the F1 of all stretches; NaN if there is nothing to find and nothing found."""
    hits, misses, false = counts.sum(axis=0)
    total = 2 * hits + misses + false
    return float(2 * hits / total) if total else float("nan")


def _select(events: Sequence[Event], code: str) -> list[Event]:
    return [event for event in events if event.code == code]
