"""A network becomes a pack that is verified, or one line says why not and nothing is left behind."""

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from dawn_chorus.inference import apart
from dawn_chorus.inference.packs.golden_file import read_golden
from dawn_chorus.model_import.manifest_text import grid_step_s
from tests.unit.model_import.conftest import User
from tests.unit.model_import.networks import (
    N_COLUMNS,
    N_SAMPLES,
    RATE_HZ,
    Shape,
    image_network,
    save,
    save_labels,
    to_model,
    waveform_network,
    with_second_input,
)

MEL = """
[mel]
n_fft = 64
win_length = 64
hop_length = 50
n_frames = 40
n_mels = 12
f_min_hz = 0.0
f_max_hz = 500.0
"""


@pytest.fixture
def frogs(tmp_path: Path) -> Path:
    return save(waveform_network(), tmp_path / "frogs.onnx")


def test_a_pack_says_what_was_asked_for(user: User, frogs: Path) -> None:
    pack = user.imports(frogs, version="2.0", license="CC-BY-4.0", attribution='A "B" \\ C\nŠ 🐸')
    manifest, member = pack.manifest, pack.manifest.member[0]
    assert (manifest.name, manifest.version, manifest.license) == ("frogs", "2.0", "CC-BY-4.0")
    assert manifest.attribution == 'A "B" \\ C\nŠ 🐸'
    assert (member.input, member.input_name, member.activation, member.batch) == (
        "waveform",
        "audio",
        "sigmoid",
        "dynamic",
    )
    assert member.outputs is not None
    assert (member.outputs.clip, member.outputs.frames, member.outputs.kind) == ("scores", None, "logits")
    assert (manifest.score.window_s, member.window_s, member.hop_s, member.rule) == (2.0, 2.0, 2.0, "clip")
    assert sorted(manifest.files or ()) == ["frogs.onnx", "golden.npz", "taxa.csv"]
    assert [taxon.common_name for taxon in pack.taxa] == ["Common Frog", "Toad", "Tree Frog", "Noise"]


def test_names_of_any_script_are_written_so_that_they_can_be_read(user: User, tmp_path: Path) -> None:
    path = save(waveform_network(name='in "put" 🐸'), tmp_path / "Frösche 🐸.onnx")
    pack = user.imports(path, attribution="one\u2028two")
    assert pack.manifest.member[0].input_name == 'in "put" 🐸'
    assert pack.manifest.attribution == "one\u2028two"


def test_the_network_is_the_authors_file_bit_for_bit(user: User, frogs: Path) -> None:
    assert (user.imports(frogs).folder / "frogs.onnx").read_bytes() == frogs.read_bytes()


def test_the_self_test_holds_the_networks_own_scores(user: User, frogs: Path) -> None:
    folder = user.imports(frogs).folder
    golden = read_golden((folder / "golden.npz").read_bytes(), "golden")
    windows = golden["waveform"].reshape(-1, N_SAMPLES)
    (raw,) = onnxruntime.InferenceSession(frogs).run(None, {"audio": windows})
    np.testing.assert_allclose(golden["window_scores"], 1 / (1 + np.exp(-raw)), atol=1e-6)


def test_what_was_found_and_chosen_is_said(user: User, frogs: Path) -> None:
    user.imports(frogs)
    said = "\n".join(user.said)
    for part in (
        "network: ONNX, opset 17",
        f"audio float32 [N, {N_SAMPLES}]: waveforms",
        "scores float32 [N, 4]",
        "any number of windows at a time",
        "the only output with 4 columns",
        "of 4 taxa would score above 0.5",
        "read as Scientific name_Common name",
    ):
        assert part in said


def test_a_shorter_hop_scores_more_often_with_sound_around(user: User, frogs: Path) -> None:
    manifest = user.imports(frogs, hop_s=0.5).manifest
    assert (manifest.score.window_s, manifest.member[0].window_s, manifest.member[0].hop_s) == (0.5, 2.0, 0.5)


def test_a_fixed_batch_is_kept(user: User, tmp_path: Path) -> None:
    pack = user.imports(save(waveform_network(shape=(1, N_SAMPLES)), tmp_path / "one.onnx"))
    assert pack.manifest.member[0].batch == 1
    assert "batch: 1 at a time (fixed)" in user.said


def test_frames_are_found_on_either_axis(user: User, tmp_path: Path) -> None:
    manifest = user.imports(save(waveform_network(frames=True), tmp_path / "frames.onnx")).manifest
    member = manifest.member[0]
    assert member.outputs is not None
    assert (member.rule, member.outputs.frames, member.outputs.frames_axis) == ("frame_max", "scores", 2)
    assert manifest.frame_s == member.window_s / 10


@pytest.mark.parametrize(
    ("window_s", "n_frames", "step_s"),
    [(10.0, 1000, 0.1), (5.0, 16, 0.3125), (10.24, 320, 0.128), (5.0, 5, 0.5), (3.0, 100, 0.12), (5.0, 0, 0.5)],
)
def test_the_grid_passes_over_no_frames_but_the_finest(window_s: float, n_frames: int, step_s: float) -> None:
    assert grid_step_s(window_s, n_frames) == step_s


def test_probabilities_need_no_kind(user: User, tmp_path: Path) -> None:
    path = save(waveform_network(last="Sigmoid"), tmp_path / "probs.onnx")
    member = user.imports(path, activation="none").manifest.member[0]
    assert member.outputs is not None
    assert (member.activation, member.outputs.kind) == ("none", "probs")


def test_logits_are_no_probabilities(user: User, frogs: Path) -> None:
    assert "no probabilities: give sigmoid or softmax" in user.is_refused(frogs, activation="none")


@pytest.mark.parametrize(("shape", "axis"), [(("N", 1, 4000), "first"), (("N", 4000, 1), "last")])
def test_waveforms_may_have_an_axis_of_one_channel(user: User, tmp_path: Path, shape: Shape, axis: str) -> None:
    path = save(waveform_network(shape=shape), tmp_path / "channel.onnx")
    pack = user.imports(path, window_s=4.0)
    assert pack.manifest.member[0].channel_axis == axis
    golden = read_golden((pack.folder / "golden.npz").read_bytes(), "golden")
    windows = golden["waveform"].reshape(-1, *(size for size in shape if isinstance(size, int)))
    (raw,) = onnxruntime.InferenceSession(path).run(None, {"audio": windows})
    np.testing.assert_allclose(golden["window_scores"], 1 / (1 + np.exp(-raw)), atol=1e-6)


def test_a_network_that_runs_with_one_window_only_gets_one_at_a_time(user: User, tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    constants = {
        "shape": np.array([1, N_SAMPLES]),
        "weights": random.normal(0, 0.1, (N_SAMPLES, N_COLUMNS)).astype(np.float32),
    }
    nodes = [
        helper.make_node("Reshape", ["audio", "shape"], ["one"]),
        helper.make_node("MatMul", ["one", "weights"], ["scores"]),
    ]
    inputs, outputs = [("audio", ("N", N_SAMPLES), TensorProto.FLOAT)], [("scores", ("N", N_COLUMNS))]
    path = save(to_model(nodes, inputs, outputs, constants), tmp_path / "one.onnx")
    assert user.imports(path).manifest.member[0].batch == 1
    assert any("several at once fail or change each other: batch = 1" in line for line in user.said)


def test_a_network_whose_windows_change_each_other_gets_one_at_a_time(user: User, tmp_path: Path) -> None:
    model = waveform_network()
    model.graph.node[-1].CopyFrom(helper.make_node("Sub", ["clips", "loudest"], ["scores"]))
    model.graph.node.insert(4, helper.make_node("ReduceMax", ["clips"], ["loudest"], axes=[0]))  # over the batch
    assert user.imports(save(model, tmp_path / "floor.onnx")).manifest.member[0].batch == 1
    assert any("several at once fail or change each other: batch = 1" in line for line in user.said)


def test_of_two_inputs_the_one_named_is_kept_with_what_it_alone_gives(user: User, tmp_path: Path) -> None:
    path = save(with_second_input(waveform_network()), tmp_path / "two.onnx")
    assert "has 2 inputs: audio float32 [N, 2000], meta float32 [N, 4]: name the one for the sound with --input" in (
        user.is_refused(path)
    )
    assert "scores needs audio; both needs audio" in user.is_refused(path, input_name="meta")
    assert "--input sound: two.onnx has audio" in user.is_refused(path, input_name="sound")
    pack = user.imports(path, input_name="audio")
    assert [value.name for value in onnx.load(pack.folder / "two.onnx").graph.input] == ["audio"]
    assert "left out: input meta, and output both, which needs it" in user.said


def test_weights_in_other_files_come_along(user: User, tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    onnx.save(waveform_network(), path, save_as_external_data=True, location="large.data", size_threshold=100)
    pack = user.imports(path)
    assert (pack.folder / "large.data").read_bytes() == (tmp_path / "large.data").read_bytes()
    assert "large.data" in (pack.manifest.files or {})


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT64])
def test_an_input_of_other_numbers_is_refused(user: User, tmp_path: Path, element: int) -> None:
    path = save(waveform_network(element=element), tmp_path / "other.onnx")
    assert "sound is float32" in user.is_refused(path)


def test_a_window_that_the_samples_contradict_is_refused(user: User, frogs: Path) -> None:
    reason = user.is_refused(frogs, window_s=3.0)
    assert "takes 2,000 samples: at 1,000 Hz that are 2 s, not 3: give --window 2" in reason


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ("header a b c d", "has 5 names, but of frogs.onnx scores has 4 columns: is its first line, header, a header"),
        ("a b", "has 2 names, but of frogs.onnx scores has 4 columns: the file must name every column"),
        ("a b c d e f g h", "is it the file that came with this network?"),
    ],
)
def test_labels_of_another_number_are_refused(
    user: User, tmp_path: Path, frogs: Path, labels: str, reason: str
) -> None:
    path = save_labels(tmp_path / "others.txt", *labels.split())
    assert reason in user.is_refused(frogs, labels=path)
    assert reason in user.is_refused(frogs, labels=path, output_name="scores")


def test_an_output_of_another_name_is_refused_with_those_that_are_there(user: User, frogs: Path) -> None:
    assert "--output label: frogs.onnx has scores float32 [N, 4]" in user.is_refused(frogs, output_name="label")


def test_an_image_needs_a_front_end_of_its_size(user: User, tmp_path: Path) -> None:
    path, front_end = save(image_network(("N", 40, 12, 1)), tmp_path / "image.onnx"), tmp_path / "front.toml"
    front_end.write_text(f"remove_mean = true\n{MEL}")
    assert "give --front-end (takes images" in user.is_refused(path)
    assert "--front-end none: is neither a file nor one of those" in user.is_refused(path, front_end="none")
    member = user.imports(path, front_end=str(front_end)).manifest.member[0]
    assert (member.layout, member.channel_axis, member.remove_mean) == ("time_major", "last", True)
    assert member.mel is not None
    assert member.mel.n_mels == 12
    assert "images are [N, times, frequencies, channels]" in user.said


def test_a_front_end_of_another_size_is_refused(user: User, tmp_path: Path) -> None:
    path, front_end = save(image_network(("N", 1, 13, 40)), tmp_path / "image.onnx"), tmp_path / "front.toml"
    front_end.write_text(MEL)
    reason = user.is_refused(path, front_end=str(front_end))
    assert "takes [N, 1, 13, 40], but" in reason
    assert "makes 12 frequencies × 40 times, channels: 1, of 2 s at 1,000 Hz" in reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (MEL.replace("n_mels", "n_mells"), "mel.n_mells: unknown key"),
        ("window_s = 5.0\n" + MEL, "window_s: no key of a front end"),
        ("[mel", "is not TOML"),
        ('waveform_scale = "loud"', "waveform_scale:"),
    ],
)
def test_a_wrong_front_end_is_one_line(user: User, tmp_path: Path, content: str, reason: str) -> None:
    path, front_end = save(image_network(("N", 1, 12, 40)), tmp_path / "image.onnx"), tmp_path / "front.toml"
    front_end.write_text(content)
    assert reason in user.is_refused(path, front_end=str(front_end))


def test_a_front_end_prepares_waveforms_too(user: User, tmp_path: Path, frogs: Path) -> None:
    front_end = tmp_path / "front.toml"
    front_end.write_text('remove_mean = true\nwaveform_scale = "peak"\npeak = 0.25\n')
    member = user.imports(frogs, front_end=str(front_end)).manifest.member[0]
    assert (member.remove_mean, member.waveform_scale, member.peak) == (True, "peak", 0.25)
    front_end.write_text(MEL)
    reason = user.is_refused(frogs, front_end=str(front_end), out=tmp_path / "other")
    assert "makes images, but frogs.onnx takes waveforms" in reason


def test_a_network_that_fails_is_one_line(user: User, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Reshape", ["audio", "shape"], ["wrong"]),
        helper.make_node("Cast", ["wrong"], ["scores"], to=TensorProto.FLOAT),
    ]
    model = to_model(
        nodes,
        [("audio", ("N", N_SAMPLES), TensorProto.FLOAT)],
        [("scores", ("N", N_COLUMNS))],
        {"shape": np.array([7, N_COLUMNS])},
    )
    assert "broken.onnx: cannot be run" in user.is_refused(save(model, tmp_path / "broken.onnx"))


def test_a_network_that_gives_no_tensor_of_scores_says_what_it_gives(user: User, tmp_path: Path) -> None:
    model = waveform_network()
    each = helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(TensorProto.FLOAT, None))
    model.graph.node.append(
        helper.make_node("ZipMap", ["scores"], ["zipped"], domain="ai.onnx.ml", classlabels_int64s=[0, 1, 2, 3])
    )
    model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    model.graph.output[0].CopyFrom(helper.make_value_info("zipped", helper.make_sequence_type_proto(each)))
    reason = user.is_refused(save(model, tmp_path / "forest.onnx"))
    assert reason.startswith("forest.onnx: gives zipped sequence [], and scores are float32")
    assert "zipmap" in reason


def test_a_folder_that_holds_something_is_left_alone(user: User, frogs: Path) -> None:
    user.out.mkdir(parents=True)
    before = user.out.stat().st_ino
    user.imports(frogs)
    assert user.out.stat().st_ino == before
    assert "holds files already: name a folder that is new or empty" in user.is_refused(frogs)


def test_perch_is_known_by_its_shape(user: User, tmp_path: Path) -> None:
    path = save(
        waveform_network(name="inputs", output="label", shape=("N", 160_000), n_columns=14_795), tmp_path / "perch.onnx"
    )
    assert "--activation (Perch v2 was trained with a softmax)" in user.is_refused(
        path, activation=None, labels=None, sample_rate_hz=None, window_s=None
    )
    assert any("consider --front-end perch-v2" in line for line in user.said)
    assert RATE_HZ != 32_000


def test_a_file_whose_name_is_no_text_is_imported_under_another(user: User, tmp_path: Path) -> None:
    path = save(waveform_network(), tmp_path / "frogs\udcff.onnx")
    assert user.imports(path).manifest.member[0].file == "network.onnx"


def test_a_hop_that_the_frames_do_not_fit_leaves_nothing_behind(user: User, tmp_path: Path) -> None:
    path = save(waveform_network(frames=True), tmp_path / "frames.onnx")
    assert "hop_s: 0.5 is 2.5 frame steps of 0.2 s" in user.is_refused(path, hop_s=0.5)


def test_a_network_without_end_of_memory_is_one_line(user: User, tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Shape", ["audio"], ["sizes"]),
        helper.make_node("Mul", ["sizes", "many"], ["huge"]),
        helper.make_node("ConstantOfShape", ["huge"], ["zeros"]),
        helper.make_node("ReduceSum", ["zeros"], ["total"], keepdims=1),
        helper.make_node("Expand", ["total", "row"], ["scores"]),
    ]
    constants = {"many": np.array([10**6, 10**6]), "row": np.array([2, N_COLUMNS])}
    model = to_model(nodes, [("audio", ("N", N_SAMPLES), TensorProto.FLOAT)], [("scores", ("N", N_COLUMNS))], constants)
    assert "memory.onnx: " in user.is_refused(save(model, tmp_path / "memory.onnx"))


def test_a_process_that_ends_is_one_line(user: User, frogs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed = (sys.executable, "-c", "import os; os.abort()")
    monkeypatch.setattr(apart, "_COMMAND", killed)
    assert "frogs.onnx: ended the process that ran it (SIGABRT): do not use it" in user.is_refused(frogs)


def test_sizes_that_are_not_declared_are_measured(user: User, tmp_path: Path) -> None:
    model = waveform_network(shape=("N", "samples"))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "classes"
    path = save(model, tmp_path / "open.onnx")
    outputs = user.imports(path).manifest.member[0].outputs
    assert outputs is not None
    assert outputs.clip == "scores"
    five = save_labels(tmp_path / "five.txt", *"abcde")
    assert "has 5 names, but of open.onnx scores has 4 columns" in user.is_refused(
        path, labels=five, out=tmp_path / "other"
    )
