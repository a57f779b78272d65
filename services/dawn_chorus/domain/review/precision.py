"""How often a taxon is right at a confidence: a curve fitted to reviews, and the confidence for a wanted precision.

The curve is logistic in the logit of the confidence, P(true) = expit(intercept + slope · logit(confidence)), as in Wood
and Kahl, "Guidelines for appropriate use of BirdNET scores and other detector outputs" (2024). It is fitted by
unpenalized maximum likelihood. Intervals are of 95 %: that of the curve is Wald's, taken where the curve is a line;
that of a threshold is Fieller's, which holds the confidences at which the curve's own interval holds the wanted
precision. So it says what a picture of the curve shows, and is open where the slope may as well be zero.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.timeline import FRAME_STEPS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
FEWEST_REVIEWS = 20
Z_95 = 1.959963984540054
"""The standard normal quantile of 0.975."""
_HALF_STEP = 0.5 / FRAME_STEPS
"""Scores are whole steps: one of 0 is less than half of one, and one of 1 more than all but half of one."""
_MOST_ROUNDS, _SETTLED = 200, 1e-12


class Refused(ValueError):
    """The reviews do not tell; the message says why, in plain words."""


@dataclass(frozen=True, slots=True)
class Curve:
    """P(true) = expit(intercept + slope · logit(confidence)), with the covariance of the two."""

    intercept: float
    slope: float
    intercept_var: float
    slope_var: float
    covariance: float

    def precision(self, confidence: Floats) -> Floats:
        """Return the chance that an event of exactly this confidence is true, (n,)."""
        return _expit(self.intercept + self.slope * logit(confidence))

    def interval(self, confidence: Floats) -> tuple[Floats, Floats]:
        """Return the low and the high end of the 95 % interval of `precision`, both (n,)."""
        x = logit(confidence)
        middle = self.intercept + self.slope * x
        variance = self.intercept_var + 2 * self.covariance * x + self.slope_var * x**2
        half = Z_95 * np.sqrt(np.maximum(variance, 0.0))  # less than zero by rounding alone
        return _expit(middle - half), _expit(middle + half)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The confidence at which a wanted precision is reached, with its 95 % interval."""

    threshold: float
    low: float | None
    """None, like high: the interval is open, for the slope may as well be zero."""
    high: float | None


def logit(confidence: Floats) -> Floats:
    """Return log(p / (1 - p)); p is kept half a step of 1/65535 away from 0 and 1."""
    kept = np.clip(np.asarray(confidence, np.float64), _HALF_STEP, 1 - _HALF_STEP)
    return np.log(kept) - np.log1p(-kept)


def _expit(x: Floats) -> Floats:
    positive = 1 / (1 + np.exp(-np.abs(x)))
    return np.where(x >= 0, positive, 1 - positive)


def fit_curve(confidence: Floats, confirmed: Flags) -> Curve:
    """Return the curve of maximum likelihood through reviews of these confidences, (n,) both.

    Raises Refused for fewer than 20 reviews, a single verdict, a single confidence, and where verdicts are separated by
    confidence, for then there is no such curve: the steeper, the likelier (Albert and Anderson, "On the existence of
    maximum likelihood estimates in logistic regression models", 1984).
    """
    x = logit(confidence)
    _check(x, confirmed)
    center, scale = float(x.mean()), float(x.std())
    design = np.column_stack((np.ones(len(x)), (x - center) / scale))
    found, covariance = _climb(design, confirmed.astype(np.float64))
    # Back from the line through centered and scaled logits.
    back = np.array([[1.0, -center / scale], [0.0, 1 / scale]])
    intercept, slope = (back @ found).tolist()
    (intercept_var, shared), (_, slope_var) = (back @ covariance @ back.T).tolist()
    return Curve(intercept, slope, intercept_var, slope_var, shared)


def _check(x: Floats, confirmed: Flags) -> None:
    if len(x) < FEWEST_REVIEWS:
        raise Refused(f"{FEWEST_REVIEWS} reviews are needed for a curve, and {len(x)} count so far")
    true, false = x[confirmed], x[~confirmed]
    if not len(true) or not len(false):
        verdict = "confirmed" if len(true) else "rejected"
        raise Refused(f"All {len(x)} reviews are {verdict}: a curve needs both verdicts. Review less sure events too")
    if x.min() == x.max():
        raise Refused("All reviewed events have the same confidence: review others too")
    if true.min() >= false.max():
        raise Refused(
            "Every confirmed event is at least as sure as every rejected one: the curve would be a step, and where it "
            "lies nobody could tell. Review events of confidences between them"
        )
    if false.min() >= true.max():
        raise Refused("Every rejected event is at least as sure as every confirmed one: confidence tells nothing here")


def _climb(design: Floats, true: Floats) -> tuple[Floats, Floats]:
    """Return the coefficients of maximum likelihood, (2,), by Newton's steps, and their covariance, (2, 2).

    A step that would lower the likelihood is halved until it does not: that it is concave does the rest.
    """
    found, best = np.zeros(2), _log_likelihood(design @ np.zeros(2), true)
    for _ in range(_MOST_ROUNDS):
        chance = _expit(design @ found)
        information: Floats = (design.T * (chance * (1 - chance))) @ design
        step = np.linalg.solve(information, design.T @ (true - chance))
        likelihood = _log_likelihood(design @ (found + step), true)
        while likelihood < best and np.abs(step).max() > _SETTLED:
            step /= 2
            likelihood = _log_likelihood(design @ (found + step), true)
        found, best = found + step, likelihood
        if np.abs(step).max() <= _SETTLED * max(1.0, float(np.abs(found).max())):
            return found, np.linalg.inv(information).astype(np.float64)
    raise Refused("Nearly every confirmed event is surer than every rejected one: review events of confidences between")


def _log_likelihood(line: Floats, true: Floats) -> float:
    return float((true * line - np.logaddexp(0.0, line)).sum())


def suggest_threshold(curve: Curve, wanted: float, lowest: float) -> Suggestion:
    """Return the confidence at which an event is true with the chance `wanted`, in (0, 1).

    `lowest` is the confidence of the least sure event. Raises Refused if confidence does not tell, if all events reach
    what is wanted, or none can.
    """
    if curve.slope <= 0:
        raise Refused("Surer events are not right more often in these reviews: no threshold would help")
    height = float(logit(np.array(wanted)))
    at = (height - curve.intercept) / curve.slope
    if at <= float(logit(np.array(lowest))):
        raise Refused(f"Even the least sure events, of {lowest:.2f}, are right that often: no threshold is needed")
    if at > float(logit(np.array(1.0))):
        raise Refused(f"Not even events of confidence 1 are right in {wanted:.0%}: no threshold would do")
    low, high = _fieller(curve, height)
    return Suggestion(float(_expit(np.array(at))), low, high)


def _fieller(curve: Curve, height: float) -> tuple[float, float] | tuple[None, None]:
    """Return between which confidences the line may reach this height, by 95 %; None: it may be level.

    Fieller, "Some problems in interval estimation" (1954): where (line - height)² ≤ z² · variance of the line.
    """
    square = curve.slope**2 - Z_95**2 * curve.slope_var
    if square <= 0:
        return None, None
    above = curve.intercept - height
    half = curve.slope * above - Z_95**2 * curve.covariance
    rest = above**2 - Z_95**2 * curve.intercept_var
    root = np.sqrt(max(half**2 - square * rest, 0.0))
    low, high = _expit(np.array([-half - root, -half + root]) / square).tolist()
    return low, high
