"""All metrics of one source on one block, with bootstrap intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.workshop.evaluation.events.counts import OVERLAP, count_events, criteria, f1, find_errors
from models.workshop.evaluation.events.psds import SETTINGS, PsdsTable
from models.workshop.evaluation.events.units import Unit, cut_units
from models.workshop.evaluation.metrics import auroc

Values = dict[str, float]
"""Metrics by name, in the order of the tables."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics of all recordings, and the 95 % bootstrap interval of each."""

    values: Values
    intervals: dict[str, tuple[float, float]]
    n_units: int
    """Number of recordings or stretches that were drawn from."""


class Measuring:
    """Computes what each unit contributes once, then the metrics of any draw of units."""

    def __init__(self, units: Sequence[Unit], codes: Sequence[str]) -> None:
        self._units = units
        self._codes = codes
        self._active = [unit.active(codes) for unit in units]
        self._counts = [count_events(unit.truth, unit.found, codes) for unit in units]
        self._errors_s = [find_errors(unit.truth, unit.found, codes) for unit in units]
        self._psds = {name: PsdsTable(units, codes, setting) for name, setting in SETTINGS.items()}

    def measure(self, draw: Sequence[int]) -> Values:
        """Return the metrics of these units, each as often as it is drawn; NaN where the units do not permit one."""
        counts = {name: sum(self._counts[n][name] for n in draw) for name in (*criteria(), OVERLAP)}
        errors_s = np.concatenate([self._errors_s[n] for n in draw])
        hits, misses, false = counts[OVERLAP].sum(axis=0)
        return {
            "frame AUC within": self._auc_within(draw),
            "frame AUC pooled": self._auc_pooled(draw),
            **{f"F1 {name}": f1(counts[name]) for name in criteria()},
            **{name: table.area(draw) for name, table in self._psds.items()},
            "found": float(hits),
            "missed": float(misses),
            "false": float(false),
            "onset error s": _median(errors_s[:, 0]),
            "offset error s": _median(errors_s[:, 1]),
            "other taxa": float(sum(self._units[n].n_others * self._units[n].share for n in draw)),
        }

    def _auc_pooled(self, draw: Sequence[int]) -> float:
        """Return the mean over taxa of the ROC-AUC of all frames."""
        return _mean([self._auc(draw, column) for column in range(len(self._codes))])

    def _auc_within(self, draw: Sequence[int]) -> float:
        """Return the mean over recordings and taxa heard there of the ROC-AUC of a recording's frames."""
        drawn: dict[str, list[int]] = {}
        for n in draw:
            drawn.setdefault(self._units[n].recording, []).append(n)
        values, weights = [], []
        for units in drawn.values():
            aucs = [self._auc(units, column) for column in range(len(self._codes))]
            values += aucs
            weights += [sum(self._units[n].share for n in units)] * len(aucs)
        known = ~np.isnan(values)
        return float(np.average(np.array(values)[known], weights=np.array(weights)[known])) if known.any() else np.nan

    def _auc(self, draw: Sequence[int], column: int) -> float:
        truth = np.concatenate([self._active[n][self._units[n].owned[:, column], column] for n in draw])
        scores = np.concatenate([self._units[n].scores[self._units[n].owned[:, column], column] for n in draw])
        value = auroc(truth.astype(float), scores)
        return np.nan if value is None else value


def measure_units(units: Sequence[Unit], codes: Sequence[str], *, draws: int, seed: int) -> Measured:
    """Return the metrics of whole recordings, with intervals of `draws` resamples of recordings or stretches.

    The intervals are percentiles (Efron); metrics that a resample does not permit are left out of it.
    """
    values = Measuring(units, codes).measure(range(len(units)))
    pieces = cut_units(units, codes)
    measuring = Measuring(pieces, codes)
    rng = np.random.default_rng(seed)
    resampled = [measuring.measure(rng.integers(len(pieces), size=len(pieces)).tolist()) for _ in range(draws)]
    intervals = {name: _interval(np.array([r[name] for r in resampled])) for name in values}
    return Measured(values, intervals, len(pieces))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
