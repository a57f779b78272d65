"""Hits, misses and false alarms by several criteria, and how early or late the events found are."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from models.workshop.data.manifest import Event

Counts = NDArray[np.int64]
"""(n_taxa, 3): hits, misses, false alarms."""
OVERLAP = "overlap"
"""The criterion for counting events found and for their errors: a detection overlaps the event, one to one."""


@cache
def criteria() -> dict[str, Callable[..., dict[str, Any]]]:
    """Return the criteria of event F1 by name, as sed_scores_eval computes them.

    Collar: the onset within the collar, the offset within the collar or a share of the event, one to one (Mesaros,
    Heittola and Virtanen, 2016). Intersection: detections of which half is event find an event of which they cover half
    (Bilen et al., 2020).
    """
    from sed_scores_eval.collar_based.intermediate_statistics import statistics_fn as by_collar  # noqa: PLC0415
    from sed_scores_eval.intersection_based.intermediate_statistics import statistics_fn as by_overlap  # noqa: PLC0415

    return {
        "collar 0.2 s": partial(by_collar, onset_collar=0.2, offset_collar=0.2, offset_collar_rate=0.2),
        "collar 0.5 s": partial(by_collar, onset_collar=0.5, offset_collar=0.5, offset_collar_rate=0.5),
        "intersection": partial(by_overlap, dtc_threshold=0.5, gtc_threshold=0.5, cttc_threshold=None),
    }


def count_events(truth: Sequence[Event], found: Sequence[Event], codes: Sequence[str]) -> dict[str, Counts]:
    """Return the counts of one recording by each criterion, and by OVERLAP."""
    counts = {name: np.zeros((len(codes), 3), np.int64) for name in (*criteria(), OVERLAP)}
    for row, code in enumerate(codes):
        true, own = [e for e in truth if e.code == code], [e for e in found if e.code == code]
        for name, criterion in criteria().items():
            hits, false = _apply(criterion, true, own) if own else (0, 0)
            counts[name][row] = hits, len(true) - hits, false
        hits = len(pair_events(true, own))
        counts[OVERLAP][row] = hits, len(true) - hits, len(own) - hits
    return counts


def f1(counts: Counts) -> float:
    """Return the F1 of counts summed over taxa; NaN if there is nothing to find and nothing found."""
    hits, misses, false = counts.sum(axis=0)
    total = 2 * hits + misses + false
    return float(2 * hits / total) if total else float("nan")


def pair_events(truth: Sequence[Event], found: Sequence[Event]) -> list[tuple[Event, Event]]:
    """Return pairs of one taxon's events that overlap, one to one, with the highest sum of intersection over union."""
    if not truth or not found:
        return []
    onsets = np.array([[[t.onset_s, f.onset_s] for f in found] for t in truth])
    offsets = np.array([[[t.offset_s, f.offset_s] for f in found] for t in truth])
    intersection = np.maximum(offsets.min(axis=2) - onsets.max(axis=2), 0.0)
    overlap = intersection / (offsets.max(axis=2) - onsets.min(axis=2))
    return [(truth[i], found[j]) for i, j in zip(*linear_sum_assignment(-overlap), strict=True) if overlap[i, j] > 0]


def find_errors(truth: Sequence[Event], found: Sequence[Event], codes: Sequence[str]) -> NDArray[np.float64]:
    """Return the errors of the events found, (n_pairs, 2): onset and offset in seconds, positive if late."""
    pairs = [
        pair
        for code in codes
        for pair in pair_events([e for e in truth if e.code == code], [e for e in found if e.code == code])
    ]
    return np.array([(f.onset_s - t.onset_s, f.offset_s - t.offset_s) for t, f in pairs]).reshape(-1, 2)


def _apply(criterion: Callable[..., dict[str, Any]], truth: Sequence[Event], found: Sequence[Event]) -> tuple[int, int]:
    counts = criterion(
        np.array([[e.onset_s for e in found]]), np.array([[e.offset_s for e in found]]),
        np.array([e.onset_s for e in truth]), np.array([e.offset_s for e in truth]),
        {}, {},
    )  # fmt: skip
    return int(counts["tps"][0]), int(counts["fps"][0])
