"""Writes the files of a model pack."""

import csv
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUTPUT_AXES = {
    "frame_logits": ["N", "n_frames", "n_columns"],
    "clip_logits": ["N", "n_columns"],
    "clip_probs": ["N", "n_columns"],
}


def make_graph(
    nodes: list[onnx.NodeProto],
    wanted: tuple[str, list[int | str]],
    constants: dict[str, np.ndarray],
    outputs: list[str],
) -> onnx.GraphProto:
    return helper.make_graph(
        nodes,
        "pack",
        [helper.make_tensor_value_info(wanted[0], TensorProto.FLOAT, wanted[1])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, OUTPUT_AXES.get(name, OUTPUT_AXES["clip_logits"]))
            for name in outputs
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )


def write_model(path: Path, graph: onnx.GraphProto) -> str:
    """Write the network; return its sha256."""
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def write_taxa(folder: Path, rows: Sequence[tuple[str, ...]], extra: tuple[str, ...] = ()) -> None:
    with (folder / "taxa.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("code", "scientific_name", "common_name", "taxonomic_class", *extra))
        writer.writerows(rows)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write pack.toml; JSON's scalars and lists of them are TOML's."""
    (folder / "pack.toml").write_text("\n".join(_toml_lines(manifest, "", "")))


def _toml_lines(table: dict[str, Any], name: str, header: str) -> list[str]:
    lines = [header] if header else []
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    rows = {key: value for key, value in table.items() if isinstance(value, list) and value and type(value[0]) is dict}
    for key, value in table.items():
        if key not in tables and key not in rows and value is not None:
            lines.append(f"{key} = {json.dumps(value)}")
    for key, value in tables.items():
        lines += _toml_lines(value, f"{name}{key}.", f"[{name}{key}]")
    for key, values in rows.items():
        for value in values:
            lines += _toml_lines(value, f"{name}{key}.", f"[[{name}{key}]]")
    return lines
