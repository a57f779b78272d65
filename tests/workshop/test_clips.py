"""Clips as they are read for training."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.workshop.data.audio import load_clip, make_cache


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.wav" for number in range(4)]
    for number, path in enumerate(paths):
        soundfile.write(path, np.full((1000 * (1 + number), 2), [0.0, 0.5]), 8000, subtype="FLOAT")
    return paths


def test_a_clip_is_read_once_for_each_rate(clips: list[Path]) -> None:
    first = load_clip(clips[0], 8000)
    assert first.shape == (1000,)
    assert first == pytest.approx(0.25)
    clips[0].unlink()
    assert load_clip(clips[0], 8000) is first
    assert load_clip(clips[1], 16_000).shape == (4000,)


def test_clips_that_are_kept_take_no_more_memory_than_they_may(clips: list[Path]) -> None:
    cache = make_cache(most_bytes=4 * 5000)
    for path in clips[:3]:
        cache[path, 8000] = load_clip(path, 8000)
    assert [path for path, _ in cache] == clips[1:3], "the first is forgotten, 6,000 samples are too many"
    assert cache.currsize == 4 * 5000
