"""Exports of Kaggle notebooks: a fixed batch, three channels, the mean and deviation of ImageNet, eBird codes."""

from functools import partial
from pathlib import Path

import librosa
import numpy as np

from tests.foreign_networks.foreign import Array, Foreign, run, sigmoid, write_lines
from tests.foreign_networks.graphs import Graph, decide, hear_image

CODES = ("amecro", "blujay", "bkcchi", "norcar", "carwre", "mallar3", "wooduc", "grbher3", "osprey")
SHAPE = (3, 128, 313)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FRONT_END = f"""\
[mel]
n_fft = 2048
win_length = 2048
hop_length = 512
n_mels = 128
f_min_hz = 40.0
f_max_hz = 15000.0
mel_scale = "slaney"
mel_norm = "slaney"
log = "db"
reference = "max"
top_db = 80.0
normalize = "none"
pad_mode = "constant"
add = 80.0
divide = 80.0
channels = 3
mean = {list(MEAN)}
std = {list(STD)}
"""


def _write(folder: Path, batch: int) -> None:
    graph = Graph(seed=4)
    hidden = hear_image(graph, "input", SHAPE, steps=6, scale=2.0)
    same = graph.add("Reshape", hidden, np.array([batch, 12, 6]))
    decide(graph, same, (12, 6), len(CODES), scale=3.0, to="output")
    graph.save(folder / "model.onnx", ("input", [batch, *SHAPE]), {"output": [batch, len(CODES)]})
    header = "primary_label,inat_taxon_id,scientific_name,common_name,class_name"
    rows = [f'{code},{n},Species {code},"Bird, {code}",Aves' for n, code in enumerate(CODES)]
    write_lines(folder / "taxonomy.csv", [header, *rows])
    (folder / "front_end.toml").write_text(FRONT_END)


def _image(window: Array) -> Array:
    power = librosa.feature.melspectrogram(
        y=window, sr=32000, n_fft=2048, hop_length=512, n_mels=128, fmin=40, fmax=15000
    )
    image = (librosa.power_to_db(power, ref=np.max, top_db=80) + 80) / 80
    return np.asarray((image[None] - np.array(MEAN)[:, None, None]) / np.array(STD)[:, None, None], np.float32)


def _score(folder: Path, windows: Array, batch: int) -> Array:
    images = np.stack([_image(window) for window in windows])
    return sigmoid(run(folder / "model.onnx", images, "output", batch=batch))


OPTIONS = "--labels taxonomy.csv --sample-rate 32000 --window 5 --activation sigmoid --front-end front_end.toml"
KAGGLE = Foreign(
    name="kaggle-one",
    write=partial(_write, batch=1),
    file="model.onnx",
    options=OPTIONS,
    sample_rate_hz=32000,
    window_s=5.0,
    score=partial(_score, batch=1),
    codes=CODES,
)
KAGGLE_EIGHT = Foreign(
    name="kaggle-eight",
    write=partial(_write, batch=8),
    file="model.onnx",
    options=f"{OPTIONS} --hop 2.5",
    sample_rate_hz=32000,
    window_s=5.0,
    hop_s=2.5,
    score=partial(_score, batch=8),
    codes=CODES,
)
