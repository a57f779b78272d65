"""The front ends that come with Dawn Chorus, against readings of their sources with SciPy and librosa."""

from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from dawn_chorus.inference.conventions.waveform_scale import WaveformScale
from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd
from dawn_chorus.inference.packs.manifest_tables import MemberTable
from dawn_chorus.model_import.front_end_files import read_front_end, shipped_names

Sound = NDArray[np.float64]
IMAGES = {
    "birdset": (32000, 5.0, (1, 128, 501)),
    "hawkears": (37120, 3.0, (1, 192, 384)),
    "kaggle-imagenet": (32000, 5.0, (3, 128, 313)),
    "opensoundscape": (22050, 3.0, (1, 224, 224)),
    "opensoundscape-0.12": (22050, 3.0, (1, 224, 224)),
}
WAVEFORMS = {"birdnet", "perch-v2"}


def chirps(rate_hz: int, duration_s: float) -> Sound:
    """Return noise with a rising tone, silent in the middle and loudest after a fifth."""
    times = np.arange(round(rate_hz * duration_s)) / rate_hz
    sound = np.random.default_rng(0).normal(0, 0.01, len(times)) + 0.02
    sound += 0.4 * np.sin(2 * np.pi * (900 + 1500 * times) * times) * np.exp(-4 * (times / duration_s - 0.2) ** 2 * 25)
    sound[len(times) // 2 : len(times) // 2 + rate_hz // 4] = 0.0
    return sound.astype(np.float32).astype(np.float64)


def image_of(name: str, sound: Sound, rate_hz: int) -> NDArray[np.float32]:
    """Return (channels, height, width)."""
    table = read_front_end(name).mel_table
    assert table is not None
    image: NDArray[np.float32] = MelFrontEnd(table, rate_hz).images(sound[None].astype(np.float32), None)[0]
    return image


def as_opensoundscape(decibels: Sound, low: float, high: float) -> Sound:
    """Scale, clip, flip, resize between pixel centers, and center: to_image and scale_tensor."""
    image = np.clip((decibels - low) / (high - low), 0, 1)[::-1]
    for _ in range(2):
        places = (np.arange(224) + 0.5) * len(image) / 224 - 0.5
        image = np.array([np.interp(places, np.arange(len(image)), line) for line in image.T])
    return (image[None] - 0.5) / 0.5


def opensoundscape(sound: Sound, rate_hz: int) -> Sound:
    """Read `Spectrogram.from_audio` of 0.13: the squared STFT without padding, divided by the window's length."""
    hann = scipy.signal.get_window("hann", 512)
    _, _, spectra = scipy.signal.spectrogram(
        sound, rate_hz, hann, 512, 256, mode="complex", detrend=False, scaling="spectrum"
    )
    power = np.abs(spectra * hann.sum()) ** 2 / 512
    return as_opensoundscape(10 * np.log10(power + 1e-10), -80, 0)


def opensoundscape_legacy(sound: Sound, rate_hz: int) -> Sound:
    """Read `Spectrogram.from_audio` of 0.12: SciPy's spectrogram with its own detrending."""
    power = scipy.signal.spectrogram(sound, rate_hz, "hann", 512, 256, scaling="spectrum")[2]
    return as_opensoundscape(10 * np.log10(np.maximum(power, 1e-30)), -100, -20)


def hawkears(sound: Sound, rate_hz: int) -> Sound:
    image = librosa.feature.melspectrogram(
        y=sound, sr=rate_hz, n_fft=4096, win_length=2048, hop_length=290, n_mels=192, fmin=200, fmax=13000,
        power=1.0, htk=True, norm=None, pad_mode="reflect",
    )  # fmt: skip
    return np.asarray(np.clip(image / image.max(), 0, 1)[None, :192, :384])


def birdset(sound: Sound, rate_hz: int) -> Sound:
    power = librosa.feature.melspectrogram(
        y=sound, sr=rate_hz, n_fft=1024, hop_length=320, n_mels=128, htk=True, norm=None, pad_mode="reflect"
    )
    return np.asarray((librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=80)[None] + 4.268) / 4.569)


def kaggle(sound: Sound, rate_hz: int) -> Sound:
    power = librosa.feature.melspectrogram(
        y=sound, sr=rate_hz, n_fft=2048, hop_length=512, n_mels=128, fmin=20, fmax=16000
    )
    image = (librosa.power_to_db(power, ref=np.max, top_db=80) + 80) / 80
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return np.asarray((image - mean[:, None, None]) / std[:, None, None])


READINGS: dict[str, Callable[[Sound, int], Sound]] = {
    "birdset": birdset,
    "hawkears": hawkears,
    "kaggle-imagenet": kaggle,
    "opensoundscape": opensoundscape,
    "opensoundscape-0.12": opensoundscape_legacy,
}


def test_every_shipped_front_end_is_tried_here() -> None:
    assert set(shipped_names()) == READINGS.keys() | WAVEFORMS


@pytest.mark.parametrize("name", IMAGES)
def test_images_are_those_of_its_source(name: str) -> None:
    rate_hz, window_s, shape = IMAGES[name]
    sound = chirps(rate_hz, window_s)
    image, expected = image_of(name, sound, rate_hz), READINGS[name](sound, rate_hz)
    assert image.shape == expected.shape == shape
    np.testing.assert_allclose(image, expected, atol=1e-3)
    assert np.ptp(expected) > 0.9


@pytest.mark.parametrize("name", IMAGES)
def test_silence_is_a_finite_image(name: str) -> None:
    rate_hz, window_s, _ = IMAGES[name]
    assert np.isfinite(image_of(name, np.zeros(round(rate_hz * window_s)), rate_hz)).all()


def test_perchs_waveforms_are_those_of_perch_hoplite() -> None:
    windows = np.stack([chirps(32000, 5.0), np.zeros(160000), np.full(160000, 0.1)]).astype(np.float32)
    network = {"file": "perch.onnx", "input": "waveform", "sample_rate_hz": 32000, "window_s": 5.0}
    keys = network | {"hop_s": 5.0, "rule": "clip"} | dict(read_front_end("perch-v2").member)
    table = MemberTable.model_validate(keys)
    centered = windows[0] - windows[0].mean()
    scaled = WaveformScale.of(table).apply(windows)
    np.testing.assert_allclose(scaled[0], centered / np.abs(centered).max() * 0.25, atol=1e-6)
    assert (scaled[1:] == 0).all()


def test_birdnets_sound_is_resampled_as_birdnet_analyzer_does() -> None:
    assert read_front_end("birdnet").member == {"resampler": "kaiser_fast"}


def test_a_narrow_crop_is_a_front_end_too(tmp_path: Path) -> None:
    keys = 'scale = "linear"\nn_fft = 512\nwin_length = 512\nhop_length = 256\nf_min_hz = 300.0\nf_max_hz = 1500.0\n'
    (tmp_path / "frogs.toml").write_text(f"[mel]\n{keys}")
    table = read_front_end(str(tmp_path / "frogs.toml")).mel_table
    assert table is not None
    assert table.image_size(22050, 44100) == (28, 173)
