"""BirdNET's front end: from the waveform to its two mel spectrograms, inside the ONNX graph.

In the tflite model each branch cuts frames, multiplies them by a Hann window, takes the FFT, keeps only the real part
(a cast drops the imaginary one), applies mel filters, squares, raises to a learned power and flips the mel axis. All
of it up to the square is linear, so a branch is one strided convolution with the kernels window × cosine × mel.

**Speed.** The strided convolution is written as one over blocks of a hop each (a frame is n_fft / hop such blocks),
which ONNX Runtime runs without copying each frame. If a branch covers a narrow band only, its kernels cut to one block
span few dimensions (53 of 278 for the one up to 3 kHz: twice bandwidth times length, and some for the edges), so blocks
are first projected onto these: a third of the arithmetic, with the same accuracy.

**Silence.** Each window is scaled to [−1, 1] by its own minimum and maximum, which turns digital silence into a
constant. The kernels' response to a constant should be 0, so what the original computes is the rounding error of the
constant times the Hann window. The power, 0.2, raises these 1e-7 to a hundredth of the maximum, and scores change by up
to 0.005 if the rounding error differs. Therefore the window is scaled with exactly the original's steps, the value of
silence is subtracted, so that silence passes the convolution as exact zeros, and the response to the constant is added,
computed from the same rounded product but in float64.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from dawn_chorus.tflite.graph import TfliteGraph
from dawn_chorus.tflite.onnx_graph import OnnxGraph

Kernels = NDArray[np.float64]

_EPS = 1e-6
"""Keeps the scaling of a silent window finite, as in the original."""
_RANK_TOLERANCE = 1e-7
"""Relative to the largest singular value: float32's resolution."""
_CHANNEL_BLOCK = 16
"""ONNX Runtime computes channels in groups of up to 16 (AVX-512): filling the last group costs nothing."""


@dataclass(frozen=True)
class MelBranch:
    """One of the two spectrograms: image = (window × cosine × mel kernels ∗ waveform)^(2·exponent) · scale + shift."""

    window: NDArray[np.float32]
    """(n_fft,)"""
    mel: NDArray[np.float32]
    """(n_mels, n_fft // 2 + 1)"""
    hop: int
    exponent: float
    scale: float
    shift: float

    def n_frames(self, n_samples: int) -> int:
        return 1 + (n_samples - len(self.window)) // self.hop

    def kernels(self) -> Kernels:
        """Return cosine, mel, the flip of the mel axis and the scale combined, without the window: (n_mels, n_fft)."""
        n_fft = len(self.window)
        phase = np.outer(np.arange(self.mel.shape[1]), np.arange(n_fft)) % n_fft
        kernels = self.mel.astype(np.float64) @ np.cos(2 * np.pi / n_fft * phase)
        return np.asarray(kernels[::-1] * self.scale ** (0.5 / self.exponent))


def read_branches(graph: TfliteGraph) -> list[MelBranch]:
    """Return both branches' constants; scale and shift come from the batch normalization after them."""
    windows = [
        graph.constant_input(graph.producer(graph.producer(fft.inputs[0]).inputs[0])) for fft in graph.of_kind("RFFT2D")
    ]
    mels = [graph.constants[dense.inputs[1]] for dense in graph.of_kind("FULLY_CONNECTED")]
    hops = [
        int(graph.constants[division.inputs[1]])
        for division in graph.of_kind("FLOOR_DIV")
        if graph.producer(division.inputs[0]).kind == "SUB"
    ]
    exponents = [float(graph.constants[power.inputs[1]]) for power in graph.of_kind("POW")]
    shift = graph.producer(spectrogram_tensor(graph))
    scale = graph.producer(shift.inputs[0])
    numbers = zip(hops, exponents, graph.constant_input(scale), graph.constant_input(shift), strict=True)
    return [
        MelBranch(window, mel, hop, exponent, float(scale), float(shift))
        for window, mel, (hop, exponent, scale, shift) in zip(windows, mels, numbers, strict=False)
    ]


def spectrogram_tensor(graph: TfliteGraph) -> int:
    """Return the front end's output tensor: the input of the first convolution."""
    return graph.of_kind("CONV_2D")[0].inputs[0]


def add_spectrogram(onnx_graph: OnnxGraph, waveform: str, branches: Sequence[MelBranch], n_samples: int) -> str:
    """Add the front end for a waveform (N, n_samples); return the image's name, (N, 2, n_mels, n_frames).

    The branches' hops differ a little (278 and 280), so in windows much longer than 3 s one has more frames than the
    other; both are cut to the shorter.
    """
    sound, silence = _add_scaling(onnx_graph, waveform)
    n_frames = image_frames(branches, n_samples)
    images = []
    for branch in branches:
        convolved = _add_convolution(onnx_graph, sound, branch, n_samples, n_frames)
        response = _add_response(onnx_graph, silence, branch)
        images.append(_add_power(onnx_graph, onnx_graph.add("Add", convolved, response), branch))
    return onnx_graph.add("Concat", *images, axis=1)


def image_frames(branches: Sequence[MelBranch], n_samples: int) -> int:
    return min(branch.n_frames(n_samples) for branch in branches)


def _add_scaling(onnx_graph: OnnxGraph, waveform: str) -> tuple[str, str]:
    """Scale each window; return the names of its sound minus its silence, (N, n_samples), and of its silence, (N, 1).

    Both are half of the original's values: its last step is a factor of 2, which the kernels contain here.
    """
    low = onnx_graph.add("ReduceMin", waveform, axes=[1], keepdims=1)
    span = onnx_graph.add("Sub", onnx_graph.add("ReduceMax", waveform, axes=[1], keepdims=1), low)
    divisor = onnx_graph.add("Add", span, onnx_graph.constant(_EPS))
    half = onnx_graph.constant(0.5)

    def scale(lifted: str) -> str:
        return onnx_graph.add("Sub", onnx_graph.add("Div", lifted, divisor), half)

    # Clipped, because 0 may lie outside a window's minimum and maximum if it has an offset.
    zero = scale(onnx_graph.add("Neg", low))
    silence = onnx_graph.add("Min", onnx_graph.add("Max", zero, onnx_graph.constant(-0.5)), half)
    return onnx_graph.add("Sub", scale(onnx_graph.add("Sub", waveform, low)), silence), silence


def _add_response(onnx_graph: OnnxGraph, silence: str, branch: MelBranch) -> str:
    """Add the branch's response to constant silence (N, 1): (N, 1, n_mels, 1)."""
    lifted = onnx_graph.add("Mul", silence, onnx_graph.constant(branch.window))
    kernels = onnx_graph.constant(2 * branch.kernels().T, np.float64)
    response = onnx_graph.add("MatMul", onnx_graph.add("Cast", lifted, to=onnx.TensorProto.DOUBLE), kernels)
    single = onnx_graph.add("Cast", response, to=onnx.TensorProto.FLOAT)
    return onnx_graph.add("Reshape", single, onnx_graph.constant([0, 1, branch.mel.shape[0], 1]))


def _add_convolution(onnx_graph: OnnxGraph, sound: str, branch: MelBranch, n_samples: int, n_frames: int) -> str:
    """Add the branch's strided convolution over (N, n_samples): (N, 1, n_mels, n_frames)."""
    kernels = _cut_in_blocks(2 * branch.kernels() * branch.window, branch.hop)
    n_mels, n_blocks, _ = kernels.shape
    blocks = _add_blocks(onnx_graph, sound, n_samples, (n_frames + n_blocks - 1, branch.hop))
    basis = _basis(kernels)
    if basis.shape[0] <= branch.hop // 2:
        blocks = onnx_graph.add("MatMul", blocks, onnx_graph.constant(basis.T))
        kernels = kernels @ basis.T
    channels_first = onnx_graph.add("Transpose", blocks, perm=[0, 3, 1, 2])
    weights = kernels.transpose(0, 2, 1)[:, :, None, :]
    mel = onnx_graph.add("Conv", channels_first, onnx_graph.constant(weights))
    return onnx_graph.add("Reshape", mel, onnx_graph.constant([0, 1, n_mels, n_frames]))


def _cut_in_blocks(kernels: Kernels, hop: int) -> Kernels:
    """Return (n_mels, n_fft) as blocks of a hop each, the last one padded with zeros: (n_mels, n_blocks, hop)."""
    n_mels, n_fft = kernels.shape
    n_blocks = -(-n_fft // hop)
    return np.pad(kernels, ((0, 0), (0, n_blocks * hop - n_fft))).reshape(n_mels, n_blocks, hop)


def _basis(kernels: Kernels) -> Kernels:
    """Return an orthonormal basis, (rank, hop), of the space the kernels (n_mels, n_blocks, hop) span in one block."""
    _, singular_values, vectors = np.linalg.svd(kernels.reshape(-1, kernels.shape[2]), full_matrices=False)
    rank = int(np.count_nonzero(singular_values > _RANK_TOLERANCE * singular_values[0]))
    return vectors[: -(-rank // _CHANNEL_BLOCK) * _CHANNEL_BLOCK]


def _add_blocks(onnx_graph: OnnxGraph, sound: str, n_samples: int, shape: tuple[int, int]) -> str:
    """Cut or zero-pad the sound (N, n_samples) to (N, 1, n_blocks, hop); the kernels ignore the padding."""
    missing = shape[0] * shape[1] - n_samples
    if missing > 0:
        sound = onnx_graph.add("Pad", sound, onnx_graph.constant([0, 0, 0, missing]))
    elif missing < 0:
        bounds = [onnx_graph.constant([position]) for position in (0, n_samples + missing, 1)]
        sound = onnx_graph.add("Slice", sound, *bounds)
    return onnx_graph.add("Reshape", sound, onnx_graph.constant([0, 1, *shape]))


def _add_power(onnx_graph: OnnxGraph, image: str, branch: MelBranch) -> str:
    """Add (image²)^exponent + shift; Exp and Log are twice as fast as Pow, and also give 0 for 0."""
    logarithm = onnx_graph.add("Log", onnx_graph.add("Mul", image, image))
    power = onnx_graph.add("Exp", onnx_graph.add("Mul", logarithm, onnx_graph.constant(branch.exponent)))
    return onnx_graph.add("Add", power, onnx_graph.constant(branch.shift))
