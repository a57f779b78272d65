"""Parametric voices: what a synthetic taxon sounds like, and how its individuals differ.

A voice has a song and a call. Each is a phrase of syllables; a syllable is a gliding tone, a buzz of harmonics or a
band of noise, with an envelope. Frequencies in Hz, times in seconds.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One type of utterance of a taxon."""

    kind: str
    """`chirp` (gliding tone), `trill` (fast repeated glides), `pulses` (ticking tone), `croak` (harmonics) or
    `stridulation` (noise band)."""
    low_hz: float
    high_hz: float
    syllable_s: float
    rate_hz: float
    """Syllables a second."""
    n_syllables: tuple[int, int]
    """Minimum and maximum."""
    warble: float = 0.0
    """Depth of frequency modulation, as a share of the frequency."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The song and the call of a taxon."""

    code: str
    song: Phrase
    call: Phrase


def individual(voice: Voice, rng: np.random.Generator) -> Voice:
    """Return one individual of the taxon, with its own pitch (±6 %), tempo (±12 %) and syllable length (±12 %)."""
    pitch, tempo, length = 1 + 0.06 * _unit(rng), 1 + 0.12 * _unit(rng), 1 + 0.12 * _unit(rng)

    def vary(phrase: Phrase) -> Phrase:
        return replace(
            phrase,
            low_hz=phrase.low_hz * pitch,
            high_hz=phrase.high_hz * pitch,
            rate_hz=phrase.rate_hz * tempo,
            syllable_s=phrase.syllable_s * length,
        )

    return Voice(voice.code, vary(voice.song), vary(voice.call))


def utter(phrase: Phrase, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return one phrase, (samples,), peak 1: from the first sample of its first syllable to the last of its last."""
    count = int(rng.integers(phrase.n_syllables[0], phrase.n_syllables[1] + 1))
    step = max(1.0 / phrase.rate_hz, phrase.syllable_s * 1.02)
    out = np.zeros(round(((count - 1) * step + phrase.syllable_s) * sample_rate_hz) + 1, np.float64)
    for number in range(count):
        loudness = 1 - 0.25 * rng.random()
        syllable = _syllable(phrase, sample_rate_hz, rng) * loudness
        start = round(number * step * sample_rate_hz)
        out[start : start + len(syllable)] += syllable[: len(out) - start]
    return (out / np.abs(out).max()).astype(np.float32)


def _syllable(phrase: Phrase, rate: int, rng: np.random.Generator) -> NDArray[np.float64]:
    n = max(8, round(phrase.syllable_s * rate))
    time = np.arange(n) / rate
    place = np.linspace(0, 1, n)
    envelope = np.sin(np.pi * np.clip(place, 0, 1)) ** 0.5
    glide = phrase.low_hz + (phrase.high_hz - phrase.low_hz) * place
    glide = glide * (1 + phrase.warble * np.sin(2 * np.pi * 28 * time) + 0.01 * rng.standard_normal())
    phase = 2 * np.pi * np.cumsum(glide) / rate
    if phrase.kind in {"chirp", "trill"}:
        return envelope * (np.sin(phase) + 0.15 * np.sin(2 * phase))
    if phrase.kind == "pulses":
        return np.exp(-place * 5) * np.sin(phase)
    if phrase.kind == "croak":
        harmonics = [h for h in range(1, 12) if h * max(phrase.low_hz, phrase.high_hz) < rate / 2]
        return envelope * np.sum([np.sin(h * phase + h) / h**0.6 for h in harmonics], axis=0)
    return envelope * _band_noise(n, phrase.low_hz, phrase.high_hz, rate, rng)


def _band_noise(n: int, low_hz: float, high_hz: float, rate: int, rng: np.random.Generator) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequencies = np.fft.rfftfreq(n, 1 / rate)
    spectrum[(frequencies < min(low_hz, high_hz)) | (frequencies > max(low_hz, high_hz))] = 0
    noise = np.fft.irfft(spectrum, n)
    return noise / (np.abs(noise).max() + 1e-9)


def _unit(rng: np.random.Generator) -> float:
    """Return a normal random number clipped to two deviations, scaled to [-1, 1]."""
    return float(np.clip(rng.standard_normal(), -2, 2)) / 2
