"""The mean and the peak of each window, as networks were trained on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.inference.packs.manifest_tables import MemberTable

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WaveformScale:
    """What happens to a window's samples before anything else."""

    remove_mean: bool
    peak: float | None
    """What the loudest sample becomes; None: samples keep their size."""

    @classmethod
    def of(cls, table: MemberTable) -> "WaveformScale":
        return cls(table.remove_mean, None if table.waveform_scale == "none" else table.peak)

    @property
    def keeps_all(self) -> bool:
        """Whether windows are left as they are."""
        return not self.remove_mean and self.peak is None

    def apply(self, windows: Array) -> Array:
        """Return windows, (n_windows, n_samples), scaled each on its own; never written to, and the same if they stay.

        First the mean is subtracted, then the loudest sample becomes the peak; silence stays silence, and so does what
        has no sound but a mean.
        """
        if self.keeps_all:
            return windows
        scaled = windows.copy()
        if self.remove_mean:
            scaled -= windows.mean(axis=1, keepdims=True, dtype=np.float64).astype(np.float32)
        if self.peak is not None:
            loudest = np.abs(scaled).max(axis=1, keepdims=True)
            # Divided, not multiplied by 1 / loudest, which overflows for what is nearly silent.
            np.divide(scaled, loudest, out=scaled, where=loudest > 0)
            scaled *= np.float32(self.peak)
        return scaled
