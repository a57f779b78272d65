"""MixUp of raw audio with its labels or pseudo-labels, each part at the same peak."""

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Targets = NDArray[np.float32]


def scale_to_peak(waveform: Waveform) -> Waveform:
    """Return a waveform (samples,) whose loudest sample is 1 or −1; silence stays silence.

    Else, of two that are mixed, the loud one drowns the quiet one, whose labels stay.
    """
    peak = float(np.abs(waveform).max(initial=0.0))
    return waveform / np.float32(peak) if peak > 0 else waveform


def mix_pair(one: tuple[Waveform, Targets], other: tuple[Waveform, Targets]) -> tuple[Waveform, Targets]:
    """Return the mean of two waveforms (samples,) and the sum of their labels (n_taxa,), clamped to 1."""
    return ((one[0] + other[0]) / 2).astype(np.float32), np.minimum(one[1] + other[1], 1.0)


def mix_pseudo(
    labeled: tuple[Waveform, Targets], pseudo: tuple[Waveform, Targets], weight: float = 0.5
) -> tuple[Waveform, Targets]:
    """Mix a pseudo-labeled soundscape into a training clip; labels by element-wise maximum (first place).

    The weight is constant, not random: every example is harder for the student than it was for its teacher.
    """
    waveform = (1 - weight) * labeled[0] + weight * pseudo[0]
    return waveform.astype(np.float32), np.maximum(labeled[1], pseudo[1])
