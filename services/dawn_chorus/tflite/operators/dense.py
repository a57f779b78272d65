"""Matrix products."""

import numpy as np

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported


def _fully_connected(scope: Scope, operator: Operator) -> list[str]:
    """Translate the product with weights (out, in); tflite takes inputs of any shape as rows of the weights' length."""
    if operator.options.get("WeightsFormat", 0):
        raise Unsupported("with shuffled weights")
    source, weights = operator.inputs[0], operator.inputs[1]
    width = scope.graph.length(weights, 1)
    if width is None:
        raise Unsupported("with weights of an unknown shape")
    rows = scope.name(source)
    fits = scope.graph.length(source, -1) == width if scope.graph.rank(source) else False
    keeps = bool(operator.options.get("KeepNumDims")) and fits
    if not keeps and not (fits and scope.graph.rank(source) == 2):
        rows = scope.onnx.add("Reshape", rows, scope.onnx.constant([-1, width]))
    product = scope.onnx.add("MatMul", rows, _transposed(scope, weights))
    if scope.has_input(operator, 2):
        product = scope.onnx.add("Add", product, scope.name(operator.inputs[2]))
    return scope.activated(operator, product)


def _transposed(scope: Scope, weights: int) -> str:
    known = scope.graph.constants.get(weights)
    if known is not None:
        return scope.onnx.constant(np.asarray(known.T))
    return scope.onnx.add("Transpose", scope.name(weights), perm=[1, 0])


def _batch_product(scope: Scope, operator: Operator) -> list[str]:
    sides = []
    for tensor, option in zip(operator.inputs, ("AdjX", "AdjY"), strict=True):
        name = scope.name(tensor)
        if operator.options.get(option):
            *axes, rows, columns = range(scope.graph.rank(tensor))
            name = scope.onnx.add("Transpose", name, perm=[*axes, columns, rows])
        sides.append(name)
    return [scope.onnx.add("MatMul", *sides)]


OPERATORS: dict[str, Translation] = {"BATCH_MATMUL": _batch_product, "FULLY_CONNECTED": _fully_connected}
