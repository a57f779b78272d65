"""CNNs of OpenSoundscape: a linear spectrogram up to 11,025 Hz as an image of 224 × 224 points, of two generations.

Sources: `spectrogram.py` of opensoundscape 0.13 (torchaudio's power), and what stands in `scipy_legacy_spectrogram.py`
now and was used up to 0.12 (scipy's); in both `Spectrogram.bandpass`, `to_image`, and `scale_tensor` with 0.5 and 0.5.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.signal

from tests.foreign_networks.foreign import Array, Foreign, run, sigmoid, write_lines
from tests.foreign_networks.graphs import Graph, decide, hear_image

RATE_HZ = 32000
NAMES = ("Rana sierrae", "Bonasa umbellus", "Setophaga virens", "Catharus ustulatus", "Vireo olivaceus", "Strix varia")


def bilinear(image: Array, height: int, width: int) -> Array:
    """Return the image resized as torch's `interpolate` does it, without aligned corners and without smoothing."""
    for axis, size in ((0, height), (1, width)):
        n = image.shape[axis]
        position = np.maximum((np.arange(size) + 0.5) * n / size - 0.5, 0)
        left = position.astype(int)
        share = np.expand_dims(position - left, 1 - axis)
        after = np.take(image, np.minimum(left + 1, n - 1), axis)
        image = np.take(image, left, axis) * (1 - share) + after * share
    return image


def _to_tensor(decibels: Array, frequencies: Array, low: float, high: float) -> Array:
    """Return (1, 224, 224) in [−1, 1]: cropped at 11,025 Hz, mapped from `low` and `high`, upside down, resized."""
    cropped = decibels[: int(np.abs(frequencies - 11025).argmin()) + 1]
    image = np.clip((cropped - low) / (high - low), 0, 1)[::-1]
    return np.asarray((bilinear(image, 224, 224)[None] - 0.5) / 0.5, np.float32)


def _legacy_image(window: Array) -> Array:
    frequencies, _, power = scipy.signal.spectrogram(
        window, RATE_HZ, "hann", nperseg=512, noverlap=256, scaling="spectrum"
    )
    decibels = np.full(power.shape, -np.inf)
    np.log10(power, where=power > 0, out=decibels)
    return _to_tensor(10 * decibels, frequencies, -100, -20)


def _image(window: Array) -> Array:
    hann = scipy.signal.get_window("hann", 512)
    frames = np.lib.stride_tricks.sliding_window_view(window.astype(np.float64), 512)[::256]
    power = np.abs(np.fft.rfft(frames * hann)).T ** 2 / 512
    return _to_tensor(10 * np.log10(power + 1e-10), np.fft.rfftfreq(512, 1 / RATE_HZ), -80, 0)


def _write(folder: Path) -> None:
    graph = Graph(seed=3)
    hidden = hear_image(graph, "samples", (1, 224, 224), steps=7)
    decide(graph, hidden, (12, 7), len(NAMES), scale=3.0, to="class_logits")
    graph.save(folder / "cnn.onnx", ("samples", ["n", 1, 224, 224]), {"class_logits": ["n", len(NAMES)]})
    write_lines(folder / "classes.txt", NAMES)


def _score(folder: Path, windows: Array) -> Array:
    return sigmoid(run(folder / "cnn.onnx", np.stack([_image(window) for window in windows]), "class_logits"))


def _legacy_score(folder: Path, windows: Array) -> Array:
    return sigmoid(run(folder / "cnn.onnx", np.stack([_legacy_image(window) for window in windows]), "class_logits"))


def _make(name: str, score: Callable[[Path, Array], Array]) -> Foreign:
    return Foreign(
        name=name,
        write=_write,
        file="cnn.onnx",
        options=f"--labels classes.txt --sample-rate 32000 --window 3 --activation sigmoid --front-end {name}",
        sample_rate_hz=RATE_HZ,
        window_s=3.0,
        score=score,
        labels="classes.txt",
    )


OPENSOUNDSCAPE = (_make("opensoundscape", _score), _make("opensoundscape-0.12", _legacy_score))
