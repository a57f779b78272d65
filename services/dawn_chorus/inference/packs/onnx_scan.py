"""Walks the protobuf wire format of an ONNX file, so that a worker needs no onnx package.

It finds what ONNX Runtime does not expose: whether weights are stored in 16 bits, and which data the network wants from
other files, wherever in it such a tensor may stand: initializers, attributes, sparse tensors, subgraphs, functions.
"""

from collections.abc import Iterator
from dataclasses import dataclass

GRAPH, INITIALIZER = "graph", "initializer"
FLOAT16, BFLOAT16 = 10, 16
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}
MOST_NESTED = 100
"""As many messages within messages as protobuf itself reads."""
_VARINT_BYTES = 10
_EXTERNAL = 1

_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: GRAPH, 20: "training", 25: "function"},
    "training": {1: GRAPH, 2: GRAPH},
    GRAPH: {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: GRAPH, 10: "tensor", 11: GRAPH, 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""The fields of each message of onnx.proto3 that lead to tensors, and what they hold."""
_DATA_TYPE, _NAME, _EXTERNAL_DATA, _DATA_LOCATION = 2, 8, 13, 14

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExternalTensor:
    """A tensor whose data lies in another file."""

    name: str
    is_initializer: bool
    """Of the main graph, where ONNX Runtime takes data from memory; elsewhere it would open files by itself."""
    entries: tuple[tuple[str, str], ...]
    """Keys and values: location, offset, length, checksum."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in a network."""

    has_half_weights: bool
    """Whether any initializer of the main graph is float16 or bfloat16."""
    external: tuple[ExternalTensor, ...]


def scan_network(content: bytes) -> Findings:
    """Return what is found in an ONNX file. Raises ValueError if it is not one."""
    has_half, external = False, []
    try:
        for span, is_initializer in _tensors(content):
            tensor = _read_tensor(content, span, is_initializer=is_initializer)
            has_half |= is_initializer and any(
                field == _DATA_TYPE and value in (FLOAT16, BFLOAT16) for field, value in _fields(content, span)
            )
            if tensor is not None:
                external.append(tensor)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError("is not a network that ONNX Runtime can read: this is no ONNX file") from error
    return Findings(has_half, tuple(external))


def _tensors(content: bytes) -> Iterator[tuple[Span, bool]]:
    """Yield each tensor's bytes, and whether it is an initializer of the main graph."""
    waiting: list[tuple[str, Span, int]] = [("model", (0, len(content)), 0)]
    while waiting:
        kind, span, depth = waiting.pop()
        if depth > MOST_NESTED:
            raise ValueError("is not a network that ONNX Runtime can read: it is nested too deeply")
        for field, value in _fields(content, span):
            child = _CHILDREN[kind].get(field)
            if child == "tensor" and isinstance(value, tuple):
                yield value, kind == GRAPH and depth == 1
            elif child is not None and isinstance(value, tuple):
                waiting.append((child, value, depth + 1))


def _read_tensor(content: bytes, span: Span, *, is_initializer: bool) -> ExternalTensor | None:
    """Return a tensor whose data lies elsewhere, by any sign of it; None: it holds its own data."""
    name, entries, located = "", [], False
    for field, value in _fields(content, span):
        if field == _EXTERNAL_DATA and isinstance(value, tuple):
            entries.append(_read_entry(content, value))
        elif field == _DATA_LOCATION:
            located |= value == _EXTERNAL
        elif field == _NAME and isinstance(value, tuple):
            name = content[slice(*value)].decode()
    return ExternalTensor(name, is_initializer, tuple(entries)) if entries or located else None


def _read_entry(content: bytes, span: Span) -> tuple[str, str]:
    texts = {field: content[slice(*value)].decode() for field, value in _fields(content, span) if type(value) is tuple}
    return texts.get(1, ""), texts.get(2, "")


def _fields(content: bytes, span: Span) -> Iterator[tuple[int, int | Span]]:
    """Yield the number of each field of a message with its value, or with the position of its bytes."""
    position, end = span
    while position < end:
        key, position = _varint(content, position)
        kind = key & 7
        if kind == VARINT:
            value, position = _varint(content, position)
            yield key >> 3, value
        elif kind == BYTES:
            size, position = _varint(content, position)
            if position + size > end:
                raise IndexError
            yield key >> 3, (position, position + size)
            position += size
        else:
            position += FIXED_SIZES[kind]
    if position > end:
        raise IndexError


def _varint(content: bytes, position: int) -> tuple[int, int]:
    """Read seven bits per byte, lowest first, until a byte below 128; return the value and the next position."""
    value = 0
    for shift in range(_VARINT_BYTES):
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, position
    raise IndexError
