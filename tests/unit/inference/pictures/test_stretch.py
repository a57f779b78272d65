"""A stretch of a recording holds the samples that decoding from the start gives, and says what is lost of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.inference.audio.opening import open_source
from dawn_chorus.inference.pictures.stretch import Sound, open_sound
from tests.unit.inference.audio_files import WRITERS, Samples, real_sound, write_as, write_sound


@contextmanager
def lent(path: Path) -> Iterator[Sound]:
    facts = path.stat()
    request = {"name": path.name, "size": facts.st_size, "version": [facts.st_ino, facts.st_mtime_ns]}
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with open_sound(request, [descriptor]) as sound:
            yield sound
    finally:
        os.close(descriptor)


def decode(path: Path) -> Samples:
    """Return (n_samples, n_channels), decoded from the start."""
    with open_source(path) as source:
        pieces = source.read_pieces(0, source.length())
        return np.concatenate([piece.samples for piece in pieces])


@pytest.mark.parametrize("name", WRITERS)
def test_a_stretch_is_what_decoding_from_the_start_gives(audio_dir: Path, tmp_path: Path, name: str) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_as(name, tmp_path, samples, rate_hz)
    whole = decode(path)
    first, end = 7 * rate_hz + 11, 9 * rate_hz + 23
    with lent(path) as sound:
        stretch = sound.read(first, end)
    assert (stretch.first, stretch.end, stretch.lost) == (first, end, ())
    np.testing.assert_allclose(stretch.samples, whole[first:end].T, atol=1e-6)


def test_what_is_past_the_end_is_silent_and_lost(audio_dir: Path, tmp_path: Path) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_sound(tmp_path / "sound.wav", samples, rate_hz)
    n_samples = len(samples)
    with lent(path) as sound:
        stretch = sound.read(n_samples - 100, n_samples + 50)
    assert stretch.lost == ((n_samples, n_samples + 50),)
    assert not stretch.samples[:, 100:].any()


def test_samples_that_are_no_numbers_are_silent_and_lost(tmp_path: Path) -> None:
    samples = np.full((1000, 2), 0.25, np.float32)
    samples[100, 0], samples[101, 1] = np.nan, 1e20
    path = write_sound(tmp_path / "sound.wav", samples, 8000, coding="FLOAT")
    with lent(path) as sound:
        stretch = sound.read(50, 200)
    assert stretch.lost == ((100, 102),)
    assert np.abs(stretch.samples).max() == np.float32(0.25)
