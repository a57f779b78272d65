"""A network shaped like Perch v2: a window of 5 s at 32 kHz, four outputs, of which `label` has 14,795 columns.

Its authors subtract a window's mean, scale its loudest sample to 0.25, and read a softmax over `label`.
"""

from collections import Counter
from pathlib import Path

import numpy as np

from tests.foreign_networks.foreign import Array, Foreign, run, softmax, write_lines
from tests.foreign_networks.graphs import Graph, hear_waveform

N_SAMPLES = 160_000
N_COLUMNS = 14_795
FILE = "perch_v2_like.onnx"
LABELS = tuple("abcdefghijklmnopqrstuvwxyz"[n % 26] + f"perch{n // 3 if n % 101 == 0 else n}" for n in range(N_COLUMNS))
"""As in Perch's list of eBird codes, some stand for several columns."""


def codes_of(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels; equal ones get -2, -3."""
    seen: Counter[str] = Counter()
    found = []
    for label in labels:
        seen[label] += 1
        found.append(label if seen[label] == 1 else f"{label}-{seen[label]}")
    return tuple(found)


def _write(folder: Path) -> None:
    graph = Graph(seed=2)
    levels = hear_waveform(graph, "inputs", N_SAMPLES, steps=4)
    flat = graph.add("Flatten", levels)
    graph.add("Tanh", graph.add("MatMul", flat, graph.normal(0.2, 64, 1536)), to="embedding")
    graph.add("Transpose", levels, to="spectrogram", perm=[0, 2, 1])
    graph.add("MatMul", flat, graph.normal(1.5, 64, N_COLUMNS), to="label")
    gives: dict[str, list[int | str]] = {
        "embedding": ["batch", 1536],
        "spectrogram": ["batch", 4, 16],
        "label": ["batch", N_COLUMNS],
    }
    graph.save(folder / FILE, ("inputs", ["batch", N_SAMPLES]), gives)
    write_lines(folder / "labels.csv", ["ebird2021", *LABELS])


def _score(folder: Path, windows: Array) -> Array:
    windows = windows - windows.mean(axis=1, keepdims=True)
    peaks = np.abs(windows).max(axis=1, keepdims=True)
    windows = np.where(peaks > 0, 0.25 * windows / np.where(peaks > 0, peaks, 1), windows).astype(np.float32)
    return softmax(run(folder / FILE, windows, "label"))


PERCH = Foreign(
    name="perch-like",
    write=_write,
    file=FILE,
    options="--labels labels.csv --sample-rate 32000 --window 5 --activation softmax --output label "
    "--front-end perch-v2",
    sample_rate_hz=32000,
    window_s=5.0,
    score=_score,
    codes=codes_of(LABELS),
    floor=5e-4,
)
