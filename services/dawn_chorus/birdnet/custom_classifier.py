"""tflite → ONNX: classifiers that BirdNET-Analyzer's `train` puts behind BirdNET's embeddings, and all other networks.

Its `save_linear_classifier` (2.4.0) writes BirdNET's front end and body, then one dense layer, or a hidden one with a
ReLU before it, without a sigmoid; mode "append" returns BirdNET's own logits and then those. Front end and body become
the ones that BirdNET itself gets here, which are faster and exact on silence; what follows the embeddings is translated
operator by operator.
"""

import numpy as np
import onnx

from dawn_chorus.birdnet.classifier import SAMPLE_RATE_HZ
from dawn_chorus.birdnet.network import Image, add_body, embeddings_operator
from dawn_chorus.birdnet.spectrogram import (
    MelBranch,
    add_spectrogram,
    image_frames,
    read_branches,
    spectrogram_tensor,
)
from dawn_chorus.inference.synthetic_sound import synthesize_dawn
from dawn_chorus.tflite.comparison import Array, check
from dawn_chorus.tflite.conversion import BATCH, convert_tflite, finish, input_shape, port_name
from dawn_chorus.tflite.graph import TfliteGraph
from dawn_chorus.tflite.merging import merge_duplicates
from dawn_chorus.tflite.onnx_graph import OnnxGraph
from dawn_chorus.tflite.operators.scope import Scope
from dawn_chorus.tflite.reading import read_tflite
from dawn_chorus.tflite.translation import translate

NAME = "birdnet"
"""What the graph is called if it has BirdNET's body."""

_N_SAMPLES = 144000
_SPECTRA = [(96, 1025), (96, 513)]
"""Shapes of BirdNET's two mel matrices."""
_N_CHECKED = 4


def convert_network(content: bytes) -> onnx.ModelProto:
    """Return the network of any `.tflite` file as ONNX; one with BirdNET's body takes batches of any length.

    The outputs were compared with tflite's own interpreter. Raises PermanentError for what cannot be converted.
    """
    graph = merge_duplicates(read_tflite(content))
    branches = _birdnet_branches(graph)
    if branches is None:
        return convert_tflite(content)
    model = _convert(graph, branches)
    check(model, content, _windows())
    return model


def _birdnet_branches(graph: TfliteGraph) -> list[MelBranch] | None:
    """Return the branches of BirdNET's front end, None if the network has another."""
    if (
        len(graph.inputs) != 1
        or input_shape(graph)[1:] != (_N_SAMPLES,)
        or len(graph.of_kind("RFFT2D")) != len(_SPECTRA)
    ):
        return None
    try:
        branches = read_branches(graph)
    except (IndexError, KeyError, ValueError):
        return None
    return branches if [branch.mel.shape for branch in branches] == _SPECTRA else None


def _convert(graph: TfliteGraph, branches: list[MelBranch]) -> onnx.ModelProto:
    waveform, onnx_graph = port_name(graph, graph.inputs[0]), OnnxGraph()
    spectrogram = add_spectrogram(onnx_graph, waveform, branches, _N_SAMPLES)
    image = Image(spectrogram, branches[0].mel.shape[0], image_frames(branches, _N_SAMPLES))
    embeddings = add_body(onnx_graph, graph, spectrogram_tensor(graph), image)
    pooled = onnx_graph.add("Flatten", onnx_graph.add("GlobalAveragePool", embeddings.name), axis=1)
    pooling = embeddings_operator(graph)
    scope = Scope(graph, onnx_graph, {pooling.output: pooled})
    translate(scope, graph.operators[graph.operators.index(pooling) + 1 :])
    return finish(scope, (waveform, (BATCH, _N_SAMPLES)), BATCH, name=NAME)


def _windows() -> Array:
    """Return windows of 3 s, loud, soft and silent: (n, samples)."""
    sound = synthesize_dawn(_N_CHECKED * _N_SAMPLES / SAMPLE_RATE_HZ, SAMPLE_RATE_HZ).reshape(_N_CHECKED, -1)
    gains = np.array([1.0, 0.1, 0.01, 0.0], np.float32)
    return sound * gains[:, None]
