"""Sounds of many kinds, a window each, on which a network shows what its outputs are."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_NOISE_PEAKS = (1e-4, 1e-2, 0.1, 1.0)
_CLICKS_EVERY_S = 0.25
_MOST_EXCERPTS = 6
_SEED = 1


def make_probe_windows(n_samples: int, sample_rate_hz: int, sound: Samples) -> Samples:
    """Return silence, white noise from soft to loud, clicks, a chirp and excerpts of a sound: (n_windows, n_samples).

    The sound, (n_sound_samples,) at the same rate, is cut evenly, and followed by silence where it is too short.
    """
    random = np.random.default_rng(_SEED)
    noises = [peak * random.uniform(-1, 1, n_samples) for peak in _NOISE_PEAKS]
    clicks = np.zeros(n_samples)
    clicks[:: max(1, round(_CLICKS_EVERY_S * sample_rate_hz))] = 0.9
    # From 0 Hz to half the sampling rate.
    chirp = 0.5 * np.sin(np.pi / 2 * np.arange(n_samples) ** 2 / n_samples)
    rows: list[NDArray[np.floating]] = [np.zeros(n_samples), *noises, clicks, chirp, *_excerpts(sound, n_samples)]
    return np.stack(rows).astype(np.float32)


def _excerpts(sound: Samples, n_samples: int) -> list[Samples]:
    n_excerpts = min(_MOST_EXCERPTS, -(-len(sound) // n_samples))
    padded = np.pad(sound, (0, max(0, n_samples - len(sound))))
    begins = np.linspace(0, len(padded) - n_samples, n_excerpts).round().astype(int)
    return [padded[begin : begin + n_samples] for begin in begins.tolist()]
