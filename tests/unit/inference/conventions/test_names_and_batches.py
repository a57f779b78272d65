"""Networks by the names that their authors chose, and by as many windows as they take."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.segment_scores import SegmentScores
from tests.packs import write_random_pack, write_tone_pack
from tests.unit.inference.conventions.tone_exports import declare_batch, rename, write_export
from tests.unit.inference.pack_edits import edit_manifest, message_of, swap
from tests.unit.inference.sounds import open_pack, random_sounds, rates_of, score_sounds

NAMES = rename(waveform="inputs:0", clip_logits="label", frame_logits="segments")
KEYS = 'input_name = "inputs:0"\n[member.outputs]\nclip = "label"\nframes = "segments"'


def scores_of(pack: Path, *, batch_windows: int | None = None) -> SegmentScores:
    ensemble = open_pack(pack, batch_windows=batch_windows)
    return score_sounds(ensemble, random_sounds(rates_of(ensemble), 23.2), 23.2)


def faults_of(pack: Path) -> tuple[str, ...]:
    with pytest.raises(InvalidPack) as caught:
        open_pack(pack)
    return caught.value.faults


def test_other_names_give_the_same_scores(tmp_path: Path) -> None:
    ours = scores_of(write_tone_pack(tmp_path / "ours"))
    theirs = scores_of(write_export(tmp_path / "theirs", KEYS, NAMES))
    assert theirs.window_scores.tobytes() == ours.window_scores.tobytes()
    assert theirs.frame_scores is not None
    assert ours.frame_scores is not None
    assert theirs.frame_scores.tobytes() == ours.frame_scores.tobytes()


def test_every_name_that_the_network_does_not_have_is_told_at_once(tmp_path: Path) -> None:
    pack = write_export(tmp_path / "tones", KEYS)
    has = "['frame_logits', 'clip_logits']"
    takes = "the network takes ['waveform'], pack.toml says 'inputs:0'; set input_name = 'waveform'"
    assert faults_of(pack) == (
        f"tones/tones.onnx: input_name: {takes}",
        f"tones/tones.onnx: outputs.frames: the network gives {has}, pack.toml says 'segments'",
        f"tones/tones.onnx: outputs.clip: the network gives {has}, pack.toml says 'label'",
    )


def test_what_does_not_match_in_input_and_outputs_is_told_at_once(tmp_path: Path) -> None:
    def declare_columns(graph: Any) -> None:
        for output in graph.output:
            output.type.tensor_type.shape.dim[-1].dim_value = 4

    pack = write_export(tmp_path / "tones", "", declare_columns)
    edit_manifest(pack, swap("window_s = 5.0", "window_s = 3.0"))
    (pack / "taxa.csv").write_text("code,scientific_name,common_name,taxonomic_class\na,A,a,Aves\n")
    seal_pack(pack)
    assert faults_of(pack) == (
        "tones/tones.onnx: input: the network takes [N, 80000], but window_s and sample_rate_hz make [N, 48000]",
        "tones/tones.onnx: frame_logits: has 4 columns, but the taxa table has 1 taxa",
        "tones/tones.onnx: clip_logits: has 4 columns, but the taxa table has 1 taxa",
    )


def test_an_output_that_the_rule_needs_has_to_be_named(tmp_path: Path) -> None:
    frames_only = write_export(tmp_path / "a", '[member.outputs]\nframes = "frame_logits"')
    assert 'outputs.clip: is missing: rule = "clip" needs it; the network gives [' in message_of(frames_only)
    unnamed = write_export(tmp_path / "b", "", rename(clip_logits="label"))
    needs = "needs clip_probs or clip_logits; the network gives ['frame_logits', 'label']"
    assert f'rule: "clip" {needs}: name it in [member.outputs] clip' in message_of(unnamed)


def take_one(graph: Any) -> None:
    """Reshape the input to one window, as exporters do that trace a network with one."""
    rename(waveform="one")(graph)
    graph.input[0].name = "waveform"
    graph.initializer.append(numpy_helper.from_array(np.array([1, 80000]), "one_window"))
    graph.node.insert(0, helper.make_node("Reshape", ["waveform", "one_window"], ["one"]))


@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize("batch_windows", [1, 3, 8])
def test_a_network_of_one_window_at_a_time_is_run_in_a_loop(
    tmp_path: Path, batch_windows: int, *, declares: bool
) -> None:
    pack = write_export(tmp_path / "tones", "batch = 1", take_one, *([declare_batch] if declares else []))
    ours = scores_of(write_tone_pack(tmp_path / "ours"), batch_windows=1)
    theirs = scores_of(pack, batch_windows=batch_windows)
    np.testing.assert_allclose(theirs.window_scores, ours.window_scores, atol=1e-6)


def test_a_network_that_fails_on_two_windows_names_the_key(tmp_path: Path) -> None:
    message = message_of(write_export(tmp_path / "tones", "", take_one))
    fails = "input: the network fails on [2, 80000]; set batch = 1 if it takes one window at a time: "
    assert f"tones/tones.onnx: {fails}" in message


def test_a_network_of_another_batch_names_the_key(tmp_path: Path) -> None:
    message = message_of(write_export(tmp_path / "tones", "batch = 4", take_one, declare_batch))
    takes = "batch: the network takes one window at a time, pack.toml says 4; set batch = 1"
    assert f"tones/tones.onnx: {takes}, or export it with a dynamic batch axis" in message


@pytest.mark.parametrize("batch_windows", [1, 2, 4, 5])
def test_scores_do_not_depend_on_a_batch_that_is_not_full(tmp_path: Path, batch_windows: int) -> None:
    pack = write_random_pack(tmp_path, seed=4, n_members=1, foreign=True, member={"batch": 3})
    assert "batch = 3" in (pack / "pack.toml").read_text()
    whole = scores_of(pack, batch_windows=3)
    np.testing.assert_allclose(
        scores_of(pack, batch_windows=batch_windows).window_scores, whole.window_scores, atol=1e-6
    )
