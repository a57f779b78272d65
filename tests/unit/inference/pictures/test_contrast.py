"""The contrast of a recording is that of its sound, not that of what a codec or a filter left empty."""

from pathlib import Path

import numpy as np

from dawn_chorus.inference.pictures.contrast import LEAST_DB, MOST_DB, Contrast, measure_contrast
from tests.unit.inference.audio_files import Samples, write_sound
from tests.unit.inference.lent_files import lent_file

RATE_HZ = 48000


def contrast_of(path: Path, channel: int | None = None) -> Contrast:
    with lent_file(path) as sound:
        return measure_contrast(sound, sound.n_samples / sound.sample_rate_hz, channel)


def noise(duration_s: float, level: float = 0.01) -> Samples:
    return np.random.default_rng(0).normal(0, level, round(duration_s * RATE_HZ)).astype(np.float32)


def band_limited(samples: Samples, up_to_hz: float) -> Samples:
    spectrum = np.fft.rfft(samples)
    spectrum[round(up_to_hz * len(samples) / RATE_HZ) :] = 0
    return np.fft.irfft(spectrum).astype(np.float32)


def test_louder_sound_has_the_same_contrast_higher_up(tmp_path: Path) -> None:
    quiet = contrast_of(write_sound(tmp_path / "quiet.wav", noise(20, 0.01), RATE_HZ, coding="FLOAT"))
    loud = contrast_of(write_sound(tmp_path / "loud.wav", noise(20, 0.1), RATE_HZ, coding="FLOAT"))
    assert abs(loud.low_db - quiet.low_db - 20) <= 1
    assert abs(loud.high_db - quiet.high_db - 20) <= 1


def test_what_a_filter_left_empty_does_not_count(tmp_path: Path) -> None:
    whole = contrast_of(write_sound(tmp_path / "whole.wav", noise(10), RATE_HZ, coding="FLOAT"))
    limited = contrast_of(write_sound(tmp_path / "band.wav", band_limited(noise(10), 11000), RATE_HZ, coding="FLOAT"))
    assert abs(limited.low_db - whole.low_db) <= 1


def test_silence_and_a_recording_with_silent_parts_have_a_contrast(tmp_path: Path) -> None:
    silence = contrast_of(write_sound(tmp_path / "silence.wav", np.zeros(RATE_HZ, np.float32), RATE_HZ))
    assert silence.high_db - silence.low_db == LEAST_DB
    half = np.concatenate([noise(20), np.zeros(20 * RATE_HZ, np.float32)])
    pulled = contrast_of(write_sound(tmp_path / "pulled.wav", half, RATE_HZ))
    assert pulled.high_db - pulled.low_db <= MOST_DB


def test_the_shortest_recording_has_one(tmp_path: Path) -> None:
    found = contrast_of(write_sound(tmp_path / "short.wav", noise(0.01), RATE_HZ))
    assert found.low_db < found.high_db <= 0


def test_the_loudest_channel_is_found_whichever_is_shown(tmp_path: Path) -> None:
    channels = np.stack([noise(5, 0.01), noise(5, 0.05), noise(5, 0.002)], axis=1)
    path = write_sound(tmp_path / "three.flac", channels, RATE_HZ)
    assert [contrast_of(path, shown).loudest for shown in (None, 1, 3)] == [2, 2, 2]
