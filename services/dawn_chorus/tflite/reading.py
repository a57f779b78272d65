"""Reads a tflite flatbuffer."""

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import tflite

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.tflite.graph import Constant, Operator, Tensor, TfliteGraph, dtype_of

_IDENTIFIER = b"TFL3"


def _names(enumeration: type) -> dict[int, str]:
    return {code: name for name, code in vars(enumeration).items() if isinstance(code, int)}


_KINDS = _names(tflite.BuiltinOperator)
_TYPES = _names(tflite.TensorType)
_OPTIONS = _names(tflite.BuiltinOptions)


def read_tflite(content: bytes) -> TfliteGraph:
    """Return the graph of a file; raises PermanentError if the file is none or is damaged."""
    if content[4:8] != _IDENTIFIER:
        raise PermanentError("not a tflite file: its first bytes say so; export the network again, to tflite or ONNX")
    try:
        return _read_model(tflite.Model.GetRootAs(content, 0))
    except (struct.error, IndexError, ValueError, TypeError, AttributeError) as error:
        # What flatbuffers raise where an offset points nowhere.
        raise PermanentError(f"a damaged tflite file ({error}): copy or export it again") from error


def _read_model(model: Any) -> TfliteGraph:
    subgraph = model.Subgraphs(0)
    operators = tuple(
        _read_operator(model, subgraph.Operators(position)) for position in range(subgraph.OperatorsLength())
    )
    tensors = tuple(_read_tensor(subgraph.Tensors(number)) for number in range(subgraph.TensorsLength()))
    constants = {
        number: values
        for number, tensor in enumerate(tensors)
        if (values := _read_constant(model, subgraph.Tensors(number), tensor)) is not None
    }
    made = {tensor for operator in operators for tensor in operator.outputs}
    inputs, outputs = _numbers(subgraph, "Inputs"), _numbers(subgraph, "Outputs")
    for number, tensor in enumerate(tensors):
        # A constant of no numbers has no bytes either.
        if 0 in tensor.signature and number not in made and number not in inputs and dtype_of(tensor) is not None:
            constants[number] = np.zeros(tensor.shape, dtype_of(tensor))
    kept = tuple(operator for operator in operators if not _widen(operator, constants))
    return TfliteGraph(kept, constants, tensors, inputs, outputs, model.SubgraphsLength())


def _widen(operator: Operator, constants: dict[int, Constant]) -> bool:
    """Widen a half-precision constant here, so the graph does not need to do it; return whether it was one."""
    if operator.kind != "DEQUANTIZE" or operator.inputs[0] not in constants:
        return False
    halves = constants[operator.inputs[0]]
    if halves.dtype != np.float16:
        return False
    constants[operator.output] = halves.astype(np.float32)
    return True


def _read_operator(model: Any, operator: Any) -> Operator:
    opcode = model.OperatorCodes(operator.OpcodeIndex())
    # Codes up to 127 are stored in the older, 8-bit field.
    code = max(opcode.BuiltinCode(), opcode.DeprecatedBuiltinCode())
    kind = _KINDS.get(code, f"operator {code}")
    if kind == "CUSTOM":
        kind = f"CUSTOM {(opcode.CustomCode() or b'').decode('utf-8', 'replace')}"
    return Operator(kind, _numbers(operator, "Inputs"), _numbers(operator, "Outputs"), _read_options(operator))


def _read_options(operator: Any) -> Mapping[str, Any]:
    """Return all fields of the operator's options: numbers, and vectors of numbers as tuples."""
    name, table = _OPTIONS.get(operator.BuiltinOptionsType(), "NONE"), operator.BuiltinOptions()
    if name == "NONE" or table is None:
        return {}
    options = getattr(tflite, name)()
    options.Init(table.Bytes, table.Pos)
    fields = [field for field in vars(type(options)) if field[0].isupper() and f"{field}AsNumpy" not in dir(options)]
    found: dict[str, Any] = {}
    for field in fields:
        if field.endswith("AsNumpy"):
            found[field.removesuffix("AsNumpy")] = _numbers(options, field.removesuffix("AsNumpy"))
        elif not (field.startswith(("Init", "GetRootAs")) or field.endswith(("Length", "IsNone", "HasIdentifier"))):
            value = getattr(options, field)()
            if isinstance(value, (bool, int, float)):
                found[field] = value
    return found


def _numbers(table: Any, field: str) -> tuple[int, ...]:
    """Return a vector of numbers; one that is not there is empty."""
    values = getattr(table, f"{field}AsNumpy")()
    return tuple(values.tolist()) if isinstance(values, np.ndarray) else ()


def _read_tensor(tensor: Any) -> Tensor:
    shape = _numbers(tensor, "Shape")
    quantization = tensor.Quantization()
    number = _TYPES.get(tensor.Type(), f"type {tensor.Type()}")
    return Tensor(
        (tensor.Name() or b"").decode("utf-8", "replace"),
        # Of a sparse tensor not all numbers are in the file.
        number if tensor.Sparsity() is None else f"sparse {number}",
        shape,
        _numbers(tensor, "ShapeSignature") or shape,
        quantization is not None and quantization.ScaleLength() > 0,
    )


def _read_constant(model: Any, table: Any, tensor: Tensor) -> Constant | None:
    buffer, dtype = model.Buffers(table.Buffer()), dtype_of(tensor)
    if buffer.DataLength() == 0 or dtype is None:
        return None
    values: Constant = np.frombuffer(buffer.DataAsNumpy().tobytes(), dtype).reshape(tensor.shape)
    return values
