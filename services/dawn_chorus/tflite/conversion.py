"""tflite → ONNX, for networks of one input, operator by operator."""

import re

import numpy as np
import onnx

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.tflite.comparison import Array, check
from dawn_chorus.tflite.graph import TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph, Port
from dawn_chorus.tflite.operators.scope import Scope
from dawn_chorus.tflite.reading import read_tflite
from dawn_chorus.tflite.translation import translate

BATCH = "n_windows"
"""The name of a first axis of any length."""
_N_CHECKED = 3
_GAINS = (0.5, 0.05, 0.2)


def convert_tflite(content: bytes) -> onnx.ModelProto:
    """Return the network of a `.tflite` file as ONNX, compared with tflite's own interpreter.

    Input and outputs have the file's names and shapes. The first axis is dynamic where the file says so and several
    windows at once give what each gives alone; otherwise it is of the file's length, 1 as a rule. A network without
    that axis gets one of length 1. Raises PermanentError for what cannot be converted; of operators it names all.
    """
    graph = read_tflite(content)
    shape = input_shape(graph)
    windows = _noise(shape)
    if graph.tensors[graph.inputs[0]].signature[0] == -1:
        try:
            model = _convert(graph, BATCH)
            check(model, content, windows)
        except (PermanentError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
            # A constant shape holds the batch of one: below it is declared, and checked again.
            pass
        else:
            return model
    model = _convert(graph, shape[0])
    check(model, content, windows)
    return model


def input_shape(graph: TfliteGraph) -> tuple[int, ...]:
    """Return the shape of the only input, with the batch; raises PermanentError if there is no such shape."""
    if len(graph.inputs) != 1:
        names = ", ".join(graph.tensors[tensor].name for tensor in graph.inputs)
        raise PermanentError(
            f"the tflite network has {len(graph.inputs)} inputs ({names}): export one that takes the sound alone"
        )
    tensor = graph.tensors[graph.inputs[0]]
    if -1 in tensor.signature[1:] or (len(tensor.signature) == 1 and tensor.signature[0] == -1) or not tensor.shape:
        raise PermanentError(
            f"the tflite network's input {tensor.name} has no fixed shape ({list(tensor.signature)}): export it for "
            "windows of one length"
        )
    return tensor.shape if len(tensor.shape) > 1 else (1, *tensor.shape)


def _convert(graph: TfliteGraph, batch: int | str) -> onnx.ModelProto:
    source = graph.inputs[0]
    name, onnx_graph = port_name(graph, source), OnnxGraph()
    first = name
    if graph.rank(source) == 1:
        first = onnx_graph.add("Reshape", name, onnx_graph.constant([-1]))
    scope = Scope(graph, onnx_graph, {source: first})
    translate(scope, graph.operators)
    _require_floats(graph)
    return finish(scope, (name, (batch, *input_shape(graph)[1:])), batch)


def finish(scope: Scope, source: Port, batch: int | str, *, name: str = "tflite") -> onnx.ModelProto:
    """Return the model with the file's outputs; what they do not need is left out."""
    graph = scope.graph
    outputs: list[Port] = []
    for number, tensor in enumerate(graph.outputs):
        port, shape = port_name(graph, tensor), _output_shape(graph, tensor, batch)
        if port == source[0] or port in (other for other, _ in outputs):
            port = f"{port}:{number}"
        if graph.rank(tensor) < 2:
            target = scope.onnx.constant([1, -1])
            scope.onnx.add("Reshape", scope.name(tensor), target, output=port)
        else:
            scope.onnx.add("Identity", scope.name(tensor), output=port)
        outputs.append((port, shape))
    scope.onnx.prune([port for port, _ in outputs])
    return scope.onnx.model(name, [source], outputs)


def _output_shape(graph: TfliteGraph, tensor: int, batch: int | str) -> tuple[int | str, ...]:
    found = graph.tensors[tensor]
    if len(found.shape) < 2:
        return (1, *(found.shape or (1,)))
    first = batch if found.signature[0] == -1 or found.shape[0] == batch else found.shape[0]
    rest = [length if length >= 0 else f"axis_{axis}" for axis, length in enumerate(found.signature[1:], 1)]
    return (first, *rest)


def port_name(graph: TfliteGraph, tensor: int) -> str:
    """Return the file's name of an input or output, changed where a node of the translation could have the same."""
    name = graph.tensors[tensor].name or f"tensor:{tensor}"
    return f"{name}:0" if re.fullmatch(r"[a-z0-9]+(_\d+)+", name) else name


def _require_floats(graph: TfliteGraph) -> None:
    """Raise PermanentError if what goes in or comes out is not float32."""
    for side, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for tensor in (graph.tensors[number] for number in tensors):
            if tensor.type != "FLOAT32":
                raise PermanentError(
                    f"the tflite network's {side} {tensor.name} is {tensor.type}: export it as float32"
                )
    if graph.n_subgraphs > 1:
        raise PermanentError(
            f"the tflite file holds {graph.n_subgraphs} networks: export the one that takes the sound alone"
        )


def _noise(shape: tuple[int, ...]) -> Array:
    """Return noise of several loudnesses for the input, as many as are compared: (n, …)."""
    n_windows = max(_N_CHECKED, shape[0]) if shape[0] == 1 else shape[0]
    noise = np.random.RandomState(14).standard_normal((n_windows, *shape[1:]))
    gains = np.resize(_GAINS, n_windows).reshape(-1, *[1] * (len(shape) - 1))
    return np.asarray(noise * gains, np.float32)
