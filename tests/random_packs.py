"""Random model packs of every shape that the contract allows."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper

from dawn_chorus.inference.packs.sealing import seal_pack
from tests.foreign_packs import make_foreign
from tests.pack_files import make_graph, write_manifest, write_model, write_taxa


@dataclass(frozen=True)
class Shape:
    """Windows and frames that fit each other under both rules."""

    window_s: float
    n_frames: int
    hop_s: float
    frame_start_s: float | None = None
    frame_step_s: float | None = None


SHAPES = (
    Shape(20.0, 16, 5.0),
    Shape(20.0, 16, 2.5),
    Shape(7.5, 15, 2.5),
    Shape(5.0, 10, 2.5),
    Shape(5.0, 5, 5.0),
    Shape(5.0, 12, 2.0, 0.1, 0.4),
    Shape(3.0, 6, 1.5),
    Shape(3.0, 12, 1.0),
    Shape(3.0, 6, 0.9, 0.2, 0.45),
)
OUTPUTS = {
    "clip": (("clip_probs",), ("clip_logits",), ("frame_logits", "clip_logits"), ("frame_logits", "clip_probs")),
    "frame_max": (("frame_logits",), ("frame_logits", "clip_logits")),
}


def write_random_pack(
    folder: Path,
    *,
    seed: int,
    n_taxa: int = 5,
    n_members: int | None = None,
    score: dict[str, Any] | None = None,
    member: dict[str, Any] | None = None,
    mel: dict[str, Any] | None = None,
    shape: Shape | None = None,
    outputs: tuple[str, ...] | None = None,
    foreign: bool = False,
) -> Path:
    """Write a pack of random networks; what the keywords leave open, the seed decides. Gives the folder.

    `score`, `member` and `mel` stand in for keys of those tables, in all members alike. Rates are low, so that slow
    readings of the contract take milliseconds. `foreign`: of schema 2, with networks as others export them.
    """
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    codes = [f"taxon_{number}" for number in range(n_taxa)]
    write_taxa(folder, [(code, code.title(), f"Common {code}", "Aves") for code in codes])
    score = _random_score(random) | (score or {})
    shapes = [shape] if shape else _shapes_for(score.get("window_s", 5.0))
    members = [
        _random_member(random, folder, number, codes, member or {}, mel or {}, shapes, outputs)
        for number in range(n_members or int(random.integers(1, 4)))
    ]
    if foreign:
        make_foreign(np.random.default_rng((seed, 2)), folder, codes, members)
        for number, table in enumerate(members):
            table["inner_s"] = _random_inner_s(np.random.default_rng((seed, 3, number)), folder, table, score)
    manifest = {
        "schema": 2 if foreign else 1,
        "name": "random",
        "version": str(seed),
        "license": "CC0-1.0",
        "attribution": "a random number generator",
        "frame_s": float(random.choice([0.25, 0.5, 0.4])),
        "score": score,
        "member": members,
    }
    write_manifest(folder, manifest)
    seal_pack(folder)
    return folder


def _random_score(random: np.random.Generator) -> dict[str, Any]:
    tables: list[dict[str, Any]] = [
        {},
        {"shifts_s": [-2.5, 0.0, 2.5], "shift_weights": [0.25, 0.5, 0.25]},
        {"shifts_s": [0.0, 1.2], "shift_weights": [3.0, 1.0], "smoothing": [0.1, 0.2, 0.4, 0.2, 0.1]},
        {"shifts_s": [-2.5, 2.5], "smoothing": [0.2, 0.6, 0.2]},
        {"window_s": 3.0, "shifts_s": [-1.0, 0.0], "shift_weights": [0.5, 0.5]},
        {"window_s": 3.0},
    ]
    return tables[int(random.integers(len(tables)))]


def _shapes_for(scored_s: float) -> list[Shape]:
    """Return those whose stitched row leaves no scored window without a frame."""
    return [shape for shape in SHAPES if shape.hop_s <= scored_s or shape.window_s > 2 * shape.hop_s]


def _random_member(
    random: np.random.Generator,
    folder: Path,
    number: int,
    codes: list[str],
    fixed: dict[str, Any],
    fixed_mel: dict[str, Any],
    shapes: list[Shape],
    outputs: tuple[str, ...] | None,
) -> dict[str, Any]:
    shape = shapes[int(random.integers(len(shapes)))]
    chosen: dict[str, Any] = {
        "weight": float(random.choice([0.5, 1.0, 2.0])),
        "input": str(random.choice(["mel", "waveform"])),
        "sample_rate_hz": int(random.choice([1000, 1600, 2205])),
        "rule": str(random.choice(["clip", "frame_max"])),
        "temperature": float(random.choice([0.7, 1.0, 2.0])),
        "window_s": shape.window_s,
        "hop_s": shape.hop_s,
        "frame_start_s": shape.frame_start_s,
        "frame_step_s": shape.frame_step_s,
    } | fixed
    own_codes = codes
    if number > 0 and random.random() < 0.6:
        own_codes = [codes[i] for i in random.permutation(len(codes))[: int(random.integers(1, len(codes) + 1))]]
        chosen["columns"] = f"columns_{number}.csv"
        (folder / chosen["columns"]).write_text("\n".join(own_codes) + "\n")
    n_samples = round(chosen["window_s"] * chosen["sample_rate_hz"])
    if chosen["input"] == "mel":
        chosen["mel"] = _random_mel(random, chosen["sample_rate_hz"], n_samples) | fixed_mel
    choices = OUTPUTS[chosen["rule"]]
    outputs = outputs or choices[int(random.integers(len(choices)))]
    graph = _random_graph(random, chosen, n_samples, shape.n_frames, len(own_codes), outputs)
    chosen["file"] = f"member_{number}.onnx"
    chosen["sha256"] = write_model(folder / chosen["file"], graph)
    return chosen


def _random_inner_s(
    random: np.random.Generator, folder: Path, member: dict[str, Any], score: dict[str, Any]
) -> float | None:
    """Return a length in which the middles of a framewise member's windows leave no gap, or None."""
    outputs = {node.name for node in onnx.load(folder / member["file"]).graph.output}
    frames = (member["outputs"] or {"frames": "frame_logits"}).get("frames")
    widest_s = member["hop_s"] if member["rule"] == "frame_max" else _widest_step_s(member, score)
    if frames not in outputs or widest_s > member["window_s"] or random.random() < 0.3:
        return None
    share = float(random.choice([0.0, 0.0, 0.4, 1.0]))
    return round(widest_s + share * float(member["window_s"] - widest_s), 6)


def _widest_step_s(member: dict[str, Any], score: dict[str, Any]) -> float:
    """Return how far apart the windows of rule `clip` begin, far from a recording's ends: they are listed."""
    scored_s = score.get("window_s", 5.0)
    n_parts = 1 + max(0, int((scored_s - member["window_s"]) / member["hop_s"] + 1e-6))
    starts = sorted(
        number * scored_s + shift + part * member["hop_s"]
        for number in range(20)
        for shift in score.get("shifts_s", [0.0])
        for part in range(n_parts)
    )
    return float(max(later - earlier for earlier, later in pairwise(starts) if 5 * scored_s < later < 12 * scored_s))


def _random_mel(random: np.random.Generator, rate_hz: int, n_samples: int) -> dict[str, Any]:
    n_fft = int(random.choice([64, 100]))
    hop_length = n_samples // 60
    return {
        "n_fft": n_fft,
        "win_length": n_fft - int(random.choice([0, 14])),
        "hop_length": hop_length,
        "n_frames": 60 + int(random.integers(-3, 4)),
        "n_mels": int(random.choice([6, 9])),
        "f_min_hz": float(random.choice([0.0, 50.0])),
        "f_max_hz": float(random.choice([rate_hz / 2, 400.0])),
        "mel_scale": str(random.choice(["htk", "slaney"])),
        "mel_norm": str(random.choice(["none", "slaney"])),
        "power": float(random.choice([2.0, 1.0])),
        "center": bool(random.choice([True, False])),
        "pad_mode": str(random.choice(["reflect", "constant"])),
        "log": str(random.choice(["db", "ln"])),
        "amin": float(random.choice([1e-10, 1e-5])),
        "top_db": [80.0, 20.0, None][int(random.integers(3))],
        "normalize": str(random.choice(["minmax", "standard", "none"])),
        "normalize_scope": str(random.choice(["window", "recording"])),
        "channels": int(random.choice([1, 3])),
    }


def _random_graph(
    random: np.random.Generator,
    member: dict[str, Any],
    n_samples: int,
    n_frames: int,
    n_columns: int,
    outputs: tuple[str, ...],
) -> onnx.GraphProto:
    """Cut the time axis into frames, mix each into four hidden values, and those into logits."""
    mel, n_hidden = member.get("mel"), 4
    if mel is None:
        shape, kernel, scale = [n_samples], [1, 1, n_samples // n_frames], 6.0
    else:
        shape = [mel["channels"], mel["n_mels"], mel["n_frames"]]
        kernel = [mel["channels"], mel["n_mels"], mel["n_frames"] // n_frames]
        scale = 0.1 if mel["normalize"] == "none" else 3.0
    constants = {
        "kernels": random.normal(0, scale / np.sqrt(np.prod(kernel)), (n_hidden, *kernel)).astype(np.float32),
        "flat": np.array([0, n_hidden, -1]),
        "zero": np.array([0]),
        "n_frames": np.array([n_frames]),
        "time": np.array([2]),
        "mix": random.normal(0, 1.5, (n_hidden, n_columns)).astype(np.float32),
    }
    sound = ["waveform", "channel"] if mel is None else ["mel"]
    constants |= {"channel": np.array([1, 2])} if mel is None else {}
    nodes = [
        helper.make_node("Unsqueeze" if mel is None else "Identity", sound, ["image"]),
        helper.make_node("Conv", ["image", "kernels"], ["hidden"], strides=kernel[1:]),
        helper.make_node("Reshape", ["hidden", "flat"], ["all_frames"]),
        helper.make_node("Slice", ["all_frames", "zero", "n_frames", "time"], ["cut_frames"]),
        helper.make_node("Tanh", ["cut_frames"], ["bounded"]),
        helper.make_node("Transpose", ["bounded"], ["by_frame"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["by_frame", "mix"], ["frame_logits"]),
        helper.make_node("ReduceMean", ["frame_logits"], ["clip_logits"], axes=[1], keepdims=0),
        helper.make_node("Sigmoid", ["clip_logits"], ["clip_probs"]),
    ]
    return make_graph(nodes, (member["input"], ["N", *shape]), constants, list(outputs))
