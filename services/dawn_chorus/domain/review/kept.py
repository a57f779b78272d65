"""What a threshold leaves of a taxon's events, and how many of them are right: counted in reviews, and expected."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawn_chorus.domain.review.precision import Curve, Flags, Floats

_EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Band:
    """Reviewed events with from_ ≤ confidence < to, of the last band ≤ to."""

    from_: float
    to: float
    n: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Kept:
    """The events of at least a confidence."""

    threshold: float
    reviewed: int
    """Reviews of them that count."""
    confirmed: int
    share: float | None
    """Of all events; None: there are none."""
    precision: float | None
    """How many of them are right by the curve: the mean over them; None: there is no curve, or no event."""


def count_bands(confidence: Floats, confirmed: Flags) -> list[Band]:
    """Return ten bands of 0.1."""
    # Confidences are stored in single precision: 0.9 must not fall below 0.9.
    band = np.digitize(np.round(confidence, 6), _EDGES)
    n, right = np.bincount(band, minlength=10), np.bincount(band[confirmed], minlength=10)
    bounds = (0.0, *_EDGES, 1.0)
    return [Band(bounds[i], bounds[i + 1], int(n[i]), int(right[i])) for i in range(10)]


def keep(threshold: float, confidence: Floats, confirmed: Flags, events: Floats, curve: Curve | None) -> Kept:
    """Return what is left from a threshold on of reviews, (n,) both, and of all events, (n_events,)."""
    return keep_each([threshold], confidence, confirmed, events, curve)[0]


def keep_each(
    thresholds: Sequence[float], confidence: Floats, confirmed: Flags, events: Floats, curve: Curve | None
) -> list[Kept]:
    """Return the same for each of many thresholds, with one pass over the events."""
    ascending = np.sort(events)
    chance = np.empty(0) if curve is None else curve.precision(ascending)
    from_here = np.append(np.cumsum(chance[::-1])[::-1], 0.0)
    found = []
    for threshold in thresholds:
        # As PostgreSQL compares: in single precision, in which confidences are stored.
        least = float(np.float32(threshold))
        reviewed = confidence >= least
        first = int(np.searchsorted(ascending, least))
        left = len(ascending) - first
        found.append(
            Kept(
                threshold,
                reviewed=int(reviewed.sum()),
                confirmed=int((reviewed & confirmed).sum()),
                share=left / len(ascending) if len(ascending) else None,
                precision=float(from_here[first]) / left if curve is not None and left else None,
            )
        )
    return found
