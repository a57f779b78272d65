"""All metrics of one source on one block, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.workshop.evaluation.events.counts import CRITERIA, OVERLAP, count_events, f1, find_errors
from models.workshop.evaluation.events.frames import FrameAuc
from models.workshop.evaluation.events.psds import SETTINGS, PsdsTable
from models.workshop.evaluation.events.units import Unit

Values = dict[str, float]
"""Metrics by name, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics of all recordings, and of each draw of the bootstrap."""

    values: Values
    drawn: dict[str, NDArray[np.float64]]
    """By metric, (n_draws,); NaN where a draw does not permit it."""
    n_stretches: int
    """Number of stretches (or recordings) that were drawn from."""

    def interval(self, name: str) -> tuple[float, float]:
        """Return the 95 % interval of a metric, by percentiles (Efron)."""
        return _interval(self.drawn[name])

    def gain(self, name: str, other: "Measured") -> tuple[float, tuple[float, float]]:
        """Return how much this source has more of a metric than another of the same draws, and the 95 % interval."""
        return self.values[name] - other.values[name], _interval(self.drawn[name] - other.drawn[name])


class Measuring:
    """Computes what each stretch contributes once, then the metrics of any draw of stretches."""

    def __init__(self, units: Sequence[Unit], codes: Sequence[str]) -> None:
        self._recording = [unit.recording for unit in units for _ in range(unit.n_stretches)]
        self._share = [1 / unit.n_stretches for unit in units for _ in range(unit.n_stretches)]
        counts = [count_events(unit, codes) for unit in units]
        self._counts = {name: np.concatenate([c[name] for c in counts]) for name in CRITERIA}
        errors = [find_errors(unit, codes) for unit in units]
        self._errors_s = [
            e[stretches == k] for u, (stretches, e) in zip(units, errors, strict=True) for k in range(u.n_stretches)
        ]
        firsts = np.cumsum([0, *(unit.n_stretches for unit in units)])
        active = np.concatenate([unit.active(codes) for unit in units])
        scores = np.concatenate([unit.scores for unit in units])
        owners = np.concatenate([first + unit.owners(codes) for first, unit in zip(firsts, units, strict=False)])
        self._frames = [FrameAuc(active[:, c], scores[:, c], owners[:, c], self.n_stretches) for c in range(len(codes))]
        self._psds = {name: PsdsTable(units, codes, share) for name, share in SETTINGS.items()}

    @property
    def n_stretches(self) -> int:
        return len(self._recording)

    def measure_all(self) -> Values:
        return self.measure(range(self.n_stretches))

    def measure(self, draw: Sequence[int]) -> Values:
        """Return the metrics of these stretches, each as often as drawn; NaN where they do not permit one."""
        counts = {name: self._counts[name][draw] for name in CRITERIA}
        errors_s = np.concatenate([self._errors_s[k] for k in draw])
        hits, misses, false = counts[OVERLAP].sum(axis=0)
        return {
            "frame AUC within": self._auc_within(draw),
            "frame AUC pooled": _mean([frames.auc(draw) for frames in self._frames]),
            **{name: f1(counts[name]) for name in CRITERIA if name != OVERLAP},
            **{name: table.area(draw) for name, table in self._psds.items()},
            "found": float(hits),
            "missed": float(misses),
            "false": float(false),
            "onset error s": _median(errors_s[:, 0]),
            "offset error s": _median(errors_s[:, 1]),
        }

    def _auc_within(self, draw: Sequence[int]) -> float:
        """Return the mean over recordings, and taxa heard there, of the ROC-AUC of a recording's frames."""
        drawn: dict[str, list[int]] = {}
        for k in draw:
            drawn.setdefault(self._recording[k], []).append(k)
        aucs = np.array([[frames.auc(stretches) for frames in self._frames] for stretches in drawn.values()])
        shares = np.array([sum(self._share[k] for k in stretches) for stretches in drawn.values()])
        weights = np.broadcast_to(shares[:, None], aucs.shape)
        known = ~np.isnan(aucs)
        return float(np.average(aucs[known], weights=weights[known])) if known.any() else float("nan")


def measure_units(units: Sequence[Unit], codes: Sequence[str], *, draws: int, seed: int) -> Measured:
    """Return the metrics of all recordings, and of `draws` draws of their stretches: of a seed always the same ones.

    A single stretch is not drawn from: all draws would be the same, and the interval a point.
    """
    measuring = Measuring(units, codes)
    n = measuring.n_stretches
    values = measuring.measure_all()
    rng = np.random.default_rng(seed)
    drawn = [measuring.measure(rng.integers(n, size=n).tolist()) for _ in range(draws if n > 1 else 0)]
    return Measured(values, {name: np.array([d[name] for d in drawn]) for name in values}, n)


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
