"""Images → what a network takes: flipped, resized, repeated or derived into channels, and centered in each channel.

Resizing is linear and separable: a sparse matrix for each axis, computed once.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from dawn_chorus.inference.packs.mel_table import MelTable

Array = NDArray[np.float32]
CUBIC = -0.75
"""The coefficient of bicubic interpolation in torch and OpenCV; others use -0.5."""


def fill_channels(channels: Array, image: Array, table: MelTable) -> None:
    """Write an image, (n_frequencies, n_frames), into `channels`, (channels, height, width)."""
    if table.flip:
        image = image[::-1]
    if table.resize is not None and table.resize != image.shape:
        rows, columns = (
            resize_matrix(before, after, table.resize_method)
            for before, after in zip(image.shape, table.resize, strict=True)
        )
        image = (columns @ (rows @ image).T).T
    channels[:] = image
    if table.channel_content == "deltas":
        import scipy.signal  # noqa: PLC0415 - most packs do not need it, and it takes a second to import

        for order in range(1, len(channels)):
            channels[order] = scipy.signal.savgol_filter(image, table.delta_width, polyorder=order, deriv=order)
    if table.mean is not None:
        channels -= _by_channel(table.mean)
    if table.std is not None:
        channels /= _by_channel(table.std)


def _by_channel(values: tuple[float, ...]) -> Array:
    return np.array(values, np.float32)[:, None, None]


@lru_cache
def resize_matrix(before: int, after: int, method: str) -> "scipy.sparse.csr_array":
    """Return the weights of `before` old points in each of `after` new ones, (after, before).

    They are those of torch's `interpolate` with align_corners=False; "bilinear_antialias" is that with antialias=True,
    which is Pillow's resize.
    """
    if method == "nearest":
        # torch multiplies in float32; in float64 another point would be the nearest at times
        sources = np.floor(np.arange(after, dtype=np.float32) * (np.float32(before) / np.float32(after)))
        return _to_matrix(np.minimum(sources.astype(int), before - 1)[:, None], np.ones((after, 1)), before)
    centers = (np.arange(after, dtype=np.float64) + 0.5) * (before / after)
    if method == "bilinear_antialias":
        return _antialiased(centers, max(1.0, before / after), before)
    centers -= 0.5
    if method == "bilinear":
        centers = np.clip(centers, 0, before - 1)
    first = np.floor(centers)
    offsets = np.arange(2) if method == "bilinear" else np.arange(-1, 3)
    sources = first[:, None] + offsets
    distances = np.abs(centers[:, None] - sources)
    weights = 1 - distances if method == "bilinear" else _cubic(distances)
    return _to_matrix(np.clip(sources, 0, before - 1).astype(int), weights, before)


def _cubic(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Keys' cubic convolution; "Cubic convolution interpolation for digital image processing" (1981)."""
    near = ((CUBIC + 2) * distances - (CUBIC + 3)) * distances**2 + 1
    far = CUBIC * (((distances - 5) * distances + 8) * distances - 4)
    return np.where(distances <= 1, near, np.where(distances < 2, far, 0.0))


def _antialiased(centers: NDArray[Any], reach: float, before: int) -> "scipy.sparse.csr_array":
    """Return triangles as wide as the old points that a new one stands for, each of sum 1."""
    weights = np.maximum(0.0, 1 - np.abs(np.arange(before) + 0.5 - centers[:, None]) / reach)
    return scipy.sparse.csr_array((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))


def _to_matrix(sources: NDArray[np.int_], weights: NDArray[np.float64], before: int) -> "scipy.sparse.csr_array":
    matrix = np.zeros((len(sources), before))
    np.add.at(matrix, (np.arange(len(sources))[:, None], sources), weights)
    return scipy.sparse.csr_array(matrix.astype(np.float32))
