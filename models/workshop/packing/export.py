"""Checkpoints → ONNX → a model pack that the service runs unchanged.

Opset 18, dynamic batch, no nodes that ONNX Runtime's CUDA provider refuses or leaves to the CPU.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxconverter_common import float16
from torch import Tensor, nn

from models.workshop.errors import BadInput
from models.workshop.networks.architecture import SedNetwork
from models.workshop.packing.fold_batchnorm import make_exportable
from models.workshop.recipe import ModelTable

OPSET = 18
SHAPE_OPS = {"Shape", "Size", "ConstantOfShape", "If", "Loop"}
PARITY = 1e-4
"""Largest permitted difference in score between torch and ONNX Runtime."""


@dataclass(frozen=True, slots=True)
class MemberFile:
    """An exported network, with what pack.toml states about it."""

    file: str
    n_frames: int
    parity: float
    """Largest measured difference in score."""


class _Exported(nn.Module):
    """The network with a plain tuple as output: framewise logits and clip probabilities, one for each score rule."""

    def __init__(self, network: SedNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        output = self.network(images)
        return output.frame_logits, output.clip_probs


def export_network(network: SedNetwork, model: ModelTable, path: Path) -> MemberFile:
    """Write one network as ONNX and check it against torch; raise BadInput when they differ by more than PARITY."""
    images = example_images(model)
    plain = make_exportable(network, images)
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(
            _Exported(plain), (images,), path, input_names=["mel"], output_names=["frame_logits", "clip_probs"],
            dynamic_axes={"mel": {0: "n"}, "frame_logits": {0: "n"}, "clip_probs": {0: "n"}},
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
    fold_constants(path)
    check_graph(path)
    parity, n_frames = measure_parity(network, path, images)
    if parity > PARITY:
        raise BadInput(f"{path.name}: ONNX Runtime differs from torch by {parity:.1e} in score, more than {PARITY:.0e}")
    return MemberFile(path.name, n_frames, parity)


def example_images(model: ModelTable, n: int = 2) -> Tensor:
    """Return images of noise with a tone, made by the real front end, (n, channels, n_mels, n_frames).

    The second half of every other one is silent, like the last window of a recording.
    """
    from models.workshop.networks.frontend import MelFrontEnd  # noqa: PLC0415 — keeps graph checks free of audio

    rng = np.random.default_rng(7)
    time = np.arange(round(model.window_s * model.sample_rate_hz)) / model.sample_rate_hz
    tones = [np.sin(2 * np.pi * (900 + 700 * item) * time) * (time % 1 < 0.4) for item in range(n)]
    waveforms = np.stack(tones) * 0.2 + rng.standard_normal((n, len(time))) * 0.01
    waveforms[1::2, len(time) // 2 :] = 0
    with torch.no_grad():
        return MelFrontEnd(model.mel, model.sample_rate_hz)(torch.from_numpy(waveforms).float()).clone()


def measure_parity(network: SedNetwork, path: Path, images: Tensor) -> tuple[float, int]:
    """Return the largest difference in score between torch and ONNX Runtime, and the number of frames."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    frame_logits, clip_probs = session.run(["frame_logits", "clip_probs"], {"mel": images.numpy()})
    with torch.no_grad():
        expected = network.eval().cpu()(images)
    scores = 1 / (1 + np.exp(-frame_logits.astype(np.float64)))
    frames = np.abs(scores - torch.sigmoid(expected.frame_logits.double()).numpy()).max()
    clips = np.abs(clip_probs - expected.clip_probs.numpy()).max()
    return float(max(frames, clips)), int(frame_logits.shape[1])


def fold_constants(path: Path) -> None:
    """Rewrite the network with constants folded: padding amounts, and batch norms into convolutions."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    model = onnx.load(path)
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]  # ONNX Runtime lists every opset that it supports
    model.opset_import.extend(kept)
    onnx.save(model, path)


def check_graph(path: Path) -> None:
    """Raise BadInput for nodes that ONNX Runtime's CUDA provider refuses, or leaves to the CPU (shape computations)."""
    graph = onnx.load(path, load_external_data=False).graph
    for node in graph.node:
        training = [a.i for a in node.attribute if a.name == "training_mode"]
        if node.op_type == "BatchNormalization" and any(training):
            raise BadInput(f"{path.name}: {node.name}: BatchNormalization in training mode is refused by CUDA")
        if node.op_type in SHAPE_OPS:
            raise BadInput(f"{path.name}: {node.name}: {node.op_type} computes with shapes; only N may be dynamic")


def write_fp16(path: Path) -> Path:
    """Write a half-precision copy beside the network (`NAME.fp16.onnx`), inputs and outputs in full precision."""
    half = float16.convert_float_to_float16(onnx.load(path), keep_io_types=True)
    copy_path = path.with_suffix(".fp16.onnx")
    onnx.save(half, copy_path)
    return copy_path


def write_pack(  # noqa: PLR0913 — one argument for each part of a pack
    folder: Path,
    *,
    name: str,
    version: str,
    license_id: str,
    attribution: str,
    score: dict[str, object],
    detection: dict[str, object],
    frame_s: float,
    members: Sequence[dict[str, object]],
    taxa_rows: Sequence[Sequence[str]],
) -> Path:
    """Write pack.toml, but for [files], and taxa.csv beside the networks; return the folder."""
    from models.workshop.data.manifest import write_table  # noqa: PLC0415

    write_table(folder / "taxa.csv", ["code", "scientific_name", "common_name", "taxonomic_class"], taxa_rows)
    lines = ["schema = 2", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in [
        ("name", name), ("version", version), ("license", license_id), ("attribution", attribution),
        ("taxa", "taxa.csv"), ("frame_s", frame_s), ("golden", "golden.npz"),
    ])]  # fmt: skip
    lines += ["", "[score]", *_toml(score), "", "[detection]", *_toml(detection)]
    for member in members:
        table = dict(member)
        mel = table.pop("mel", None)
        lines += ["", "[[member]]", *_toml(table)]
        if isinstance(mel, dict):
            lines += ["", "[member.mel]", *_toml(mel)]
    (folder / "pack.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _toml(table: dict[str, object]) -> list[str]:
    """Return the table's lines; JSON's strings, numbers, lists and booleans are valid TOML. None omits the key."""
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items() if value is not None]
