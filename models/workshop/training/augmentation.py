"""Augmentation of waveforms and mel images before they reach the network."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft
from scipy.signal import lfilter
from torch import Tensor

from models.workshop.data.audio import load_clip
from models.workshop.recipe import AugmentTable, Recipe

Waveform = NDArray[np.float32]


def augment_waveform(waveform: Waveform, recipe: Recipe, rng: np.random.Generator, noises: Sequence[Path]) -> Waveform:
    """Apply the recipe's noise, equalizer and gain, (samples,) → (samples,).

    All randomness comes from `rng`. audiomentations draws from global state, so a resumed run would get other noise.
    """
    rules = recipe.augment
    if rng.random() < rules.noise:
        waveform = add_noise(
            waveform, _noise(len(waveform), noises, recipe.model.sample_rate_hz, rng), rng.uniform(*rules.noise_snr_db)
        )
    if rng.random() < rules.equalizer:
        waveform = equalize(waveform, recipe.model.sample_rate_hz, rng, rules.equalizer_db)
    if rules.gain_db:
        waveform = waveform * np.float32(10 ** (rng.uniform(-rules.gain_db, rules.gain_db) / 20))
    return waveform.astype(np.float32)


def add_noise(waveform: Waveform, noise: Waveform, snr_db: float) -> Waveform:
    """Add noise at a signal-to-noise ratio in power."""
    signal, other = float(np.mean(waveform**2)), float(np.mean(noise**2))
    if signal == 0 or other == 0:
        return waveform
    return waveform + noise * np.float32(np.sqrt(signal / other / 10 ** (snr_db / 10)))


def equalize(
    waveform: Waveform, sample_rate_hz: int, rng: np.random.Generator, gains_db: tuple[float, float], *, bands: int = 4
) -> Waveform:
    """Apply a random peaking filter in each of four bands (Bristow-Johnson, "Audio EQ cookbook")."""
    edges = np.geomspace(100, sample_rate_hz * 0.45, bands + 1)
    for low, high in pairwise(edges):
        omega = 2 * np.pi * rng.uniform(low, high) / sample_rate_hz
        gain = 10 ** (rng.uniform(*gains_db) / 40)
        alpha = np.sin(omega) / 2
        numerator = [1 + alpha * gain, -2 * np.cos(omega), 1 - alpha * gain]
        denominator = [1 + alpha / gain, -2 * np.cos(omega), 1 - alpha / gain]
        waveform = lfilter(np.array(numerator) / denominator[0], np.array(denominator) / denominator[0], waveform)
    return waveform.astype(np.float32)


def mask_image(images: Tensor, rules: AugmentTable, rng: np.random.Generator) -> Tensor:
    """Set stretches of (batch, channels, n_mels, n_frames) to the item's mean (SpecAugment, Park et al., 2019)."""
    for item in images if rules.spec_masks else ():
        if rules.spec_masks_probability < 1 and rng.random() >= rules.spec_masks_probability:
            continue
        mean = item.mean()
        for _ in range(rules.spec_masks):
            for axis, widest in ((1, rules.spec_mask_mels), (2, rules.spec_mask_frames)):
                limit = max(1, int(item.shape[axis] * rules.spec_mask_share)) if widest is None else widest
                width = int(rng.integers(0, limit + 1))
                start = int(rng.integers(0, item.shape[axis] - width + 1))
                item.narrow(axis, start, width).fill_(mean)
    return images


def _noise(n: int, noises: Sequence[Path], sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    if noises:
        recording = load_clip(noises[int(rng.integers(len(noises)))], sample_rate_hz)
        start = int(rng.integers(0, max(1, len(recording) - n)))
        return np.resize(recording[start : start + n], n)
    spectrum = rng.standard_normal(2 * (n // 2 + 1), dtype=np.float32).view(np.complex64)
    spectrum[1:] /= np.arange(1, len(spectrum), dtype=np.float32) ** np.float32(rng.uniform(0, 1))
    return irfft(spectrum, n)
