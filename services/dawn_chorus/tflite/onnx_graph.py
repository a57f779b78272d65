"""Builds an ONNX graph, node by node."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
_IR_VERSION = 8

Port = tuple[str, Sequence[int | str]]
"""Name and shape of a float32 input or output; a dynamic axis has a name instead of a number."""


class OnnxGraph:
    """A graph under construction; nodes are added in the order they run. Tensors are referred to by name."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[TensorProto] = []

    def add(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add a node with one output; return the output's name."""
        name = output or f"{op.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def add_several(self, op: str, *inputs: str, n_outputs: int, **attributes: Any) -> list[str]:
        """Add a node with several outputs; return their names."""
        name = f"{op.lower()}_{len(self._nodes)}"
        outputs = [f"{name}_{number}" for number in range(n_outputs)]
        self._nodes.append(helper.make_node(op, list(inputs), outputs, name=name, **attributes))
        return outputs

    def prune(self, outputs: Iterable[str]) -> None:
        """Drop nodes and constants that none of the outputs needs."""
        needed, kept = set(outputs), []
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        self._nodes = kept[::-1]
        self._constants = [constant for constant in self._constants if constant.name in needed]

    def constant(self, values: ArrayLike, dtype: type[np.generic] | None = None) -> str:
        """Add a constant; return its name. Without `dtype`, integers become int64 and everything else float32."""
        array = np.asarray(values)
        array = array.astype(dtype or (np.int64 if np.issubdtype(array.dtype, np.integer) else np.float32))
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return name

    def model(self, name: str, inputs: Sequence[Port], outputs: Sequence[Port]) -> onnx.ModelProto:
        """Return the checked model; raises onnx.checker.ValidationError."""
        graph = helper.make_graph(
            self._nodes, name, [_value(port) for port in inputs], [_value(port) for port in outputs], self._constants
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=_IR_VERSION, producer_name="dawn-chorus"
        )
        onnx.checker.check_model(model, full_check=True)
        return model


def _value(port: Port) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(port[0], TensorProto.FLOAT, list(port[1]))
