"""Waveforms → images, as torchaudio and the other makers of front ends compute them.

Every window is computed on its own: torchaudio's AmplitudeToDB takes the floor over a whole batch, which makes a
window's scores depend on its neighbors; here they do not.
"""

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.front_end.levels import NormalizationStatistics, measure, normalize, to_levels
from dawn_chorus.inference.front_end.sizing import fill_channels
from dawn_chorus.inference.front_end.spectrogram import Spectrogram
from dawn_chorus.inference.packs.mel_table import MelTable

Array = NDArray[np.float32]


class MelFrontEnd:
    """One [member.mel] table at one rate. Safe to use from many threads."""

    def __init__(self, table: MelTable, sample_rate_hz: int) -> None:
        self._table = table
        self._sample_rate_hz = sample_rate_hz
        self._spectrogram = Spectrogram(table, sample_rate_hz)

    def images(self, windows: Array, statistics: NormalizationStatistics | None) -> Array:
        """Turn windows, (n_windows, n_samples), into images, (n_windows, channels, height, width).

        `statistics` are those of the analyzed segment; None: each window is normalized by its own.
        """
        table, n_samples = self._table, windows.shape[1]
        n_frames = table.spectrum_size(self._sample_rate_hz, n_samples)[1]
        height, width = table.image_size(self._sample_rate_hz, n_samples)
        images = np.empty((len(windows), table.channels, height, width), np.float32)
        for image, window in zip(images, windows, strict=True):
            levels = self._levels(window, n_frames)
            fill_channels(image, normalize(levels, table, statistics or measure(levels, table)), table)
        return images

    def segment_statistics(self, waveform: Array) -> NormalizationStatistics | None:
        """Measure a segment, (n_samples,), or return None if each window is normalized by its own statistics."""
        if self._table.normalize_scope == "window":
            return None
        missing = max(0, self._spectrogram.shortest - len(waveform))
        return measure(self._levels(np.pad(waveform, (0, missing))), self._table)

    def _levels(self, waveform: Array, n_frames: int | None = None) -> Array:
        return to_levels(self._spectrogram.compute(waveform, n_frames), self._table, self._sample_rate_hz)
