"""Packs of one small network with a head of choice: what it does with its logits, and what its output is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import NodeProto, helper

from dawn_chorus.inference.packs.sealing import seal_pack
from tests.pack_files import make_graph, write_manifest, write_model, write_taxa

RATE_HZ = 2000
N_HIDDEN = 8
FILE = "network.onnx"


def write_head_pack(
    folder: Path,
    head: Sequence[str] = (),
    *,
    output: str = "clip_logits",
    n_taxa: int = 5,
    seed: int = 0,
    scale: float = 20.0,
    schema: int = 2,
    **keys: Any,
) -> Path:
    """Write a pack whose logits go through operators (`Sub`: from themselves); `keys` are those of the member."""
    folder.mkdir(parents=True, exist_ok=True)
    write_taxa(folder, [(f"taxon_{number}", f"Taxon {number}", "", "Aves") for number in range(n_taxa)])
    random, framewise = np.random.default_rng(seed), output == "frame_logits"
    constants = {
        "channel": np.array([1]),
        "kernels": random.normal(0, 0.1, (N_HIDDEN, 1, 100)).astype(np.float32),
        "mix": random.normal(0, scale / N_HIDDEN, (N_HIDDEN, n_taxa)).astype(np.float32),
        "bias": random.normal(0, 0.3, n_taxa).astype(np.float32),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "channel"], ["sound"]),
        helper.make_node("Conv", ["sound", "kernels"], ["hidden"], strides=[100]),
        helper.make_node("Abs", ["hidden"], ["loudness"]),
        *([] if framewise else [helper.make_node("ReduceMean", ["loudness"], ["mean"], axes=[2], keepdims=1)]),
        helper.make_node("Transpose", ["loudness" if framewise else "mean"], ["by_frame"], perm=[0, 2, 1]),
        *([] if framewise else [helper.make_node("Squeeze", ["by_frame", "channel"], ["clip"])]),
        helper.make_node("MatMul", ["by_frame" if framewise else "clip", "mix"], ["mixed"]),
        helper.make_node("Add", ["mixed", "bias"], ["step_0"]),
        *_head_nodes([*head, "Identity"], output),
    ]
    graph = make_graph(nodes, ("waveform", ["N", 5 * RATE_HZ]), constants, [output])
    sha256 = write_model(folder / FILE, graph)
    rule = "frame_max" if framewise else "clip"
    member = {"file": FILE, "input": "waveform", "sample_rate_hz": RATE_HZ, "window_s": 5.0, "hop_s": 5.0, "rule": rule}
    hashes = {"sha256": sha256} if schema == 1 else {}
    manifest = {"schema": schema, "name": "heads", "version": "1.0.0", "license": "CC0-1.0", "attribution": "nobody"}
    write_manifest(folder, manifest | {"member": [member | hashes | keys]})
    seal_pack(folder)
    return folder


def _head_nodes(operators: Sequence[str], output: str) -> list[NodeProto]:
    names = [f"step_{number}" for number in range(len(operators))]
    attributes: dict[str, Any] = {"Transpose": {"perm": [0, 2, 1]}, "LpNormalization": {"axis": 0}}
    return [
        helper.make_node(name, [before] * (2 if name == "Sub" else 1), [after], **attributes.get(name, {}))
        for name, before, after in zip(operators, names, [*names[1:], output], strict=True)
    ]
