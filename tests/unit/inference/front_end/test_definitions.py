"""Steps of a front end against the functions by which models/PACKS.md defines them."""

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd
from dawn_chorus.inference.front_end.sizing import fill_channels, resize_matrix
from dawn_chorus.inference.packs.mel_table import MelTable

RATE_HZ = 16000
LINEAR = {"scale": "linear", "f_min_hz": 0.0, "f_max_hz": 8000.0, "log": "none", "normalize": "none"}
FRAMES = {"n_fft": 512, "win_length": 512, "hop_length": 256}
MEL = FRAMES | {"n_mels": 40, "f_min_hz": 0.0, "f_max_hz": 8000.0, "normalize": "none"}
FROM_TORCH = {
    ("bilinear", 3): [0.3333, 4.0, 13.6667],
    ("bilinear", 8): [0.0, 0.4375, 1.1875, 3.0625, 5.5625, 8.6875, 12.9375, 16.0],
    ("bicubic", 4): [0.0737, 1.8613, 6.627, 15.3198],
    ("bicubic", 8): [-0.0928, 0.1876, 1.1765, 2.6194, 5.4417, 8.4714, 13.3951, 16.6498],
    ("nearest", 4): [0.0, 1.0, 4.0, 9.0],
    ("nearest", 8): [0.0, 0.0, 1.0, 1.0, 4.0, 9.0, 9.0, 16.0],
    ("bilinear_antialias", 3): [0.4286, 4.4444, 13.0],
    ("bilinear_antialias", 4): [0.25, 2.25, 6.9167, 14.25],
}
"""What torch 2.14's `interpolate` makes of 0, 1, 4, 9, 16 with align_corners=False."""


def sound(gain: float = 0.1) -> NDArray[np.float32]:
    """Return a second of noise that grows, around a mean that is not 0."""
    noise = np.random.default_rng(0).normal(0.2, 1.0, RATE_HZ) * np.linspace(0.1, 1, RATE_HZ)
    return (gain * noise).astype(np.float32)


def image_of(keys: dict[str, Any], waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (height, width) of the first channel."""
    image: NDArray[np.float32] = MelFrontEnd(MelTable.model_validate(keys), RATE_HZ).images(waveform[None], None)[0, 0]
    return image


@pytest.mark.parametrize("scaling", ["spectrum", "density"])
@pytest.mark.parametrize("window", ["hann", "hamming"])
@pytest.mark.parametrize("n_fft", [512, 511])
def test_a_linear_spectrogram_is_scipys(scaling: str, window: str, n_fft: int) -> None:
    frames = {"n_fft": n_fft, "win_length": n_fft, "hop_length": 200, "center": False, "detrend": True}
    image = image_of(LINEAR | frames | {"power_scale": scaling, "window": window}, sound())
    _, _, expected = scipy.signal.spectrogram(
        sound().astype(np.float64), RATE_HZ, window, n_fft, n_fft - 200, scaling=scaling, detrend="constant"
    )
    np.testing.assert_allclose(image, expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_bins_that_hold_nothing_beside_a_loud_tone_are_silent() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ).astype(np.float32)
    frames = {"n_fft": 2048, "win_length": 2048, "hop_length": 2048, "center": False}
    image = image_of(LINEAR | frames | {"log": "db"}, tone)
    window = scipy.signal.get_window("hann", 2048)
    power = np.abs(np.fft.rfft(tone[: 7 * 2048].reshape(7, 2048).astype(np.float64) * window)) ** 2
    np.testing.assert_allclose(image, 10 * np.log10(np.maximum(power, 1e-10)).T, atol=0.1)


def test_a_crop_holds_the_bins_at_both_of_its_frequencies() -> None:
    whole = image_of(LINEAR | FRAMES, sound())
    crop = image_of(LINEAR | FRAMES | {"f_min_hz": 31.25 * 10, "f_max_hz": 31.25 * 12}, sound())
    np.testing.assert_array_equal(crop, whole[10:13])


def test_decibels_below_the_loudest_are_librosas() -> None:
    image = image_of(MEL | {"reference": "max", "top_db": 30.0}, sound())
    power = librosa.feature.melspectrogram(
        y=sound(), sr=RATE_HZ, n_fft=512, hop_length=256, n_mels=40, htk=True, norm=None, pad_mode="reflect"
    )
    np.testing.assert_allclose(image, librosa.power_to_db(power, ref=np.max, top_db=30.0), atol=1e-3)
    assert image.max() == 0.0
    assert image.min() == -30.0


@pytest.mark.parametrize("pcen", [{}, {"bias": 0.0}, {"power": 0.0}, {"gain": 0.8, "bias": 10.0, "power": 0.25}])
def test_pcen_is_librosas(pcen: dict[str, Any]) -> None:
    waveform = sound(1.0)
    waveform[4000:8000] = 0.0
    keys = pcen | {"time_constant_s": 0.06, "input_gain": 2.0**31}
    image = image_of(MEL | {"log": "pcen", "pcen": keys}, waveform)
    power = librosa.feature.melspectrogram(
        y=waveform, sr=RATE_HZ, n_fft=512, hop_length=256, n_mels=40, htk=True, norm=None, pad_mode="reflect"
    )
    with np.errstate(divide="ignore"):
        expected = librosa.pcen(power * 2**31, sr=RATE_HZ, hop_length=256, time_constant=0.06, **pcen)
    np.testing.assert_allclose(image, expected, rtol=1e-3, atol=1e-4)


def test_deltas_are_librosas() -> None:
    table = MelTable.model_validate(MEL | {"channels": 3, "channel_content": "deltas", "delta_width": 7})
    first, delta, second = MelFrontEnd(table, RATE_HZ).images(sound()[None], None)[0]
    np.testing.assert_allclose(delta, librosa.feature.delta(first, width=7), atol=1e-4)
    np.testing.assert_allclose(second, librosa.feature.delta(first, width=7, order=2), atol=1e-4)


@pytest.mark.parametrize(("method", "size"), FROM_TORCH)
def test_resizing_is_torchs(method: str, size: int) -> None:
    line = np.array([0, 1, 4, 9, 16], np.float32)
    np.testing.assert_allclose(resize_matrix(5, size, method) @ line, FROM_TORCH[method, size], atol=1e-4)


def test_an_image_is_flipped_resized_and_centered_by_channel() -> None:
    keys = {"flip": True, "resize": [2, 2], "resize_method": "nearest", "channels": 2, "mean": [1.0, 0.0], "std": [2.0]}
    channels = np.empty((2, 2, 2), np.float32)
    fill_channels(channels, np.arange(16, dtype=np.float32).reshape(4, 4), MelTable.model_validate(MEL | keys))
    assert channels.tolist() == [[[5.5, 6.5], [1.5, 2.5]], [[6.0, 7.0], [2.0, 3.0]]]


def test_the_loudest_point_of_the_recording_counts_for_all_windows() -> None:
    keys = MEL | {"reference": "max", "top_db": 80.0, "normalize_scope": "recording"}
    front_end = MelFrontEnd(MelTable.model_validate(keys), RATE_HZ)
    recording = np.concatenate([sound(0.01), sound(1.0)])
    soft, loud = front_end.images(recording.reshape(2, -1), front_end.segment_statistics(recording))
    assert soft.max() == pytest.approx(-40, abs=0.5)
    assert loud.max() == pytest.approx(0, abs=0.5)
