"""Strategies to cut a training example from a recording, by name. Lengths in samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Crop = Callable[[Waveform, int, int, np.random.Generator], tuple[int, Waveform]]
"""(waveform (samples,), length, sample_rate_hz, rng) → the crop's first sample, and the crop, (length,)"""


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
    """Cut a random crop of the whole file; a shorter file is repeated from its beginning."""
    if len(waveform) < length:
        waveform = np.tile(waveform, -(-length // max(1, len(waveform)))) if len(waveform) else np.zeros(length, "f4")
    start = int(rng.integers(0, len(waveform) - length + 1))
    return start, waveform[start : start + length]


CROPS: dict[str, Crop] = {"first_seven_seconds": first_seven_seconds, "whole_file": whole_file}
