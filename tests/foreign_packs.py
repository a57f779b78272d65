"""Turns the networks of random packs into what others might have exported: names, axes, batches, activations."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.pack_files import write_model
from tests.random_front_ends import grow_front_end

TO_IMAGE = {
    ("frequency_major", "last"): (0, 3, 1, 2),
    ("time_major", "first"): (0, 1, 3, 2),
    ("time_major", "last"): (0, 3, 2, 1),
    ("time_major", "none"): (0, 2, 1),
}
"""How the axes of a network's images are brought back to (windows, channels, frequencies, times)."""


@dataclass(frozen=True)
class Export:
    """How a network was exported, apart from the keys that say so."""

    keys: dict[str, Any]
    """Of [[member]], among them `outputs`."""
    in_graph: str
    """What the network applies itself, if its outputs are probabilities: sigmoid or softmax."""


def make_foreign(random: np.random.Generator, folder: Path, codes: list[str], members: list[dict[str, Any]]) -> None:
    """Turn the networks into what others export, and let members leave taxa to each other."""
    for member in members:
        graph = onnx.load(folder / member["file"]).graph
        chosen = _choose_export(random, member, any(node.name == "frame_logits" for node in graph.output))
        member.update(chosen.keys)
        if member["input"] == "mel" and random.random() < 0.6:
            member["mel"] = grow_front_end(random, member["mel"])
        write_model(folder / member["file"], _export(graph, member, chosen.in_graph))
        del member["sha256"]
        if member["outputs"]["clip"] == "clip_logits" or member["outputs"]["frames"] == "frame_logits":
            member["outputs"] = None
    columns = [(folder / member["columns"]).read_text().split() if "columns" in member else codes for member in members]
    for number, excluded in enumerate(_choose_excludes(random, columns)):
        if excluded:
            members[number]["excludes"] = f"excludes_{number}.csv"
            (folder / f"excludes_{number}.csv").write_text("\n".join(excluded) + "\n")


def _choose_export(random: np.random.Generator, member: dict[str, Any], has_frames: bool) -> Export:
    """Return keys of schema 2 that fit a member."""
    keys: dict[str, Any] = {"input_name": str(random.choice(["inputs", "x:0"]))}
    clip, frames = "label", "segments" if has_frames or member["rule"] == "frame_max" else None
    keys["outputs"] = {
        "clip": clip if member["rule"] == "clip" or random.random() < 0.5 else None,
        "frames": frames,
        "kind": str(random.choice(["logits", "probs"])),
        "frames_axis": int(random.choice([1, 2])) if frames else None,
    }
    applied = str(random.choice(["sigmoid", "softmax"]))
    if keys["outputs"]["kind"] == "logits" and random.random() < 0.3:  # by our names
        keys["outputs"] |= {"clip": clip and "clip_logits", "frames": frames and "frame_logits", "frames_axis": None}
    if keys["outputs"]["kind"] == "logits":
        keys["activation"] = applied if random.random() < 0.8 else None
        applied = "none"
    else:
        keys |= {"activation": str(random.choice(["none"])) if random.random() < 0.5 else None, "temperature": None}
    if random.random() < 0.5:
        keys["batch"] = int(random.choice([1, 3]))
    may_scale = member["input"] == "waveform" or member["mel"]["normalize_scope"] == "window"
    if may_scale and random.random() < 0.5:
        keys |= {"waveform_scale": "peak", "peak": float(random.choice([0.25, 1.0]))}
    if may_scale and random.random() < 0.5:
        keys["remove_mean"] = True
        # What is silent beyond a recording's end is constant then: its spectrum is what single precision rounds.
        member.get("mel", {})["amin"] = 1e-5
    return Export(keys | _choose_axes(random, member), applied)


def _choose_axes(random: np.random.Generator, member: dict[str, Any]) -> dict[str, Any]:
    if member["input"] == "waveform":
        return {"channel_axis": [None, "none", "first", "last"][int(random.integers(4))]}
    places = ["first", "last", "none"] if member["mel"]["channels"] == 1 else ["first", "last"]
    return {
        "layout": str(random.choice(["frequency_major", "time_major"])),
        "channel_axis": str(random.choice(places)),
    }


def _export(graph: onnx.GraphProto, member: dict[str, Any], in_graph: str) -> onnx.GraphProto:
    """Return the network with frame_logits and clip_logits as its author would have exported it."""
    inputs, before, constants = _export_input(graph, member)
    outputs, after = _export_outputs(member["outputs"], in_graph)
    return helper.make_graph(
        [*before, *graph.node, *after], "foreign", [inputs], outputs, [*graph.initializer, *constants]
    )


def _export_input(
    graph: onnx.GraphProto, member: dict[str, Any]
) -> tuple[onnx.ValueInfoProto, list[onnx.NodeProto], list[onnx.TensorProto]]:
    usual = graph.input[0]
    shape = [dimension.dim_value for dimension in usual.type.tensor_type.shape.dim][1:]
    axis, layout = str(member.get("channel_axis")), member.get("layout", "frequency_major")
    batch = member.get("batch", "N")
    usual_sizes = ["N", *shape]
    if member["input"] == "waveform":
        sizes = {"first": ["N", 1, *shape], "last": ["N", *shape, 1]}.get(axis, usual_sizes)
        nodes = [helper.make_node("Reshape", ["given", "samples"], [usual.name])]
        constants = {"samples": np.array([-1, *shape])}
    else:
        channels, height, width = shape
        image = (height, width) if layout == "frequency_major" else (width, height)
        sizes = {"first": ["N", channels, *image], "last": ["N", *image, channels], "none": ["N", *image]}[axis]
        back = TO_IMAGE.get((layout, axis))
        nodes = [helper.make_node("Transpose", ["given"], ["turned"], perm=back)] if back else []
        last = "turned" if back else "given"
        nodes.append(helper.make_node("Reshape", [last, "image_shape"], [usual.name]))
        constants = {"image_shape": np.array([-1, *shape])}
    constants["given_shape"] = np.array([0 if batch == "N" else batch, *sizes[1:]])  # fails on any other batch
    nodes.insert(0, helper.make_node("Reshape", [member["input_name"], "given_shape"], ["given"]))
    # Some exporters declare a dynamic batch axis, although the graph is made for one number.
    declares = batch if member["input_name"] == "inputs" else "N"
    declared = helper.make_tensor_value_info(member["input_name"], TensorProto.FLOAT, [declares, *sizes[1:]])
    return declared, nodes, [numpy_helper.from_array(value, name) for name, value in constants.items()]


def _export_outputs(outputs: dict[str, Any], in_graph: str) -> tuple[list[onnx.ValueInfoProto], list[onnx.NodeProto]]:
    nodes, declared = [], []
    for key, logits in (("frames", "frame_logits"), ("clip", "clip_logits")):
        name = outputs.get(key)
        if name is None:
            continue
        axes = [None] * (3 if key == "frames" else 2)
        declared.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, axes))
        if name == logits:
            continue
        operator = {"sigmoid": "Sigmoid", "softmax": "Softmax", "none": "Identity"}[in_graph]
        nodes.append(helper.make_node(operator, [logits], [f"{name}/columns_last"]))  # a softmax is over the last axis
        perm = (
            [0, 2, 1]
            if key == "frames" and outputs.get("frames_axis") == 2
            else [0, 1, 2][: 3 if key == "frames" else 2]
        )
        nodes.append(helper.make_node("Transpose", [f"{name}/columns_last"], [name], perm=perm))
    return declared, nodes


def _choose_excludes(random: np.random.Generator, columns: list[list[str]]) -> list[list[str]]:
    """Return what each member may leave to others, by their columns; the first knows all taxa."""
    excluded = [[code for code in own if random.random() < 0.3][: len(own) - 1] for own in columns[1:]]
    left = [set(own) - set(out) for own, out in zip(columns[1:], excluded, strict=True)]
    elsewhere = [code for code in columns[0] if any(code in codes for codes in left)]
    return [[code for code in elsewhere if random.random() < 0.5][: len(columns[0]) - 1], *excluded]
