"""What a graph says of its inputs and outputs, and the part of it that one input and one output need."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import onnx

from dawn_chorus.inference.packs.names import shown

Shape = tuple[int | str, ...]
"""Sizes, and names or `?` where they are dynamic."""
FLOATS = frozenset({"float32", "float16", "float64"})
"""Elements of outputs that can be scores."""
_PASSES_ON = frozenset({"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """An input or an output as it is declared."""

    name: str
    element: str
    """`float32`, `int64`, …"""
    shape: Shape
    last_node: str = ""
    """Of an output: the kind of node that computes it."""

    def __str__(self) -> str:
        return f"{shown(self.name)} {self.element} {sizes(self.shape)}"


def sizes(shape: Iterable[int | str]) -> str:
    """Return a shape as messages have it: [N, 160000]."""
    return f"[{', '.join(shown(size) for size in shape)}]"


def inputs_of(model: onnx.ModelProto) -> tuple[TensorFacts, ...]:
    """Return what the network must be given; older files list weights among the inputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return tuple(_facts(value) for value in model.graph.input if value.name not in weights)


def outputs_of(model: onnx.ModelProto) -> tuple[TensorFacts, ...]:
    makers = {name: node for node in model.graph.node for name in node.output}
    return tuple(_facts(value, _last_node(value.name, makers)) for value in model.graph.output)


def opset_of(model: onnx.ModelProto) -> int:
    return next((entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}), 0)


def _facts(value: onnx.ValueInfoProto, last_node: str = "") -> TensorFacts:
    tensor = value.type.tensor_type
    names = onnx.TensorProto.DataType
    element = names.Name(tensor.elem_type) if tensor.elem_type in names.values() else str(tensor.elem_type)
    if (kind := value.type.WhichOneof("value")) not in {None, "tensor_type"}:
        element = str(kind).removesuffix("_type")  # a sequence, a map: what the networks of scikit-learn give
    dims = tensor.shape.dim
    shape = tuple(
        dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else dim.dim_param or "?" for dim in dims
    )
    return TensorFacts(
        value.name, {"FLOAT": "float32", "DOUBLE": "float64"}.get(element, element.lower()), shape, last_node
    )


def _last_node(name: str, makers: dict[str, onnx.NodeProto]) -> str:
    """Return the kind of the last node that changes values."""
    seen = set()
    while name in makers and name not in seen:
        seen.add(name)
        node = makers[name]
        if node.op_type not in _PASSES_ON or not node.input:
            return str(node.op_type)
        name = node.input[0]
    return ""


def needed_inputs(model: onnx.ModelProto, outputs: Iterable[str]) -> frozenset[str]:
    """Return the names of all values that these outputs are computed from; inputs are among them."""
    makers = {name: node for node in model.graph.node for name in node.output}
    needed, waiting = set[str](), list(outputs)
    while waiting:
        name = waiting.pop()
        if name and name not in needed:
            needed.add(name)
            if name in makers:
                waiting.extend(_reads(makers[name]))
    return frozenset(needed)


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """Yield the values that a node reads, also within its subgraphs."""
    yield from node.input
    for attribute in node.attribute:
        for graph in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
            yield from [value.name for value in graph.output]
            for inner in graph.node:
                yield from _reads(inner)


def keep_part(model: onnx.ModelProto, outputs: Iterable[str]) -> onnx.ModelProto:
    """Return the network with these outputs only, and without the inputs and nodes that they do not need."""
    part, kept = onnx.ModelProto(), set(outputs)
    part.CopyFrom(model)
    needed, graph = needed_inputs(model, kept), model.graph
    for field, remaining in (
        (part.graph.output, [value for value in graph.output if value.name in kept]),
        (part.graph.input, [value for value in graph.input if value.name in needed]),
        (part.graph.node, [node for node in graph.node if needed.intersection(node.output)]),
    ):
        del field[:]
        field.extend(remaining)
    return part
