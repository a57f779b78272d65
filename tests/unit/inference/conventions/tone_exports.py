"""Tone packs whose network was exported by somebody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx import helper

from tests.packs import write_tone_pack
from tests.unit.inference.pack_edits import edit_manifest, rewrite, turn_into_schema_2

Change = Callable[[Any], None]


def write_export(folder: Path, keys: str, *changes: Change) -> Path:
    """Write a tone pack of schema 2 with further keys of [[member]], and what was changed of its graph."""
    pack = write_tone_pack(folder)
    for change in changes:
        rewrite(pack, change)
    edit_manifest(pack, lambda text: f"{text.rstrip()}\n{keys}\n")
    turn_into_schema_2(pack)
    return pack


def rename(**names: str) -> Change:
    """Return a change of what the network calls inputs and outputs."""

    def change(graph: Any) -> None:
        for node in [*graph.node, *graph.input, *graph.output]:
            if not isinstance(node, onnx.NodeProto):
                node.name = names.get(node.name, node.name)
                continue
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]

    return change


def declare_batch(graph: Any) -> None:
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def put_after(output: str, operator: str, **attributes: Any) -> Change:
    """Return a change that applies an operator to an output, with whatever shape comes out of it."""

    def change(graph: Any) -> None:
        before = f"{output}/{len(graph.node)}"
        rename(**{output: before})(graph)
        graph.node.append(helper.make_node(operator, [before], [output], **attributes))
        for declared in graph.output:
            if declared.name == before:
                declared.name = output
                declared.type.tensor_type.ClearField("shape")

    return change
