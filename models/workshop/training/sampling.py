"""Weights of clips and soundscapes, and drawing with replacement by weight."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.workshop.errors import BadInput

Weights = NDArray[np.float64]


def balanced_weights(labels: Sequence[Sequence[str]]) -> Weights:
    """Return one over the count of each clip's rarest label, (n_clips,): every taxon is drawn equally often."""
    counts = _count(labels)
    return np.array([1.0 / min((counts[code] for code in codes), default=np.inf) for codes in labels])


def root_weights(labels: Sequence[Sequence[str]], power: float = -0.5) -> Weights:
    """Return (count of each clip's rarest label / number of all labels)^power, (n_clips,) (second place)."""
    counts = _count(labels)
    total = max(1, sum(counts.values()))
    return np.array([(min((counts[code] for code in codes), default=np.inf) / total) ** power for codes in labels])


def voice_weights(chunk_probs: Sequence[NDArray[np.float32]]) -> Weights:
    """Return for each soundscape the sum over taxa of their maximum in time, (n_soundscapes,).

    Each item is (n_chunks, n_taxa) of pseudo-labels (first place).
    """
    return np.array([float(probs.max(axis=0).sum()) for probs in chunk_probs])


def draw(weights: Weights, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `count` indices drawn with replacement, (count,); raises BadInput if all weights are 0."""
    total = weights.sum()
    if not total > 0:
        raise BadInput("nothing to draw from: no recording has a label of the network's taxa")
    return rng.choice(len(weights), size=count, replace=True, p=weights / total)


def _count(labels: Sequence[Sequence[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for codes in labels:
        for code in codes:
            counts[code] = counts.get(code, 0) + 1
    return counts
