"""Strategies to cut a training example from a recording, by name. Lengths in samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Crop = Callable[[Waveform, int, int, np.random.Generator], tuple[int, Waveform]]
"""(waveform (samples,), length, sample_rate_hz, rng) → the crop's first sample, and the crop, (length,)

The waveform is at least as long as the crop; `lengthen` makes it so.
"""


def lengthen(waveform: Waveform, length: int, filling: str) -> Waveform:
    """Return a waveform of at least `length`: repeated from its beginning (`repeat`), or with zeros at its end."""
    if len(waveform) >= length:
        return waveform
    if filling == "repeat" and len(waveform):
        return np.tile(waveform, -(-length // len(waveform)))
    return np.pad(waveform, (0, length - len(waveform)))


def first_seven_seconds(
    waveform: Waveform, length: int, sample_rate_hz: int, rng: np.random.Generator
) -> tuple[int, Waveform]:
    """Cut a random crop of the first 7 s, where recordists usually have the labeled voice."""
    return whole_file(waveform[: max(length, 7 * sample_rate_hz)], length, sample_rate_hz, rng)


def whole_file(
    waveform: Waveform,
    length: int,
    sample_rate_hz: int,  # noqa: ARG001 — one signature for all strategies
    rng: np.random.Generator,
) -> tuple[int, Waveform]:
    """Cut a random crop of the whole file."""
    start = int(rng.integers(0, len(waveform) - length + 1))
    return start, waveform[start : start + length]


CROPS: dict[str, Crop] = {"first_seven_seconds": first_seven_seconds, "whole_file": whole_file}
