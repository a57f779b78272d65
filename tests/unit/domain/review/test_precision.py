"""The curve through reviews equals that of scikit-learn, and its intervals those that are computed in other ways."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import expit
from scipy.special import logit as scipy_logit
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped] # it ships no types

from dawn_chorus.domain.review.precision import (
    Z_95,
    Curve,
    Flags,
    Floats,
    Refused,
    Suggestion,
    fit_curve,
    logit,
    suggest_threshold,
)

STEPS = 65535


def made_up(n: int = 200, seed: int = 7, slope: float = 1.2) -> tuple[Floats, Flags]:
    """Return reviews of events of whole steps, as likely right as a curve says."""
    draw = np.random.default_rng(seed)
    confidence = np.round(draw.uniform(0.05, 1.0, n) * STEPS) / STEPS
    return confidence, draw.random(n) < expit(-0.6 + slope * scipy_logit(confidence.clip(1e-4, 1 - 1e-4)))


def reference(confidence: Floats, confirmed: Flags) -> tuple[Floats, Floats]:
    """Return scikit-learn's coefficients and the inverse of the information in them, which it does not compute."""
    x = scipy_logit(confidence.clip(0.5 / STEPS, 1 - 0.5 / STEPS))
    # C=inf is what penalty=None became.
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x[:, None], confirmed)
    chance = model.predict_proba(x[:, None])[:, 1]
    design = np.column_stack([np.ones_like(x), x])
    covariance = np.linalg.inv(design.T @ np.diag(chance * (1 - chance)) @ design)
    return np.array([model.intercept_[0], model.coef_[0, 0]]), covariance


@pytest.mark.parametrize("seed", range(5))
def test_200_reviews_are_fitted_as_by_scikit_learn(seed: int) -> None:
    confidence, confirmed = made_up(seed=seed)
    curve = fit_curve(confidence, confirmed)
    coefficients, covariance = reference(confidence, confirmed)
    assert [curve.intercept, curve.slope] == pytest.approx(coefficients, rel=1e-7)
    found = [curve.intercept_var, curve.covariance, curve.slope_var]
    assert found == pytest.approx([covariance[0, 0], covariance[0, 1], covariance[1, 1]], rel=1e-6)
    at = np.linspace(0.01, 0.99, 50)
    rows = np.column_stack([np.ones(50), scipy_logit(at)])
    line, half = rows @ coefficients, Z_95 * np.sqrt(np.einsum("ij,jk,ik->i", rows, covariance, rows))
    low, high = curve.interval(at)
    assert curve.precision(at) == pytest.approx(expit(line), rel=1e-7)
    assert low == pytest.approx(expit(line - half), rel=1e-6)
    assert high == pytest.approx(expit(line + half), rel=1e-6)


@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.9, 0.95])
def test_the_threshold_is_where_the_curve_is_and_its_interval_where_the_curves_own_is(wanted: float) -> None:
    confidence, confirmed = made_up()
    coefficients, _ = reference(confidence, confirmed)
    curve = fit_curve(confidence, confirmed)
    found = suggest_threshold(curve, wanted, 0.05)
    assert found.threshold == pytest.approx(expit((scipy_logit(wanted) - coefficients[0]) / coefficients[1]), rel=1e-7)
    assert found.low is not None
    assert found.high is not None

    def crossing(end: int) -> float:
        def above(x: float) -> float:
            return float(curve.interval(np.array([expit(x)]))[end][0]) - wanted

        return float(expit(brentq(above, -10.0, 10.0, xtol=1e-12)))

    assert (found.low, found.high) == pytest.approx((crossing(1), crossing(0)), rel=1e-6)
    assert found.low < found.threshold < found.high


@pytest.mark.parametrize(
    ("confidence", "confirmed", "reason"),
    [
        ([0.5] * 10 + [0.6] * 9, [True, False] * 9 + [True], "20 reviews are needed for a curve, and 19 count"),
        ([], [], "and 0 count so far"),
        ([0.1 * n for n in range(1, 10)] * 3, [True] * 27, "All 27 reviews are confirmed"),
        ([0.1 * n for n in range(1, 10)] * 3, [False] * 27, "All 27 reviews are rejected"),
        ([0.7] * 24, [True, False] * 12, "the same confidence"),
        ([0.3] * 12 + [0.8] * 12, [False] * 12 + [True] * 12, "would be a step"),
        ([0.3] * 12 + [0.5] * 2 + [0.8] * 12, [False] * 12 + [False, True] + [True] * 12, "would be a step"),
        ([0.3] * 12 + [0.8] * 12, [True] * 12 + [False] * 12, "confidence tells nothing"),
        ([0.3] * 12 + [0.5] * 2 + [0.8] * 12, [True] * 12 + [False, True] + [False] * 12, "confidence tells nothing"),
    ],
)
def test_what_has_no_curve_is_refused_in_plain_words(
    confidence: list[float], confirmed: list[bool], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        fit_curve(np.array(confidence), np.array(confirmed, np.bool_))


def test_verdicts_that_overlap_by_one_step_have_a_curve() -> None:
    confidence = np.array([0.2] * 12 + [30_000 / STEPS, 30_001 / STEPS] + [0.8] * 12)
    confirmed = np.array([False] * 12 + [True, False] + [True] * 12)
    curve = fit_curve(confidence, confirmed)
    assert curve.slope > 0
    assert curve.precision(confidence).mean() == pytest.approx(confirmed.mean()), "so it is at the maximum"


def test_scores_of_0_and_1_count_as_half_a_step_from_there() -> None:
    assert logit(np.array([0.0, 1.0])) == pytest.approx([np.log(0.5 / (STEPS - 0.5)), np.log((STEPS - 0.5) / 0.5)])
    assert np.isfinite(logit(np.array([-1.0, 2.0]))).all()
    confidence, confirmed = made_up()
    assert np.isfinite(fit_curve(np.append(confidence, [0.0, 1.0]), np.append(confirmed, [False, True])).slope)


def test_a_threshold_that_would_not_help_is_refused() -> None:
    def suggested(intercept: float, slope: float, wanted: float = 0.9, lowest: float = 0.1) -> Suggestion:
        return suggest_threshold(Curve(intercept, slope, 0.01, 0.01, 0.0), wanted, lowest)

    with pytest.raises(Refused, match="no threshold would help"):
        suggested(0.0, -0.5)
    with pytest.raises(Refused, match="no threshold would help"):
        suggested(0.0, 0.0)
    with pytest.raises(Refused, match="no threshold is needed"):
        suggested(9.0, 1.0)
    with pytest.raises(Refused, match="no threshold would do"):
        suggested(-30.0, 1.0)
    assert suggested(0.0, 1.0).threshold == pytest.approx(0.9)


def test_an_interval_is_open_where_the_curve_may_be_level() -> None:
    found = suggest_threshold(Curve(0.0, 1.0, 0.01, 0.3, 0.0), 0.9, 0.1)
    assert (found.low, found.high) == (None, None)
    assert found.threshold == pytest.approx(0.9)


reviews = st.lists(st.tuples(st.integers(0, STEPS), st.booleans()), min_size=20, max_size=60)


@given(reviews=reviews, seed=st.integers(0, 100))
@settings(max_examples=60, deadline=None)
def test_a_curve_is_the_same_in_any_order_and_rises_or_falls_all_along(
    reviews: list[tuple[int, bool]], seed: int
) -> None:
    confidence = np.array([step / STEPS for step, _ in reviews])
    confirmed = np.array([each for _, each in reviews])
    order = np.random.default_rng(seed).permutation(len(reviews))
    try:
        curve = fit_curve(confidence, confirmed)
    except Refused as refused:
        with pytest.raises(Refused, match=f"^{str(refused)[:20]}"):
            fit_curve(confidence[order], confirmed[order])
        return
    again = fit_curve(confidence[order], confirmed[order])
    # Coefficients of steep curves are huge; what they say of reviews is what must agree.
    assert again.precision(confidence) == pytest.approx(curve.precision(confidence), abs=1e-6)
    along = curve.precision(np.linspace(0, 1, 201))
    steps = np.diff(along) * np.sign(curve.slope)
    assert (steps >= -1e-12).all()
    low, high = curve.interval(np.linspace(0, 1, 201))
    assert ((low <= along) & (along <= high)).all()
    assert curve.precision(confidence).sum() == pytest.approx(confirmed.sum(), abs=1e-4), "so it is at the maximum"


def test_verdicts_need_no_numpy() -> None:
    code = "import sys; import dawn_chorus.domain.review.verdicts; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
