"""How the scores of an ensemble's members become one, and how far they are apart."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.timeline import SPREAD_STEPS, Scores, Spreads
from dawn_chorus.inference.member import OpenMember

Part = tuple[OpenMember, Scores, NDArray[np.bool_]]
"""A member, its scores, (n_rows, n_columns), and which rows it has scores for, (n_rows,)."""


def average_members(parts: Sequence[Part], n_taxa: int) -> Scores:
    """Return the weighted mean over the members that score each row and taxon, Σ w·p / Σ w, or 0: (n_rows, n_taxa)."""
    if len(parts) == 1 and parts[0][0].n_columns == n_taxa and isinstance(parts[0][0].columns, slice):
        return parts[0][1]
    n_rows = len(parts[0][1])
    sums = np.zeros((n_rows, n_taxa), np.float32)
    weights = np.zeros((n_rows, n_taxa), np.float32)
    for member, scores, covered in parts:
        weight = covered[:, None] * np.float32(member.table.weight)
        sums[:, member.columns] += scores * weight
        weights[:, member.columns] += weight
    return np.divide(sums, weights, out=sums, where=weights > 0)


def spread_members(parts: Sequence[Part], n_taxa: int) -> Spreads:
    """Return the standard deviation over the members that score each taxon, in steps of 1/255: (n_rows, n_taxa).

    Of the population, whatever the members' weights; 0 where fewer than two do. All rows must be covered.
    """
    n_rows = len(parts[0][1])
    sums, squares = np.zeros((n_rows, n_taxa), np.float32), np.zeros((n_rows, n_taxa), np.float32)
    counts = np.zeros(n_taxa, np.float32)
    for member, scores, _ in parts:
        sums[:, member.columns] += scores
        squares[:, member.columns] += scores * scores
        counts[member.columns] += 1
    counts = np.maximum(counts, 1)
    variance = np.maximum(squares / counts - (sums / counts) ** 2, 0.0)
    steps: Spreads = np.rint(np.sqrt(variance) * SPREAD_STEPS).astype(np.uint8)
    return steps
