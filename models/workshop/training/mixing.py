"""MixUp on raw audio, of labels and of pseudo-labels."""

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Targets = NDArray[np.float32]


def mix_pair(one: tuple[Waveform, Targets], other: tuple[Waveform, Targets]) -> tuple[Waveform, Targets]:
    """Mean of two waveforms (samples,), labels (n_taxa,) added and clamped to 1: both voices are there."""
    return ((one[0] + other[0]) / 2).astype(np.float32), np.minimum(one[1] + other[1], 1.0)


def mix_pseudo(
    labeled: tuple[Waveform, Targets], pseudo: tuple[Waveform, Targets], weight: float = 0.5
) -> tuple[Waveform, Targets]:
    """Lay a pseudo-labeled soundscape under a training clip; labels by element-wise maximum (first place).

    The weight is constant, not drawn: the student always works harder than its teacher did.
    """
    waveform = (1 - weight) * labeled[0] + weight * pseudo[0]
    return waveform.astype(np.float32), np.maximum(labeled[1], pseudo[1])
