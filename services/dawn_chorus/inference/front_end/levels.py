"""Power → levels: logarithm or PCEN, then what the levels are counted from and normalized with."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.packs.mel_table import MelTable, PcenTable

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NormalizationStatistics:
    """The values that an image is normalized with."""

    floor: float
    low: float
    high: float
    mean: float
    deviation: float
    reference: float = 0.0
    """What is subtracted before all others, which are measured after it."""


def to_levels(power: Array, table: MelTable, sample_rate_hz: int) -> Array:
    """Return the logarithm or PCEN of a spectrogram, (n_frequencies, n_frames), in place where that is possible."""
    if table.log == "none":
        return power
    if table.log == "pcen":
        return _pcen(power, table.pcen or PcenTable(), sample_rate_hz / table.hop_length)
    if table.log == "ln":
        power += np.float32(table.amin)
        return np.log(power, out=power)
    np.maximum(power, np.float32(table.amin), out=power)
    np.log(power, out=power)
    power *= np.float32(10 / math.log(10))
    return power


def _pcen(power: Array, table: PcenTable, frames_per_s: float) -> Array:
    """Return per-channel energy normalization as `librosa.pcen` computes it.

    Lostanlen et al., "Per-channel energy normalization: why and how", IEEE Signal Processing Letters 26 (2019).
    """
    import scipy.signal  # noqa: PLC0415 - most packs do not need it, and it takes a second to import

    energy = power.astype(np.float64) * table.input_gain
    t_frames = table.time_constant_s * frames_per_s
    b = 2 / (1 + math.sqrt(1 + 4 * t_frames**2))
    start = np.full((len(energy), 1), 1 - b)
    smooth, _ = scipy.signal.lfilter([b], [1, b - 1], energy, zi=start)
    energy *= np.exp(-table.gain * (math.log(table.eps) + np.log1p(smooth / table.eps)))
    if table.power == 0:
        return np.log1p(energy).astype(np.float32)
    if table.bias == 0:
        return (energy**table.power).astype(np.float32)
    compressed: Array = table.bias**table.power * np.expm1(table.power * np.log1p(energy / table.bias))
    return compressed.astype(np.float32)


def measure(levels: Array, table: MelTable) -> NormalizationStatistics:
    """Return the statistics of an image, clipped at its floor."""
    reference = 0.0
    if table.reference == "max":
        reference = float(levels.max())
        levels = levels - np.float32(reference)
    high = float(levels.max())
    floor = -math.inf if table.top_db is None else high - table.top_db
    if table.normalize != "standard":
        return NormalizationStatistics(floor, max(float(levels.min()), floor), high, 0.0, 0.0, reference)
    raised = np.maximum(levels, np.float32(floor))
    mean, deviation = float(raised.mean(dtype=np.float64)), float(raised.std(dtype=np.float64))
    return NormalizationStatistics(floor, 0.0, high, mean, deviation, reference)


def normalize(levels: Array, table: MelTable, statistics: NormalizationStatistics) -> Array:
    """Return normalized levels, in place: reference, floor, normalization, addition and division."""
    if table.reference == "max":
        levels -= np.float32(statistics.reference)
    if statistics.floor > -math.inf:
        np.maximum(levels, np.float32(statistics.floor), out=levels)
    if table.normalize == "minmax":
        levels -= np.float32(statistics.low)
        levels /= _divisor(statistics.high - statistics.low + table.eps)
    elif table.normalize == "standard":
        levels -= np.float32(statistics.mean)
        levels /= _divisor(statistics.deviation + table.eps)
    elif table.normalize == "max":
        levels /= _divisor(statistics.high + table.eps)
    elif table.normalize == "range" and table.range is not None:
        low, high = table.range
        np.clip(levels, np.float32(low), np.float32(high), out=levels)
        levels -= np.float32(low)
        levels /= np.float32(high - low)
    if table.add != 0.0:
        levels += np.float32(table.add)
    if table.divide != 1.0:
        levels /= np.float32(table.divide)
    return levels


def _divisor(value: float) -> np.float32:
    """Return what to divide by: where all points are alike and eps is 0, they stay 0."""
    return np.float32(value) or np.float32(1.0)
