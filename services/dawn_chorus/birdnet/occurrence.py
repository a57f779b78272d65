"""tflite → ONNX: BirdNET's model of where and when its taxa occur.

It takes a place and one of 48 weeks, four per month, and returns the probability that each taxon occurs there and then.
A week outside 1 to 48 means the whole year.
"""

import onnx

from dawn_chorus.tflite.graph import RELU, Operator, TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph

INPUTS = ("latitude", "longitude", "week")
"""In the order of the original's single input row."""

_ONNX_OPS = {
    "ADD": "Add",
    "GREATER": "Greater",
    "LESS": "Less",
    "LOGISTIC": "Sigmoid",
    "MUL": "Mul",
    "SELECT_V2": "Where",
    "SIN": "Sin",
    "SUB": "Sub",
}


def convert_occurrence(graph: TfliteGraph) -> onnx.ModelProto:
    """Return ONNX: float32 inputs `latitude`, `longitude` (degrees) and `week`, each (1,), to `probs` (1, n_taxa)."""
    onnx_graph = OnnxGraph()
    names: dict[int, str] = {}
    for operator in graph.operators:
        names[operator.output] = _add_operator(onnx_graph, graph, operator, names)
    last = graph.operators[-1]
    onnx_graph.add("Identity", names[last.output], output="probs")
    n_taxa = len(graph.constants[graph.of_kind("FULLY_CONNECTED")[-1].inputs[2]])
    return onnx_graph.model("birdnet_occurrence", [(name, (1,)) for name in INPUTS], [("probs", (1, n_taxa))])


def _add_operator(onnx_graph: OnnxGraph, graph: TfliteGraph, operator: Operator, names: dict[int, str]) -> str:
    if operator.kind == "STRIDED_SLICE":
        # One number of the row [[latitude, longitude, week]]: a separate input here.
        return INPUTS[int(graph.constants[operator.inputs[1]][-1])]
    inputs = [
        onnx_graph.constant(graph.constants[tensor]) if tensor in graph.constants else names[tensor]
        for tensor in operator.inputs
    ]
    if operator.kind == "EXPAND_DIMS":
        return onnx_graph.add("Unsqueeze", *inputs)
    if operator.kind == "CONCATENATION":
        return onnx_graph.add("Concat", *inputs, axis=1)
    if operator.kind == "FULLY_CONNECTED":
        dense = onnx_graph.add("Gemm", *inputs, transB=1)
        return onnx_graph.add("Relu", dense) if operator.options["FusedActivationFunction"] == RELU else dense
    return onnx_graph.add(_ONNX_OPS[operator.kind], *inputs)
