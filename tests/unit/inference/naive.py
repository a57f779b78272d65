"""A slow and literal implementation of the model packs' contract: every window cut and run alone, plain loops.

Shares no code with the service. `waveforms` hold the whole recording, from its start, at every rate a pack needs.
"""

import csv
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from tests.unit.inference.front_end.naive_images import mel_image
from tests.unit.inference.naive_conventions import activate, cut, lay_out, scale

Waveform = NDArray[np.float32]
Rows = list[list[float]]


class NaivePack:
    def __init__(self, folder: Path) -> None:
        self.toml = tomllib.loads((folder / "pack.toml").read_text())
        with (folder / self.toml.get("taxa", "taxa.csv")).open() as file:
            self.codes = [row["code"] for row in csv.DictReader(file)]
        score = self.toml.get("score", {})
        self.scored_s = score.get("window_s", 5.0)
        self.shifts_s = score.get("shifts_s", [0.0])
        self.weights = score.get("shift_weights", [1.0] * len(self.shifts_s))
        self.smoothing = score.get("smoothing", [1.0])
        self.members = [NaiveMember(folder, table, self) for table in self.toml["member"]]

    def score(self, waveforms: dict[int, Waveform], duration_s: float) -> tuple[Rows, Rows | None]:
        """Return window scores [K][n_taxa] and frame scores [n_frames][n_taxa], None without a framewise member."""
        k_count = math.ceil(round(duration_s / self.scored_s, 6))
        windows, frames = [], []
        for member in self.members:
            member.begin(waveforms[member.rate], k_count)
            windows.append([member.view_average(k) for k in range(k_count)])
            frames.append(member.frame_row(duration_s, self.toml.get("frame_s", 0.5)) if member.framewise else None)
        combined = [self.combine([row[k] for row in windows]) for k in range(k_count)]
        smooth = [self.smooth(combined, k) for k in range(k_count)]
        if not any(member.framewise for member in self.members):
            return smooth, None
        n_frames = len(next(row for row in frames if row is not None))
        rows = []
        for i in range(n_frames):
            row = self.combine([None if member is None else member[i] for member in frames])
            k = int(round((i + 0.5) * self.toml.get("frame_s", 0.5) / self.scored_s, 6))
            rows.append([smooth[k][c] if self.frameless(c) else row[c] for c in range(len(self.codes))])
        return smooth, rows

    def frameless(self, taxon: int) -> bool:
        return not any(member.framewise and member.scores(taxon) for member in self.members)

    def combine(self, by_member: list[list[float] | None]) -> list[float]:
        scores = []
        for taxon in range(len(self.codes)):
            above = below = 0.0
            for member, row in zip(self.members, by_member, strict=True):
                if row is not None and member.scores(taxon):
                    above += member.weight * row[member.columns.index(taxon)]
                    below += member.weight
            scores.append(above / below if below else 0.0)
        return scores

    def smooth(self, rows: Rows, k: int) -> list[float]:
        half = len(self.smoothing) // 2
        total = np.zeros(len(self.codes))
        for j, weight in enumerate(self.smoothing):
            total += weight * np.array(rows[min(max(k + j - half, 0), len(rows) - 1)])
        return total.tolist()


class NaiveMember:
    def __init__(self, folder: Path, table: dict[str, Any], pack: NaivePack) -> None:
        self.table, self.pack = table, pack
        self.rate, self.w, self.hop = table["sample_rate_hz"], table["window_s"], table["hop_s"]
        self.weight, self.temperature = table.get("weight", 1.0), table.get("temperature", 1.0)
        self.session = ort.InferenceSession(str(folder / table["file"]), providers=["CPUExecutionProvider"])
        self.outputs = [node.name for node in self.session.get_outputs()]
        self.read_outputs()
        self.framewise = "frames" in self.names
        self.columns = list(range(len(pack.codes)))
        if "columns" in table:
            names = (folder / table["columns"]).read_text().split()
            self.columns = [pack.codes.index(name) for name in names]
        self.excluded: list[int] = []
        if "excludes" in table:
            self.excluded = [pack.codes.index(name) for name in (folder / table["excludes"]).read_text().split()]

    def read_outputs(self) -> None:
        """Find out what the outputs are called, which are logits, and which axis counts frames."""
        self.frames_axis, self.names, self.kinds = 1, {}, {}
        named = self.table.get("outputs")
        if named is not None:
            self.frames_axis = named.get("frames_axis", 1)
            for key in ("clip", "frames"):
                if key in named:
                    self.names[key], self.kinds[key] = named[key], named.get("kind", "logits")
            return
        for name, key in (("frame_logits", "frames"), ("clip_logits", "clip"), ("clip_probs", "clip")):
            if name in self.outputs:
                self.names[key], self.kinds[key] = name, name.split("_")[1]

    def scores(self, taxon: int) -> bool:
        return taxon in self.columns and taxon not in self.excluded

    def begin(self, waveform: Waveform, k_count: int) -> None:
        self.waveform, self.k_count = waveform, k_count
        self.memory: dict[float, dict[str, NDArray[np.float64]]] = {}
        self.placed: set[float] = set()
        if self.table["rule"] == "frame_max":
            self.place_row()

    def audio_starts(self, t: float) -> list[float]:
        """Return where the member's windows for time t begin."""
        if self.w >= self.pack.scored_s:
            return [round(t - (self.w - self.pack.scored_s) / 2, 6)]
        starts, j = [], 0
        while j * self.hop + self.w <= self.pack.scored_s + 1e-9:
            starts.append(round(t + j * self.hop, 6))
            j += 1
        return starts

    def run(self, start: float) -> dict[str, NDArray[np.float64]]:
        """Run one window alone; return probabilities by output name."""
        if start not in self.memory:
            inputs = cut(self.waveform, start, self.w, self.rate)
            inputs = scale(inputs, self.table)
            if self.table["input"] == "mel":
                inputs = mel_image(inputs, self.table["mel"], self.rate, self.waveform)
            inputs = lay_out(inputs, self.table).astype(np.float32)
            batch = [inputs] * (1 if self.table.get("batch", "dynamic") == "dynamic" else self.table["batch"])
            results = self.session.run(None, {self.table.get("input_name", self.table["input"]): np.stack(batch)})
            given = {name: result[0].astype(np.float64) for name, result in zip(self.outputs, results, strict=True)}
            named = {}
            for key, name in self.names.items():
                named[key] = given[name].T if key == "frames" and self.frames_axis == 2 else given[name]
                if self.kinds[key] == "logits":
                    named[key] = activate(named[key] / self.temperature, self.table.get("activation", "sigmoid"))
            self.memory[start] = named
        return self.memory[start]

    def view_average(self, k: int) -> list[float]:
        total = np.zeros(len(self.columns))
        for shift, weight in zip(self.pack.shifts_s, self.pack.weights, strict=True):
            t = k * self.pack.scored_s + shift
            if t < -1e-9 or t > (self.k_count - 1) * self.pack.scored_s + 1e-9:
                t = k * self.pack.scored_s
            total += weight / sum(self.pack.weights) * self.window_score(t)
        return total.tolist()

    def window_score(self, t: float) -> NDArray[np.float64]:
        if self.table["rule"] == "frame_max":
            return self.stitched_max(t)
        self.placed.update(self.audio_starts(t))
        best: NDArray[np.float64] = np.max([self.run(start)["clip"] for start in self.audio_starts(t)], axis=0)
        return best

    def place_row(self) -> None:
        """Run all windows of rule frame_max; collect the frames that share a center."""
        self.stitched: dict[float, list[NDArray[np.float64]]] = {}
        m = 0
        while m * self.hop <= (self.k_count - 1) * self.pack.scored_s + 1e-9:
            self.placed.update(self.audio_starts(m * self.hop))
            m += 1
        for start in sorted(self.placed):
            for i, frame in enumerate(self.run(start)["frames"]):
                self.stitched.setdefault(round(start + self.center(i), 4), []).append(frame)

    def center(self, i: int) -> float:
        n_frames = len(next(iter(self.memory.values()))["frames"])
        step = self.table.get("frame_step_s", self.w / n_frames)
        return float(self.table.get("frame_start_s", 0.0) + (i + 0.5) * step)

    def stitched_max(self, t: float) -> NDArray[np.float64]:
        best = np.zeros(len(self.columns))
        for center, frames in self.stitched.items():
            if t - 1e-6 <= center < t + self.pack.scored_s - 1e-6:
                best = np.maximum(best, np.mean(frames, axis=0))
        return best

    def frame_row(self, duration_s: float, frame_s: float) -> list[list[float] | None]:
        rows: list[list[float] | None] = []
        while (len(rows) + 0.5) * frame_s < duration_s - 1e-6:
            rows.append(self.frame_at((len(rows) + 0.5) * frame_s))
        return rows

    def frame_at(self, point: float) -> list[float] | None:
        readings = []
        for start in self.windows_used_at(point):
            frames = self.run(start)["frames"]
            centers = [start + self.center(i) for i in range(len(frames))]
            readings.append([np.interp(point, centers, frames[:, c]) for c in range(frames.shape[1])])
        return np.mean(readings, axis=0).tolist() if readings else None

    def windows_used_at(self, point: float) -> list[float]:
        """Return the windows that have the point in their inner part; if none has, the one with the nearest middle.

        Of two middles that are as near, the later.
        """
        holding = [start for start in self.placed if start - 1e-6 <= point < start + self.w - 1e-6]
        distances = {start: point - (start + self.w / 2) for start in holding}
        half = self.table.get("inner_s", self.w) / 2
        inner = [start for start in holding if -half - 1e-6 <= distances[start] < half - 1e-6]
        return inner or sorted(holding, key=lambda start: (round(abs(distances[start]), 5), -start))[:1]
