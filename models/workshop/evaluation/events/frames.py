"""The ROC-AUC of frames for any draw of stretches, from counts that are made once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class FrameAuc:
    """The ROC-AUC of one taxon's frames, by ranks with ties shared (Mann and Whitney)."""

    def __init__(
        self, truth: NDArray[np.bool_], scores: NDArray[np.float64], stretches: NDArray[np.int64], n_stretches: int
    ) -> None:
        """Count the frames, all (n_frames,), of each score and stretch."""
        values, ranks = np.unique(scores, return_inverse=True)
        self._positives = np.zeros((len(values), n_stretches))
        self._negatives = np.zeros((len(values), n_stretches))
        np.add.at(self._positives, (ranks[truth], stretches[truth]), 1)
        np.add.at(self._negatives, (ranks[~truth], stretches[~truth]), 1)
        self._n_positives, self._n_negatives = self._positives.sum(axis=0), self._negatives.sum(axis=0)

    def auc(self, draw: Sequence[int]) -> float:
        """Return the area for these stretches, each as often as drawn; NaN without a positive or a negative."""
        times = np.bincount(draw, minlength=self._positives.shape[1])
        pairs = (self._n_positives @ times) * (self._n_negatives @ times)
        if pairs == 0:  # most taxa are not heard in a recording: what follows is a hundred times the work
            return float("nan")
        positives, negatives = self._positives @ times, self._negatives @ times
        return float(positives @ (np.cumsum(negatives) - negatives / 2) / pairs)
