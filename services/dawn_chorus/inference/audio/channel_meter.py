"""Measures the channels of a stretch of audio while it is decoded: levels, likeness, clipping, digital silence.

It keeps sums only, so memory does not depend on the length, and looks at every sample once.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import MAX_EACH
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.warnings import MIN_SILENCE_S
from dawn_chorus.inference.audio.channel_faults import ChannelMeasure
from dawn_chorus.inference.audio.reader import Samples

FULL_SCALE = {"pcm_u8": 127 / 128, "pcm_s8": 127 / 128, "ulaw": 32124 / 32768, "alaw": 32256 / 32768}
"""The highest value of codings with few steps, as they are decoded."""
EXACT_FULL_SCALE = 32767 / 32768
"""The highest value of 16 bits; those of 24 and 32 bits and of floating point lie above it."""
LOSSY_FULL_SCALE = 0.99
"""A lossy coding bends the tops that were cut off, up and down."""
EXACT_CODINGS = ("pcm_16", "pcm_24", "pcm_32", "float", "double", "alac", "wavpack", "ape", "tta")
MAX_AMPLITUDE = np.float32(1e10)
"""As in `source`: samples beyond it are no sound."""
CHUNK = 4096
MIN_EDGE_S = 0.001
"""Silence at the edge of the stretch is reported from this length on: it may go on beyond the edge."""


def full_scale(audio_format: str) -> float:
    """Return the absolute value from which on a sample of such a file is at full scale."""
    coding = audio_format.rpartition("/")[2]
    if coding in FULL_SCALE:
        return FULL_SCALE[coding]
    exact = coding.startswith(("pcm_", "flac")) or coding in EXACT_CODINGS
    return EXACT_FULL_SCALE if exact else LOSSY_FULL_SCALE


class ChannelMeter:
    """Measures samples [first, end) of a recording."""

    def __init__(self, n_channels: int, first: int, end: int, *, sample_rate_hz: int, full_scale: float) -> None:
        self._n_channels, self._full_scale = n_channels, np.float32(full_scale)
        self._sums = np.zeros(n_channels)
        self._products = np.zeros((n_channels, n_channels))
        self._n_compared = self._n_samples = 0
        self._offsets: Samples | None = None
        self._clipped = np.zeros(n_channels, np.int64)
        # Each pair of many channels is compared over a part of the chunks, spread evenly: the cost grows by the square.
        self._compare_every = max(1, n_channels // 4)
        self._silence = SilenceFinder(first, end, sample_rate_hz)

    def add(self, first: int, channels: Samples) -> None:
        """Measure samples, (n_channels, n_samples), from position `first` on; positions only increase.

        What lies outside the measured samples is ignored, and so are pieces with another number of channels.
        """
        skip = max(0, self._silence.first - first)
        channels = channels[:, skip : max(skip, self._silence.end - first)]
        if not channels.shape[1] or len(channels) != self._n_channels:
            return
        self._n_samples += channels.shape[1]
        self._silence.add(first + skip, channels)
        peak = max(channels.max(), -channels.min())
        if not peak < MAX_AMPLITUDE:  # NaN is never less
            with np.errstate(invalid="ignore"):
                channels = np.where(np.abs(channels) < MAX_AMPLITUDE, channels, np.float32(0))
            peak = np.abs(channels).max()
        if peak >= self._full_scale:
            self._clipped += np.count_nonzero(np.abs(channels) >= self._full_scale, axis=1)
        if 1 < self._n_channels <= MAX_EACH:
            for chunk in self._compared(first + skip, channels):
                self._compare(chunk)

    def _compared(self, first: int, channels: Samples) -> Iterator[Samples]:
        """Yield what is compared of the samples, without the offset that a microphone may add to all of them."""
        if self._offsets is None:
            offsets = channels.mean(axis=1, keepdims=True)
            self._offsets = np.where(np.abs(offsets) > 1e-3, offsets, np.float32(0))
        if self._offsets.any():
            channels = channels - self._offsets
        step = self._compare_every * CHUNK
        if step == CHUNK:
            yield channels
            return
        for begin in range(-(first % step), channels.shape[1], step):
            chunk = channels[:, max(0, begin) : max(0, begin + CHUNK)]
            if chunk.shape[1]:
                yield chunk

    def _compare(self, chunk: Samples) -> None:
        ones = np.ones(chunk.shape[1], np.float32)
        self._sums += [np.dot(channel, ones) for channel in chunk]
        self._n_compared += chunk.shape[1]
        if len(chunk) > 4:
            self._products += chunk @ chunk.T
            return
        for one in range(len(chunk)):  # for few channels several times as fast as a matrix product
            for other in range(one + 1):
                product = np.dot(chunk[one], chunk[other])
                self._products[one, other] += product
                if other != one:
                    self._products[other, one] += product

    def result(self) -> ChannelMeasure | None:
        """Return the measure; None: there was nothing to measure."""
        if not self._n_samples:
            return None
        n = max(1, self._n_compared)
        means = self._sums / n
        covariance: NDArray[np.float64] = self._products / n - means[:, None] * means[None, :]
        clipped = tuple((self._clipped / self._n_samples).tolist())
        return ChannelMeasure(covariance, clipped, self._silence.stretches())


class SilenceFinder:
    """Finds where every sample of every channel is exactly 0, in samples [first, end) of a recording."""

    def __init__(self, first: int, end: int, sample_rate_hz: int) -> None:
        self.first, self.end, self._rate_hz = first, end, sample_rate_hz
        self._min = round(MIN_SILENCE_S * sample_rate_hz)
        self._position = first
        self._open: int | None = None
        """Where the silence begins that reaches up to the current position."""
        self._found: list[tuple[int, int]] = []

    def add(self, first: int, channels: Samples) -> None:
        if first != self._position:
            self._close(self._position)
        n = channels.shape[1]
        self._position = first + n
        leading = _leading_zeros(channels)
        if leading and self._open is None:
            self._open = first
        if leading == n:
            return
        self._close(first + leading)
        for begin, end in self._within(channels):
            self._note(first + begin, first + end)
        if trailing := _leading_zeros(channels[:, ::-1]):
            self._open = first + n - trailing

    def _close(self, end: int) -> None:
        if self._open is not None:
            self._note(self._open, end)
        self._open = None

    def _note(self, first: int, end: int) -> None:
        at_edge = first == self.first or end == self.end
        if end - first >= (MIN_EDGE_S * self._rate_hz if at_edge else self._min):
            self._found.append((first, end))

    def _within(self, channels: Samples) -> Iterator[tuple[int, int]]:
        """Yield the silence that begins and ends within a block; a few samples show whether there may be any."""
        if channels.shape[1] <= self._min:
            return
        probes: NDArray[np.bool_] = np.any(channels[:, :: max(1, self._min // 4)], axis=0)
        if np.logical_or.reduce([probes[:-2], probes[1:-1], probes[2:]]).all():
            return
        sounding = np.flatnonzero(channels.any(axis=0))
        for gap in np.flatnonzero(np.diff(sounding) > self._min).tolist():
            yield int(sounding[gap]) + 1, int(sounding[gap + 1])

    def stretches(self) -> tuple[tuple[float, float], ...]:
        """Return start and end of each, in seconds of the recording; call it once all samples were added."""
        self._close(self._position)
        return tuple((round_s(first / self._rate_hz), round_s(end / self._rate_hz)) for first, end in self._found)


def _leading_zeros(channels: Samples) -> int:
    """Return how many of the first samples, (n_channels, n_samples), are 0 in all channels."""
    if channels[:, 0].any():  # the usual case
        return 0
    begin, size = 0, 64
    while begin < channels.shape[1]:
        sounding = channels[:, begin : begin + size].any(axis=0)
        if sounding.any():
            return begin + int(sounding.argmax())
        begin, size = begin + size, 2 * size
    return int(channels.shape[1])
