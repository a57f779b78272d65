"""tflite → ONNX: BirdNET's classifier for windows of any length."""

import onnx

from dawn_chorus.birdnet.network import Image, add_body
from dawn_chorus.birdnet.spectrogram import add_spectrogram, image_frames, read_branches, spectrogram_tensor
from dawn_chorus.tflite.graph import Constant, TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph, Port

SAMPLE_RATE_HZ = 48000
FRAME_STEP_S = 64 * 278 / SAMPLE_RATE_HZ
"""The spectrogram's frames are halved six times into frames of logits; frame k is centered at (k + 1.5) steps.

The last convolution spans three positions, so the first frame is centered one position in. Masking parts of real
recordings and observing which frames change gives the same centers, within 0.1 s.
"""


def convert_classifier(graph: TfliteGraph, window_s: float, *, framewise: bool) -> onnx.ModelProto:
    """Return the classifier for windows of `window_s` as ONNX.

    The input is `waveform` (N, samples) at 48 kHz. The outputs are `clip_logits` (N, n_taxa) and, if framewise,
    `frame_logits` (N, n_frames, n_taxa). Between the global average pooling and the last dense layer nothing is
    non-linear, so that layer applied at each time step gives frame logits whose mean is the clip logit.
    """
    n_samples = round(window_s * SAMPLE_RATE_HZ)
    branches = read_branches(graph)
    onnx_graph = OnnxGraph()
    spectrogram = add_spectrogram(onnx_graph, "waveform", branches, n_samples)
    image = Image(spectrogram, branches[0].mel.shape[0], image_frames(branches, n_samples))
    embeddings = add_body(onnx_graph, graph, spectrogram_tensor(graph), image)
    outputs = (
        _add_framewise(onnx_graph, graph, embeddings) if framewise else _add_clipwise(onnx_graph, graph, embeddings)
    )
    return onnx_graph.model("birdnet", [("waveform", ("n_windows", n_samples))], outputs)


def _add_clipwise(onnx_graph: OnnxGraph, graph: TfliteGraph, embeddings: Image) -> list[Port]:
    weights, bias = _read_dense(graph)
    pooled = onnx_graph.add("Flatten", onnx_graph.add("GlobalAveragePool", embeddings.name), axis=1)
    dense = (onnx_graph.constant(weights), onnx_graph.constant(bias))
    onnx_graph.add("Gemm", pooled, *dense, output="clip_logits")
    return [("clip_logits", ("n_windows", len(bias)))]


def _add_framewise(onnx_graph: OnnxGraph, graph: TfliteGraph, embeddings: Image) -> list[Port]:
    """Add logits in time, each from the mean of its own embedding and the whole window's.

    A step's own embedding alone is too noisy: of 6,522 taxa some always score high. With the window's mixed in equally,
    scores separate the labelled taxon better and still locate its calls in noise; their mean is the same.
    """
    weights, bias = _read_dense(graph)
    whole = onnx_graph.add("GlobalAveragePool", embeddings.name)
    mixed = onnx_graph.add("Squeeze", onnx_graph.add("Add", embeddings.name, whole), onnx_graph.constant([2]))
    in_time = onnx_graph.add("Transpose", mixed, perm=[0, 2, 1])
    products = onnx_graph.add("MatMul", in_time, onnx_graph.constant(weights / 2))
    onnx_graph.add("Add", products, onnx_graph.constant(bias), output="frame_logits")
    onnx_graph.add("ReduceMean", "frame_logits", axes=[1], keepdims=0, output="clip_logits")
    return [
        ("frame_logits", ("n_windows", embeddings.width, len(bias))),
        ("clip_logits", ("n_windows", len(bias))),
    ]


def _read_dense(graph: TfliteGraph) -> tuple[Constant, Constant]:
    """Return the last layer's weights (1024, n_taxa) and bias (n_taxa,)."""
    weights, bias = (graph.constants[tensor] for tensor in graph.of_kind("FULLY_CONNECTED")[-1].inputs[1:])
    return weights.T, bias
