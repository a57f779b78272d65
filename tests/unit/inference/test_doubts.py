"""Outputs that are not what pack.toml says are doubted; honest ones are not."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.inference.doubts import find_doubts
from dawn_chorus.inference.self_test import self_test_sound
from tests.packs import write_random_pack, write_tone_pack
from tests.unit.inference.head_packs import RATE_HZ, write_head_pack
from tests.unit.inference.sounds import open_pack

SYNTHETIC = Path(__file__).parents[3] / "models" / "packs" / "synthetic"


def advice(output: str, schema: int = 2) -> str:
    key, later = "frames" if output == "frame_logits" else "clip", " of schema = 2" if schema == 1 else ""
    return (
        f'set kind = "probs" and activation = "none", with {key} = "{output}" in [member.outputs]{later} '
        "(import it with --kind probs --activation none)"
    )


def doubts_of(pack: Path) -> tuple[str, ...]:
    ensemble = open_pack(pack)
    return find_doubts(ensemble, *self_test_sound(ensemble.pack))


@pytest.mark.parametrize("output", ["clip_logits", "frame_logits"])
@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("n_taxa", [1, 2, 5])
def test_probabilities_declared_as_logits_are_doubted(tmp_path: Path, output: str, schema: int, n_taxa: int) -> None:
    pack = write_head_pack(tmp_path, ["Sigmoid"], output=output, schema=schema, n_taxa=n_taxa)
    [doubt] = doubts_of(pack)
    assert doubt == (
        f"network.onnx: {output}: the outputs look like probabilities (all between 0 and 1), and a sigmoid is applied "
        f"to them again: {advice(output, schema)}"
    )


@pytest.mark.parametrize("output", ["clip_logits", "frame_logits"])
def test_a_softmax_declared_as_logits_is_doubted_by_its_name(tmp_path: Path, output: str) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path, ["Softmax"], output=output))
    assert doubt == (
        f"network.onnx: {output}: the outputs look like probabilities of a softmax (all between 0 and 1, and each row "
        f"sums to 1), and a sigmoid is applied to them again: {advice(output)}"
    )


@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("n_taxa", [2, 5])
def test_a_softmax_declared_as_probabilities_is_doubted(tmp_path: Path, schema: int, n_taxa: int) -> None:
    pack = write_head_pack(tmp_path, ["Softmax"], output="clip_probs", schema=schema, n_taxa=n_taxa)
    [doubt] = doubts_of(pack)
    assert doubt == (
        "network.onnx: clip_probs: the outputs look like a softmax: the taxa compete for probabilities that sum to 1, "
        "and of two that call at once neither scores high"
    )


def test_a_foreign_softmax_that_is_declared_as_such_is_doubted_where_it_would_be_applied_again(tmp_path: Path) -> None:
    foreign: dict[str, Any] = {"outputs": {"clip": "clip_logits"}, "activation": "softmax"}
    assert doubts_of(write_head_pack(tmp_path / "logits", **foreign)) == ()
    [doubt] = doubts_of(write_head_pack(tmp_path / "probabilities", ["Softmax"], **foreign))
    assert "look like probabilities of a softmax" in doubt
    assert "and a softmax is applied to them again" in doubt


@pytest.mark.parametrize("output", ["clip_logits", "frame_logits"])
def test_logarithms_of_a_softmax_are_doubted_under_a_sigmoid(tmp_path: Path, output: str) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path / "sigmoid", ["LogSoftmax"], output=output))
    assert doubt.startswith(f"network.onnx: {output}: the outputs look like logarithms of probabilities of a softmax")
    key = "frames" if output == "frame_logits" else "clip"
    softmax: dict[str, Any] = {"outputs": {key: output}, "activation": "softmax"}
    assert doubts_of(write_head_pack(tmp_path / "softmax", ["LogSoftmax"], output=output, **softmax)) == ()


def test_windows_that_affect_each_other_are_doubted_unless_they_are_run_one_at_a_time(tmp_path: Path) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path / "together", ["LpNormalization"]))  # over the axis of windows
    assert doubt.startswith("network.onnx: clip_logits: a window's outputs depend on those that are run with it")
    assert "set batch = 1" in doubt
    assert doubts_of(write_head_pack(tmp_path / "alone", ["LpNormalization"], batch=1)) == ()


def test_a_network_that_gives_something_else_each_time_is_doubted(tmp_path: Path) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path, ["RandomNormalLike"], batch=1))
    assert doubt.startswith("network.onnx: the same window has other outputs each time it is run")


def test_following_the_advice_ends_the_doubt(tmp_path: Path) -> None:
    advised: dict[str, Any] = {"outputs": {"clip": "label", "kind": "probs"}, "activation": "none"}
    assert doubts_of(write_head_pack(tmp_path, ["Sigmoid"], output="label", **advised)) == ()


def test_a_foreign_output_has_a_name_already(tmp_path: Path) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path, ["Sigmoid"], output="label", outputs={"clip": "label"}))
    assert 'set kind = "probs" and activation = "none" (import it with' in doubt


@pytest.mark.parametrize("schema", [1, 2])
def test_logits_declared_as_probabilities_are_doubted(tmp_path: Path, schema: int) -> None:
    [doubt] = doubts_of(write_head_pack(tmp_path, output="clip_probs", schema=schema))
    assert re.fullmatch(
        r"network.onnx: clip_probs: the outputs are declared as probabilities, but are -[\d.]+ to [\d.]+ on noise, "
        r'clicks and other sounds: declare logits, and activation = "sigmoid" or "softmax"',
        doubt,
    )


def test_foreign_frames_are_looked_at_column_by_column(tmp_path: Path) -> None:
    turned: dict[str, Any] = {
        "outputs": {"frames": "frame_logits", "kind": "probs", "frames_axis": 2},
        "activation": "none",
    }
    [doubt] = doubts_of(write_head_pack(tmp_path, ["Softmax", "Transpose"], output="frame_logits", **turned))
    assert "frame_logits: the outputs look like a softmax" in doubt


@pytest.mark.parametrize("batch", ["dynamic", 1, 3])
def test_networks_with_fixed_batches_are_looked_at_too(tmp_path: Path, batch: str | int) -> None:
    assert len(doubts_of(write_head_pack(tmp_path, ["Sigmoid"], batch=batch))) == 1


@pytest.mark.parametrize("head", [["HardSigmoid"], ["Sigmoid", "Sqrt"]])
def test_other_ways_to_probabilities_are_doubted_too(tmp_path: Path, head: Sequence[str]) -> None:
    assert "look like probabilities" in doubts_of(write_head_pack(tmp_path, head))[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("output", "head"),
    [
        ("clip_logits", []),
        ("frame_logits", []),
        ("clip_logits", ["Tanh"]),
        ("clip_logits", ["Relu"]),
        ("clip_probs", ["Sigmoid"]),
    ],
)
def test_honest_outputs_are_not_doubted(tmp_path: Path, output: str, head: Sequence[str], seed: int) -> None:
    assert doubts_of(write_head_pack(tmp_path, head, output=output, seed=seed)) == ()


@pytest.mark.parametrize("seed", range(12))
def test_a_few_logits_that_are_small_by_chance_are_not_doubted(tmp_path: Path, seed: int) -> None:
    """With one taxon, every third such network has its logit between 0 and 1 for all sounds that there are."""
    assert doubts_of(write_head_pack(tmp_path / "small", n_taxa=1, seed=seed, scale=0.5)) == ()
    assert doubts_of(write_head_pack(tmp_path / "tiny", n_taxa=1, seed=seed, scale=0.005)) == ()


@pytest.mark.parametrize("n_taxa", [1, 3])
@pytest.mark.parametrize("seed", range(12))
def test_random_ensembles_are_not_doubted(tmp_path: Path, seed: int, n_taxa: int) -> None:
    assert doubts_of(write_random_pack(tmp_path, seed=seed, n_taxa=n_taxa)) == ()


def test_packs_of_this_project_are_not_doubted(tmp_path: Path) -> None:
    assert doubts_of(write_tone_pack(tmp_path)) == ()
    assert doubts_of(SYNTHETIC) == ()


@pytest.mark.parametrize("head", [["Sub"], ["Sub", "Sigmoid"], ["Sub", "Softmax"]])
@pytest.mark.parametrize("output", ["clip_logits", "clip_probs"])
def test_a_constant_tells_nothing(tmp_path: Path, head: Sequence[str], output: str) -> None:
    assert doubts_of(write_head_pack(tmp_path, head, output=output)) == ()


def test_a_single_probability_is_no_softmax(tmp_path: Path) -> None:
    assert doubts_of(write_head_pack(tmp_path, ["Sigmoid"], output="clip_probs", n_taxa=1)) == ()


def test_what_is_not_a_number_on_some_sounds_is_said(tmp_path: Path) -> None:
    pack = write_head_pack(tmp_path, ["Log"], n_taxa=1, seed=1)
    [doubt] = doubts_of(pack)
    assert doubt == (
        "network.onnx: clip_logits: is not a number (NaN) on noise, clicks or the self-test's sound: such recordings "
        "will fail"
    )


@pytest.mark.parametrize("duration_s", [0.5, 5.0, 90.0])
def test_the_sound_may_be_of_any_length_and_rate(tmp_path: Path, duration_s: float) -> None:
    ensemble = open_pack(write_head_pack(tmp_path, ["Sigmoid"]))
    sound = np.zeros(round(duration_s * 3000), np.float32)
    assert len(find_doubts(ensemble, sound, 3000)) == 1
    assert RATE_HZ != 3000
