"""The front end as it was before packs had networks of other authors: unchanged, to compare bits with."""

import importlib
import math
import sys
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

from dawn_chorus.inference.packs.mel_table import MelTable

Array = NDArray[np.float32]
BLOCK_FRAMES = 128
"""Frames transformed at a time: few enough to stay in the CPU caches."""


@dataclass(frozen=True, slots=True)
class NormalizationStatistics:
    """The values that an image is normalized with."""

    floor: float
    low: float
    high: float
    mean: float
    deviation: float


class MelFrontEnd:
    """One [member.mel] table at one rate. Safe to use from many threads."""

    def __init__(self, table: MelTable, sample_rate_hz: int) -> None:
        self._table = table
        self._window = _periodic_hann(table.win_length, table.n_fft)
        self._filters = scipy.sparse.csr_array(mel_filters(table, sample_rate_hz))

    def images(self, windows: Array, statistics: NormalizationStatistics | None) -> Array:
        """Turn windows, (n_windows, n_samples), into images, (n_windows, channels, n_mels, n_frames).

        `statistics` are those of the analyzed segment; None: each window is normalized by its own.
        """
        table = self._table
        images = np.empty((len(windows), table.channels, table.n_mels or 0, table.n_frames or 0), np.float32)
        for image, window in zip(images, windows, strict=True):
            decibels = self._log_mel(window, table.n_frames)
            image[:] = self._normalize(decibels, statistics or self._statistics_of(decibels))
        return images

    def segment_statistics(self, waveform: Array) -> NormalizationStatistics | None:
        """Measure a segment, (n_samples,), or return None if each window is normalized by its own statistics."""
        if self._table.normalize_scope == "window":
            return None
        shortest = self._table.n_fft // 2 + 1 if self._table.center else self._table.n_fft
        return self._statistics_of(self._log_mel(np.pad(waveform, (0, max(0, shortest - len(waveform))))))

    def _log_mel(self, waveform: Array, n_frames: int | None = None) -> Array:
        """Return (n_mels, n_frames), the power cut or zero-padded to `n_frames`; None: all frames of the waveform.

        Frames are cut before anything is measured: what the network does not see must not affect the normalization.
        """
        table = self._table
        if table.center:
            waveform = np.pad(waveform, table.n_fft // 2, mode=table.pad_mode)
        frames = np.lib.stride_tricks.sliding_window_view(waveform, table.n_fft)[:: table.hop_length]
        mel = np.zeros((table.n_mels or 0, n_frames or len(frames)), np.float32)
        frames = frames[: mel.shape[1]]
        for first in range(0, len(frames), BLOCK_FRAMES):
            spectrum = scipy.fft.rfft(frames[first : first + BLOCK_FRAMES] * self._window)
            mel[:, first : first + len(spectrum)] = self._filters @ _to_power(spectrum, table.power).T
        return _to_log(mel, table)

    def _statistics_of(self, image: Array) -> NormalizationStatistics:
        """Return the statistics of an image, clipped at its floor."""
        high = float(image.max())
        floor = -math.inf if self._table.top_db is None else high - self._table.top_db
        if self._table.normalize != "standard":
            return NormalizationStatistics(floor, max(float(image.min()), floor), high, 0.0, 0.0)
        raised = np.maximum(image, np.float32(floor))
        return NormalizationStatistics(
            floor, 0.0, high, float(raised.mean(dtype=np.float64)), float(raised.std(dtype=np.float64))
        )

    def _normalize(self, image: Array, statistics: NormalizationStatistics) -> Array:
        if statistics.floor > -math.inf:
            np.maximum(image, np.float32(statistics.floor), out=image)
        if self._table.normalize == "minmax":
            image -= np.float32(statistics.low)
            image /= np.float32(statistics.high - statistics.low + self._table.eps)
        elif self._table.normalize == "standard":
            image -= np.float32(statistics.mean)
            image /= np.float32(statistics.deviation + self._table.eps)
        return image


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
    hidden = sys.modules.get("yaml")
    sys.modules["yaml"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("librosa.filters")
    finally:
        del sys.modules["yaml"]
        if hidden is not None:
            sys.modules["yaml"] = hidden


def _periodic_hann(win_length: int, n_fft: int) -> Array:
    """Return the window centered in zeros, (n_fft,)."""
    window = np.zeros(n_fft, np.float32)
    first = (n_fft - win_length) // 2
    window[first : first + win_length] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win_length) / win_length)
    return window


def _to_power(spectrum: NDArray[np.complex64], power: float) -> Array:
    squared: Array = spectrum.real**2 + spectrum.imag**2
    return squared if power == 2.0 else squared ** np.float32(power / 2)


def _to_log(mel: Array, table: MelTable) -> Array:
    if table.log == "ln":
        mel += np.float32(table.amin)
        return np.log(mel, out=mel)
    np.maximum(mel, np.float32(table.amin), out=mel)
    np.log(mel, out=mel)
    mel *= np.float32(10 / math.log(10))
    return mel
