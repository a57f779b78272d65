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
CHUNK = 2048
COMPARED = 4
MAX_WHOLE = 4
QUIET_POWER = 5e-4
"""Of a block with less power at most 0.05 % of the samples can be at full scale, and they are not counted."""
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
    """Measures samples [first, end) of a recording.

    Silence is looked for in all samples. So is clipping, for up to `MAX_WHOLE` channels. Pairs of channels are compared
    over a part of the samples, spread evenly: of two to four channels one chunk in four, of 16 or more one in 16.
    """

    def __init__(self, n_channels: int, first: int, end: int, *, sample_rate_hz: int, full_scale: float) -> None:
        self._n_channels, self._full_scale = n_channels, np.float32(full_scale)
        self._sums = np.zeros(n_channels)
        self._products = np.zeros((n_channels, n_channels))
        self._n_samples = self._n_compared = self._n_looked_at = 0
        self._offsets: Samples | None = None
        self._buffer, self._ones = np.empty((n_channels, 0), np.float32), np.empty(0, np.float32)
        self._clipped = np.zeros(n_channels, np.int64)
        self._spread = max(COMPARED, min(n_channels, 4 * COMPARED))
        self._silence = SilenceFinder(first, end, sample_rate_hz)

    def add(self, first: int, channels: Samples) -> None:
        """Measure samples, (n_channels, n_samples), from position `first` on; positions only increase.

        What lies outside the measured samples is ignored. Of pieces with another number of channels, as chained files
        have them, only silence is measured.
        """
        skip = max(0, self._silence.first - first)
        channels = channels[:, skip : max(skip, self._silence.end - first)]
        if not channels.size:
            return
        self._n_samples += channels.shape[1]
        self._silence.add(first + skip, channels)
        if len(channels) != self._n_channels:
            return
        if self._n_channels > MAX_WHOLE:
            channels = looked_at = self._part(first + skip, channels)
        else:
            looked_at = channels
            channels = self._part(first + skip, channels) if self._n_channels > 1 else channels
        if self._look_for_clipping(looked_at) and 1 < self._n_channels <= MAX_EACH:
            self._compare(channels)

    def _part(self, first: int, channels: Samples) -> Samples:
        """Return every so-manyth chunk, counted from the recording's start, in an array that the next call reuses."""
        step = self._spread * CHUNK
        begins = range(-(first % step), channels.shape[1], step)
        chunks = [channels[:, max(0, begin) : max(0, begin + CHUNK)] for begin in begins]
        length = sum(chunk.shape[1] for chunk in chunks)
        if length > self._buffer.shape[1]:  # kept: fresh memory costs as much as all that is computed in it
            self._buffer, self._ones = np.empty((self._n_channels, length), np.float32), np.ones(length, np.float32)
        part = self._buffer[:, :length]
        return np.concatenate(chunks, axis=1, out=part) if chunks else part

    def _look_for_clipping(self, channels: Samples) -> bool:
        """Count the samples at full scale; return whether all samples are valid, so that they can be compared."""
        if not channels.shape[1]:
            return False
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.array([np.dot(channel, channel) for channel in channels])
        valid = bool(powers.sum() < MAX_AMPLITUDE**2)  # NaN is never less
        self._n_looked_at += channels.shape[1]
        is_loud = powers.max() >= QUIET_POWER * channels.shape[1]
        if not valid or (is_loud and max(channels.max(), -channels.min()) >= self._full_scale):
            with np.errstate(invalid="ignore"):
                levels = np.abs(channels)
                self._clipped += np.count_nonzero((levels >= self._full_scale) & (levels < MAX_AMPLITUDE), axis=1)
        return valid

    def _compare(self, channels: Samples) -> None:
        if not channels.shape[1]:
            return
        if self._offsets is None:
            offsets = channels.mean(axis=1, keepdims=True)
            self._offsets = np.where(np.abs(offsets) > 1e-3, offsets, np.float32(0))
        if self._offsets.any():  # a microphone may add a constant, beside which single precision loses the sound
            channels = channels - self._offsets
        ones = self._ones[: channels.shape[1]]
        self._sums += [np.dot(channel, ones) for channel in channels]
        self._n_compared += channels.shape[1]
        if len(channels) > MAX_WHOLE:
            self._products += channels @ channels.T
            return
        for one in range(len(channels)):  # for few channels several times as fast as a matrix product
            for other in range(one + 1):
                product = np.dot(channels[one], channels[other])
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
        clipped = tuple((self._clipped / max(1, self._n_looked_at)).tolist())
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
