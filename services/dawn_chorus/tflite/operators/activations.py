"""Activations as operators of their own."""

import math

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, clip, plain


def _between(low: float, high: float) -> Translation:
    return lambda scope, operator: [clip(scope, scope.name(operator.inputs[0]), low, high)]


def _leaky_relu(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("LeakyRelu", *scope.inputs(operator), alpha=float(operator.options["Alpha"]))]


def _softmax(scope: Scope, operator: Operator) -> list[str]:
    """Normalize over the last axis, after a multiplication with tflite's beta."""
    (name,) = scope.inputs(operator)
    beta = float(operator.options["Beta"])
    scaled = name if beta == 1 else scope.onnx.add("Mul", name, scope.onnx.constant(beta))
    return [scope.onnx.add("Softmax", scaled, axis=-1)]


def _gelu(scope: Scope, operator: Operator) -> list[str]:
    """Add x/2 · (1 + erf(x / √2)), or with tanh(√(2/π) · (x + 0.044715 x³)) for the error function."""
    (name,) = scope.inputs(operator)
    onnx = scope.onnx
    if operator.options.get("Approximate"):
        cube = onnx.add("Mul", name, onnx.add("Mul", name, name))
        bent = onnx.add("Add", name, onnx.add("Mul", cube, onnx.constant(0.044715)))
        curve = onnx.add("Tanh", onnx.add("Mul", bent, onnx.constant(math.sqrt(2 / math.pi))))
    else:
        curve = onnx.add("Erf", onnx.add("Div", name, onnx.constant(math.sqrt(2))))
    lifted = onnx.add("Add", curve, onnx.constant(1.0))
    return [onnx.add("Mul", onnx.add("Mul", name, lifted), onnx.constant(0.5))]


def _unit_length(scope: Scope, operator: Operator) -> list[str]:
    """Divide by the length over the last axis, which tflite keeps above 1e-6."""
    (name,) = scope.inputs(operator)
    length = scope.onnx.add("ReduceL2", name, axes=[-1], keepdims=1)
    return scope.activated(
        operator, scope.onnx.add("Div", name, scope.onnx.add("Max", length, scope.onnx.constant(1e-6)))
    )


OPERATORS: dict[str, Translation] = {
    "ELU": plain("Elu"),
    "GELU": _gelu,
    "HARD_SWISH": plain("HardSwish"),
    "L2_NORMALIZATION": _unit_length,
    "LEAKY_RELU": _leaky_relu,
    "LOGISTIC": plain("Sigmoid"),
    "LOG_SOFTMAX": plain("LogSoftmax", axis=-1),
    "PRELU": plain("PRelu"),
    "RELU": plain("Relu"),
    "RELU6": _between(0.0, 6.0),
    "RELU_0_TO_1": _between(0.0, 1.0),
    "RELU_N1_TO_1": _between(-1.0, 1.0),
    "SOFTMAX": _softmax,
    "TANH": plain("Tanh"),
}
