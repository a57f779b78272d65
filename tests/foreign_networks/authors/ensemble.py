"""An ensemble written by hand from `models/PACKS.md`: a generalist on waveforms, a specialist that takes a taxon over
and tells its probabilities, and a network of frames whose classes compete."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np

from tests.foreign_networks.foreign import (
    Array,
    Foreign,
    count_windows,
    cut_windows,
    run,
    sigmoid,
    softmax,
    write_lines,
)
from tests.foreign_networks.graphs import Graph, decide, hear_image, hear_waveform

CODES = ("wren", "robin", "treefrog", "cricket", "nightjar")
GENERALIST, SPECIALIST, FRAMES = (0, 1, 2, 3, 4), (2, 3), (0, 1, 3)
WEIGHTS = (2.0, 1.0, 0.5)
SHIFTS_S, SHIFT_WEIGHTS, SMOOTHING = (-2.5, 0.0, 2.5), (0.25, 0.5, 0.25), (0.2, 0.6, 0.2)
STEPS = 10
MANIFEST = """\
schema = 2
name = "mixed-ensemble"
version = "1.0.0"
license = "CC0-1.0"
attribution = "nobody"
taxa = "taxa.csv"
frame_s = 0.5

[score]
window_s = 5.0
shifts_s = [-2.5, 0.0, 2.5]
shift_weights = [0.25, 0.5, 0.25]
smoothing = [0.2, 0.6, 0.2]

[[member]]
file = "generalist.onnx"
weight = 2.0
input = "waveform"
input_name = "audio"
sample_rate_hz = 24000
window_s = 5.0
hop_s = 5.0
rule = "clip"
temperature = 1.5
excludes = "taken_over.csv"
remove_mean = true
waveform_scale = "peak"
peak = 0.5

[member.outputs]
clip = "species"

[[member]]
file = "specialist.onnx"
weight = 1.0
input = "mel"
input_name = "image"
sample_rate_hz = 24000
window_s = 3.0
hop_s = 1.0
rule = "clip"
columns = "specialist.csv"
activation = "none"
batch = 4

[member.outputs]
clip = "probability"
kind = "probs"

[member.mel]
n_fft = 1024
win_length = 800
hop_length = 600
n_frames = 100
n_mels = 48
f_min_hz = 500.0
f_max_hz = 12000.0
log = "ln"
amin = 1e-6
normalize = "standard"
window = "hamming"

[[member]]
file = "frames.onnx"
weight = 0.5
input = "mel"
input_name = "spectrogram"
sample_rate_hz = 24000
window_s = 5.0
hop_s = 2.5
rule = "frame_max"
columns = "frames.csv"
activation = "softmax"
temperature = 0.8
layout = "time_major"
channel_axis = "none"

[member.outputs]
frames = "by_frame"
frames_axis = 2

[member.mel]
n_fft = 512
win_length = 512
hop_length = 480
center = false
n_frames = 248
n_mels = 32
f_min_hz = 100.0
f_max_hz = 11000.0
normalize = "minmax"
top_db = 60.0
flip = true
"""


def _write(folder: Path) -> None:
    (folder / "pack.toml").write_text(MANIFEST)
    header = "code,scientific_name,common_name,taxonomic_class"
    write_lines(folder / "taxa.csv", [header, *(f"{code},{code.title()} minor,{code},Aves" for code in CODES)])
    write_lines(folder / "taken_over.csv", ["treefrog"])
    write_lines(folder / "specialist.csv", [CODES[column] for column in SPECIALIST])
    write_lines(folder / "frames.csv", [CODES[column] for column in FRAMES])
    _write_networks(folder)


def _write_networks(folder: Path) -> None:
    graph = Graph(seed=7)
    decide(graph, hear_waveform(graph, "audio", 120_000, steps=5), (16, 5), 5, scale=5.0, to="species")
    graph.save(folder / "generalist.onnx", ("audio", ["n", 120_000]), {"species": ["n", 5]})
    graph = Graph(seed=8)
    hidden = hear_image(graph, "image", (1, 48, 100), steps=5, scale=1.0)
    graph.add("Sigmoid", decide(graph, hidden, (12, 5), 2, scale=3.0, to="logits"), to="probability")
    graph.save(folder / "specialist.onnx", ("image", [4, 1, 48, 100]), {"probability": [4, 2]})
    graph = Graph(seed=9)
    image = graph.add("Unsqueeze", graph.add("Transpose", "spectrogram", perm=[0, 2, 1]), np.array([1]))
    hidden = hear_image(graph, image, (1, 32, 248), steps=STEPS, scale=4.0)
    graph.add("MatMul", graph.normal(1.0, 3, 12), hidden, to="by_frame")
    graph.save(folder / "frames.onnx", ("spectrogram", ["n", 248, 32]), {"by_frame": ["n", 3, STEPS]})


def _hear_generalist(folder: Path, recording: Path, starts_s: Sequence[float]) -> Array:
    windows = cut_windows(recording, starts_s, 5.0, 24000)
    windows = windows - windows.mean(axis=1, keepdims=True)
    windows = windows * 0.5 / np.maximum(np.abs(windows).max(axis=1, keepdims=True), 1e-30)
    return sigmoid(run(folder / "generalist.onnx", windows.astype(np.float32), "species") / np.float32(1.5))


def _hear_specialist(folder: Path, recording: Path, starts_s: Sequence[float]) -> Array:
    """Return the highest of the three windows of 3 s that lie in each 5 s."""
    found = []
    for part in (0.0, 1.0, 2.0):
        images = [_normalized(window) for window in cut_windows(recording, [s + part for s in starts_s], 3.0, 24000)]
        found.append(run(folder / "specialist.onnx", np.stack(images)[:, None], "probability", batch=4))
    return np.asarray(np.max(found, axis=0))


def _normalized(window: Array) -> Array:
    mel = librosa.feature.melspectrogram(
        y=window, sr=24000, n_fft=1024, win_length=800, hop_length=600, n_mels=48, fmin=500, fmax=12000, htk=True,
        norm=None, window="hamming", pad_mode="reflect",
    )  # fmt: skip
    image = np.log(mel[:, :100] + 1e-6)
    return np.asarray((image - image.mean()) / (image.std() + 1e-6), np.float32)


def _hear_frames(folder: Path, recording: Path, starts_s: Sequence[float]) -> Array:
    """Return the highest frame whose center lies in the 5 s; where windows overlap, their frames are averaged."""
    n_windows = count_windows(recording, 5.0)
    rows = [k * 2.5 for k in range(2 * (n_windows - 1) + 1)]
    images = np.stack([_flipped(window) for window in cut_windows(recording, rows, 5.0, 24000)])
    frames = softmax(run(folder / "frames.onnx", images, "by_frame").transpose(0, 2, 1) / np.float32(0.8))
    sums, counts = np.zeros((5 * len(rows) + 5, 3)), np.zeros((5 * len(rows) + 5, 1))
    for number, each in enumerate(frames):
        sums[5 * number : 5 * number + STEPS] += each
        counts[5 * number : 5 * number + STEPS] += 1
    row = sums / counts
    return np.stack([row[round(start_s / 0.5) :][:STEPS].max(axis=0) for start_s in starts_s]).astype(np.float32)


def _flipped(window: Array) -> Array:
    """Return (frames, mels), high frequencies first."""
    mel = librosa.feature.melspectrogram(
        y=window, sr=24000, n_fft=512, hop_length=480, n_mels=32, fmin=100, fmax=11000, htk=True, norm=None,
        center=False,
    )[:, :248]  # fmt: skip
    image = librosa.power_to_db(mel, ref=1.0, amin=1e-10, top_db=60)
    return np.asarray(((image - image.min()) / (image.max() - image.min() + 1e-6))[::-1].T, np.float32)


@dataclass(frozen=True)
class Ensemble(Foreign):
    """Three networks, three views of each window, neighbors mixed in."""

    def read(self, folder: Path, recording: Path) -> Array:
        n_windows = count_windows(recording, 5.0)
        own = np.arange(n_windows) * 5.0
        scores = np.zeros((n_windows, len(CODES)))
        for shift_s, share in zip(SHIFTS_S, SHIFT_WEIGHTS, strict=True):
            inside = (own + shift_s >= 0) & (own + shift_s <= own[-1])
            scores += share * self._average(folder, recording, np.where(inside, own + shift_s, own).tolist())
        # Members are averaged view by view here; it is all linear.
        near = np.pad(scores, ((1, 1), (0, 0)), mode="edge")
        mixed = sum(weight * near[step : step + n_windows] for step, weight in enumerate(SMOOTHING))
        return np.asarray(mixed, np.float32)

    def _average(self, folder: Path, recording: Path, starts_s: Sequence[float]) -> Array:
        sums, weights = np.zeros((len(starts_s), len(CODES))), np.zeros(len(CODES))
        members = ((_hear_generalist, GENERALIST), (_hear_specialist, SPECIALIST), (_hear_frames, FRAMES))
        for (hear, columns), weight in zip(members, WEIGHTS, strict=True):
            heard = hear(folder, recording, starts_s)
            for column, code in enumerate(columns):
                if hear is not _hear_generalist or CODES[code] != "treefrog":
                    sums[:, code] += weight * heard[:, column]
                    weights[code] += weight
        return np.asarray(sums / weights, np.float32)


ENSEMBLE = Ensemble(
    name="mixed-ensemble",
    write=_write,
    file="",
    options="",
    sample_rate_hz=24000,
    window_s=5.0,
    codes=CODES,
)
