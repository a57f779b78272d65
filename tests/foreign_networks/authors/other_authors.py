"""Others: PCEN with its deltas as channels, and probabilities that need no sigmoid."""

from pathlib import Path

import librosa
import numpy as np

from tests.foreign_networks.foreign import Array, Foreign, run, write_lines
from tests.foreign_networks.graphs import Graph, decide, hear_image

CODES = ("swathr", "veery", "grcthr", "woothr", "amerob")
RATE_HZ, N_FRAMES = 24000, 201
FRONT_END = """\
[mel]
n_fft = 512
win_length = 480
hop_length = 240
n_mels = 40
f_min_hz = 2000.0
f_max_hz = 11000.0
power = 1.0
log = "pcen"
normalize = "none"
pad_mode = "constant"
channels = 3
channel_content = "deltas"

[mel.pcen]
gain = 0.8
bias = 10.0
power = 0.25
time_constant_s = 0.06
input_gain = 2147483648.0
"""


def _write(folder: Path) -> None:
    graph = Graph(seed=6)
    hidden = hear_image(graph, "pcen", (3, 40, N_FRAMES), steps=8, scale=3.0)
    logits = decide(graph, hidden, (12, 8), len(CODES), scale=3.0, to="logits")
    graph.add("Sigmoid", logits, to="probability")
    graph.save(folder / "calls.onnx", ("pcen", ["N", 3, 40, N_FRAMES]), {"probability": ["N", len(CODES)]})
    write_lines(folder / "codes.txt", CODES)
    (folder / "pcen.toml").write_text(FRONT_END)


def _image(window: Array) -> Array:
    mel = librosa.feature.melspectrogram(
        y=window, sr=RATE_HZ, n_fft=512, win_length=480, hop_length=240, n_mels=40, fmin=2000, fmax=11000, power=1.0,
        htk=True, norm=None,
    )  # fmt: skip
    image = librosa.pcen(mel * 2**31, sr=RATE_HZ, hop_length=240, gain=0.8, bias=10, power=0.25, time_constant=0.06)
    return np.stack([image, librosa.feature.delta(image), librosa.feature.delta(image, order=2)]).astype(np.float32)


def _score(folder: Path, windows: Array) -> Array:
    return run(folder / "calls.onnx", np.stack([_image(window) for window in windows]), "probability")


PCEN = Foreign(
    name="pcen-deltas",
    write=_write,
    file="calls.onnx",
    options="--labels codes.txt --sample-rate 24000 --window 2 --kind probs --activation none --front-end pcen.toml",
    sample_rate_hz=RATE_HZ,
    window_s=2.0,
    score=_score,
    codes=CODES,
)
