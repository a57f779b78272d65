"""Networks with time first, as those trained on PANNs' front end: frames come before mels, with and without an axis for
the channel, and each says who sings in each frame."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import librosa
import numpy as np

from tests.foreign_networks.foreign import Array, Foreign, run, sigmoid, write_lines
from tests.foreign_networks.graphs import Graph, hear_image

N_FRAMES, N_MELS, STEPS = 501, 64, 10
LABELS = (
    "Turdus merula_Eurasian Blackbird",
    "Erithacus rubecula_European Robin",
    "Hyla arborea_European Tree Frog",
    "Tettigonia cantans_Upland Green Bush-Cricket",
)
FRONT_END = """\
layout = "time_major"
channel_axis = "{axis}"

[mel]
n_fft = 1024
win_length = 1024
hop_length = 320
n_mels = 64
f_min_hz = 50.0
f_max_hz = 14000.0
mel_scale = "slaney"
mel_norm = "slaney"
log = "db"
normalize = "none"
"""
TO_IMAGE: dict[str, Callable[[Graph], str]] = {
    "first": lambda graph: graph.add("Transpose", "melspec", perm=[0, 1, 3, 2]),
    "none": lambda graph: graph.add("Unsqueeze", graph.add("Transpose", "melspec", perm=[0, 2, 1]), np.array([1])),
    "last": lambda graph: graph.add("Transpose", "melspec", perm=[0, 3, 2, 1]),
}
SHAPES: dict[str, list[int | str]] = {
    "first": [1, N_FRAMES, N_MELS],
    "none": [N_FRAMES, N_MELS],
    "last": [N_FRAMES, N_MELS, 1],
}


def _write(folder: Path, axis: str, frames_axis: int) -> None:
    graph = Graph(seed=5)
    scaled = graph.add("Mul", TO_IMAGE[axis](graph), np.array(0.05, np.float32))
    hidden = hear_image(graph, scaled, (1, N_MELS, N_FRAMES), steps=STEPS, scale=2.0)
    by_frame = graph.add("MatMul", graph.add("Transpose", hidden, perm=[0, 2, 1]), graph.normal(1.0, 12, len(LABELS)))
    graph.add("Transpose", by_frame, to="framewise", perm=[0, 1, 2] if frames_axis == 1 else [0, 2, 1])
    gives: list[int | str] = ["N", STEPS, len(LABELS)] if frames_axis == 1 else ["N", len(LABELS), STEPS]
    graph.save(folder / "sed.onnx", ("melspec", ["N", *SHAPES[axis]]), {"framewise": gives})
    write_lines(folder / "labels.txt", LABELS)
    (folder / "panns.toml").write_text(FRONT_END.format(axis=axis))


def _image(window: Array) -> Array:
    """Return (frames, mels)."""
    power = librosa.feature.melspectrogram(
        y=window, sr=32000, n_fft=1024, hop_length=320, n_mels=64, fmin=50, fmax=14000, pad_mode="reflect"
    )
    return np.asarray(10 * np.log10(np.maximum(power, 1e-10)).T, np.float32)


def _score(folder: Path, windows: Array, axis: str, frames_axis: int) -> Array:
    images = np.stack([_image(window) for window in windows]).reshape(len(windows), *map(int, SHAPES[axis]))
    return sigmoid(run(folder / "sed.onnx", images, "framewise").max(axis=frames_axis))


def _make(axis: str, frames_axis: int) -> Foreign:
    return Foreign(
        name=f"time-major-{axis}",
        write=partial(_write, axis=axis, frames_axis=frames_axis),
        file="sed.onnx",
        options="--labels labels.txt --sample-rate 32000 --window 5 --activation sigmoid --front-end panns.toml",
        sample_rate_hz=32000,
        window_s=5.0,
        score=partial(_score, axis=axis, frames_axis=frames_axis),
        labels="labels.txt",
    )


TIME_MAJOR = (_make("first", 2), _make("none", 1), _make("last", 2))
