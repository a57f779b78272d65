"""Streaming resamplers whose output does not depend on where a recording was cut.

A resampler is opened for the output samples [first_output, end_output) of the whole recording, states which source
samples it needs for them, and is fed exactly those, in blocks of any size. Positions before the recording's start and
after its end are fed as zeros.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.waveforms.kaiser_fast import KaiserFast

Samples = NDArray[np.float32]
"""(n_samples,), full scale is ±1."""

SOXR_MARGIN = 256
"""Samples of the lower of the two rates; beyond 180 even soxr_vhq's impulse response is below 1e-7."""


class Resampler(Protocol):
    """Resamples one output stretch. Not thread-safe."""

    first_input: int
    """The first source sample needed; negative before the recording's start."""
    end_input: int

    def feed(self, samples: Samples) -> None:
        """Add the next samples; the first of all is `first_input`, the last of all `end_input - 1`."""
        ...

    def result(self) -> Samples:
        """Return (end_output - first_output,); call it once all samples were fed."""
        ...

    def length_of(self, n_input: int) -> int:
        """Return how many output samples a whole recording of `n_input` samples has."""
        ...


def open_resampler(name: str, source_hz: int, target_hz: int, first_output: int, end_output: int) -> Resampler:
    """Return `soxr_hq`, `soxr_vhq` or `kaiser_fast`; samples at equal rates pass unchanged.

    Raises PermanentError for another name.
    """
    if source_hz == target_hz:
        return PassThrough(first_output, end_output)
    if name in ("soxr_hq", "soxr_vhq"):
        return Soxr(name, source_hz, target_hz, first_output, end_output)
    if name == "kaiser_fast":
        return KaiserFast(source_hz, target_hz, first_output, end_output)
    raise PermanentError(f"unknown resampler {name!r}: use soxr_hq, soxr_vhq or kaiser_fast")


def allocate_resamplers() -> None:
    """Resample a second of silence with each, so that their tables and buffers are there before memory is limited.

    OpenBLAS allocates its buffer at the first matrix product, and ends the process, without a word, where it cannot.
    """
    for name in ("soxr_hq", "kaiser_fast"):
        resampler = open_resampler(name, 44100, 48000, 0, 48000)
        resampler.feed(np.zeros(resampler.end_input - resampler.first_input, np.float32))
        resampler.result()


class Collector:
    """Copies [first, end) out of blocks that arrive in order into one array."""

    def __init__(self, position: int, first: int, end: int) -> None:
        self._position = position
        self._first = first
        self._samples: Samples = np.zeros(max(0, end - first), np.float32)

    def put(self, block: Samples) -> None:
        skip = max(0, self._first - self._position)
        begin = max(0, self._position - self._first)
        target = self._samples[begin : begin + max(0, len(block) - skip)]
        target[:] = block[skip : skip + len(target)]
        self._position += len(block)

    def result(self) -> Samples:
        return self._samples


class PassThrough:
    """Returns the samples unchanged: source and target rate are equal."""

    def __init__(self, first_output: int, end_output: int) -> None:
        self.first_input, self.end_input = first_output, end_output
        self._collector = Collector(first_output, first_output, end_output)

    def feed(self, samples: Samples) -> None:
        self._collector.put(samples)

    def result(self) -> Samples:
        return self._collector.result()

    def length_of(self, n_input: int) -> int:
        return n_input


class Soxr:
    """libsoxr's stream, started where the input and output sample grids coincide.

    Its phase is then the same as in a pass over the whole recording. Near the recording's start it starts at sample 0,
    because libsoxr's first samples differ from those computed with zeros before them.
    """

    def __init__(self, quality: str, source_hz: int, target_hz: int, first_output: int, end_output: int) -> None:
        import soxr  # noqa: PLC0415 - header probes import this package and do not need soxr

        divisor = math.gcd(source_hz, target_hz)
        self._step_in, self._step_out = source_hz // divisor, target_hz // divisor
        self._ratio = source_hz / target_hz
        margin_s = SOXR_MARGIN / min(source_hz, target_hz)
        steps = max(0, math.floor((first_output - margin_s * target_hz) / self._step_out))
        self.first_input = steps * self._step_in
        last_input = math.ceil(end_output * self._step_in / self._step_out + margin_s * source_hz)
        self.end_input = max(self.first_input, last_input)
        self._fed = self.first_input
        self._collector = Collector(steps * self._step_out, first_output, end_output)
        self._stream = soxr.ResampleStream(source_hz, target_hz, 1, dtype="float32", quality=quality)

    def feed(self, samples: Samples) -> None:
        self._fed += len(samples)
        self._collector.put(self._stream.resample_chunk(samples, last=self._fed == self.end_input))

    def result(self) -> Samples:
        return self._collector.result()

    def length_of(self, n_input: int) -> int:
        """Return the length as libsoxr does, half samples included; librosa pads with a zero where it rounds down."""
        return int(n_input / self._ratio + 0.5)
