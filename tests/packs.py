"""Model packs made on the spot: one that hears tones, and random ones."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.pack_files import make_graph, write_manifest, write_model, write_taxa
from tests.random_packs import Shape, write_random_pack

__all__ = [
    "TONES_HZ",
    "TONE_RATE_HZ",
    "Shape",
    "write_manifest",
    "write_model",
    "write_random_pack",
    "write_taxa",
    "write_tone_pack",
]

TONES_HZ = (500, 1000, 2000, 4000)
TONE_RATE_HZ = 16000
TONE_FRAME_S = 0.25
TONE_HALF = 0.02
"""A sine of this amplitude scores 0.5; ten times louder it scores 0.9999, ten times softer 0.0001."""

TONE_MANIFEST = """\
schema = 1
name = "{name}"
version = "1.0.0"
license = "CC0-1.0"
attribution = "nobody"
taxa = "taxa.csv"
frame_s = 0.25

[score]
shifts_s = [-2.5, 0.0, 2.5]
shift_weights = [0.25, 0.5, 0.25]

[detection]
onset_threshold = 0.5
offset_threshold = 0.3
min_gap_s = 0.5

[[member]]
file = "tones.onnx"
sha256 = "{sha256}"
input = "waveform"
sample_rate_hz = 16000
window_s = 5.0
hop_s = 5.0
rule = "clip"
"""


OCCURRENCE_TABLE = """
[occurrence]
file = "occurrence.onnx"
sha256 = "{sha256}"
"""


def write_tone_pack(folder: Path, *, name: str = "tones", occurrence: bool = False) -> Path:
    """Write a framewise pack with a taxon for each tone: `tone_1000` is present while a sine of 1 kHz sounds.

    Frames and window scores follow the sine's amplitude (see TONE_HALF) in steps of 0.25 s; a window's score is that of
    its loudest frame. `occurrence`: it knows where the tones occur (`_occurrence_graph`). Gives the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_taxa(folder, [(f"tone_{tone}", f"Tonus {tone}", f"{tone} Hz tone", "Tone") for tone in TONES_HZ])
    sha256 = write_model(folder / "tones.onnx", _tone_graph())
    manifest = TONE_MANIFEST.format(name=name, sha256=sha256)
    if occurrence:
        manifest += OCCURRENCE_TABLE.format(sha256=write_model(folder / "occurrence.onnx", _occurrence_graph()))
    (folder / "pack.toml").write_text(manifest)
    return folder


def _occurrence_graph() -> onnx.GraphProto:
    """500 Hz occurs everywhere, 1 kHz in the north, 2 kHz in the first half of the year (or at an unknown time)."""
    constants = {
        "zero": np.zeros(1, np.float32),
        "summer": np.array([25], np.float32),
        "often": np.array([0.9], np.float32),
        "hardly": np.array([0.02], np.float32),
        "row": np.array([1, len(TONES_HZ)]),
    }
    nodes = [
        helper.make_node("Greater", ["latitude", "zero"], ["is_north"]),
        helper.make_node("Where", ["is_north", "often", "zero"], ["north"]),
        helper.make_node("Less", ["week", "summer"], ["is_early"]),
        helper.make_node("Where", ["is_early", "often", "zero"], ["early"]),
        # All inputs must be used, or the graph loses them.
        helper.make_node("Mul", ["longitude", "zero"], ["nothing"]),
        helper.make_node("Add", ["often", "nothing"], ["everywhere"]),
        helper.make_node("Concat", ["everywhere", "north", "early", "hardly"], ["column"], axis=0),
        helper.make_node("Reshape", ["column", "row"], ["probs"]),
    ]
    return helper.make_graph(
        nodes,
        "occurrence",
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, [1]) for each in ("latitude", "longitude", "week")],
        [helper.make_tensor_value_info("probs", TensorProto.FLOAT, [1, len(TONES_HZ)])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )


def _tone_graph() -> onnx.GraphProto:
    """Correlate each quarter of a second with a sine and a cosine per tone: their squares add up to the amplitude's."""
    n_kernel, n_tones = int(TONE_FRAME_S * TONE_RATE_HZ), len(TONES_HZ)
    phase = 2 * np.pi * np.outer(TONES_HZ, np.arange(n_kernel) / TONE_RATE_HZ)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_kernel) / n_kernel)
    kernels = np.concatenate([np.sin(phase), np.cos(phase)]) * hann * 2 / hann.sum()
    constants = {
        "channel": np.array([1]),
        "kernels": kernels[:, None].astype(np.float32),
        "tones": np.array([n_tones, n_tones]),
        "tiny": np.array(1e-12, np.float32),
        "steepness": np.array(2.0, np.float32),
        "half": np.array(4.0 * np.log(TONE_HALF), np.float32),
    }
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "channel"], ["sound"]),
        helper.make_node("Conv", ["sound", "kernels"], ["parts"], strides=[n_kernel]),
        helper.make_node("Mul", ["parts", "parts"], ["squares"]),
        helper.make_node("Split", ["squares", "tones"], ["sines", "cosines"], axis=1),
        helper.make_node("Sum", ["sines", "cosines", "tiny"], ["energy"]),
        helper.make_node("Log", ["energy"], ["level"]),
        helper.make_node("Mul", ["level", "steepness"], ["steep"]),
        helper.make_node("Sub", ["steep", "half"], ["by_tone"]),
        helper.make_node("Transpose", ["by_tone"], ["frame_logits"], perm=[0, 2, 1]),
        helper.make_node("ReduceMax", ["frame_logits"], ["clip_logits"], axes=[1], keepdims=0),
    ]
    return make_graph(nodes, ("waveform", ["N", 5 * TONE_RATE_HZ]), constants, ["frame_logits", "clip_logits"])
