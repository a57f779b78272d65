"""BirdNET's body: from the spectrogram image to embeddings in time, translated one tflite operator at a time.

Layouts become NCHW. Swish stays x · sigmoid(x), which ONNX Runtime fuses, and explicit padding is merged into the
convolution after it.
"""

from dataclasses import dataclass, replace

import numpy as np

from dawn_chorus.tflite.graph import RELU, SAME_PADDING, Constant, Operator, TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph


@dataclass(frozen=True)
class Image:
    """A tensor (N, channels, height, width) in the ONNX graph."""

    name: str
    height: int
    width: int
    padding: int = 0
    """Rows and columns of zeros that the next convolution must add on every side."""


def add_body(onnx_graph: OnnxGraph, graph: TfliteGraph, first: int, image: Image) -> Image:
    """Translate the operators from tensor `first`, which is `image`, up to the global average pooling, excluding it.

    Return the embeddings, (N, 1024, 1, n_frames); pooling them means averaging over the frames.
    """
    body = Body(onnx_graph, graph, {first: image})
    start = next(position for position, operator in enumerate(graph.operators) if first in operator.inputs)
    pooling = embeddings_operator(graph)
    for operator in graph.operators[start : graph.operators.index(pooling)]:
        body.add(operator)
    return body.images[pooling.inputs[0]]


def embeddings_operator(graph: TfliteGraph) -> Operator:
    """Return the global average pooling, after which there are only dense layers."""
    return graph.of_kind("MEAN")[-1]


class Body:
    """Translates operators one by one; `images` holds the results so far, by tflite tensor."""

    def __init__(self, onnx_graph: OnnxGraph, graph: TfliteGraph, images: dict[int, Image]) -> None:
        self.images = images
        self._onnx_graph = onnx_graph
        self._graph = graph
        self._translations = {
            "ADD": self._arithmetic,
            "AVERAGE_POOL_2D": self._pooling,
            "CONCATENATION": self._concatenation,
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._convolution,
            "LOGISTIC": self._sigmoid,
            "MAX_POOL_2D": self._pooling,
            "MEAN": self._mean,
            "MUL": self._arithmetic,
            "PAD": self._padding,
            # Only pooled images are reshaped, (N, channels) → (N, 1, 1, channels); here they already have that shape.
            "RESHAPE": self._input,
        }

    def add(self, operator: Operator) -> None:
        """Translate the operator; skip those that only compute shapes. Raises KeyError for an unknown kind."""
        if operator.kind not in ("SHAPE", "STRIDED_SLICE", "PACK"):
            self.images[operator.output] = self._translations[operator.kind](operator)

    def _input(self, operator: Operator) -> Image:
        return self.images[operator.inputs[0]]

    def _convolution(self, operator: Operator) -> Image:
        image, weights = self._input(operator), _channels_first(operator, self._graph.constants[operator.inputs[1]])
        strides = (operator.options["StrideH"], operator.options["StrideW"])
        geometry = _place(operator, image, weights.shape[2:], strides)
        name = self._onnx_graph.add(
            "Conv",
            image.name,
            self._onnx_graph.constant(weights),
            self._onnx_graph.constant(self._graph.constants[operator.inputs[2]]),
            kernel_shape=weights.shape[2:],
            strides=strides,
            pads=geometry.pads,
            group=weights.shape[0] if operator.kind == "DEPTHWISE_CONV_2D" else 1,
        )
        return Image(self._activated(operator, name), geometry.height, geometry.width)

    def _activated(self, operator: Operator, name: str) -> str:
        return self._onnx_graph.add("Relu", name) if operator.options["FusedActivationFunction"] == RELU else name

    def _pooling(self, operator: Operator) -> Image:
        image, options = self._input(operator), operator.options
        kernel, strides = (options["FilterHeight"], options["FilterWidth"]), (options["StrideH"], options["StrideW"])
        geometry = _place(operator, image, kernel, strides)
        op = "AveragePool" if operator.kind == "AVERAGE_POOL_2D" else "MaxPool"
        name = self._onnx_graph.add(op, image.name, kernel_shape=kernel, strides=strides, pads=geometry.pads)
        return Image(name, geometry.height, geometry.width)

    def _concatenation(self, operator: Operator) -> Image:
        names = [self.images[tensor].name for tensor in operator.inputs]
        return replace(self._input(operator), name=self._onnx_graph.add("Concat", *names, axis=1))

    def _sigmoid(self, operator: Operator) -> Image:
        image = self._input(operator)
        return replace(image, name=self._onnx_graph.add("Sigmoid", image.name))

    def _mean(self, operator: Operator) -> Image:
        return Image(self._onnx_graph.add("GlobalAveragePool", self._input(operator).name), 1, 1)

    def _padding(self, operator: Operator) -> Image:
        # The constant is ((before, after), …) for N, H, W, C; only padding of equal width occurs.
        return replace(self._input(operator), padding=int(self._graph.constants[operator.inputs[1]].max()))

    def _arithmetic(self, operator: Operator) -> Image:
        """Translate the sum or product of two images, or of an image and a constant per channel."""
        names = [
            self._onnx_graph.constant(self._graph.constants[tensor].reshape(-1, 1, 1))
            if tensor in self._graph.constants
            else self.images[tensor].name
            for tensor in operator.inputs
        ]
        name = self._onnx_graph.add(operator.kind.title(), *names)
        return replace(self._input(operator), name=self._activated(operator, name))


@dataclass(frozen=True)
class Placement:
    """The padding of a sliding kernel in ONNX's order (top, left, bottom, right), and the output size."""

    pads: tuple[int, int, int, int]
    height: int
    width: int


def _place(operator: Operator, image: Image, kernel: tuple[int, ...], strides: tuple[int, int]) -> Placement:
    """Return tflite's padding: SAME adds what the last step lacks, the odd one at the end."""
    sides = []
    for size, length, stride in zip((image.height, image.width), kernel, strides, strict=True):
        missing = max(0, (-(-size // stride) - 1) * stride + length - size)
        same = operator.options["Padding"] == SAME_PADDING
        before, after = (missing // 2, missing - missing // 2) if same else (image.padding, image.padding)
        sides.append((before, after, (size + before + after - length) // stride + 1))
    (top, bottom, height), (left, right, width) = sides
    return Placement((top, left, bottom, right), height, width)


def _channels_first(operator: Operator, weights: Constant) -> Constant:
    """Return (out, height, width, in), or a depthwise (1, height, width, out), as (out, in, height, width)."""
    axes = (3, 0, 1, 2) if operator.kind == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2)
    return np.asarray(weights.transpose(axes))
