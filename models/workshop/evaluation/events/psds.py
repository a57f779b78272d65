"""PSDS in two settings, computed once for each stretch and summed up for any draw of stretches."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.workshop.evaluation.events.counts import intersect
from models.workshop.evaluation.events.sources import GRID_S
from models.workshop.evaluation.events.units import Unit, middles

SETTINGS = {"PSDS 0.7": 0.7, "PSDS 0.5": 0.5}
"""The share of a detection that must be event, and of an event that must be detected."""
MAX_FALSE_ALARMS_PER_HOUR = 100.0
"""As in the DCASE challenge. Within half a minute a single false alarm is more."""


class PsdsTable:
    """What each stretch adds to the PSDS (Bilen et al., 2020; Ebbers, Serizel and Haeb-Umbach, 2022).

    Without the costs of cross-triggers and of the spread between taxa: a taxon here has a few events.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        codes: Sequence[str],
        share: float,
        max_false_alarms_per_hour: float = MAX_FALSE_ALARMS_PER_HOUR,
    ) -> None:
        from sed_scores_eval.base_modules.scores import create_score_dataframe  # noqa: PLC0415 — as in metrics
        from sed_scores_eval.base_modules.statistics import intermediate_statistics_deltas  # noqa: PLC0415

        self._share = share
        self._max_efpr = max_false_alarms_per_hour
        durations_s = [unit.duration_s for unit in units]
        begins_s = np.cumsum([0.0, *durations_s])  # the library counts by time alone, so that recordings follow in time
        truth = [
            [(b + e.onset_s, b + e.offset_s, e.code) for e in u.truth] for b, u in zip(begins_s, units, strict=False)
        ]
        tables = {
            str(n): create_score_dataframe(u.scores, b + np.arange(len(u.scores) + 1) * GRID_S, list(codes))
            for n, (b, u) in enumerate(zip(begins_s, units, strict=False))
        }
        lengths_s = np.concatenate([[u.duration_s / u.n_stretches] * u.n_stretches for u in units])
        deltas: dict[str, dict[str, Any]] = intermediate_statistics_deltas(
            tables, {str(n): events for n, events in enumerate(truth)}, _count_by_stretch,
            share=share, ends_s=np.cumsum(lengths_s),
        )  # fmt: skip
        self._lengths_s = lengths_s
        recordings = [n for n, unit in enumerate(units) for _ in range(unit.n_stretches)]
        self._deltas = [_of_stretch(deltas[str(n)], k) for k, n in enumerate(recordings)]
        self._truth = [
            [
                (e.onset_s, e.offset_s, e.code)
                for e, s in zip(u.truth, u.stretch_of(middles(u.truth)), strict=True)
                if s == k
            ]
            for u in units
            for k in range(u.n_stretches)
        ]

    def area(self, draw: Iterable[int]) -> float:
        """Return the PSDS of these stretches, each as often as drawn; taxa without an event there are left out."""
        from sed_scores_eval.intersection_based import psds  # noqa: PLC0415

        drawn = {str(position): k for position, k in enumerate(draw)}
        present = {code for k in drawn.values() for _, _, code in self._truth[k]}
        if not present:
            return float("nan")
        value, *_ = psds(
            None,
            {key: self._truth[k] for key, k in drawn.items()},
            {key: self._lengths_s[k] for key, k in drawn.items()},
            deltas={key: {code: self._deltas[k][code] for code in present} for key, k in drawn.items()},
            dtc_threshold=self._share,
            gtc_threshold=self._share,
            max_efpr=self._max_efpr,
        )
        return float(value)


def _count_by_stretch(
    detection_onset_times: NDArray[np.float64], detection_offset_times: NDArray[np.float64],
    target_onset_times: NDArray[np.float64], target_offset_times: NDArray[np.float64],
    *, share: float, ends_s: NDArray[np.float64], **_others: object,
) -> dict[str, dict[str, NDArray[np.int64]]]:  # fmt: skip
    """Return hits and false alarms by stretch for each threshold, as sed_scores_eval asks for them.

    Detections are (n_thresholds, n): those of each threshold. An event counts for the stretch of its middle.
    """
    found = np.stack([detection_onset_times, detection_offset_times], axis=-1)
    hit, false = intersect(np.stack([target_onset_times, target_offset_times], axis=-1), found, share)
    found_in = np.searchsorted(ends_s[:-1], found.mean(axis=-1), side="right")
    truth_in = np.searchsorted(ends_s[:-1], (target_onset_times + target_offset_times) / 2, side="right")
    return {
        "tps": {str(k): (hit & (truth_in == k)).sum(axis=-1) for k in range(len(ends_s))},
        "fps": {str(k): (false & (found_in == k)).sum(axis=-1) for k in range(len(ends_s))},
    }


def _of_stretch(deltas: dict[str, Any], stretch: int) -> dict[str, Any]:
    return {
        code: (scores, {name: changes[f"{name}\\{stretch}"] for name in ("tps", "fps")})
        for code, (scores, changes) in deltas.items()
    }
