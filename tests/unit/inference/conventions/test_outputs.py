"""What a network's outputs mean, and what is wrong with them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.conventions.activations import softmax
from tests.unit.inference.conventions.tone_exports import put_after, write_export
from tests.unit.inference.pack_edits import message_of
from tests.unit.inference.sounds import open_pack

LOUD = 100.0
"""Logits of the tone pack rise with the sound."""


def windows(loudness: float) -> np.ndarray:
    return (loudness * np.random.default_rng(1).normal(size=(3, 80000))).astype(np.float32)


def test_a_softmax_is_over_the_columns_and_after_the_temperature(tmp_path: Path) -> None:
    (member,) = open_pack(write_export(tmp_path / "tones", 'activation = "softmax"\ntemperature = 3.0')).members
    frames, clips = (output.values.astype(np.float64) for output in member.raw_outputs(windows(0.1)))
    scores = member.score(windows(0.1))
    for raw, given in ((frames, scores.frames), (clips, scores.clips)):
        powers = np.exp(raw / 3.0)
        np.testing.assert_allclose(np.asarray(given), powers / powers.sum(axis=-1, keepdims=True), atol=1e-6)


def test_a_softmax_of_any_finite_logits_is_finite() -> None:
    scores = softmax(np.array([[3e38, -3e38, 0.0], [88.0, 1e4, 1e4]], np.float32), 1e-9)
    assert scores.tolist() == [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]


def test_logits_that_no_softmax_can_weigh_are_refused(tmp_path: Path) -> None:
    def divide_by_zero(graph: Any) -> None:
        put_after("clip_logits", "Add_zero")(graph)
        graph.node[-1].op_type = "Div"
        graph.node[-1].input.append("nothing")
        graph.initializer.append(numpy_helper.from_array(np.array(0.0, np.float32), "nothing"))

    message = message_of(write_export(tmp_path / "tones", 'activation = "softmax"', divide_by_zero))
    assert "tones/tones.onnx: clip_logits: is infinite in places, which no softmax can weigh" in message


def test_probabilities_stay_as_they_are(tmp_path: Path) -> None:
    sigmoid = (put_after("clip_logits", "Sigmoid"), put_after("frame_logits", "Sigmoid"))
    keys = '[member.outputs]\nkind = "probs"\nclip = "clip_logits"\nframes = "frame_logits"'
    theirs = open_pack(write_export(tmp_path / "theirs", keys, *sigmoid)).members[0].score(windows(0.1))
    ours = open_pack(write_export(tmp_path / "ours", "")).members[0].score(windows(0.1))
    np.testing.assert_allclose(np.asarray(theirs.clips), np.asarray(ours.clips), atol=1e-6)
    np.testing.assert_allclose(np.asarray(theirs.frames), np.asarray(ours.frames), atol=1e-6)


def test_logits_offered_as_probabilities_are_refused_when_the_pack_is_opened(tmp_path: Path) -> None:
    keys = 'activation = "none"\n[member.outputs]\nkind = "probs"\nclip = "clip_logits"'
    message = message_of(write_export(tmp_path / "tones", keys))
    assert "tones/tones.onnx: clip_logits: is -" in message
    assert 'in places, so these are no probabilities; set outputs.kind = "logits" and activation = ' in message


def test_logits_that_are_small_in_silence_are_refused_as_probabilities_by_the_first_sound(tmp_path: Path) -> None:
    relu = put_after("clip_logits", "Relu")
    (member,) = open_pack(
        write_export(tmp_path / "tones", '[member.outputs]\nkind = "probs"\nclip = "clip_logits"', relu)
    ).members
    with pytest.raises(InvalidPack, match=r"tones\.onnx: clip_logits: is \d.* so these are no probabilities"):
        member.score(windows(LOUD))


def test_rounding_beyond_1_is_cut(tmp_path: Path) -> None:
    def round_up(graph: Any) -> None:
        put_after("clip_logits", "Sigmoid")(graph)
        put_after("clip_logits", "Add")(graph)
        graph.node[-1].input.append("little")
        graph.initializer.append(helper.make_tensor("little", TensorProto.FLOAT, [], [5e-5]))

    keys = '[member.outputs]\nkind = "probs"\nclip = "clip_logits"'
    (member,) = open_pack(write_export(tmp_path / "tones", keys, round_up)).members
    clips = member.score(windows(LOUD)).clips
    assert clips is not None
    assert clips.max() == 1.0


def test_frames_on_the_other_axis_are_turned(tmp_path: Path) -> None:
    turn = put_after("frame_logits", "Transpose", perm=[0, 2, 1])
    keys = '[member.outputs]\nclip = "clip_logits"\nframes = "frame_logits"\nframes_axis = {}'
    theirs = open_pack(write_export(tmp_path / "theirs", keys.format(2), turn)).members[0].score(windows(0.1))
    ours = open_pack(write_export(tmp_path / "ours", "")).members[0].score(windows(0.1))
    np.testing.assert_array_equal(np.asarray(theirs.frames), np.asarray(ours.frames))
    message = message_of(write_export(tmp_path / "wrong", keys.format(1), turn))
    assert (
        "wrong/tones.onnx: frame_logits: has 20 columns, but the taxa table has 4 taxa; set outputs.frames_axis = 2"
        in message
    )


def test_an_output_of_one_row_for_all_windows_is_refused(tmp_path: Path) -> None:
    mean = put_after("clip_logits", "ReduceMean", axes=[0], keepdims=1)
    message = message_of(write_export(tmp_path / "tones", "", mean))
    assert "tones/tones.onnx: clip_logits: is [1, 4] for 2 windows, a pack's networks give [N, 4]" in message
