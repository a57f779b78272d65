"""A picture holds the levels that were drawn, nearly, and is transparent exactly where there is no sound."""

import io

import av
import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.pictures.spectrogram_grid import ABSENT, COLUMNS, ROWS
from dawn_chorus.inference.pictures.webp import encode_webp


def decode(webp: bytes) -> NDArray[np.uint8]:
    """Return (n_rows, n_columns, 4): red, green, blue, alpha, as browsers have them."""
    frame = next(av.open(io.BytesIO(webp), "r").decode(video=0))
    return frame.reformat(format="rgba").to_ndarray().astype(np.uint8)


def test_black_and_white_are_the_lowest_and_the_highest_level() -> None:
    ramp = np.broadcast_to(np.linspace(1, 255, COLUMNS).astype(np.uint8), (ROWS, COLUMNS))
    picture = decode(encode_webp(ramp)).astype(int)
    assert np.abs(picture[..., :3] - ramp[..., np.newaxis]).max() <= 4
    assert np.abs(picture[..., :3] - ramp[..., np.newaxis]).mean() <= 1
    assert (picture[..., 3] == 255).all()


def test_columns_without_sound_are_transparent_and_no_others() -> None:
    levels = np.random.default_rng(0).integers(1, 256, (ROWS, COLUMNS)).astype(np.uint8)
    levels[:, 100:103] = ABSENT
    levels[:, 400:] = ABSENT
    assert np.array_equal(decode(encode_webp(levels))[..., 3], np.where(levels == ABSENT, 0, 255))


def test_the_same_levels_are_the_same_bytes() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (ROWS, COLUMNS)).astype(np.uint8)
    assert encode_webp(levels) == encode_webp(levels.copy())
