"""Short-time power of a recording, as rows of frequency and columns of time, in levels of 8 bit.

All pictures of a recording are parts of one grid: a column of a given length begins at a multiple of it, and its frames
lie where its number says, whatever picture it is part of. So neighbors fit, and a picture does not depend on which
others were drawn.
"""

from dataclasses import dataclass
from functools import cache
from math import ceil
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT, FULL_SCALE, ROWS, STEPS_PER_DB
from dawn_chorus.inference.audio.reader import Samples, to_mono
from dawn_chorus.inference.pictures.stretch import Span, Stretch

POINTS = 4 * ROWS
"""Of the Fourier transform: the center of a row is a bin, and so are its edges."""
BLOCK_SAMPLES = 1 << 19
"""Read at a time, of all channels together."""
FRAMES_AT_ONCE = 128
"""Transformed at a time: they stay in the processor's cache."""
MANY_FRAMES = 32
"""Frames overlap by half, unless a column would have so many: then they follow each other."""
Levels = NDArray[np.uint8]
"""(n_rows, n_columns), the highest frequency first."""


class Sound(Protocol):
    """What is drawn: a `stretch.Sound`."""

    sample_rate_hz: int
    channels: int

    def read(self, first: int, end: int) -> Stretch:
        """Return samples [first, end) of all channels; it is called in the order of time."""
        ...


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns [first, first + n) of a recording."""

    first: int
    n: int
    length_s: float
    channel: int | None
    """From 1; None: the mean of all."""
    duration_s: float
    """Of the recording; there is nothing behind."""


@dataclass(frozen=True, slots=True)
class _Frames:
    """Where the frames of a column are, in samples: `n` of them, evenly."""

    column: float
    """Samples of a column, which may be no whole number."""

    @property
    def window(self) -> int:
        return POINTS if self.column >= POINTS else POINTS // 2

    @property
    def n(self) -> int:
        overlapping = ceil(2 * self.column / self.window)
        return overlapping if overlapping < MANY_FRAMES else ceil(self.column / self.window)

    def centers(self, first: int, n_columns: int) -> NDArray[np.int64]:
        """Return the samples in the middle of the frames of these columns, (n_columns · n,)."""
        numbers = np.arange(first * self.n, (first + n_columns) * self.n)
        centers: NDArray[np.int64] = np.floor((numbers + 0.5) * (self.column / self.n)).astype(np.int64)
        return centers


def draw_levels(sound: Sound, columns: Columns) -> Levels:
    """Return the levels, (n_rows, n_columns): the mean power over each column's time; read in blocks.

    Raises what reading raises.
    """
    frames = _Frames(columns.length_s * sound.sample_rate_hz)
    end = round(columns.duration_s * sound.sample_rate_hz)
    last = int(frames.centers(columns.first + columns.n - 1, 1)[-1])
    reader = _FrameReader(sound, columns.channel, frames.window, min(end, last + frames.window))
    levels = np.full((ROWS, columns.n), ABSENT, np.uint8)
    at_once = max(1, FRAMES_AT_ONCE // frames.n)
    for first in range(0, columns.n, at_once):
        n = min(at_once, columns.n - first)
        centers = frames.centers(columns.first + first, n)
        if centers[0] >= end:
            break
        power, is_there = reader.power(centers, n)
        levels[:, first : first + n][:, is_there] = to_levels(power[is_there])
    return levels


def to_levels(power: Samples) -> Levels:
    """Return the levels of a power of bins, (n_columns, POINTS / 2 + 1)."""
    rows = 0.5 * power[:, 1:-1:2] + 0.25 * (power[:, :-2:2] + power[:, 2::2])
    decibels = 10 * np.log10(np.maximum(rows, 1e-20))
    levels: Levels = np.clip(np.rint(FULL_SCALE + STEPS_PER_DB * decibels), 1, FULL_SCALE).astype(np.uint8)
    return levels.T[::-1]


class _FrameReader:
    """Reads the frames of a recording in the order of time."""

    def __init__(self, sound: Sound, channel: int | None, window: int, end: int) -> None:
        self._sound, self._channel, self._window, self._end = sound, channel, window, end
        self._first, self._samples = 0, np.zeros(0, np.float32)
        self._lost: list[Span] = []

    def power(self, centers: NDArray[np.int64], n_columns: int) -> tuple[Samples, NDArray[np.bool_]]:
        """Return the mean power of each column's frames, (n_columns, n_bins), and whether there is sound in it."""
        begins = centers - self._window // 2
        self._load(int(begins[0]), int(begins[-1]) + self._window)
        windows = np.lib.stride_tricks.sliding_window_view(self._samples, self._window)
        spectra = np.fft.rfft(windows[begins - self._first] * _window(self._window), POINTS)
        heard = self._heard(centers).reshape(n_columns, -1)
        spectra[~heard.ravel()] = 0
        parts = spectra.view(np.float32)  # real, imaginary, real, …
        parts *= parts
        summed = parts.reshape(n_columns, heard.shape[1], -1).sum(axis=1)
        power = summed[:, ::2] + summed[:, 1::2]
        power /= np.maximum(1, heard.sum(axis=1, dtype=np.float32))[:, np.newaxis]
        return power, heard.max(axis=1)

    def _heard(self, centers: NDArray[np.int64]) -> NDArray[np.bool_]:
        heard = centers < self._end
        for first, end in self._lost:
            heard &= (centers < first) | (centers >= end)
        return heard

    def _load(self, first: int, end: int) -> None:
        """Hold samples [first, end), and what follows them in a block; nothing is read twice."""
        have = self._first + len(self._samples)
        if end <= have and len(self._samples):
            return
        read_from = max(first, have) if len(self._samples) else first
        read_to = max(end, read_from + BLOCK_SAMPLES // self._sound.channels)
        kept = self._samples[max(0, first - self._first) :]
        self._samples = np.concatenate([kept, self._read(read_from, read_to)])
        self._first = first
        self._lost = [span for span in self._lost if span[1] > first]

    def _read(self, first: int, end: int) -> Samples:
        samples = np.zeros(end - first, np.float32)
        begin, stop = max(0, first), min(end, self._end)
        if begin < stop:
            stretch = self._sound.read(begin, stop)
            channels = stretch.samples if self._channel is None else stretch.samples[[self._channel - 1]]
            samples[begin - first : stop - first] = to_mono(channels.T)
            self._lost += stretch.lost
        return samples


@cache
def _window(length: int) -> Samples:
    """Return a Hann window under which a sine of full scale in the middle of a row has the power 1 in that row."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    around = np.abs(np.fft.rfft(window, POINTS)[:2]) ** 2
    row = 0.5 * around[0] + 2 * 0.25 * around[1]
    scaled: Samples = (window * (2 / np.sqrt(row))).astype(np.float32)
    return scaled
