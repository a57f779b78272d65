"""Means, sums and extremes over axes."""

import onnx

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported, axes_of


def _reduction(op: str) -> Translation:
    def translate(scope: Scope, operator: Operator) -> list[str]:
        axes = axes_of(scope.constant(operator, 1, "axes"))
        source, keeps = scope.name(operator.inputs[0]), int(bool(operator.options.get("KeepDims")))
        if not axes:
            return [scope.onnx.add("Identity", source)]
        if op == "ReduceSum":
            # The only one whose axes are an input already.
            return [scope.onnx.add(op, source, scope.onnx.constant(axes), keepdims=keeps)]
        return [scope.onnx.add(op, source, axes=axes, keepdims=keeps)]

    return translate


def _extreme_index(op: str) -> Translation:
    def translate(scope: Scope, operator: Operator) -> list[str]:
        (axis,) = axes_of(scope.constant(operator, 1, "an axis"))
        return [scope.onnx.add(op, scope.name(operator.inputs[0]), axis=axis, keepdims=0)]

    return translate


def _running_sum(scope: Scope, operator: Operator) -> list[str]:
    exclusive, reverse = (int(bool(operator.options.get(name))) for name in ("Exclusive", "Reverse"))
    return [scope.onnx.add("CumSum", *scope.inputs(operator), exclusive=exclusive, reverse=reverse)]


def _any_or_all(op: str) -> Translation:
    """Reduce truths as numbers, which ONNX can."""

    def translate(scope: Scope, operator: Operator) -> list[str]:
        axes = axes_of(scope.constant(operator, 1, "axes"))
        if not axes:
            raise Unsupported("over no axis")
        number = scope.onnx.add("Cast", scope.name(operator.inputs[0]), to=onnx.TensorProto.FLOAT)
        reduced = scope.onnx.add(op, number, axes=axes, keepdims=int(bool(operator.options.get("KeepDims"))))
        return [scope.onnx.add("Cast", reduced, to=onnx.TensorProto.BOOL)]

    return translate


OPERATORS: dict[str, Translation] = {
    "ARG_MAX": _extreme_index("ArgMax"),
    "ARG_MIN": _extreme_index("ArgMin"),
    "CUMSUM": _running_sum,
    "MEAN": _reduction("ReduceMean"),
    "REDUCE_ALL": _any_or_all("ReduceMin"),
    "REDUCE_ANY": _any_or_all("ReduceMax"),
    "REDUCE_MAX": _reduction("ReduceMax"),
    "REDUCE_MIN": _reduction("ReduceMin"),
    "REDUCE_PROD": _reduction("ReduceProd"),
    "SUM": _reduction("ReduceSum"),
}
