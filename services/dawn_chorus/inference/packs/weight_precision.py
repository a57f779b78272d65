"""Whether a network stores its weights in 16 bits, which ONNX Runtime does not expose.

Parses the few relevant fields of the protobuf wire format, so that a worker needs no onnx package:
ModelProto.graph (7), GraphProto.initializer (5), TensorProto.data_type (2).
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.pack import name_of

GRAPH, INITIALIZER, DATA_TYPE = 7, 5, 2
FLOAT16, BFLOAT16 = 10, 16
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
FIXED_SIZES = {FIXED64: 8, FIXED32: 4}

Span = tuple[int, int]


def has_half_weights(path: Path) -> bool:
    """Return whether any initializer of the ONNX file is float16 or bfloat16. Raises InvalidPack if it is not ONNX."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            return any(_is_half(content, tensor) for tensor in _initializers(content))
        except (IndexError, KeyError) as error:
            raise InvalidPack(f"{name_of(path)}: is not an ONNX file") from error


def _initializers(content: mmap.mmap) -> Iterator[Span]:
    for field, graph in _fields(content, (0, len(content))):
        if field == GRAPH and isinstance(graph, tuple):
            for inner, tensor in _fields(content, graph):
                if inner == INITIALIZER and isinstance(tensor, tuple):
                    yield tensor


def _is_half(content: mmap.mmap, tensor: Span) -> bool:
    return any(field == DATA_TYPE and value in (FLOAT16, BFLOAT16) for field, value in _fields(content, tensor))


def _fields(content: mmap.mmap, span: Span) -> Iterator[tuple[int, int | Span]]:
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
            yield key >> 3, (position, position + size)
            position += size
        else:
            position += FIXED_SIZES[kind]


def _varint(content: mmap.mmap, position: int) -> tuple[int, int]:
    """Read seven bits per byte, lowest first, until a byte below 128; return the value and the next position."""
    value = shift = 0
    while True:
        byte = content[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
