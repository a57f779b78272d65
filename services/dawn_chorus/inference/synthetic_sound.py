"""A synthetic dawn chorus for self-tests: not anyone's recording, and the same on every machine."""

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

_SEED = 4096


def synthesize_dawn(duration_s: float, sample_rate_hz: int) -> Waveform:
    """Return whistles, trills and hoots over a soft hiss, and a silent last second: (n_samples,) in [−1, 1].

    The hiss comes from hashed sample numbers rather than from a library's generator, whose stream may change.
    """
    n_samples = round(duration_s * sample_rate_hz)
    time_s = np.arange(n_samples) / sample_rate_hz
    sound = 0.02 * _hiss(n_samples)
    for onset_s in np.arange(0.4, duration_s - 1.6, 1.3):
        sound += 0.3 * _whistle(time_s - onset_s, 3200 + 900 * np.sin(onset_s), 1500.0, 0.45)
        sound += 0.2 * _whistle(time_s - onset_s - 0.6, 5200.0, -900.0, 0.3) * (np.sin(2 * np.pi * 28 * time_s) > 0)
    for onset_s in np.arange(1.0, duration_s - 1.6, 3.1):
        sound += 0.25 * _whistle(time_s - onset_s, 420.0, -40.0, 0.5)
    sound[time_s > duration_s - 1.0] = 0.0
    return sound.astype(np.float32)


def _whistle(time_s: NDArray[np.float64], start_hz: float, sweep_hz: float, length_s: float) -> NDArray[np.float64]:
    """Return a tone that glides over `sweep_hz`, fading in and out."""
    position = np.clip(time_s / length_s, 0, 1)
    phase = 2 * np.pi * length_s * (start_hz * position + sweep_hz / 2 * position**2)
    return np.asarray(np.sin(np.pi * position) ** 2 * np.sin(phase))


def _hiss(n_samples: int) -> NDArray[np.float64]:
    """Return noise in [−1, 1), the sample numbers hashed with the finalizer of MurmurHash3."""
    value = np.arange(n_samples, dtype=np.uint32) + np.uint32(_SEED)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        value = (value ^ (value >> np.uint32(shift))) * np.uint32(factor)
    return (value ^ (value >> np.uint32(16))) / 2.0**31 - 1.0
