"""resampy's `kaiser_fast`, as matrix products over resampy's own filter table.

BirdNET's own tools resample with it (through librosa), and BirdNET is sensitive to the choice. resampy loops over the
taps of every output sample, compiles for seconds in every process, and cannot stream. The grids of input and output
samples coincide at regular steps, and the weights are the same in every step: they are computed once, with resampy's
arithmetic, and a block of the recording is then a few matrix products, twenty times faster.
"""

import functools
import math
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from dawn_chorus.domain.errors import PermanentError

Samples = NDArray[np.float32]

GROUP = 160
"""Output samples per matrix: with more of them, more zeros are multiplied; with fewer, there are more calls."""


class KaiserFast:
    """Output samples [first_output, end_output) of a whole recording, as `librosa.resample` returns them."""

    def __init__(self, source_hz: int, target_hz: int, first_output: int, end_output: int) -> None:
        self._rates = source_hz, target_hz
        self._steps = _steps(source_hz, target_hz)
        step = self._steps
        self._next_step = first_output // step.n_output
        end_step = max(self._next_step, -(-end_output // step.n_output))
        self.first_input = self._next_step * step.n_input - step.wing
        self.end_input = end_step * step.n_input + step.wing
        self._skip = first_output - self._next_step * step.n_output
        self._n_output = max(0, end_output - first_output)
        self._waiting: Samples = np.empty(0, np.float32)
        self._done: list[Samples] = []

    def feed(self, samples: Samples) -> None:
        step = self._steps
        self._waiting = np.concatenate([self._waiting, samples])
        n_steps = (len(self._waiting) - 2 * step.wing) // step.n_input
        if n_steps > 0:
            self._done.append(step.resample(self._waiting, n_steps, self._next_step))
            self._next_step += n_steps
            self._waiting = self._waiting[n_steps * step.n_input :]

    def result(self) -> Samples:
        row = np.concatenate(self._done) if self._done else np.empty(0, np.float32)
        return row[self._skip : self._skip + self._n_output]

    def length_of(self, n_input: int) -> int:
        """Return the length as resampy does, rounded down: librosa pads the last, incomplete sample with zero."""
        source_hz, target_hz = self._rates
        return int(n_input * float(target_hz) / float(source_hz))


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighboring output samples of a step and the input samples they depend on."""

    first_input: int
    """Within the step's input, whose sample 0 is one wing before the step."""
    first_output: int
    weights: Samples
    """(n_input, n_output)"""


@dataclass(frozen=True, slots=True)
class _Steps:
    """From one position where the sample grids coincide to the next."""

    n_input: int
    n_output: int
    wing: int
    """How many input samples on either side an output sample depends on."""
    groups: tuple[_Group, ...]
    on_grid: NDArray[np.intp]
    """Output samples of a step that fall on an input sample."""
    before_grid: Samples
    """(2·wing + 1,) weights around an input sample for an output that rounding places just before it."""
    rates: tuple[int, int]

    def resample(self, samples: Samples, n_steps: int, first_step: int) -> Samples:
        """Return `n_steps` steps resampled; `samples` has one more wing on both sides."""
        output = np.empty((n_steps, self.n_output), np.float32)
        for group in self.groups:
            n_input, n_output = group.weights.shape
            inputs = _rows(samples[group.first_input :], n_steps, n_input, self.n_input)
            output[:, group.first_output : group.first_output + n_output] = inputs @ group.weights
        self._shift_before_grid(samples, output, first_step)
        return output.reshape(-1)

    def _shift_before_grid(self, samples: Samples, output: Samples, first_step: int) -> None:
        """Recompute outputs as resampy does where its floating-point time falls just short of an input sample.

        Its filter is cut to whole table steps, so the filter is slightly different there.
        """
        source_hz, target_hz = self.rates
        steps = np.arange(first_step, first_step + len(output))[:, None]
        time = (steps * self.n_output + self.on_grid) * (1.0 / (float(target_hz) / source_hz))
        on_input = self.on_grid * self.n_input // self.n_output
        for row, column in np.argwhere(time < steps * self.n_input + on_input):
            begin = row * self.n_input + on_input[column]
            output[row, self.on_grid[column]] = samples[begin : begin + 2 * self.wing + 1] @ self.before_grid


def _rows(samples: Samples, n_rows: int, length: int, stride: int) -> Samples:
    """Return overlapping rows, (n_rows, length), `stride` samples apart; copied, because BLAS needs contiguous ones."""
    size = samples.strides[0]
    return np.ascontiguousarray(as_strided(samples, (n_rows, length), (stride * size, size), writeable=False))


@functools.lru_cache(maxsize=8)
def _steps(source_hz: int, target_hz: int) -> _Steps:
    divisor = math.gcd(source_hz, target_hz)
    repeat = max(1, GROUP // (target_hz // divisor))
    n_input, n_output = source_hz // divisor * repeat, target_hz // divisor * repeat
    table = _FilterTable.of(source_hz, target_hz)
    starts = range(0, n_output, GROUP)
    groups = tuple(_group(table, range(start, min(start + GROUP, n_output)), n_input, n_output) for start in starts)
    on_grid = np.arange(0, n_output, target_hz // divisor)
    before_grid = np.zeros(2 * table.wing + 1)
    before_grid[:-1] = table.weights(1.0)
    return _Steps(
        n_input, n_output, table.wing, groups, on_grid, before_grid.astype(np.float32), rates=(source_hz, target_hz)
    )


def _group(table: "_FilterTable", outputs: range, n_input: int, n_output: int) -> _Group:
    nearest = [divmod(output * n_input, n_output) for output in outputs]
    first = nearest[0][0]
    weights = np.zeros((nearest[-1][0] - first + 2 * table.wing, len(outputs)))
    for column, (sample, remainder) in enumerate(nearest):
        taps = table.weights(remainder / n_output)
        weights[sample - first : sample - first + len(taps), column] = taps
    return _Group(first + 1, outputs.start, weights.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _FilterTable:
    """resampy's table of half a windowed sinc, read with linear interpolation."""

    right_half: NDArray[np.float64]
    slopes: NDArray[np.float64]
    """From each entry to the next."""
    per_sample: float
    """Table entries per input sample; resampy steps by whole entries, which is slightly different."""
    wing: int

    @classmethod
    def of(cls, source_hz: int, target_hz: int) -> "_FilterTable":
        right_half, entries = _load_table()
        ratio = min(1.0, target_hz / source_hz)
        wing = len(right_half) // int(ratio * entries) + 1
        scaled = right_half * ratio
        return cls(scaled, np.diff(scaled, append=scaled[-1]), ratio * entries, wing)

    def weights(self, fraction: float) -> NDArray[np.float64]:
        """Return the weights (2·wing,) of input samples n − wing + 1 … n + wing for an output at n + fraction."""
        row = np.zeros(2 * self.wing)
        left, right = self._taps(fraction * self.per_sample), self._taps((1.0 - fraction) * self.per_sample)
        row[self.wing - len(left) : self.wing] = left[::-1]
        row[self.wing : self.wing + len(right)] = right
        return row

    def _taps(self, entry: float) -> NDArray[np.float64]:
        first = int(entry)
        step = int(self.per_sample)
        count = (len(self.right_half) - first) // step
        at = first + step * np.arange(count)
        taps: NDArray[np.float64] = self.right_half[at] + (entry - first) * self.slopes[at]
        return taps


@functools.cache
def _load_table() -> tuple[NDArray[np.float64], int]:
    """Return the table and its entries per zero crossing, without importing resampy, which takes seconds.

    It is kept: a decoder in its cage cannot open it.
    """
    package = find_spec("resampy")
    if package is None or package.origin is None:
        raise PermanentError("the resampler kaiser_fast needs the filter table of resampy: install resampy")
    with np.load(Path(package.origin).parent / "data" / "kaiser_fast.npz") as table:
        return table["half_window"], int(table["precision"])
