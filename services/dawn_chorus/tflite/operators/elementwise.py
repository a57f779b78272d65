"""Arithmetic, comparisons and choices, number by number; tflite's broadcasting is ONNX's."""

import numpy as np
import onnx

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported, plain

_CASTS = {
    "FLOAT32": onnx.TensorProto.FLOAT,
    "INT32": onnx.TensorProto.INT64,
    "INT64": onnx.TensorProto.INT64,
    "BOOL": onnx.TensorProto.BOOL,
}


def _arithmetic(op: str) -> Translation:
    return lambda scope, operator: scope.activated(operator, scope.onnx.add(op, *scope.inputs(operator)))


def _squared_difference(scope: Scope, operator: Operator) -> list[str]:
    difference = scope.onnx.add("Sub", *scope.inputs(operator))
    return [scope.onnx.add("Mul", difference, difference)]


def _floor_division(scope: Scope, operator: Operator) -> list[str]:
    """Round down, where ONNX's division of integers rounds towards zero."""
    if _is_float(scope, operator):
        return [scope.onnx.add("Floor", scope.onnx.add("Div", *scope.inputs(operator)))]
    # 32-bit integers and their quotients are exact in float64.
    doubles = [scope.onnx.add("Cast", name, to=onnx.TensorProto.DOUBLE) for name in scope.inputs(operator)]
    floor = scope.onnx.add("Floor", scope.onnx.add("Div", *doubles))
    return [scope.onnx.add("Cast", floor, to=onnx.TensorProto.INT64)]


def _floor_remainder(scope: Scope, operator: Operator) -> list[str]:
    dividend, divisor = scope.inputs(operator)
    if not _is_float(scope, operator):
        return [scope.onnx.add("Mod", dividend, divisor)]
    quotient = scope.onnx.add("Floor", scope.onnx.add("Div", dividend, divisor))
    return [scope.onnx.add("Sub", dividend, scope.onnx.add("Mul", quotient, divisor))]


def _is_float(scope: Scope, operator: Operator) -> bool:
    return scope.graph.tensors[operator.output].type == "FLOAT32"


def _square(scope: Scope, operator: Operator) -> list[str]:
    (name,) = scope.inputs(operator)
    return [scope.onnx.add("Mul", name, name)]


def _reciprocal_root(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Reciprocal", scope.onnx.add("Sqrt", *scope.inputs(operator)))]


def _not_equal(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("Not", scope.onnx.add("Equal", *scope.inputs(operator)))]


def _cast(scope: Scope, operator: Operator) -> list[str]:
    """Convert; of a complex number the real part stays."""
    target = scope.graph.tensors[operator.output].type
    if target not in _CASTS:
        raise Unsupported(f"to {target}")
    return [scope.onnx.add("Cast", scope.name(operator.inputs[0]), to=_CASTS[target])]


def _select(scope: Scope, operator: Operator) -> list[str]:
    """Choose; the condition of the older kind may be a row of choices between whole rows."""
    condition, *rest = scope.inputs(operator)
    rank = scope.graph.rank(operator.inputs[1])
    if operator.kind == "SELECT" and scope.graph.rank(operator.inputs[0]) == 1 and rank > 1:
        condition = scope.onnx.add("Unsqueeze", condition, scope.onnx.constant(np.arange(1, rank)))
    return [scope.onnx.add("Where", condition, *rest)]


OPERATORS: dict[str, Translation] = {
    "ABS": plain("Abs"),
    "ADD": _arithmetic("Add"),
    "CAST": _cast,
    "CEIL": plain("Ceil"),
    "COS": plain("Cos"),
    "DIV": _arithmetic("Div"),
    "EQUAL": plain("Equal"),
    "EXP": plain("Exp"),
    "FLOOR": plain("Floor"),
    "FLOOR_DIV": _floor_division,
    "FLOOR_MOD": _floor_remainder,
    "GREATER": plain("Greater"),
    "GREATER_EQUAL": plain("GreaterOrEqual"),
    "LESS": plain("Less"),
    "LESS_EQUAL": plain("LessOrEqual"),
    "LOG": plain("Log"),
    "LOGICAL_AND": plain("And"),
    "LOGICAL_NOT": plain("Not"),
    "LOGICAL_OR": plain("Or"),
    "MAXIMUM": plain("Max"),
    "MINIMUM": plain("Min"),
    "MUL": _arithmetic("Mul"),
    "NEG": plain("Neg"),
    "NOT_EQUAL": _not_equal,
    "POW": plain("Pow"),
    "ROUND": plain("Round"),
    "RSQRT": _reciprocal_root,
    "SELECT": _select,
    "SELECT_V2": _select,
    "SIGN": plain("Sign"),
    "SIN": plain("Sin"),
    "SQRT": plain("Sqrt"),
    "SQUARE": _square,
    "SQUARED_DIFFERENCE": _squared_difference,
    "SUB": _arithmetic("Sub"),
}
