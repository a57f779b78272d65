"""Translates operators one by one, and names all that have no translation."""

from collections import Counter
from collections.abc import Iterable

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators import (
    activations,
    convolutions,
    dense,
    elementwise,
    reductions,
    resizing,
    shapes,
    slices,
    spectra,
)
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported

OPERATORS: dict[str, Translation] = {
    **activations.OPERATORS,
    **convolutions.OPERATORS,
    **dense.OPERATORS,
    **elementwise.OPERATORS,
    **reductions.OPERATORS,
    **resizing.OPERATORS,
    **shapes.OPERATORS,
    **slices.OPERATORS,
    **spectra.OPERATORS,
}
_NUMBERS = frozenset({"BOOL", "COMPLEX64", "FLOAT32", "INT32", "INT64"})
_OF_BOTH_PARTS = frozenset(
    {"CONCATENATION", "EXPAND_DIMS", "GATHER", "PACK", "RESHAPE", "SLICE", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE"}
)
"""Operators that only move numbers: of a complex tensor the real part and the imaginary one."""
_MISSING = "untranslated"
"""Stands for what an operator without a translation would give."""
_OF_COMPLEX = frozenset({"CAST", "COMPLEX_ABS", "IMAG", "REAL", "SHAPE"})


def translate(scope: Scope, operators: Iterable[Operator]) -> None:
    """Add the operators to the scope's graph; raises PermanentError that names every one without a translation."""
    problems: Counter[str] = Counter()
    for operator in operators:
        try:
            _add(scope, operator)
        except Unsupported as problem:
            problems[f"{operator.kind} {problem}".rstrip()] += 1
            # So that what comes after it is looked at too.
            scope.names.update(dict.fromkeys(operator.outputs, _MISSING))
    if problems:
        named = ", ".join(f"{what} ({count} times)" if count > 1 else what for what, count in sorted(problems.items()))
        raise PermanentError(
            f"the tflite network has operators that cannot be translated: {named}. Export it as float32 (weights of "
            "16 bits are fine), not quantized to 8 bits, with tflite's built-in operators only, or convert the network "
            "that it was made of to ONNX (tf2onnx, torch.onnx) and import that"
        )


def _add(scope: Scope, operator: Operator) -> None:
    if operator.kind not in OPERATORS:
        raise Unsupported
    _require_plain_numbers(scope, operator)
    if any(scope.names.get(tensor) == _MISSING for tensor in operator.inputs):
        scope.names.update(dict.fromkeys(operator.outputs, _MISSING))
        return
    translation = OPERATORS[operator.kind]
    complex_inputs = scope.imaginary.keys() & set(operator.inputs)
    if complex_inputs and operator.kind not in _OF_BOTH_PARTS | _OF_COMPLEX:
        raise Unsupported("on COMPLEX64")
    names = translation(scope, operator)
    if complex_inputs and operator.kind in _OF_BOTH_PARTS:
        parts = translation(scope.imaginary_part(), operator)
        scope.imaginary.update(zip(operator.outputs, parts, strict=True))
    scope.names.update(zip(operator.outputs, names, strict=True))


def _require_plain_numbers(scope: Scope, operator: Operator) -> None:
    for number in (*operator.inputs, *operator.outputs):
        tensor_type = scope.graph.tensors[number].type if number >= 0 else "FLOAT32"
        # A half-precision constant was widened when the file was read.
        if tensor_type not in _NUMBERS and not (tensor_type == "FLOAT16" and number in scope.graph.constants):
            raise Unsupported(f"on {tensor_type}")
    for tensor in operator.inputs:
        if tensor >= 0 and tensor not in scope.names and tensor not in scope.graph.constants:
            raise Unsupported("on a tensor that keeps its values from one run to the next")
