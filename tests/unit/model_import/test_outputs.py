"""What is said of outputs whose axes leave something open."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from dawn_chorus.model_import.labels import Labels
from dawn_chorus.model_import.network.graph import TensorFacts
from dawn_chorus.model_import.network.outputs import ChosenOutputs, note_companion
from tests.unit.model_import.conftest import User
from tests.unit.model_import.networks import N_COLUMNS, N_SAMPLES, save, save_labels, to_model, waveform_network


def test_as_many_frames_as_columns_are_told_to_be_open(user: User, tmp_path: Path) -> None:
    path = save(waveform_network(frames=True, n_columns=10), tmp_path / "frames.onnx")
    labels = save_labels(tmp_path / "ten.txt", *(f"taxon{number}" for number in range(10)))
    user.imports(path, labels=labels)
    assert any("[N, frames, columns] by default, for sizes leave it open: else set frames_axis" in s for s in user.said)


def test_frames_that_sizes_tell_are_not(user: User, tmp_path: Path) -> None:
    user.imports(save(waveform_network(frames=True), tmp_path / "frames.onnx"))
    assert any("[N, columns, frames]" in said for said in user.said)
    assert not any("by default, for sizes leave it open" in said for said in user.said)


@pytest.mark.parametrize(
    ("frames", "chosen", "note"),
    [
        (("N", 9, 4), "clips", 'if it is logits, too, frames = "frames" in [member.outputs] of pack.toml adds'),
        (("N", 4, 9), "clips", 'frames = "frames" and frames_axis = 2 in [member.outputs] of pack.toml adds'),
        (("N", 9, 4), "frames", 'clip = "clips" in [member.outputs] and rule = "clip" in [[member]] of pack.toml adds'),
        (("N", 9, 5), "clips", None),
    ],
)
def test_an_output_of_the_other_kind_is_told_how_to_be_added(
    frames: tuple[int | str, ...], chosen: str, note: str | None
) -> None:
    outputs = [TensorFacts("clips", "float32", ("N", 4), ""), TensorFacts("frames", "float32", frames, "")]
    labels = Labels("x", (), (("a",),) * 4, "", (), "a")
    taken = ChosenOutputs("clips") if chosen == "clips" else ChosenOutputs(None, "frames")
    said = note_companion(outputs, taken, labels, "logits")
    assert (said is None) if note is None else (said is not None and note in said)
    assert note_companion(outputs, ChosenOutputs("clips", "frames"), labels, "logits") is None


def test_scores_without_an_axis_of_windows_are_refused(user: User, tmp_path: Path) -> None:
    weights = np.random.default_rng(3).normal(0, 0.1, (N_SAMPLES, N_COLUMNS)).astype(np.float32)
    nodes = [
        helper.make_node("MatMul", ["audio", "weights"], ["row"]),
        helper.make_node("Squeeze", ["row", "axis"], ["scores"]),
    ]
    model = to_model(
        nodes,
        [("audio", (1, N_SAMPLES), TensorProto.FLOAT)],
        [("scores", (N_COLUMNS,))],
        {"weights": weights, "axis": np.array([0])},
    )
    reason = user.is_refused(save(model, tmp_path / "flat.onnx"))
    assert "scores are [N, columns]: export it with its batch axis" in reason
