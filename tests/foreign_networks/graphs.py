"""Small networks with random weights: what they hear depends on where in an image it is, and on how loud."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]
Axes = Sequence[int | str]


class Graph:
    """Nodes and constants, one after the other."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str | NDArray[np.generic], to: str = "", **attributes: Any) -> str:
        """Append an operator; arrays among its inputs become constants. Return its output's name."""
        output = to or f"{kind.lower()}_{len(self._nodes)}"
        names = [each if isinstance(each, str) else self._constant(each) for each in inputs]
        self._nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def _constant(self, value: NDArray[np.generic]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def normal(self, scale: float, *shape: int) -> Array:
        return self.random.normal(0, scale, shape).astype(np.float32)

    def save(self, path: Path, takes: tuple[str, Axes], gives: Mapping[str, Axes]) -> Path:
        graph = helper.make_graph(
            self._nodes,
            "foreign",
            [helper.make_tensor_value_info(takes[0], TensorProto.FLOAT, takes[1])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, axes) for name, axes in gives.items()],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, path)
        return path


def hear_image(graph: Graph, image: str, shape: tuple[int, int, int], *, steps: int, scale: float = 3.0) -> str:
    """Turn an image, (N, channels, frequencies, frames), into hidden values in [−1, 1], (N, 12, steps)."""
    channels, height, width = shape
    kernel = (height, width // steps)
    weights = graph.normal(scale / np.sqrt(channels * height * kernel[1]), 12, channels, *kernel)
    heard = graph.add("Conv", image, weights, strides=list(kernel))
    cut = graph.add("Slice", heard, np.array([0]), np.array([steps]), np.array([3]))
    return graph.add("Tanh", graph.add("Squeeze", cut, np.array([2])))


def hear_waveform(graph: Graph, waveform: str, n_samples: int, *, steps: int) -> str:
    """Turn a waveform, (N, samples), into the levels of 16 bands in [−1, 1], (N, 16, steps); one feels an offset."""
    n_kernel = 800
    cycles = np.concatenate([[0.0], np.geomspace(1, 320, 15)])
    kernels = np.cos(2 * np.pi * np.outer(cycles, np.arange(n_kernel) / n_kernel)).astype(np.float32) / n_kernel
    sound = graph.add("Unsqueeze", waveform, np.array([1]))
    parts = graph.add("Conv", sound, kernels[:, None], strides=[n_kernel])
    width = n_samples // n_kernel // steps
    power = graph.add("AveragePool", graph.add("Mul", parts, parts), kernel_shape=[width], strides=[width])
    level = graph.add("Log", graph.add("Add", power, np.array(1e-9, np.float32)))
    centered = graph.add("Add", level, np.array(14.0, np.float32))
    return graph.add("Tanh", graph.add("Mul", centered, np.array(0.3, np.float32)))


def decide(graph: Graph, hidden: str, shape: tuple[int, int], n_columns: int, *, scale: float, to: str) -> str:
    """Turn hidden values, (N, n_hidden, steps), into scores of clips, (N, n_columns)."""
    flat = graph.add("Flatten", hidden)
    weights = graph.normal(scale / np.sqrt(shape[0] * shape[1]), shape[0] * shape[1], n_columns)
    return graph.add("Add", graph.add("MatMul", flat, weights), graph.normal(0.3 * scale, n_columns), to=to)
