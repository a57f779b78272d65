"""Effects between a voice and the microphone (distance, reverberation), and background sounds."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

Waveform = NDArray[np.float32]


def from_afar(waveform: Waveform, distance_m: float, sample_rate_hz: int, rng: np.random.Generator) -> Waveform:
    """Return a voice as heard from a distance, (samples,).

    It is 6 dB quieter for each doubling of the distance, high frequencies are absorbed, and reverberation is added; its
    tail ends 0.2 s after the direct sound.
    """
    spectrum = np.fft.rfft(waveform)
    khz = np.fft.rfftfreq(len(waveform), 1 / sample_rate_hz) / 1000
    spectrum *= 10 ** (-(0.004 * khz**1.3 * distance_m) / 20)
    direct = np.fft.irfft(spectrum, len(waveform)) / max(1.0, distance_m / 10)
    tail_s = 0.2
    n_tail = round(tail_s * sample_rate_hz)
    echoes = rng.standard_normal(n_tail) * np.exp(-np.linspace(0, 7, n_tail)) * 0.04 * min(2.0, distance_m / 40)
    echoes[0] = 1.0
    return fftconvolve(direct, echoes).astype(np.float32)


def pink(n: int, rng: np.random.Generator, *, slope: float = 1.0) -> Waveform:
    """Return noise whose power falls with frequency^slope, standard deviation 1, (n,)."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (slope / 2)
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, n)
    return (noise / noise.std()).astype(np.float32)


def wind(n: int, rate: int, rng: np.random.Generator) -> Waveform:
    """Return low rumble in gusts, (n,)."""
    knots = np.arange(0, n + rate, rate)
    gusts = np.interp(np.arange(n), knots, np.abs(rng.standard_normal(len(knots))))
    return (pink(n, rng, slope=2.2) * gusts).astype(np.float32)


def rain(n: int, rate: int, rng: np.random.Generator) -> Waveform:
    """Return hiss and drops, (n,)."""
    drops = np.zeros(n, np.float32)
    places = rng.integers(0, n, size=max(1, int(n / rate * 12)))
    drops[places] = rng.standard_normal(len(places)) * 12
    click = np.exp(-np.arange(round(0.004 * rate)) / (0.0008 * rate))
    return (fftconvolve(drops, click)[:n] + 0.6 * rng.standard_normal(n)).astype(np.float32)


def hum(n: int, rate: int, rng: np.random.Generator) -> Waveform:
    """Return insects' hum: a wavering tone with overtones, unlike the pattern of any taxon's voice, (n,)."""
    time = np.arange(n) / rate
    pitch = 180 + 60 * rng.random() + 15 * np.sin(2 * np.pi * 0.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    return (np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)).astype(np.float32)


def machine(n: int, rate: int, rng: np.random.Generator) -> Waveform:
    """Return an engine's sound: harmonics of a slow beat, and noise, (n,)."""
    time = np.arange(n) / rate
    beat = 35 + 30 * rng.random()
    tones = np.sum([np.sin(2 * np.pi * beat * h * time + h) / h for h in range(1, 9)], axis=0)
    return (tones + 0.3 * pink(n, rng, slope=1.5)).astype(np.float32)


BACKGROUNDS = (wind, rain, hum, machine)


def background(n: int, rate: int, rng: np.random.Generator, level: float) -> Waveform:
    """Return pink noise with none, one or two of the other backgrounds; `level` is its standard deviation, (n,)."""
    sound = pink(n, rng).astype(np.float64)
    for index in rng.permutation(len(BACKGROUNDS))[: rng.integers(0, 3)]:
        extra = BACKGROUNDS[index](n, rate, rng)
        sound += extra / (extra.std() + 1e-9) * rng.uniform(0.2, 1.0)
    return (sound / sound.std() * level).astype(np.float32)
