"""Waveforms → spectrograms of power, through mel filters or cut to a range of frequencies.

An rfft and a sparse filter matrix cost a fraction of a convolution STFT inside the graph.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

from dawn_chorus.inference.front_end.filters import mel_filters, periodic_window, power_scale
from dawn_chorus.inference.packs.mel_table import MelTable

Array = NDArray[np.float32]
BLOCK_FRAMES = 128
"""Frames transformed at a time: few enough to stay in the CPU caches."""


class Spectrogram:
    """The steps of a table up to the logarithm, at one rate. Safe to use from many threads."""

    def __init__(self, table: MelTable, sample_rate_hz: int) -> None:
        self._table = table
        self._window = periodic_window(table)
        select = _mel if table.scale == "mel" else _crop
        self._select = select(table, sample_rate_hz, power_scale(table, self._window, sample_rate_hz))
        first = (table.n_fft - table.win_length) // 2
        self._under_window = slice(first, first + table.win_length)
        self._n_frequencies = table.spectrum_size(sample_rate_hz, table.n_fft)[0]

    @property
    def shortest(self) -> int:
        """The samples of the shortest waveform that has a frame."""
        return self._table.n_fft // 2 + 1 if self._table.center else self._table.n_fft

    def compute(self, waveform: Array, n_frames: int | None = None) -> Array:
        """Return (n_frequencies, n_frames), cut or zero-padded to `n_frames`; None: all frames of the waveform.

        Frames are cut before anything is measured: what the network does not see must not affect the normalization.
        """
        table = self._table
        if table.center:
            waveform = np.pad(waveform, table.n_fft // 2, mode=table.pad_mode)
        frames = np.lib.stride_tricks.sliding_window_view(waveform, table.n_fft)[:: table.hop_length]
        power = np.zeros((self._n_frequencies, n_frames or len(frames)), np.float32)
        frames = frames[: power.shape[1]]
        for first in range(0, len(frames), BLOCK_FRAMES):
            spectrum = self._transform(frames[first : first + BLOCK_FRAMES])
            power[:, first : first + len(spectrum)] = self._select(spectrum)
        return power

    def _transform(self, frames: Array) -> NDArray[np.complexfloating[Any]]:
        """Return the spectra of frames, (n_frames, n_fft // 2 + 1).

        In double precision where single bins are kept: without filters nothing averages what rounding leaves in silent
        bins, and the logarithm of that is as large as a sound's.
        """
        if self._table.scale == "linear":
            frames = frames.astype(np.float64)
        if self._table.detrend:
            frames = frames - frames[:, self._under_window].mean(axis=1, keepdims=True)
        spectra: NDArray[np.complexfloating[Any]] = scipy.fft.rfft(frames * self._window)
        return spectra


def _mel(
    table: MelTable, sample_rate_hz: int, scale: Array | None
) -> Callable[[NDArray[np.complexfloating[Any]]], Array]:
    """Return what turns spectra, (n_frames, n_bins), into mel power, (n_mels, n_frames)."""
    weights = mel_filters(table, sample_rate_hz)
    filters = scipy.sparse.csr_array(weights if scale is None else weights * scale)
    return lambda spectra: filters @ _to_power(spectra, table.power).T


def _crop(
    table: MelTable, sample_rate_hz: int, scale: Array | None
) -> Callable[[NDArray[np.complexfloating[Any]]], Array]:
    """Return what turns spectra, (n_frames, n_bins), into power, (n_frequencies, n_frames)."""
    first, last = table.linear_bins(sample_rate_hz)
    factors = np.ones(last - first + 1, np.float32) if scale is None else scale[first : last + 1]
    return lambda spectra: (_to_power(spectra[:, first : last + 1], table.power) * factors).T


def _to_power(spectrum: NDArray[np.complexfloating[Any]], power: float) -> Array:
    squared: Array = spectrum.real**2 + spectrum.imag**2
    return squared if power == 2.0 else squared ** np.float32(power / 2)
