"""Kernels that slide over images: [N, height, width, channels] in tflite, [N, channels, height, width] in ONNX.

Each translation transposes there and back; ONNX Runtime drops what follows a transposition with its opposite.
"""

from typing import Any

import numpy as np

from dawn_chorus.tflite.graph import SAME_PADDING, Constant, Operator
from dawn_chorus.tflite.operators.scope import Scope, Translation, Unsupported

_CHANNELS = 3


def channels_first(scope: Scope, name: str) -> str:
    return scope.onnx.add("Transpose", name, perm=[0, 3, 1, 2])


def channels_last(scope: Scope, name: str) -> str:
    return scope.onnx.add("Transpose", name, perm=[0, 2, 3, 1])


def _convolution(scope: Scope, operator: Operator) -> list[str]:
    """Translate both kinds: weights are (out, height, width, in), depthwise ones (1, height, width, out)."""
    weights = scope.constant(operator, 1, "weights")
    depthwise = operator.kind == "DEPTHWISE_CONV_2D"
    kernels = np.asarray(weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2)))
    inputs = [channels_first(scope, scope.name(operator.inputs[0])), scope.onnx.constant(kernels)]
    if scope.has_input(operator, 2):
        inputs.append(scope.name(operator.inputs[2]))
    shape: tuple[int, ...] = kernels.shape[2:]
    convolved = scope.onnx.add(
        "Conv",
        *inputs,
        kernel_shape=shape,
        group=_groups(scope, operator, kernels),
        **_geometry(scope, operator, shape),
    )
    return scope.activated(operator, channels_last(scope, convolved))


def _groups(scope: Scope, operator: Operator, kernels: Constant) -> int:
    channels = scope.graph.length(operator.inputs[0], _CHANNELS)
    if channels is None:
        raise Unsupported("on an unknown number of channels")
    return channels if operator.kind == "DEPTHWISE_CONV_2D" else channels // kernels.shape[1]


def _pooling(op: str, **attributes: Any) -> Translation:
    def translate(scope: Scope, operator: Operator) -> list[str]:
        shape = (operator.options["FilterHeight"], operator.options["FilterWidth"])
        image = channels_first(scope, scope.name(operator.inputs[0]))
        pooled = scope.onnx.add(op, image, kernel_shape=shape, **_geometry(scope, operator, shape), **attributes)
        return scope.activated(operator, channels_last(scope, pooled))

    return translate


def _geometry(scope: Scope, operator: Operator, kernel: tuple[int, ...]) -> dict[str, Any]:
    """Return strides, dilations and padding as ONNX's attributes.

    tflite's SAME adds what the last step lacks, the odd one at the end: ONNX's SAME_UPPER, which ONNX Runtime refuses
    with dilations, and in pools that skip points. Without strides those need the same padding for images of any size.
    """
    options = operator.options
    strides = (options["StrideH"], options["StrideW"])
    dilations = (options.get("DilationHFactor", 1), options.get("DilationWFactor", 1))
    if options["Padding"] != SAME_PADDING:
        return {"strides": strides, **({"dilations": dilations} if max(dilations) > 1 else {})}
    skips = operator.kind.endswith("POOL_2D") and (strides[0] > kernel[0] or strides[1] > kernel[1])
    if max(dilations) == 1 and not skips:
        return {"strides": strides, "auto_pad": "SAME_UPPER"}
    before, after = [], []
    for axis, (length, stride, dilation) in enumerate(zip(kernel, strides, dilations, strict=True), 1):
        reach = (length - 1) * dilation + 1
        size = scope.graph.length(operator.inputs[0], axis)
        if size is None and stride > 1:
            raise Unsupported("with strides and dilations, or strides beyond its kernel, on an image of unknown size")
        steps = stride * (-(-(size or 0) // stride) - 1)
        missing = max(0, steps + reach - size) if size is not None else reach - 1
        before.append(missing // 2)
        after.append(missing - missing // 2)
    own = {"dilations": dilations} if max(dilations) > 1 else {}
    return {"strides": strides, "pads": [*before, *after], **own}


OPERATORS: dict[str, Translation] = {
    "AVERAGE_POOL_2D": _pooling("AveragePool", count_include_pad=0),
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _convolution,
    "MAX_POOL_2D": _pooling("MaxPool"),
}
