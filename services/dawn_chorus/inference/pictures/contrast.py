"""How loud a recording is, told by a few stretches of it: what a picture's black and white should be stretched to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT, STEPS_PER_DB, level_to_db
from dawn_chorus.inference.pictures.spectrogram import Columns, Levels, Sound, draw_levels
from dawn_chorus.inference.pictures.stretch import Stretch

SAMPLED, SAMPLED_COLUMNS, COLUMN_S = 8, 64, 1 / 32
"""Stretches, evenly over the recording, and how long they are."""
LOWEST, HIGHEST = 5, 99.5
"""Percentiles."""
LEAST_DB, MOST_DB = 20.0, 80.0
"""How far apart these two are: digital silence must not make all the rest one gray."""
EMPTY_DB = 30.0
"""Rows that lie so far below a quarter of all others hold nothing: a codec or a filter ends there."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Of what is shown of a recording."""

    low_db: float
    high_db: float
    loudest: int
    """The channel with the most power, from 1."""


def measure_contrast(sound: Sound, duration_s: float, channel: int | None) -> Contrast:
    """Return between which levels the sound of a channel, or of the mean of all, lies; and the loudest channel."""
    n_columns = max(1, min(SAMPLED_COLUMNS, int(duration_s / COLUMN_S)))
    last = max(0, int(duration_s / COLUMN_S) - n_columns)
    starts = sorted({round(start) for start in np.linspace(0, last, SAMPLED).tolist()})
    meter = _Meter(sound)
    drawn = [draw_levels(meter, Columns(start, n_columns, COLUMN_S, channel, duration_s)) for start in starts]
    levels = np.concatenate(drawn, axis=1)
    low_db, high_db = _percentiles(levels[:, (levels != ABSENT).all(axis=0)])
    high_db = max(high_db, low_db + LEAST_DB)
    return Contrast(max(low_db, high_db - MOST_DB), high_db, int(meter.powers.argmax()) + 1)


def _percentiles(levels: Levels) -> tuple[float, float]:
    """Return the percentiles of the rows that are not empty, in dB."""
    if not levels.size:
        return level_to_db(1), level_to_db(1)
    usual = np.median(levels, axis=1)
    holds_sound = usual >= np.percentile(usual, 75) - EMPTY_DB * STEPS_PER_DB
    low, high = np.percentile(levels[holds_sound], (LOWEST, HIGHEST)).tolist()
    return level_to_db(low), level_to_db(high)


class _Meter:
    """Adds up the power of each channel in what is read."""

    def __init__(self, sound: Sound) -> None:
        self._sound = sound
        self.sample_rate_hz, self.channels = sound.sample_rate_hz, sound.channels
        self.powers: NDArray[np.float64] = np.zeros(sound.channels)

    def read(self, first: int, end: int) -> Stretch:
        stretch = self._sound.read(first, end)
        self.powers += [float(np.dot(channel, channel)) for channel in stretch.samples]
        return stretch
