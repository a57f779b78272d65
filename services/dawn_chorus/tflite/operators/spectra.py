"""Fourier transforms, as matrix products with cosine and sine; a complex tensor is a pair of real ones."""

import numpy as np

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported, axes_of


def _real_transform(scope: Scope, operator: Operator) -> list[str]:
    """Transform rows of one line [..., 1, n]: cut or padded with zeros to n_fft, [..., 1, n_fft // 2 + 1] comes out."""
    height, n_fft = axes_of(scope.constant(operator, 1, "a length"))
    if height != 1 or scope.graph.length(operator.inputs[0], -2) != 1:
        raise Unsupported("over two axes")
    length = scope.graph.length(operator.inputs[0], -1)
    if length is None:
        raise Unsupported("on rows of unknown length")
    rows = scope.name(operator.inputs[0])
    if length > n_fft:
        rows = scope.onnx.add("Slice", rows, *(scope.onnx.constant([number]) for number in (0, n_fft, -1)))
    phase = np.outer(np.arange(min(length, n_fft)), np.arange(n_fft // 2 + 1)) % n_fft
    angle = 2 * np.pi / n_fft * phase
    scope.imaginary[operator.output] = scope.onnx.add("MatMul", rows, scope.onnx.constant(-np.sin(angle)))
    return [scope.onnx.add("MatMul", rows, scope.onnx.constant(np.cos(angle)))]


def _real(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Identity", scope.name(operator.inputs[0]))]


def _imaginary(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Identity", scope.imaginary[operator.inputs[0]])]


def _magnitude(scope: Scope, operator: Operator) -> list[str]:
    parts = (scope.names[operator.inputs[0]], scope.imaginary[operator.inputs[0]])
    squares = [scope.onnx.add("Mul", part, part) for part in parts]
    return [scope.onnx.add("Sqrt", scope.onnx.add("Add", *squares))]


OPERATORS: dict[str, Translation] = {
    "COMPLEX_ABS": _magnitude,
    "IMAG": _imaginary,
    "REAL": _real,
    "RFFT2D": _real_transform,
}
