"""What a threshold leaves."""

import numpy as np
import pytest

from dawn_chorus.domain.review.kept import count_bands, keep, keep_each
from dawn_chorus.domain.review.precision import Curve

LEVEL = Curve(0.0, 1.0, 0.01, 0.01, 0.0)
"""By which an event is right as often as its confidence says."""


def test_bands_begin_with_their_lower_bound_also_in_single_precision() -> None:
    confidence = np.array([0.0, 0.1, 0.9, 1.0, 0.8999], np.float32).astype(np.float64)
    bands = count_bands(confidence, np.array([True, False, True, True, False]))
    assert [(band.n, band.confirmed) for band in bands] == [(1, 1), (1, 0), *[(0, 0)] * 6, (1, 0), (2, 2)]
    assert [(band.from_, band.to) for band in bands[:2]] == [(0.0, 0.1), (0.1, 0.2)]


def test_what_is_kept_is_counted_and_expected() -> None:
    events = np.array([0.2, 0.4, 0.6, 0.8], np.float32).astype(np.float64)
    kept = keep(0.6, events[[2, 1, 3]], np.array([True, True, False]), events, LEVEL)
    assert (kept.reviewed, kept.confirmed, kept.share) == (2, 1, 0.5)
    assert kept.precision == pytest.approx(0.7)
    every = keep_each([0.0, 0.4, 0.81], np.empty(0), np.empty(0, np.bool_), events, LEVEL)
    assert [each.share for each in every] == [1.0, 0.75, 0.0]
    assert [each.precision for each in every] == [pytest.approx(0.5), pytest.approx(0.6), None]


def test_without_a_curve_or_events_nothing_is_expected() -> None:
    nothing = np.empty(0), np.empty(0, np.bool_)
    assert keep(0.5, *nothing, np.array([0.7]), None).precision is None
    assert keep(0.5, *nothing, np.empty(0), LEVEL).share is None
