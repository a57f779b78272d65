"""Brings the parts of a chained recording to one sample rate, the highest of them: nothing of any part is lost."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dawn_chorus.inference.audio.reader import Samples

TAPS = 64
KAISER_BETA = 9.0
PASS = 0.94
"""Of the lower rate's range: above it the filter falls off."""


class Upsampler:
    """Resamples from a lower to a higher rate, by a windowed sinc. Output depends on positions only, not on blocks."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        divisor = np.gcd(from_hz, to_hz)
        self._up, self._down = int(to_hz // divisor), int(from_hz // divisor)
        phases = np.arange(self._up)[:, None] / self._up
        distances = np.arange(TAPS)[None, :] - (TAPS // 2 - 1) - phases
        window = np.i0(KAISER_BETA * np.sqrt(np.clip(1 - (distances / (TAPS // 2)) ** 2, 0, 1))) / np.i0(KAISER_BETA)
        taps = PASS * np.sinc(PASS * distances) * window
        self._taps = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
        """(n_phases, TAPS)"""

    def output_position(self, position: int) -> int:
        """Return the first output sample at or after an input sample."""
        return -(-position * self._up // self._down)

    def inputs(self, first: int, end: int) -> tuple[int, int]:
        """Return the input samples that output samples [first, end) need; they may begin before 0."""
        return first * self._down // self._up - TAPS // 2, (end - 1) * self._down // self._up + TAPS // 2 + 1

    def resample(self, samples: Samples, position: int, first: int, end: int) -> Samples:
        """Return output [first, end) as (n_samples, n_channels), of input (n, n_channels) that begins at `position`.

        Input that is not there counts as silence.
        """
        need_first, need_end = self.inputs(first, end)
        padded = np.zeros((need_end - need_first, samples.shape[1]), np.float32)
        begin, stop = max(need_first, position), min(need_end, position + len(samples))
        if stop > begin:
            padded[begin - need_first : stop - need_first] = samples[begin - position : stop - position]
        windows = sliding_window_view(padded, TAPS, axis=0)
        output = np.empty((end - first, samples.shape[1]), np.float32)
        for offset in range(min(self._up, end - first)):
            at = (first + offset) * self._down
            base = at // self._up - TAPS // 2 + 1 - need_first
            n = len(range(first + offset, end, self._up))
            rows = windows[base : base + (n - 1) * self._down + 1 : self._down]
            output[offset :: self._up] = rows @ self._taps[at % self._up]
        return output
