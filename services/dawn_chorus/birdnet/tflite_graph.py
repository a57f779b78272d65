"""Reads a tflite flatbuffer into plain values: tensors, constants and operators in the order they run.

Supports only what BirdNET's two models use; layouts stay tflite's (images NHWC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

Constant = NDArray[Any]

SAME_PADDING = int(tflite.Padding.SAME)
RELU = int(tflite.ActivationFunctionType.RELU)

_KINDS = {code: kind for kind, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
_DTYPES: dict[int, np.dtype[Any]] = {
    tflite.TensorType.FLOAT32: np.dtype("<f4"),
    tflite.TensorType.FLOAT16: np.dtype("<f2"),
    tflite.TensorType.INT32: np.dtype("<i4"),
}
_CONV = ("Padding", "StrideH", "StrideW", "FusedActivationFunction")
_POOL = ("Padding", "StrideH", "StrideW", "FilterHeight", "FilterWidth")
_OPTIONS = {
    "CONV_2D": (tflite.Conv2DOptions, _CONV),
    "DEPTHWISE_CONV_2D": (tflite.DepthwiseConv2DOptions, _CONV),
    "AVERAGE_POOL_2D": (tflite.Pool2DOptions, _POOL),
    "MAX_POOL_2D": (tflite.Pool2DOptions, _POOL),
    "FULLY_CONNECTED": (tflite.FullyConnectedOptions, ("FusedActivationFunction",)),
    "ADD": (tflite.AddOptions, ("FusedActivationFunction",)),
    "MUL": (tflite.MulOptions, ("FusedActivationFunction",)),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of the model; inputs and outputs are tensor numbers, −1 for an omitted input."""

    kind: str
    """As tflite names it: CONV_2D, LOGISTIC, …"""
    inputs: tuple[int, ...]
    output: int
    """The first output; the operators used here have no other."""
    options: Mapping[str, int]


@dataclass(frozen=True)
class TfliteGraph:
    """A model with one subgraph."""

    operators: tuple[Operator, ...]
    constants: Mapping[int, Constant]
    """By tensor number; float16 constants as float32."""

    @cached_property
    def _producers(self) -> dict[int, Operator]:
        return {operator.output: operator for operator in self.operators}

    def producer(self, tensor: int) -> Operator:
        """Return the operator whose output the tensor is; KeyError for inputs and constants."""
        return self._producers[tensor]

    def of_kind(self, kind: str) -> list[Operator]:
        return [operator for operator in self.operators if operator.kind == kind]

    def constant_input(self, operator: Operator) -> Constant:
        """Return the operator's only constant input."""
        (constant,) = (self.constants[tensor] for tensor in operator.inputs if tensor in self.constants)
        return constant


def read_tflite(content: bytes) -> TfliteGraph:
    """Return the graph of a file with one subgraph."""
    model = tflite.Model.GetRootAs(content, 0)
    subgraph = model.Subgraphs(0)
    operators = tuple(
        _read_operator(model, subgraph.Operators(position)) for position in range(subgraph.OperatorsLength())
    )
    constants = {
        number: values
        for number in range(subgraph.TensorsLength())
        if (values := _read_constant(model, subgraph.Tensors(number))) is not None
    }
    # Half-precision constants are widened here, so the graph does not need to do it.
    for operator in operators:
        if operator.kind == "DEQUANTIZE":
            constants[operator.output] = constants[operator.inputs[0]].astype(np.float32)
    kept = tuple(operator for operator in operators if operator.kind != "DEQUANTIZE")
    return TfliteGraph(kept, constants)


def _read_operator(model: Any, operator: Any) -> Operator:
    opcode = model.OperatorCodes(operator.OpcodeIndex())
    # Codes up to 127 are stored in the older, 8-bit field.
    kind = _KINDS[max(opcode.BuiltinCode(), opcode.DeprecatedBuiltinCode())]
    inputs, outputs = operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist()
    return Operator(kind, tuple(inputs), outputs[0], _read_options(kind, operator))


def _read_options(kind: str, operator: Any) -> dict[str, int]:
    if kind not in _OPTIONS:
        return {}
    table_type, fields = _OPTIONS[kind]
    options, table = table_type(), operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return {field: int(getattr(options, field)()) for field in fields}


def _read_constant(model: Any, tensor: Any) -> Constant | None:
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0 or tensor.Type() not in _DTYPES:
        return None
    shape = tensor.ShapeAsNumpy().tolist() if tensor.ShapeLength() else ()
    values: Constant = np.frombuffer(buffer.DataAsNumpy().tobytes(), _DTYPES[tensor.Type()]).reshape(shape)
    return values
