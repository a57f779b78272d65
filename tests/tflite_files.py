"""Small tflite files, made through the object API of its schema."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import ArrayLike, NDArray

_TYPES = {
    np.dtype(np.float32): schema.TensorType.FLOAT32,
    np.dtype(np.float16): schema.TensorType.FLOAT16,
    np.dtype(np.int32): schema.TensorType.INT32,
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.bool_): schema.TensorType.BOOL,
}


class TfliteFile:
    """A network under construction; tensors are numbers, 0 is the input."""

    def __init__(self, *shape: int, type_: int = schema.TensorType.FLOAT32) -> None:
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._graph.name = b"main"
        self._model = schema.ModelT()
        self._model.version, self._model.subgraphs = 3, [self._graph]
        self._model.operatorCodes, self._model.buffers = [], [schema.BufferT()]
        self._add_tensor("sound", shape, type_)
        self.inputs = [0]
        self.shape = shape

    def input(self, *shape: int) -> int:
        """Add another input."""
        self.inputs.append(self._add_tensor("other", shape, schema.TensorType.FLOAT32))
        return self.inputs[-1]

    def constant(self, values: ArrayLike) -> int:
        """Add a constant: whole numbers as int32, float64 as float32, other types as they are."""
        array = np.asarray(values)
        array = (
            array.astype({"i": np.int32, "f": np.float32}.get(array.dtype.kind, array.dtype))
            if (array.dtype in (np.int64, np.float64))
            else array
        )
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._add_tensor("constant", array.shape, _TYPES[array.dtype], len(self._model.buffers) - 1)

    def add(
        self,
        kind: str,
        *inputs: int,
        options: Any = None,
        type_: int = schema.TensorType.FLOAT32,
        n_outputs: int = 1,
        **fields: Any,
    ) -> int:
        """Add an operator, `options` a class of the schema and `fields` its fields; return the first output."""
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(kind)
        outputs = [self._add_tensor(kind, (), type_) for _ in range(n_outputs)]
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        if options is not None:
            operator.builtinOptions = options()
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options.__name__.removesuffix("T"))
            vars(operator.builtinOptions).update(fields)
        self._graph.operators.append(operator)
        return outputs[0]

    def quantize(self, tensor: int) -> int:
        """Let a tensor's integers stand for other numbers."""
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = np.array([0.1], np.float32), np.array([0], np.int64)
        self._graph.tensors[tensor].quantization = quantization
        return tensor

    def make_sparse(self, tensor: int) -> int:
        """Declare that only some of a constant's numbers are in the file."""
        self._graph.tensors[tensor].sparsity = schema.SparsityParametersT()
        return tensor

    def content(self, *outputs: int, infer: bool = True, open_batch: bool = False, open_length: bool = False) -> bytes:
        """Return the file; `infer` takes shapes from tflite's interpreter, with −1 for axes that follow the batch.

        `open_batch` declares the input's first axis open, whatever the operators say, and `open_length` the second.
        """
        self._graph.inputs = np.array(self.inputs, np.int32)
        self._graph.outputs = np.array(outputs, np.int32)
        if infer:
            once = self._shapes(1)
            try:
                twice = self._shapes(2)
            except (RuntimeError, ValueError):
                twice = None  # a constant shape holds the batch of one
            for tensor, shape, other in zip(self._graph.tensors, once, twice or once, strict=False):
                tensor.shape = shape
                if tensor.buffer == 0 and twice is not None:
                    tensor.shapeSignature = np.where(shape == other, shape, -1).astype(np.int32)
        if open_batch or open_length:
            signature = [
                -1 if is_open else length
                for is_open, length in zip((open_batch, open_length), self.shape[:2], strict=True)
            ]
            self._graph.tensors[0].shapeSignature = np.array([*signature, *self.shape[2:]], np.int32)
        return self._packed()

    def _shapes(self, n: int) -> list[NDArray[np.int32]]:
        interpreter = Interpreter(model_content=self._packed())
        interpreter.resize_tensor_input(0, [n * self.shape[0], *self.shape[1:]])
        interpreter.allocate_tensors()
        interpreter.invoke()
        return [np.asarray(detail["shape"], np.int32) for detail in interpreter.get_tensor_details()]

    def _packed(self) -> bytes:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _code(self, kind: str) -> int:
        code = schema.OperatorCodeT()
        code.version = 2 if kind == "BROADCAST_TO" else 1
        if hasattr(schema.BuiltinOperator, kind):
            code.builtinCode = getattr(schema.BuiltinOperator, kind)
        else:
            code.builtinCode, code.customCode = schema.BuiltinOperator.CUSTOM, kind.encode()
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    def _add_tensor(self, name: str, shape: Sequence[int], type_: int, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name = f"{name}:{len(self._graph.tensors)}".encode()
        tensor.shape, tensor.type, tensor.buffer = np.array(shape, np.int32), type_, buffer
        tensor.hasRank = True
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
