"""What a spectrum is weighted with: windows in time, mel triangles in frequency, and scales of power."""

import importlib
import sys
import warnings
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.packs.mel_table import MelTable

Array = NDArray[np.float32]


def mel_filters(table: MelTable, sample_rate_hz: int) -> Array:
    """Return the filter matrix, (n_mels, n_fft // 2 + 1); training uses the same function and images."""
    filters: Array = _librosa_filters().mel(
        sr=sample_rate_hz,
        n_fft=table.n_fft,
        n_mels=table.n_mels,
        fmin=table.f_min_hz,
        fmax=table.f_max_hz,
        htk=table.mel_scale == "htk",
        norm="slaney" if table.mel_norm == "slaney" else None,
    )
    return filters.astype(np.float32)


@cache
def _librosa_filters() -> Any:
    """Import `librosa.filters`, and with it Numba, which must not find PyYAML.

    If it did, it would read `.numba_config.yaml` in the current folder, whoever put it there, and run the code in the
    cache that this file names. It warns of such a file instead; that warning advises what must not be done.
    """
    warnings.filterwarnings("ignore", "A Numba config file is found")
    # `chorus models import` tells of mels without a bin; here nobody can do anything about them.
    warnings.filterwarnings("ignore", "Empty filters detected")
    hidden = sys.modules.get("yaml")
    sys.modules["yaml"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("librosa.filters")
    finally:
        del sys.modules["yaml"]
        if hidden is not None:
            sys.modules["yaml"] = hidden


def periodic_window(table: MelTable) -> Array:
    """Return the window centered in zeros, (n_fft,)."""
    offset, amplitude = (0.5, 0.5) if table.window == "hann" else (0.54, 0.46)
    window = np.zeros(table.n_fft, np.float32)
    first = (table.n_fft - table.win_length) // 2
    phase = 2 * np.pi * np.arange(table.win_length) / table.win_length
    window[first : first + table.win_length] = offset - amplitude * np.cos(phase)
    return window


def power_scale(table: MelTable, window: Array, sample_rate_hz: int) -> Array | None:
    """Return what the power of each bin is multiplied by, (n_fft // 2 + 1,), or None for 1.

    "spectrum" and "density" are those of `scipy.signal.spectrogram`: the power of a sine, or power for each hertz, with
    the bins that have a mirror image counted twice. "win_length" is that of OpenSoundscape from 0.13 on.
    """
    weights = window.astype(np.float64)
    if table.power_scale == "none":
        return None
    if table.power_scale == "win_length":
        return np.full(table.n_fft // 2 + 1, 1 / table.win_length, np.float32)
    whole = weights.sum() ** 2 if table.power_scale == "spectrum" else sample_rate_hz * (weights**2).sum()
    scale = np.full(table.n_fft // 2 + 1, 2 / whole)
    scale[0] /= 2
    if table.n_fft % 2 == 0:
        scale[-1] /= 2
    return scale.astype(np.float32)
