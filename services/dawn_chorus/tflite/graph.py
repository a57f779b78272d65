"""A tflite network as plain values: tensors, constants and operators in the order they run.

Layouts stay tflite's (images NHWC).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tflite
from numpy.typing import NDArray

Constant = NDArray[Any]
Option = int | float | tuple[int, ...]

SAME_PADDING = int(tflite.Padding.SAME)
RELU = int(tflite.ActivationFunctionType.RELU)


@dataclass(frozen=True, slots=True)
class Tensor:
    """What the file says of a tensor."""

    name: str
    type: str
    """As tflite names it: FLOAT32, INT8, …; with `sparse` before it if only some of its numbers are stored."""
    shape: tuple[int, ...]
    """For a batch of one; of an axis that is not known before the network runs it says nothing."""
    signature: tuple[int, ...]
    """The same with −1 for axes that are not known."""
    quantized: bool
    """Whether its integers stand for other numbers."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of the model; inputs and outputs are tensor numbers, −1 for an omitted input."""

    kind: str
    """As tflite names it: CONV_2D, LOGISTIC, …; CUSTOM and its name for one that tflite does not have."""
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any]
    """By the names of tflite's schema: StrideH, FusedActivationFunction, …"""

    @property
    def output(self) -> int:
        """The first output; most operators have no other."""
        return self.outputs[0]


@dataclass(frozen=True)
class TfliteGraph:
    """The first subgraph of a file, the one that runs."""

    operators: tuple[Operator, ...]
    constants: Mapping[int, Constant]
    """By tensor number; float16 constants that are only widened are float32 already, without an operator."""
    tensors: tuple[Tensor, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    n_subgraphs: int = 1

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

    def length(self, tensor: int, axis: int) -> int | None:
        """Return how long an axis is, None where that is not known before the network runs."""
        signature = self.tensors[tensor].signature
        return signature[axis] if signature and signature[axis] >= 0 else None

    def rank(self, tensor: int) -> int:
        return len(self.tensors[tensor].shape)


def dtype_of(tensor: Tensor) -> np.dtype[Any] | None:
    """Return the type of a tensor's numbers, None for strings and other things that are no numbers."""
    return _DTYPES.get(tensor.type)


_DTYPES: dict[str, np.dtype[Any]] = {
    "FLOAT32": np.dtype("<f4"),
    "FLOAT16": np.dtype("<f2"),
    "FLOAT64": np.dtype("<f8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "BOOL": np.dtype("?"),
}
