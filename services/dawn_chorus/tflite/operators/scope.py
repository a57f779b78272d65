"""What the translation of one operator sees of the network, and how it adds to the ONNX graph.

Integers of any size are int64 in ONNX, which its shapes need. A complex tensor is two real ones.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tflite

from dawn_chorus.tflite.graph import Constant, Operator, TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph

Translation = Callable[["Scope", Operator], list[str]]
"""Adds an operator's nodes; returns the names of its outputs."""


class Unsupported(Exception):
    """An operator has no translation as it is here; the message says what of it has none."""


class Scope:
    """The network as far as it is translated."""

    def __init__(self, graph: TfliteGraph, onnx: OnnxGraph, names: Mapping[int, str]) -> None:
        self.graph = graph
        self.onnx = onnx
        self.names = dict(names)
        """Of ONNX's tensors, by tflite's numbers; of a complex tensor the real part."""
        self.imaginary: dict[int, str] = {}

    def imaginary_part(self) -> "Scope":
        """Return a scope in which complex tensors are their imaginary parts."""
        return Scope(self.graph, self.onnx, {**self.names, **self.imaginary})

    def name(self, tensor: int) -> str:
        """Return what a tensor is called in ONNX; adds a constant at its first use."""
        if tensor not in self.names:
            self.names[tensor] = self.add_constant(self.graph.constants[tensor])
        return self.names[tensor]

    def inputs(self, operator: Operator) -> list[str]:
        """Return the names of the inputs that are there."""
        return [self.name(tensor) for tensor in operator.inputs if tensor >= 0]

    def has_input(self, operator: Operator, position: int) -> bool:
        return position < len(operator.inputs) and operator.inputs[position] >= 0

    def known(self, operator: Operator, position: int) -> Constant | None:
        """Return the numbers of an input, None where the network computes them."""
        return self.graph.constants.get(operator.inputs[position])

    def constant(self, operator: Operator, position: int, meaning: str) -> Constant:
        """Return the numbers of an input that ONNX must know beforehand; raises Unsupported where they are computed."""
        values = self.known(operator, position)
        if values is None:
            raise Unsupported(f"with {meaning} that the network computes")
        return values

    def add_constant(self, values: Constant) -> str:
        if values.dtype == np.bool_:
            return self.onnx.constant(values, np.bool_)
        return self.onnx.constant(values)

    def activated(self, operator: Operator, name: str) -> list[str]:
        """Add the activation that is part of an operator; return what the operator returns."""
        return [add_activation(self, int(operator.options.get("FusedActivationFunction", 0)), name)]


def add_activation(scope: Scope, code: int, name: str) -> str:
    """Add an activation by tflite's code; raises Unsupported for TANH and SIGN_BIT, which tflite itself leaves out."""
    if code == tflite.ActivationFunctionType.NONE:
        return name
    if code == tflite.ActivationFunctionType.RELU:
        return scope.onnx.add("Relu", name)
    if code not in _BOUNDS:
        raise Unsupported("with an activation that is not a ReLU")
    return clip(scope, name, *_BOUNDS[code])


def clip(scope: Scope, name: str, low: float, high: float) -> str:
    return scope.onnx.add("Clip", name, scope.onnx.constant(low), scope.onnx.constant(high))


def axes_of(values: Constant) -> list[int]:
    """Return a number or a list of them as a list."""
    return [int(value) for value in np.atleast_1d(values)]


def plain(op: str, **attributes: Any) -> Translation:
    """Return the translation of an operator that ONNX has as it is."""
    return lambda scope, operator: [scope.onnx.add(op, *scope.inputs(operator), **attributes)]


_BOUNDS = {
    int(tflite.ActivationFunctionType.RELU_N1_TO_1): (-1.0, 1.0),
    int(tflite.ActivationFunctionType.RELU6): (0.0, 6.0),
}
