"""Whether a file continues after its declared end: detected while reading, in every format, without measuring it."""

from pathlib import Path

import pytest

from dawn_chorus.inference.audio.probe import measure_duration_s
from dawn_chorus.inference.waveforms.loading import WaveformFormat, load_audio
from tests.unit.inference.audio_files import (
    WRITERS,
    declare_data_bytes,
    declare_flac_samples,
    real_sound,
    write_as,
    write_sound,
)

WANTED = [WaveformFormat(48000, "soxr_hq")]


def goes_on(path: Path, declared_s: float) -> bool:
    return load_audio(path, declared_s - 3.0, declared_s + 1.0, WANTED, duration_s=declared_s).goes_on


@pytest.mark.parametrize("name", WRITERS)
def test_sound_after_the_declared_end_is_detected_in_every_format(audio_dir: Path, tmp_path: Path, name: str) -> None:
    path = write_as(name, tmp_path, *real_sound(audio_dir))
    assert goes_on(path, 7.0)
    assert goes_on(path, measure_duration_s(path) - 0.5)


@pytest.mark.parametrize("name", ["pcm_16.wav", "float.wav", "pcm_16.flac", "vorbis.ogg", "mp3.mp3", "pcm_24.aiff"])
def test_a_file_of_its_declared_length_does_not_go_on(audio_dir: Path, tmp_path: Path, name: str) -> None:
    path = write_as(name, tmp_path, *real_sound(audio_dir))
    assert not goes_on(path, measure_duration_s(path))


def test_a_flac_that_declares_too_little_goes_on(audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = declare_flac_samples(write_sound(tmp_path / "modest.flac", sound, rate_hz), 8 * rate_hz)
    assert goes_on(path, 8.0)


def test_a_wav_that_declares_too_little_goes_on(audio_dir: Path, tmp_path: Path) -> None:
    sound, rate_hz = real_sound(audio_dir)
    path = declare_data_bytes(write_sound(tmp_path / "modest.wav", sound, rate_hz), 8 * rate_hz * 2)
    assert goes_on(path, 8.0)


def test_a_stretch_within_the_declared_length_does_not_go_on(audio_dir: Path, tmp_path: Path) -> None:
    path = write_as("pcm_16.flac", tmp_path, *real_sound(audio_dir))
    assert not load_audio(path, 0.0, 5.0, WANTED, duration_s=7.0).goes_on
