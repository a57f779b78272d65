"""A network that does not match pack.toml is refused before it scores anything."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.packs.pack import read_pack
from tests.packs import Shape, write_manifest, write_random_pack, write_tone_pack
from tests.unit.inference.pack_edits import Edit, correct_sha256, edit_manifest, message_of, rewrite, swap


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_tone_pack(tmp_path / "tones")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (swap("sample_rate_hz = 16000", "sample_rate_hz = 32000"), "takes [N, 80000], but window_s and sample_rate_hz"),
        (swap("window_s = 5.0", "window_s = 3.0"), "takes [N, 80000], but window_s and sample_rate_hz make [N, 48000]"),
    ],
)
def test_a_network_of_another_input_is_refused(pack: Path, edit: Edit, message: str) -> None:
    edit_manifest(pack, edit)
    assert f"tones/tones.onnx: input: the network {message}" in message_of(pack)


def test_a_network_with_a_fixed_batch_is_refused(pack: Path) -> None:
    def fix_batch(graph: Any) -> None:
        graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1

    rewrite(pack, fix_batch)
    says = 'the network takes one window at a time, pack.toml says "dynamic"; set batch = 1, or export it with a'
    assert f"tones/tones.onnx: batch: {says} dynamic batch axis" in message_of(pack)


def test_a_network_of_other_names_is_refused(pack: Path) -> None:
    def rename(graph: Any) -> None:
        graph.input[0].name = graph.node[0].input[0] = "audio"

    rewrite(pack, rename)
    assert "tones/tones.onnx: input: the network takes ['audio'], pack.toml says 'waveform'" in message_of(pack)


@pytest.mark.parametrize(("rule", "kept"), [("clip", 0), ("frame_max", 1)])
def test_a_network_without_the_rules_output_is_refused(pack: Path, rule: str, kept: int) -> None:
    def keep_one(graph: Any) -> None:
        del graph.output[1 - kept]

    rewrite(pack, keep_one)
    edit_manifest(pack, swap('rule = "clip"', f'rule = "{rule}"'))
    assert f'tones/tones.onnx: rule: "{rule}" needs' in message_of(pack)


def test_an_output_of_another_rank_is_refused(pack: Path) -> None:
    def lose_an_axis(graph: Any) -> None:
        graph.node[-1].input[0], graph.node[-1].output[0] = "level", "reduced"
        graph.output[1].name = "reduced"
        graph.node[-2].output[0] = "transposed"
        graph.node[-1].output[0] = "clip_logits"
        graph.output[1].name = "clip_logits"
        graph.node[-2].output[0] = "frame_logits"
        graph.node[-1].attribute[0].ints[0] = 0

    rewrite(pack, lose_an_axis)
    assert "tones/tones.onnx: clip_logits: is [" in message_of(pack)


def test_a_file_that_is_not_a_network_is_refused(pack: Path) -> None:
    (pack / "tones.onnx").write_bytes(b"not a network")
    correct_sha256(pack)
    assert "tones/tones.onnx: is not a network that ONNX Runtime can read" in message_of(pack)


def test_a_network_with_damaged_weights_is_refused(pack: Path) -> None:
    def damage(graph: Any) -> None:
        weights = next(each for each in graph.initializer if each.data_type == onnx.TensorProto.FLOAT)
        values = np.full_like(onnx.numpy_helper.to_array(weights), np.nan)
        weights.CopyFrom(onnx.numpy_helper.from_array(values, weights.name))

    rewrite(pack, damage)
    assert "is not a number (NaN)" in message_of(pack)


def test_scores_that_are_not_numbers_are_an_error(pack: Path) -> None:
    (member,) = open_ensemble(pack, SessionOptions()).members
    sound = np.zeros((1, *member.input_shape), np.float32)
    sound[0, 0] = np.nan
    with pytest.raises(InvalidPack, match=r"tones\.onnx: .*is not a number"):
        member.score(sound)


def test_a_hop_that_is_not_a_whole_number_of_frame_steps_is_refused(tmp_path: Path) -> None:
    shape = Shape(20.0, 16, 5.5)
    write_random_pack(tmp_path, seed=0, n_members=1, shape=shape, member={"rule": "frame_max"})
    assert "member_0.onnx: hop_s: 5.5 is 4.4 frame steps of 1.25 s; it must be a whole number" in message_of(tmp_path)


@pytest.mark.parametrize(
    "shape", [Shape(20.0, 16, 20.0), Shape(5.0, 10, 15.0), Shape(5.0, 10, 5.0, 6.0, 0.5), Shape(18.0, 3, 6.0)]
)
def test_a_row_of_windows_that_leaves_scored_windows_without_a_frame_is_refused(tmp_path: Path, shape: Shape) -> None:
    write_random_pack(tmp_path, seed=0, n_members=1, member={"rule": "frame_max"}, shape=shape, score={"window_s": 5.0})
    row = f"windows of {shape.window_s} s every {shape.hop_s} s"
    assert f"member_0.onnx: hop_s: {row} leave some scored windows of 5.0 s without a frame" in message_of(tmp_path)


@pytest.mark.parametrize("shape", [Shape(20.0, 16, 10.0), Shape(20.0, 80, 12.5), Shape(3.0, 6, 1.5)])
def test_a_row_of_windows_may_be_as_wide_as_every_scored_window_holds_a_frame(tmp_path: Path, shape: Shape) -> None:
    write_random_pack(tmp_path, seed=0, n_members=1, member={"rule": "frame_max"}, shape=shape, score={"window_s": 5.0})
    open_ensemble(tmp_path, SessionOptions())


@pytest.mark.parametrize(
    ("mel", "message"),
    [
        ({"win_length": 4096}, "member[0].mel: win_length: 4096 is longer than n_fft"),
        ({"f_max_hz": 4000.0}, "member[0]: mel.f_max_hz: 4000.0 is above half of sample_rate_hz 1000"),
        ({"f_min_hz": 500.0, "f_max_hz": 400.0}, "member[0].mel: f_min_hz: 500.0 is not below f_max_hz 400.0"),
        ({"n_fft": 16384}, "member[0]: mel.n_fft: 16384 does not fit the window's 5000 samples"),
        ({"window": "blackman"}, "member[0].mel.window: Input should be 'hann' or 'hamming'"),
    ],
)
def test_an_invalid_mel_front_end_is_refused(tmp_path: Path, mel: dict[str, Any], message: str) -> None:
    member = {"input": "mel", "sample_rate_hz": 1000}
    write_random_pack(tmp_path, seed=0, n_members=1, shape=Shape(5.0, 10, 2.5), member=member)
    manifest = tomllib.loads((tmp_path / "pack.toml").read_text())
    manifest["member"][0]["mel"] |= mel
    write_manifest(tmp_path, manifest)
    assert message in message_of(tmp_path)


def test_a_mel_image_of_another_size_is_refused(tmp_path: Path) -> None:
    write_random_pack(tmp_path, seed=0, n_members=1, member={"input": "mel"}, mel={"n_mels": 6})
    manifest = tomllib.loads((tmp_path / "pack.toml").read_text())
    manifest["member"][0]["mel"]["n_mels"] = 7
    write_manifest(tmp_path, manifest)
    assert "but mel.channels, mel.n_mels and mel.n_frames make [N, " in message_of(tmp_path)


def test_weights_in_half_precision_are_detected(pack: Path) -> None:
    assert not read_pack(pack).network("tones.onnx", "member.file").has_half_weights

    def add_half(graph: Any) -> None:
        graph.initializer.append(onnx.numpy_helper.from_array(np.zeros(3, np.float16), "half"))

    rewrite(pack, add_half)
    assert read_pack(pack).network("tones.onnx", "member.file").has_half_weights
