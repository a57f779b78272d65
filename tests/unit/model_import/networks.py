"""Networks as others export them: small, random, with names and axes of their own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ = 1000
N_SAMPLES = 2000
"""Two seconds."""
N_COLUMNS = 4
Shape = Sequence[int | str]


def waveform_network(
    *,
    name: str = "audio",
    output: str = "scores",
    shape: Shape = ("N", N_SAMPLES),
    last: str | None = None,
    frames: bool = False,
    element: int = TensorProto.FLOAT,
    n_columns: int = N_COLUMNS,
) -> onnx.ModelProto:
    """Return a convolution over the waveform; `last`: an activation at its end; `frames`: [N, columns, 10]."""
    random = np.random.default_rng(5)
    constants = {
        "axis": np.array([1]),
        "kernels": random.normal(0, 0.3, (n_columns, 1, 200)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Cast", [name], ["sound"], to=TensorProto.FLOAT),
        _add_channels(shape),
        helper.make_node("Conv", ["image", "kernels"], ["frames"], strides=[200]),
        helper.make_node("ReduceMean", ["frames"], ["clips"], axes=[2], keepdims=0),
        helper.make_node(last or "Identity", ["frames" if frames else "clips"], [output]),
    ]
    out: Shape = ("N", n_columns, 10) if frames else ("N", n_columns)
    return to_model(nodes, [(name, shape, element)], [(output, out)], constants)


def _add_channels(shape: Shape) -> onnx.NodeProto:
    if len(shape) == 2:
        return helper.make_node("Unsqueeze", ["sound", "axis"], ["image"])
    return helper.make_node("Transpose", ["sound"], ["image"], perm=[0, 1, 2] if shape[1] == 1 else [0, 2, 1])


def image_network(shape: Shape) -> onnx.ModelProto:
    """Return a mean over the two last axes of all that is not the axis of windows, times weights."""
    weights = np.random.default_rng(6).normal(0, 1, (1, N_COLUMNS)).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=list(range(1, len(shape))), keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["column"]),
        helper.make_node("MatMul", ["column", "weights"], ["scores"]),
    ]
    constants = {"axis": np.array([1]), "weights": weights}
    return to_model(nodes, [("image", shape, TensorProto.FLOAT)], [("scores", ("N", N_COLUMNS))], constants)


def to_model(
    nodes: list[onnx.NodeProto],
    inputs: Sequence[tuple[str, Shape, int]],
    outputs: Sequence[tuple[str, Shape]],
    constants: dict[str, np.ndarray],
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info(name, element, list(shape)) for name, shape, element in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def with_second_input(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the network with an input `meta`, which an output `both` needs."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    columns = changed.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    changed.graph.input.append(helper.make_tensor_value_info("meta", TensorProto.FLOAT, ["N", columns]))
    changed.graph.output.append(helper.make_tensor_value_info("both", TensorProto.FLOAT, ["N", columns]))
    changed.graph.node.append(helper.make_node("Add", [model.graph.output[0].name, "meta"], ["both"]))
    return changed


def save(model: onnx.ModelProto, path: Path) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def save_labels(path: Path, *lines: str) -> Path:
    path.write_text(
        "\n".join(lines or ("Rana temporaria_Common Frog", "Bufo bufo_Toad", "Hyla arborea_Tree Frog", "Noise_Noise"))
    )
    return path
