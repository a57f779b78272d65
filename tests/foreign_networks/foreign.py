"""A network that somebody exported, how it is imported, and what its author makes of a recording."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import onnxruntime
import soundfile
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Foreign:
    """What an author publishes, and the command that imports it."""

    name: str
    write: Callable[[Path], None]
    """Writes the network and what comes with it into a folder."""
    file: str
    """Of the network; "" for a pack that its author wrote by hand, `pack.toml` included, and that is only sealed."""
    options: str
    """Of `chorus models import`, typed in that folder; without --out and --name."""
    sample_rate_hz: int
    window_s: float
    codes: tuple[str, ...] = ()
    """Of the taxa, in the order of the columns; (): the names in `labels`, as codes."""
    labels: str = ""
    """A file of `Scientific_Common` lines."""
    resampler: str = "soxr_hq"
    """What librosa is told to load recordings with."""
    floor: float = 0.0
    """Thousands of taxa that are hardly there take the service minutes: it stores those that reach this anywhere."""
    score: Callable[[Path, Array], Array] | None = None
    """The author's own code: the folder and windows, (n_windows, n_samples), to scores, (n_windows, n_columns)."""
    hop_s: float | None = None
    """None: as long as the window."""

    @property
    def step_s(self) -> float:
        return self.hop_s or self.window_s

    def read(self, folder: Path, recording: Path) -> Array:
        """Return the author's scores of a recording, (n_windows, n_columns)."""
        assert self.score is not None
        return self.score(folder, self.cut(recording))

    def cut(self, recording: Path) -> Array:
        """Return the windows of a recording, (n_windows, n_samples), each around its step."""
        before = (self.window_s - self.step_s) / 2
        starts = [k * self.step_s - before for k in range(count_windows(recording, self.step_s))]
        return cut_windows(recording, starts, self.window_s, self.sample_rate_hz, self.resampler)

    def codes_in(self, folder: Path) -> tuple[str, ...]:
        """Return the codes of the columns."""
        return self.codes or tuple(map(dashed, (folder / self.labels).read_text("utf-8").splitlines()))


def dashed(label: str) -> str:
    """Return the scientific name of a label as a code: `turdus-merula`."""
    return re.sub("[^a-z0-9]+", "-", label.split("_", maxsplit=1)[0].lower()).strip("-")


def count_windows(recording: Path, step_s: float) -> int:
    return math.ceil(float(soundfile.info(recording).duration) / step_s)


def cut_windows(
    recording: Path, starts_s: Sequence[float], window_s: float, rate_hz: int, resampler: str = "soxr_hq"
) -> Array:
    """Return the windows that start there, (n_windows, n_samples); beyond the edges of the recording is silence."""
    waveform = _load(recording, rate_hz, resampler)
    reach, size = round(2 * window_s * rate_hz), round(window_s * rate_hz)
    padded = np.pad(waveform, reach)
    firsts = [round(start_s * rate_hz) + reach for start_s in starts_s]
    return np.stack([padded[first : first + size] for first in firsts])


@lru_cache
def _load(recording: Path, rate_hz: int, resampler: str) -> Array:
    return np.asarray(librosa.load(recording, sr=rate_hz, res_type=resampler)[0])


def run(network: Path, inputs: Array, output: str, *, batch: int | None = None) -> Array:
    """Run the author's file; `batch`: so many windows at a time, the last ones filled up with silence."""
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    if batch is None:
        return np.asarray(session.run([output], {name: inputs})[0])
    found = []
    for first in range(0, len(inputs), batch):
        part = inputs[first : first + batch]
        filled = np.concatenate([part, np.zeros((batch - len(part), *part.shape[1:]), np.float32)])
        found.append(session.run([output], {name: filled})[0][: len(part)])
    return np.concatenate(found)


def sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits.astype(np.float64))), np.float32)


def softmax(logits: Array) -> Array:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), np.float32)


def write_lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("\n".join(lines) + "\n", "utf-8")
