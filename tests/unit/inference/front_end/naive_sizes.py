"""A slow and literal reading of the last steps of [member.mel]: flip, size, channels; no code of the service."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]


def flipped_resized_channels(image: Image, mel: dict[str, Any]) -> Image:
    """Return (channels, height, width)."""
    if mel["flip"]:
        image = np.flipud(image)
    if mel["resize"] is not None:
        height, width = mel["resize"]
        rows = np.array([resized(column, height, mel["resize_method"]) for column in image.T]).T
        image = np.array([resized(row, width, mel["resize_method"]) for row in rows])
    channels = [image] * mel["channels"]
    if mel["channel_content"] == "deltas":
        channels = [derivative(image, order, mel["delta_width"]) for order in range(mel["channels"])]
    means, stds = (list(values) * (mel["channels"] // len(values)) for values in (mel["mean"], mel["std"]))
    return np.stack([(channel - mean) / std for channel, mean, std in zip(channels, means, stds, strict=True)])


def resized(line: Image, size: int, method: str) -> Image:
    """Return a line of `size` points; old and new points lie in the middle of equal pieces of one length."""
    return np.array([WAYS[method](line, i, len(line) / size) for i in range(size)])


def nearest(line: Image, i: int, step: float) -> float:
    return float(line[min(len(line) - 1, int(np.float32(i) * np.float32(step)))])


def bilinear(line: Image, i: int, step: float) -> float:
    place = min(max((i + 0.5) * step - 0.5, 0.0), len(line) - 1.0)
    left = math.floor(place)
    right = min(left + 1, len(line) - 1)
    return float(line[left] * (left + 1 - place) + line[right] * (place - left))


def bicubic(line: Image, i: int, step: float) -> float:
    place = (i + 0.5) * step - 0.5
    total = 0.0
    for source in range(math.floor(place) - 1, math.floor(place) + 3):
        d, a = abs(place - source), -0.75
        weight = (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
        total += weight * line[min(max(source, 0), len(line) - 1)]
    return float(total)


def antialiased(line: Image, i: int, step: float) -> float:
    reach = max(1.0, step)
    weights = [max(0.0, 1 - abs(source + 0.5 - (i + 0.5) * step) / reach) for source in range(len(line))]
    return float(np.dot(weights, line) / sum(weights))


WAYS = {"nearest": nearest, "bilinear": bilinear, "bicubic": bicubic, "bilinear_antialias": antialiased}


def derivative(image: Image, order: int, width: int) -> Image:
    """Return that of the polynomial through `width` frames around each; near the ends through the first or last."""
    if order == 0:
        return image
    result = np.zeros_like(image)
    n_frames = image.shape[1]
    for row, line in enumerate(image):
        for frame in range(n_frames):
            first = min(max(frame - width // 2, 0), n_frames - width)
            fit = np.polynomial.Polynomial.fit(range(first, first + width), line[first : first + width], order)
            result[row, frame] = fit.deriv(order)(frame)
    return result
