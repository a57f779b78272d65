"""Parts of tensors, and what is put around them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tflite

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported

_END = int(np.iinfo(np.int64).max)
_BEFORE_START = int(np.iinfo(np.int64).min)


def _slice(scope: Scope, operator: Operator) -> list[str]:
    """Cut from `begin` on; a size of −1 is all that is left."""
    source, begin, size = scope.inputs(operator)
    axes = scope.onnx.constant(np.arange(scope.graph.rank(operator.inputs[0])))
    known_begin, known_size = scope.known(operator, 1), scope.known(operator, 2)
    if known_begin is not None and known_size is not None:
        ends = scope.onnx.constant(np.where(known_size < 0, _END, known_begin.astype(np.int64) + known_size))
    else:
        is_open = scope.onnx.add("Less", size, scope.onnx.constant(0))
        ends = scope.onnx.add("Where", is_open, scope.onnx.constant(_END), scope.onnx.add("Add", begin, size))
    return [scope.onnx.add("Slice", source, begin, ends, axes)]


@dataclass(frozen=True, slots=True)
class _Axis:
    """One axis of a strided slice, and where in begin, end and strides it is spoken of."""

    axis: int
    position: int


def _strided_slice(scope: Scope, operator: Operator) -> list[str]:
    """Cut as NumPy does; masks have bits for positions that are open ends, new axes, single elements, an ellipsis."""
    options = operator.options
    if options.get("Offset"):
        raise Unsupported("with ends counted from the beginnings")
    strides = scope.constant(operator, 3, "strides")
    axes, single, new = _spoken_of(options, len(strides), scope.graph.rank(operator.inputs[0]))
    name = scope.name(operator.inputs[0])
    if axes:
        begins, ends = _bounds(scope, operator, axes)
        steps = scope.onnx.constant([int(strides[axis.position]) for axis in axes])
        name = scope.onnx.add("Slice", name, begins, ends, scope.onnx.constant([axis.axis for axis in axes]), steps)
    if single:
        name = scope.onnx.add("Squeeze", name, scope.onnx.constant(single))
    if new:
        name = scope.onnx.add("Unsqueeze", name, scope.onnx.constant(new))
    return [name]


def _spoken_of(options: Mapping[str, Any], n_positions: int, rank: int) -> tuple[list[_Axis], list[int], list[int]]:
    """Return the axes that are cut, those of them that go, and where new ones are in the result."""
    masks = {name: int(options[name]) for name in ("EllipsisMask", "NewAxisMask", "ShrinkAxisMask")}
    axes, single, new = [], [], []
    axis = place = 0
    for position in range(n_positions):
        bit = 1 << position
        if masks["EllipsisMask"] & bit:
            after = [later for later in range(position + 1, n_positions) if not masks["NewAxisMask"] >> later & 1]
            skipped = rank - axis - len(after)
            axis, place = axis + skipped, place + skipped
        elif masks["NewAxisMask"] & bit:
            new.append(place)
            place += 1
        else:
            axes.append(_Axis(axis, position))
            if masks["ShrinkAxisMask"] & bit:
                single.append(axis)
            else:
                place += 1
            axis += 1
    return axes, single, new


def _bounds(scope: Scope, operator: Operator, axes: list[_Axis]) -> tuple[str, str]:
    strides = scope.constant(operator, 3, "strides")
    begins, ends = [], []
    for axis in axes:
        forward, bit = strides[axis.position] > 0, 1 << axis.position
        begin = _element(scope, operator, 1, axis.position)
        end = _element(scope, operator, 2, axis.position)
        if operator.options["ShrinkAxisMask"] & bit:
            end = _after(scope, begin)
        elif operator.options["EndMask"] & bit:
            end = _END if forward else _BEFORE_START
        if operator.options["BeginMask"] & bit and not operator.options["ShrinkAxisMask"] & bit:
            begin = 0 if forward else _END
        begins.append(begin)
        ends.append(end)
    return _joined(scope, begins), _joined(scope, ends)


def _element(scope: Scope, operator: Operator, position: int, index: int) -> int | str:
    """Return one number of an input: itself, or where the network computes it the name of a row of it alone."""
    known = scope.known(operator, position)
    if known is not None:
        return int(known[index])
    return scope.onnx.add("Gather", scope.name(operator.inputs[position]), scope.onnx.constant([index]), axis=0)


def _after(scope: Scope, begin: int | str) -> int | str:
    """Return the end of a single element; that of the last one, −1, is no number."""
    if isinstance(begin, int):
        return begin + 1 if begin != -1 else _END
    end = scope.onnx.add("Add", begin, scope.onnx.constant([1]))
    is_last = scope.onnx.add("Equal", begin, scope.onnx.constant([-1]))
    return scope.onnx.add("Where", is_last, scope.onnx.constant([_END]), end)


def _joined(scope: Scope, numbers: list[int | str]) -> str:
    known = [number for number in numbers if isinstance(number, int)]
    if len(known) == len(numbers):
        return scope.onnx.constant(known)
    rows = [number if isinstance(number, str) else scope.onnx.constant([number]) for number in numbers]
    return scope.onnx.add("Concat", *rows, axis=0)


def _gather(scope: Scope, operator: Operator) -> list[str]:
    if operator.options.get("BatchDims"):
        raise Unsupported("with an index of its own for each row of a batch")
    return [scope.onnx.add("Gather", *scope.inputs(operator), axis=int(operator.options.get("Axis", 0)))]


def _gather_nd(scope: Scope, operator: Operator) -> list[str]:
    return [scope.onnx.add("GatherND", *scope.inputs(operator))]


def _pad(scope: Scope, operator: Operator) -> list[str]:
    """Pad with zeros or a number: tflite has pairs for each axis, ONNX first all beginnings, then all ends."""
    pads = scope.onnx.add("Transpose", scope.name(operator.inputs[1]), perm=[1, 0])
    names = [scope.name(operator.inputs[0]), scope.onnx.add("Reshape", pads, scope.onnx.constant([-1]))]
    if scope.has_input(operator, 2):
        names.append(scope.name(operator.inputs[2]))
    return [scope.onnx.add("Pad", *names)]


def _mirror_pad(scope: Scope, operator: Operator) -> list[str]:
    """Pad by picking what is mirrored; ONNX mirrors only without the edge, tflite also with it."""
    mode = "reflect" if operator.options["Mode"] == tflite.MirrorPadMode.REFLECT else "symmetric"
    name = scope.name(operator.inputs[0])
    for axis, pads in enumerate(scope.constant(operator, 1, "widths")):
        if not pads.any():
            continue
        length = scope.graph.length(operator.inputs[0], axis)
        if length is None:
            raise Unsupported("on an axis of unknown length")
        picked = np.pad(np.arange(length), (int(pads[0]), int(pads[1])), mode=mode)  # type: ignore[call-overload]
        name = scope.onnx.add("Gather", name, scope.onnx.constant(picked), axis=axis)
    return [scope.onnx.add("Identity", name)]


OPERATORS: dict[str, Translation] = {
    "GATHER": _gather,
    "GATHER_ND": _gather_nd,
    "MIRROR_PAD": _mirror_pad,
    "PAD": _pad,
    "PADV2": _pad,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
}
