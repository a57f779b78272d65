"""BirdNET's classifier once more, slowly and in float64: the tflite graph read literally, for windows of any length.

The original itself only takes 3 s.
"""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dawn_chorus.tflite.graph import RELU, SAME_PADDING, Operator, TfliteGraph

Array = NDArray[np.float64]
HOPS = (278, 280)
EXPONENTS = (0.22952409, 0.19052731)


def embeddings(graph: TfliteGraph, waveform: NDArray[np.float32]) -> Array:
    """Return what the last layer sees of each time step, (n_frames, 1024)."""
    first = graph.of_kind("CONCATENATION")[-2]
    values: dict[int, Array] = {first.output: _spectrograms(graph, waveform)}
    last = graph.producer(graph.of_kind("FULLY_CONNECTED")[-1].inputs[0])
    begin, end = graph.operators.index(first) + 1, graph.operators.index(last)
    for operator in graph.operators[begin:end]:
        if operator.kind not in ("SHAPE", "STRIDED_SLICE", "PACK"):
            values[operator.output] = _STEPS[operator.kind](operator, _inputs(graph, operator, values))
    return np.asarray(values[last.inputs[0]][0, 0])


def logits(graph: TfliteGraph, step_embeddings: Array) -> Array:
    """Return the last layer's (…, n_taxa)."""
    weights, bias = (graph.constants[tensor] for tensor in graph.of_kind("FULLY_CONNECTED")[-1].inputs[1:])
    return np.asarray(step_embeddings @ weights.T.astype(np.float64) + bias)


def _spectrograms(graph: TfliteGraph, waveform: NDArray[np.float32]) -> Array:
    """Return (1, n_mels, n_frames, 2), cut to the frames that both have."""
    lifted = waveform - waveform.min()
    scaled = (lifted / (lifted.max() + np.float32(1e-6)) - np.float32(0.5)) * np.float32(2)
    images = []
    for number, (hop, exponent) in enumerate(zip(HOPS, EXPONENTS, strict=True)):
        fft = graph.of_kind("RFFT2D")[number]
        window = graph.constant_input(graph.producer(graph.producer(fft.inputs[0]).inputs[0]))
        mel = graph.constants[graph.of_kind("FULLY_CONNECTED")[number].inputs[1]]
        spectra = np.fft.rfft((sliding_window_view(scaled, len(window))[::hop] * window).astype(np.float64))
        images.append(np.square(spectra.real @ mel.T)[:, ::-1].T ** exponent)
    n_frames = min(image.shape[1] for image in images)
    return np.stack([image[:, :n_frames] for image in images], axis=-1)[None]


def _inputs(graph: TfliteGraph, operator: Operator, values: dict[int, Array]) -> list[Array]:
    return [
        values[tensor] if tensor in values else graph.constants[tensor].astype(np.float64)
        for tensor in operator.inputs
        if tensor in values or tensor in graph.constants
    ]


def _rectified(operator: Operator, values: Array) -> Array:
    return np.maximum(values, 0) if operator.options["FusedActivationFunction"] == RELU else values


def _slide(operator: Operator, image: Array, kernel: tuple[int, ...], fill: float = 0.0) -> Array:
    """Return each position's view, (height, width, channels, *kernel)."""
    strides = (operator.options["StrideH"], operator.options["StrideW"])
    if operator.options["Padding"] == SAME_PADDING:
        missing = [
            max(0, (-(-size // stride) - 1) * stride + length - size)
            for size, length, stride in zip(image.shape[1:3], kernel, strides, strict=True)
        ]
        sides = [(0, 0), *((lack // 2, lack - lack // 2) for lack in missing), (0, 0)]
        image = np.pad(image, sides, constant_values=fill)
    return sliding_window_view(image[0], kernel, axis=(0, 1))[:: strides[0], :: strides[1]]


def _convolve(operator: Operator, inputs: list[Array]) -> Array:
    image, weights, bias = inputs
    views = _slide(operator, image, weights.shape[1:3])
    return _rectified(operator, np.tensordot(views, weights, axes=([2, 3, 4], [3, 1, 2])) + bias)[None]


def _convolve_by_channel(operator: Operator, inputs: list[Array]) -> Array:
    image, weights, bias = inputs
    views = _slide(operator, image, weights.shape[1:3])
    return _rectified(operator, np.einsum("hwcij,ijc->hwc", views, weights[0]) + bias)[None]


def _pool(reduce: Callable[..., Array], fill: float) -> Callable[[Operator, list[Array]], Array]:
    def pool(operator: Operator, inputs: list[Array]) -> Array:
        kernel = (operator.options["FilterHeight"], operator.options["FilterWidth"])
        return reduce(_slide(operator, inputs[0], kernel, fill), axis=(-2, -1))[None]

    return pool


_STEPS: dict[str, Callable[[Operator, list[Array]], Array]] = {
    "ADD": lambda operator, inputs: _rectified(operator, inputs[0] + inputs[1]),
    "AVERAGE_POOL_2D": _pool(np.nanmean, np.nan),
    "CONCATENATION": lambda _, inputs: np.concatenate(inputs, axis=-1),
    "CONV_2D": _convolve,
    "DEPTHWISE_CONV_2D": _convolve_by_channel,
    "LOGISTIC": lambda _, inputs: 1 / (1 + np.exp(-inputs[0])),
    "MAX_POOL_2D": _pool(np.max, -np.inf),
    "MEAN": lambda _, inputs: inputs[0].mean(axis=(1, 2)),
    "MUL": lambda operator, inputs: _rectified(operator, inputs[0] * inputs[1]),
    "PAD": lambda _, inputs: np.pad(inputs[0], inputs[1].astype(int)),
    "RESHAPE": lambda _, inputs: inputs[0].reshape(1, 1, 1, -1),
}
