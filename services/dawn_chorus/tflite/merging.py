"""Merges what a network computes twice.

A file that was made of two functions of one network, as BirdNET-Analyzer's mode "append" is, may hold its body twice.
"""

from collections.abc import Hashable
from dataclasses import replace

from dawn_chorus.tflite.graph import Operator, TfliteGraph


def merge_duplicates(graph: TfliteGraph) -> TfliteGraph:
    """Return the graph without operators that compute from the same numbers what an earlier one computes."""
    same = _equal_constants(graph)
    firsts: dict[Hashable, Operator] = {}
    kept = []
    for operator in graph.operators:
        inputs = tuple(same.get(tensor, tensor) for tensor in operator.inputs)
        key = (operator.kind, inputs, tuple(sorted(operator.options.items())), len(operator.outputs))
        # What an operator of somebody's own does is not known.
        first = operator if operator.kind.startswith("CUSTOM") else firsts.setdefault(key, operator)
        if first is operator:
            kept.append(replace(operator, inputs=inputs))
        else:
            same.update(zip(operator.outputs, first.outputs, strict=True))
    outputs = tuple(same.get(tensor, tensor) for tensor in graph.outputs)
    return replace(graph, operators=tuple(kept), outputs=outputs)


def _equal_constants(graph: TfliteGraph) -> dict[int, int]:
    """Return, for constants that are equal to an earlier one, which that is."""
    same: dict[int, int] = {}
    firsts: dict[Hashable, int] = {}
    for tensor, values in sorted(graph.constants.items()):
        first = firsts.setdefault((values.dtype.str, values.shape, values.tobytes()), tensor)
        if first != tensor:
            same[tensor] = first
    return same
