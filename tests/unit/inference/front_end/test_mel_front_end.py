"""Mel images against librosa, which equals torchaudio, on the front ends of real ensembles."""

from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from dawn_chorus.inference.front_end.mel_front_end import MelFrontEnd
from dawn_chorus.inference.packs.mel_table import MelTable

FIRST = {"n_fft": 4096, "win_length": 4096, "hop_length": 1252, "n_frames": 512, "n_mels": 224, "f_max_hz": 16000.0}
SECOND = {"n_fft": 2048, "win_length": 2048, "hop_length": 512, "n_frames": 313, "n_mels": 128, "f_max_hz": 16000.0}


def table_of(settings: dict[str, Any], **changes: Any) -> MelTable:
    return MelTable.model_validate({"f_min_hz": 0.0, "top_db": 80.0, "normalize": "none"} | settings | changes)


def noise(duration_s: float, gain: float = 0.3) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(0, gain, round(duration_s * 32000)).astype(np.float32)


def image_of(table: MelTable, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (channels, n_mels, n_frames)."""
    image: NDArray[np.float32] = MelFrontEnd(table, 32000).images(waveform[None], None)[0]
    return image


@pytest.mark.parametrize(("settings", "duration_s"), [(FIRST, 20.0), (SECOND, 5.0)])
def test_decibels_equal_librosas(settings: dict[str, Any], duration_s: float) -> None:
    waveform = noise(duration_s)
    waveform[1000:40000] = 0.0
    power = librosa.feature.melspectrogram(
        y=waveform.astype(np.float64),
        sr=32000,
        n_fft=settings["n_fft"],
        hop_length=settings["hop_length"],
        n_mels=settings["n_mels"],
        fmax=16000.0,
        htk=True,
        norm=None,
        pad_mode="reflect",
    )
    expected = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=80.0)
    assert expected.shape[1] == settings["n_frames"]
    np.testing.assert_allclose(image_of(table_of(settings), waveform)[0], expected, atol=1e-3)


def test_minmax_spans_zero_to_one() -> None:
    image = image_of(table_of(SECOND, normalize="minmax", channels=3), noise(5.0))
    assert image.shape == (3, 128, 313)
    assert (image[0] == image[2]).all()
    assert image.min() == 0.0
    assert image.max() == pytest.approx(1.0)


def test_standard_has_mean_zero_and_deviation_one() -> None:
    image = image_of(table_of(SECOND, normalize="standard"), noise(5.0))
    assert image.mean() == pytest.approx(0.0, abs=1e-4)
    assert image.std() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("normalize", ["minmax", "standard"])
def test_silence_is_a_dark_image(normalize: str) -> None:
    image = image_of(table_of(SECOND, normalize=normalize), np.zeros(160000, np.float32))
    assert np.isfinite(image).all()
    assert np.abs(image).max() < 1e-3


def test_minmax_of_decibels_is_independent_of_the_gain() -> None:
    table = table_of(FIRST, normalize="minmax")
    loud, soft = image_of(table, noise(20.0, 0.3)), image_of(table, noise(20.0, 0.003))
    np.testing.assert_allclose(soft, loud, atol=1e-4)


def test_a_windows_image_does_not_depend_on_its_neighbors() -> None:
    front_end = MelFrontEnd(table_of(SECOND, normalize="minmax"), 32000)
    soft, loud = noise(5.0, 0.001), noise(5.0, 0.9)
    together = front_end.images(np.stack([soft, loud]), None)
    np.testing.assert_array_equal(together[0], front_end.images(soft[None], None)[0])


@pytest.mark.parametrize(("n_frames", "kept"), [(300, 300), (320, 313)])
def test_power_is_cut_or_padded_with_zeros(n_frames: int, kept: int) -> None:
    whole = image_of(table_of(SECOND, top_db=None), noise(5.0))
    fitted = image_of(table_of(SECOND, top_db=None, n_frames=n_frames), noise(5.0))
    assert fitted.shape[2] == n_frames
    np.testing.assert_array_equal(fitted[:, :, :kept], whole[:, :, :kept])
    np.testing.assert_allclose(fitted[:, :, kept:], -100.0, rtol=1e-6)


def test_frames_that_are_cut_off_do_not_affect_the_normalization() -> None:
    waveform = noise(5.0, 0.001)
    waveform[-8000:] = noise(0.25, 0.9)
    image = image_of(table_of(SECOND, normalize="minmax", n_frames=280), waveform)
    assert image.max() == pytest.approx(1.0)


def test_recording_scope_normalizes_by_the_loudest_of_the_segment() -> None:
    front_end = MelFrontEnd(table_of(SECOND, normalize="minmax", normalize_scope="recording"), 32000)
    segment = np.concatenate([noise(5.0, 0.001), noise(5.0, 0.9)])
    statistics = front_end.segment_statistics(segment)
    soft, loud = front_end.images(segment.reshape(2, -1), statistics)
    assert soft.max() < 0.5
    assert loud.max() == pytest.approx(1.0, abs=0.05)
