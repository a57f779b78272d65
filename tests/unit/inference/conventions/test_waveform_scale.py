"""Windows without their mean and as loud as a network was trained on, each on its own."""

import numpy as np
import pytest

from dawn_chorus.inference.conventions.waveform_scale import WaveformScale

SOUND = np.random.default_rng(0).normal(0.05, 0.1, (4, 1000)).astype(np.float32)


def test_the_mean_goes_before_the_peak_is_set() -> None:
    scaled = WaveformScale(remove_mean=True, peak=0.25).apply(SOUND)
    centered = SOUND.astype(np.float64) - SOUND.mean(axis=1, keepdims=True, dtype=np.float64)
    expected = 0.25 * centered / np.abs(centered).max(axis=1, keepdims=True)
    np.testing.assert_allclose(scaled, expected, atol=1e-7)
    np.testing.assert_array_equal(np.abs(scaled).max(axis=1), np.float32(0.25))


@pytest.mark.parametrize("scale", [WaveformScale(True, 0.25), WaveformScale(False, 1.0), WaveformScale(True, None)])
def test_windows_are_not_written_to_as_they_may_be_views_of_the_recording(scale: WaveformScale) -> None:
    windows = SOUND.copy()
    windows.flags.writeable = False
    scaled = scale.apply(windows)
    assert not np.shares_memory(scaled, windows)
    np.testing.assert_array_equal(windows, SOUND)


def test_what_keeps_its_size_is_not_copied() -> None:
    assert WaveformScale(remove_mean=False, peak=None).apply(SOUND) is SOUND


@pytest.mark.parametrize("level", [0.0, 0.1, -0.3, 1 / 3])
def test_silence_stays_silence_with_and_without_an_offset(level: float) -> None:
    silence = np.full((2, 777), level, np.float32)
    scaled = WaveformScale(remove_mean=True, peak=0.25).apply(silence)
    np.testing.assert_array_equal(scaled, 0.0)


def test_the_faintest_sound_reaches_the_peak_without_overflow() -> None:
    faint = np.array([[0.0, 1e-44, -1e-44, 0.0]], np.float32)
    np.testing.assert_array_equal(WaveformScale(False, 1.0).apply(faint), [[0.0, 1.0, -1.0, 0.0]])


def test_a_window_does_not_depend_on_its_neighbors() -> None:
    scale = WaveformScale(remove_mean=True, peak=0.25)
    np.testing.assert_array_equal(scale.apply(SOUND)[2], scale.apply(SOUND[2:3])[0])
