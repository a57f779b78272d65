"""What no file tells is asked for on a terminal, and named in one line elsewhere."""

from pathlib import Path

import pytest
from onnx import TensorProto, helper, numpy_helper

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.model_import.request import Request, check_request
from tests.unit.model_import.conftest import User
from tests.unit.model_import.networks import N_SAMPLES, save, save_labels, to_model, waveform_network

NOTHING = {"out": None, "name": None, "labels": None, "sample_rate_hz": None, "window_s": None, "activation": None}


@pytest.fixture
def frogs(tmp_path: Path) -> Path:
    return save(waveform_network(shape=("N", 160_000)), tmp_path / "frogs.onnx")


def test_all_that_is_missing_is_named_in_one_line(user: User, frogs: Path) -> None:
    assert user.is_refused(frogs, **NOTHING) == (
        "frogs.onnx: give --name, --out, --labels, --sample-rate (160,000 samples could be 5 s at 32000 Hz or 10 s at "
        "16000 Hz), --window and --activation"
    )


def test_the_window_follows_from_rate_and_samples(user: User, frogs: Path) -> None:
    reason = user.is_refused(frogs, sample_rate_hz=32_000, window_s=None)
    assert reason == "frogs.onnx: give --window (160,000 samples at 32,000 Hz are 5 s)"
    reason = user.is_refused(frogs, sample_rate_hz=None, window_s=5.0)
    assert reason == "frogs.onnx: give --sample-rate (160,000 samples in 5 s are 32000 Hz)"


@pytest.mark.parametrize("last", ["Sigmoid", "Softmax"])
def test_a_last_node_that_makes_probabilities_is_told(user: User, tmp_path: Path, last: str) -> None:
    path = save(waveform_network(last=last), tmp_path / "probs.onnx")
    reason = user.is_refused(path, activation=None)
    assert (
        reason
        == f"probs.onnx: give --activation (its last node is {last}: the outputs are probabilities already: none)"
    )


def test_on_a_terminal_everything_is_asked_for_with_defaults(user: User, tmp_path: Path, frogs: Path) -> None:
    labels = save_labels(tmp_path / "names.txt")
    user.answers = {
        "--name": ["not a name", "my-frogs"],
        "--out": [str(tmp_path / "packs" / "mine")],
        "--labels": [str(tmp_path / "none.txt"), str(labels)],
        "--sample-rate": ["fast", ""],
        "--window": [""],
        "--activation": ["relu", ""],
    }
    pack = user.imports(frogs, **NOTHING)
    member = pack.manifest.member[0]
    assert (pack.manifest.name, pack.folder.name) == ("my-frogs", "mine")
    assert (member.sample_rate_hz, member.window_s, member.activation) == (32_000, 5.0, "sigmoid")
    assert [question.hint for question in user.asked if question.option == "--name"][1].startswith(
        "--name 'not a name'"
    )


def test_which_of_several_outputs_is_asked_for(user: User, tmp_path: Path) -> None:
    model = waveform_network()
    model.graph.node[-1].output[0] = "first"
    graph = model.graph
    two = to_model(
        [*graph.node, helper.make_node("Identity", ["clips"], ["second"])],
        [("audio", ("N", N_SAMPLES), TensorProto.FLOAT)],
        [("first", ("N", 4)), ("second", ("N", 4))],
        {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer},
    )
    path = save(two, tmp_path / "two.onnx")
    assert "give --output (first float32 [N, 4], second float32 [N, 4] have 4 columns each)" in user.is_refused(path)
    user.answers = {"--output": ["second"]}
    outputs = user.imports(path).manifest.member[0].outputs
    assert outputs is not None
    assert outputs.clip == "second"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"kind": "probs"}, "--kind probs needs --activation none"),
        ({"kind": "probs", "activation": "sigmoid"}, "--activation sigmoid: --kind probs needs --activation none"),
        ({"kind": "logits", "activation": "none"}, "--activation none: needs --kind probs"),
        ({"name": "my frogs"}, "--name 'my frogs': takes letters"),
        ({"name": ""}, "--name '': takes letters"),
        ({"version": ""}, "--version: "),
        ({"license": ""}, "--license: "),
        ({"attribution": "a\x07"}, "--attribution: holds a control character"),
        ({"attribution": "a" * 4000}, "--attribution: is longer than 3,000 bytes"),
        ({"hop_s": 3.0, "window_s": 2.0}, "--hop 3: is longer than --window 2"),
        ({"sample_rate_hz": 0}, "--sample-rate 0: must be more than 0"),
        ({"window_s": float("nan")}, "--window nan: must be more than 0"),
        ({"out": Path(__file__)}, "is a file: name a folder"),
    ],
)
def test_options_are_checked_before_any_work(options: dict[str, object], reason: str) -> None:
    with pytest.raises(PermanentError) as caught:
        check_request(Request(Path("nothing.onnx"), **options))  # type: ignore[arg-type]
    assert reason in str(caught.value)
