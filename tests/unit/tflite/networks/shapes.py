"""What arranges numbers, and shapes that a network computes."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import ArrayLike

from tests.tflite_files import TfliteFile
from tests.unit.tflite.networks.made import INTEGER, Network, Networks, last


def _with_constant(kind: str, *constants: ArrayLike, options: type | None = None, **fields: Any) -> Network:
    file = TfliteFile(1, 4, 3, 2)
    return file, file.add(kind, 0, *(file.constant(values) for values in constants), options=options, **fields)


def _sliced(begin: list[int], end: list[int], strides: list[int], **masks: int) -> Network:
    file = TfliteFile(1, 6, 5, 4)
    bounds = [file.constant(numbers) for numbers in (begin, end, strides)]
    return file, file.add("STRIDED_SLICE", 0, *bounds, options=schema.StridedSliceOptionsT, **masks)


def _squeezed(file: TfliteFile) -> int:
    mean = file.add("MEAN", 0, file.constant([2]), options=schema.ReducerOptionsT, keepDims=True)
    return file.add("SQUEEZE", mean, options=schema.SqueezeOptionsT, squeezeDims=np.array([2], np.int32))


def _split(file: TfliteFile) -> int:
    first = file.add("SPLIT", file.constant(1), 0, options=schema.SplitOptionsT, numSplits=2, n_outputs=2)
    return file.add("SUB", first + 1, first, options=schema.SubOptionsT)


def _split_v(file: TfliteFile) -> int:
    numbers = (file.constant([1, -1]), file.constant(1))
    first = file.add("SPLIT_V", 0, *numbers, options=schema.SplitVOptionsT, numSplits=2, n_outputs=2)
    return file.add("CONCATENATION", first + 1, first, options=schema.ConcatenationOptionsT, axis=1)


def _packed(file: TfliteFile) -> int:
    first = file.add("UNPACK", 0, options=schema.UnpackOptionsT, num=3, axis=2, n_outputs=3)
    return file.add("PACK", first + 2, first, options=schema.PackOptionsT, axis=1, valuesCount=2)


def _reshaped_by_shape(file: TfliteFile) -> int:
    """Flatten as Keras does: the batch is taken from the input's own shape."""
    shape = file.add("SHAPE", 0, options=schema.ShapeOptionsT, outType=INTEGER, type_=INTEGER)
    bounds = [file.constant(numbers) for numbers in ([0], [1], [1])]
    n = file.add("STRIDED_SLICE", shape, *bounds, options=schema.StridedSliceOptionsT, shrinkAxisMask=1, type_=INTEGER)
    target = file.add("PACK", n, file.constant(24), options=schema.PackOptionsT, valuesCount=2, type_=INTEGER)
    return file.add("RESHAPE", 0, target)


def _sliced_by_shape(kind: str) -> Network:
    """Cut the last two of the frames, begun where a computed shape says."""
    file = TfliteFile(1, 4, 3)
    shape = file.add("SHAPE", 0, options=schema.ShapeOptionsT, outType=INTEGER, type_=INTEGER)
    begin = file.add("SUB", shape, file.constant([0, 2, 3]), options=schema.SubOptionsT, type_=INTEGER)
    begin = file.add("MUL", begin, file.constant([0, 1, 1]), options=schema.MulOptionsT, type_=INTEGER)
    if kind == "SLICE":
        return file, file.add("SLICE", 0, begin, file.constant([-1, 1, -1]), options=schema.SliceOptionsT)
    ends = (shape, file.constant([1, 1, 2]))
    return file, file.add("STRIDED_SLICE", 0, begin, *ends, options=schema.StridedSliceOptionsT, shrinkAxisMask=2)


def _filled(file: TfliteFile) -> int:
    shape = file.add("SHAPE", 0, options=schema.ShapeOptionsT, outType=INTEGER, type_=INTEGER)
    return file.add("ADD", 0, file.add("FILL", shape, file.constant(2.5)), options=schema.AddOptionsT)


def _ranged(file: TfliteFile) -> int:
    bounds = [file.constant(number) for number in (0, 4, 2)]
    picked = file.add("RANGE", *bounds, options=schema.RangeOptionsT, type_=INTEGER)
    return file.add("GATHER", 0, picked, options=schema.GatherOptionsT, axis=1)


NETWORKS: Networks = {
    "running sum": lambda: _with_constant("CUMSUM", 1, options=schema.CumsumOptionsT, exclusive=True, reverse=True),
    "reshape": lambda: _with_constant("RESHAPE", [-1, 6, 4]),
    "reshape, fixed": lambda: _with_constant("RESHAPE", [1, 24]),
    "reshape by its own shape": lambda: last(_reshaped_by_shape),
    "squeeze": lambda: last(_squeezed),
    "split unevenly": lambda: last(_split_v),
    "expand": lambda: _with_constant("EXPAND_DIMS", -2, options=schema.ExpandDimsOptionsT),
    "transpose": lambda: _with_constant("TRANSPOSE", [0, 3, 1, 2], options=schema.TransposeOptionsT),
    "transpose, counted from the end": lambda: _with_constant(
        "TRANSPOSE", [0, -1, 1, -2], options=schema.TransposeOptionsT
    ),
    "concatenation": lambda: last(
        lambda file: file.add("CONCATENATION", 0, 0, options=schema.ConcatenationOptionsT, axis=-1)
    ),
    "pad": lambda: _with_constant("PAD", [[0, 0], [1, 2], [0, 3], [0, 0]], options=schema.PadOptionsT),
    "pad with a number": lambda: _with_constant(
        "PADV2", [[0, 0], [1, 2], [0, 3], [0, 0]], -4.5, options=schema.PadV2OptionsT
    ),
    "mirror without the edge": lambda: _with_constant(
        "MIRROR_PAD", [[0, 0], [1, 2], [2, 0], [0, 0]], options=schema.MirrorPadOptionsT, mode=0
    ),
    "mirror with the edge": lambda: _with_constant(
        "MIRROR_PAD", [[0, 0], [1, 2], [2, 0], [0, 0]], options=schema.MirrorPadOptionsT, mode=1
    ),
    "slice": lambda: _with_constant("SLICE", [0, 1, 0, 1], [-1, 2, -1, 1], options=schema.SliceOptionsT),
    "slice, computed": lambda: _sliced_by_shape("SLICE"),
    "strided slice": lambda: _sliced([0, 1, 0, 0], [1, 6, 5, 3], [1, 2, 1, 2]),
    "strided slice, open": lambda: _sliced([0, 1, 2, 0], [0, 3, 0, 0], [1, 1, 1, 1], beginMask=9, endMask=13),
    "strided slice, backwards": lambda: _sliced([0, 0, 3, 0], [0, 0, 0, 0], [1, -1, -2, 1], beginMask=11, endMask=11),
    "strided slice, one element": lambda: _sliced([0, 2, 0, -1], [0, 3, 0, 0], [1] * 4, endMask=5, shrinkAxisMask=10),
    "strided slice, ellipsis": lambda: _sliced([0, 1], [0, 3], [1, 1], ellipsisMask=1),
    "strided slice, new axis": lambda: _sliced(
        [0, 0, 0, 1], [0, 0, 0, 4], [1] * 4, beginMask=1, endMask=1, newAxisMask=2, ellipsisMask=4
    ),
    "strided slice, computed": lambda: _sliced_by_shape("STRIDED_SLICE"),
    "split": lambda: last(_split),
    "pack and unpack": lambda: last(_packed),
    "fill": lambda: last(_filled),
    "range and gather": lambda: last(_ranged),
    "gather in the last axis": lambda: _with_constant("GATHER", [1, 0, 1], options=schema.GatherOptionsT, axis=3),
    "reverse": lambda: _with_constant("REVERSE_V2", [1], options=schema.ReverseV2OptionsT),
    "broadcast": lambda: _with_constant("BROADCAST_TO", [2, 1, 4, 3, 2], options=schema.BroadcastToOptionsT),
    "tile": lambda: _with_constant("TILE", [1, 2, 1, 3], options=schema.TileOptionsT),
}
