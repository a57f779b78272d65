"""Clips as they are read for training."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from cachetools import cached

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
    cache = make_cache(most_bytes=4 * 6000)
    load = cached(cache)(lambda path: load_clip(path, 8000))
    for path in clips:
        load(path)
    assert 4 * 3000 <= cache.currsize <= 4 * 6000, "of 10,000 samples"


def test_a_clip_that_is_too_large_to_keep_is_read_all_the_same(clips: list[Path]) -> None:
    cache = make_cache(most_bytes=4 * 999)
    assert cached(cache)(lambda path: load_clip(path, 8000))(clips[0]).shape == (1000,)
    assert cache.currsize == 0
