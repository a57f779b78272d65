"""PSDS in two settings, computed once for each unit and summed up for any draw of units."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from models.workshop.evaluation.events.sources import GRID_S
from models.workshop.evaluation.events.units import Unit

SETTINGS = {"PSDS 0.7": 0.7, "PSDS 0.5": 0.5}
"""The share of a detection that must be event, and of an event that must be detected."""
MAX_FALSE_ALARMS_PER_HOUR = 100.0
"""As in the DCASE challenge. Within half a minute a single false alarm is more."""


class PsdsTable:
    """What each unit adds to the PSDS (Bilen et al., 2020; Ebbers, Serizel and Haeb-Umbach, 2022).

    Without the costs of cross-triggers and of the spread between taxa: a taxon here has a few events.
    """

    def __init__(self, units: Sequence[Unit], codes: Sequence[str], share: float) -> None:
        from sed_scores_eval.base_modules.scores import create_score_dataframe  # noqa: PLC0415 — imports a plotting library
        from sed_scores_eval.intersection_based import intermediate_statistics_deltas  # noqa: PLC0415

        self._units = units
        self._thresholds = {"dtc_threshold": share, "gtc_threshold": share}
        self._truth = [[(e.onset_s, e.offset_s, e.code) for e in unit.truth] for unit in units]
        tables = {
            str(n): create_score_dataframe(unit.scores, np.arange(len(unit.scores) + 1) * GRID_S, list(codes))
            for n, unit in enumerate(units)
        }
        self._deltas: dict[str, dict[str, Any]] = intermediate_statistics_deltas(
            tables, {str(n): events for n, events in enumerate(self._truth)}, **self._thresholds
        )

    def area(self, draw: Iterable[int]) -> float:
        """Return the PSDS of these units, each as often as it is drawn; taxa without an event there are left out."""
        from sed_scores_eval.intersection_based import psds  # noqa: PLC0415

        drawn = dict(enumerate(draw))
        present = {code for n in drawn.values() for _, _, code in self._truth[n]}
        if not present:
            return float("nan")
        value, *_ = psds(
            None,
            {str(k): self._truth[n] for k, n in drawn.items()},
            {str(k): self._units[n].duration_s for k, n in drawn.items()},
            deltas={str(k): {c: self._deltas[str(n)][c] for c in present} for k, n in drawn.items()},
            max_efpr=MAX_FALSE_ALARMS_PER_HOUR,
            **self._thresholds,
        )
        return float(value)
