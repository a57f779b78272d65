"""What arranges numbers and computes none."""

import numpy as np

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported, axes_of, plain


def _reshape(scope: Scope, operator: Operator) -> list[str]:
    if scope.has_input(operator, 1):
        shape = scope.name(operator.inputs[1])
    else:
        shape = scope.onnx.constant(np.array(operator.options["NewShape"], np.int64))
    # In tflite a 0 is a length; in ONNX it would be that of the input.
    return [scope.onnx.add("Reshape", scope.name(operator.inputs[0]), shape, allowzero=_holds_zero(scope, operator))]


def _holds_zero(scope: Scope, operator: Operator) -> int:
    known = scope.known(operator, 1) if scope.has_input(operator, 1) else None
    return int(known is not None and 0 in known)


def _squeeze(scope: Scope, operator: Operator) -> list[str]:
    axes = operator.options.get("SqueezeDims") or ()
    names = [scope.name(operator.inputs[0]), *([scope.onnx.constant(list(axes))] if axes else [])]
    return [scope.onnx.add("Squeeze", *names)]


def _expand_dims(scope: Scope, operator: Operator) -> list[str]:
    axes = axes_of(scope.constant(operator, 1, "an axis"))
    return [scope.onnx.add("Unsqueeze", scope.name(operator.inputs[0]), scope.onnx.constant(axes))]


def _transpose(scope: Scope, operator: Operator) -> list[str]:
    rank = scope.graph.rank(operator.inputs[0])
    order = [axis % rank for axis in axes_of(scope.constant(operator, 1, "an order of axes"))]
    return [scope.onnx.add("Transpose", scope.name(operator.inputs[0]), perm=order)]


def _concatenation(scope: Scope, operator: Operator) -> list[str]:
    if operator.options["FusedActivationFunction"]:
        raise Unsupported("with an activation, which tflite itself leaves out")
    return [scope.onnx.add("Concat", *scope.inputs(operator), axis=int(operator.options["Axis"]))]


def _pack(scope: Scope, operator: Operator) -> list[str]:
    axis = int(operator.options["Axis"])
    axes = scope.onnx.constant([axis])
    rows = [scope.onnx.add("Unsqueeze", name, axes) for name in scope.inputs(operator)]
    return [scope.onnx.add("Concat", *rows, axis=axis)]


def _unpack(scope: Scope, operator: Operator) -> list[str]:
    axis = int(operator.options["Axis"])
    parts = _cut(scope, scope.name(operator.inputs[0]), axis, np.ones(len(operator.outputs), np.int64))
    return [scope.onnx.add("Squeeze", part, scope.onnx.constant([axis])) for part in parts]


def _split(scope: Scope, operator: Operator) -> list[str]:
    (axis,) = axes_of(scope.constant(operator, 0, "an axis"))
    length = scope.graph.length(operator.inputs[1], axis)
    if length is None:
        raise Unsupported("of an axis of unknown length")
    n_parts = len(operator.outputs)
    return _cut(scope, scope.name(operator.inputs[1]), axis, np.full(n_parts, length // n_parts))


def _split_unevenly(scope: Scope, operator: Operator) -> list[str]:
    lengths = np.array(scope.constant(operator, 1, "lengths"), np.int64)
    (axis,) = axes_of(scope.constant(operator, 2, "an axis"))
    if (lengths < 0).any():
        length = scope.graph.length(operator.inputs[0], axis)
        if length is None:
            raise Unsupported("of an axis of unknown length")
        lengths[lengths < 0] = length - lengths[lengths >= 0].sum()
    return _cut(scope, scope.name(operator.inputs[0]), axis, lengths)


def _cut(scope: Scope, name: str, axis: int, lengths: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> list[str]:
    if len(lengths) == 1:
        return [name]
    return scope.onnx.add_several("Split", name, scope.onnx.constant(lengths), n_outputs=len(lengths), axis=axis)


def _shape(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Shape", scope.name(operator.inputs[0]))]


def _fill(scope: Scope, operator: Operator) -> list[str]:
    shape, value = scope.inputs(operator)
    return [scope.onnx.add("Expand", value, shape)]


def _broadcast(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Expand", *scope.inputs(operator))]


def _reverse(scope: Scope, operator: Operator) -> list[str]:
    axes = axes_of(scope.constant(operator, 1, "axes"))
    whole = np.iinfo(np.int64)
    bounds = [[-1] * len(axes), [int(whole.min)] * len(axes), axes, [-1] * len(axes)]
    return [scope.onnx.add("Slice", scope.name(operator.inputs[0]), *map(scope.onnx.constant, bounds))]


OPERATORS: dict[str, Translation] = {
    "BROADCAST_TO": _broadcast,
    "CONCATENATION": _concatenation,
    "EXPAND_DIMS": _expand_dims,
    "FILL": _fill,
    "PACK": _pack,
    "RANGE": plain("Range"),
    "RESHAPE": _reshape,
    "REVERSE_V2": _reverse,
    "SHAPE": _shape,
    "SPLIT": _split,
    "SPLIT_V": _split_unevenly,
    "SQUEEZE": _squeeze,
    "TILE": plain("Tile"),
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
