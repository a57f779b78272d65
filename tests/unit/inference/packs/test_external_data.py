"""Weights outside the network's own file are hashed like all files, or refused, wherever in the network they are."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.packs.onnx_scan import scan_network
from dawn_chorus.inference.packs.sealing import seal_pack
from tests.packs import TONE_RATE_HZ, write_tone_pack
from tests.unit.inference.pack_edits import correct_sha256, edit_manifest, message_of, swap, turn_into_schema_2
from tests.unit.inference.sounds import open_pack, random_sounds, score_sounds

WEIGHTS = "tones.data"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a pack of schema 2 whose kernels lie in another file; the current folder is empty."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    folder = write_tone_pack(tmp_path / "tones")
    model = onnx.load(folder / "tones.onnx")
    onnx.save(model, folder / "tones.onnx", save_as_external_data=True, location=WEIGHTS, size_threshold=1024)
    turn_into_schema_2(folder)
    return folder


def scores(ensemble: Ensemble) -> np.ndarray:
    return score_sounds(ensemble, random_sounds({TONE_RATE_HZ}, 20.0), 20.0).window_scores


def change(pack: Path, edit: Callable[[onnx.ModelProto], None]) -> None:
    """Change the network, and write the new hashes."""
    model = onnx.load(pack / "tones.onnx", load_external_data=False)
    edit(model)
    (pack / "tones.onnx").write_bytes(model.SerializeToString())
    seal_pack(pack)


def tensor_elsewhere(name: str = "far", location: str = WEIGHTS, **entries: object) -> onnx.TensorProto:
    tensor = numpy_helper.from_array(np.ones(3, np.float32), name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": 0, "length": 12, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    return tensor


def kernels(model: onnx.ModelProto) -> onnx.TensorProto:
    found: onnx.TensorProto = next(each for each in model.graph.initializer if each.name == "kernels")
    return found


def set_entry(key: str, value: str) -> Callable[[onnx.ModelProto], None]:
    def edit(model: onnx.ModelProto) -> None:
        for entry in kernels(model).external_data:
            if entry.key == key:
                entry.value = value

    return edit


def test_a_network_with_weights_in_another_file_scores_as_one_in_one_file(pack: Path, tmp_path: Path) -> None:
    assert (pack / WEIGHTS).stat().st_size > 100_000
    expected = scores(open_pack(write_tone_pack(tmp_path / "whole")))
    assert (scores(open_pack(pack)) == expected).all()


def test_changed_weights_in_another_file_are_refused(pack: Path) -> None:
    content = bytearray((pack / WEIGHTS).read_bytes())
    content[1000] ^= 1
    (pack / WEIGHTS).write_bytes(content)
    assert f"tones/{WEIGHTS}: sha256 is" in message_of(pack)


def test_weights_in_a_file_that_is_not_listed_are_refused(pack: Path) -> None:
    edit_manifest(pack, lambda text: "\n".join(line for line in text.splitlines() if WEIGHTS not in line))
    assert f"tones/tones.onnx: keeps data in {WEIGHTS}, which [files] of pack.toml does not list" in message_of(pack)


def test_schema_1_cannot_check_them_and_says_what_to_do(pack: Path) -> None:
    text = (pack / "pack.toml").read_text()
    edited = text[: text.index("[files]")].replace("schema = 2", "schema = 1")
    (pack / "pack.toml").write_text(edited.replace("[[member]]", '[[member]]\nsha256 = ""'))
    correct_sha256(pack)
    message = message_of(pack)
    assert f"tones/tones.onnx: keeps data in another file ({WEIGHTS}), which schema = 1 cannot check" in message
    assert "set schema = 2 in pack.toml" in message


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../other.data", "", ".", "/proc/self/mem", "*/_ORT_MEM_ADDR_/*", "tones.data\x00", "a" * 5000],
)
def test_weights_outside_the_pack_are_refused(pack: Path, location: str) -> None:
    change(pack, set_entry("location", location))
    message = message_of(pack)
    assert message.startswith("tones/tones.onnx: ")
    assert "[files]" in message or "no usable name" in message
    assert len(message) < 400


def test_weights_behind_a_link_are_refused(pack: Path, tmp_path: Path) -> None:
    (pack / WEIGHTS).rename(tmp_path / "outside")
    (pack / WEIGHTS).symlink_to(tmp_path / "outside")
    assert f"{WEIGHTS} is outside the pack" in message_of(pack)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("offset", "900000", "kernels: wants bytes 900000 to"),
        ("length", "900000", "to 900000 of tones.data, which has"),
        ("offset", "-4", "kernels: offset and length must be whole numbers"),
        ("offset", "18446744073709551616", "kernels: offset and length must be whole numbers"),
        ("length", "1e3", "kernels: offset and length must be whole numbers"),
    ],
)
def test_weights_beyond_the_end_of_the_file_are_refused(pack: Path, key: str, value: str, message: str) -> None:
    change(pack, set_entry(key, value))
    assert message in message_of(pack)


def test_a_location_stated_twice_is_refused(pack: Path) -> None:
    def edit(model: onnx.ModelProto) -> None:
        entry = kernels(model).external_data.add()
        entry.key, entry.value = "location", "/etc/passwd"

    change(pack, edit)
    assert "external data with the keys" in message_of(pack)


def in_constant(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=tensor_elsewhere()))


def in_tensors(model: onnx.ModelProto) -> None:
    node = helper.make_node("Custom", [], ["unused"])
    node.attribute.append(helper.make_attribute("values", [tensor_elsewhere()]))
    model.graph.node.append(node)


def in_sparse(model: onnx.ModelProto) -> None:
    indices = numpy_helper.from_array(np.arange(3), "at")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(tensor_elsewhere(), indices, [9]))


def in_subgraph(model: onnx.ModelProto) -> None:
    value = helper.make_tensor_value_info("far", TensorProto.FLOAT, [3])
    branch = helper.make_graph([], "branch", [], [value], [tensor_elsewhere()])
    model.graph.node.append(helper.make_node("If", ["zero"], ["unused"], then_branch=branch, else_branch=branch))


def in_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Constant", [], ["far"], value=tensor_elsewhere())
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("here", "far_away", [], ["far"], [node], opsets))


def in_training(model: onnx.ModelProto) -> None:
    info = onnx.TrainingInfoProto()
    info.initialization.initializer.append(tensor_elsewhere())
    model.training_info.append(info)


@pytest.mark.parametrize(
    "hide", [in_constant, in_tensors, in_sparse, in_subgraph, in_function, in_training], ids=lambda hide: hide.__name__
)
def test_data_elsewhere_is_found_wherever_it_is_hidden(pack: Path, hide: Callable[[onnx.ModelProto], None]) -> None:
    change(pack, hide)
    assert "tones/tones.onnx: far: only initializers may keep data in other files" in message_of(pack)


def nest(depth: int) -> bytes:
    """Write a graph in a node in a graph, `depth` times."""
    content = b""
    for _ in range(depth):
        for key in (b"\x32", b"\x2a", b"\x0a"):  # attribute.g, node.attribute, graph.node
            content = key + helper_varint(len(content)) + content
    return b"\x3a" + helper_varint(len(content)) + content


def helper_varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (nest(5000), "it is nested too deeply"),
        (b"\xff" * 1000, "this is no ONNX file"),
        (b"\x3a\xff\xff\xff\x07", "this is no ONNX file"),
        (b"\x0b\x0c" * 10, "this is no ONNX file"),
        (b"\x18\x00\x00\x00ORTM" + bytes(100), "this is no ONNX file"),
        (b"", "tones.onnx"),
    ],
    ids=["nested", "varint", "beyond-the-end", "groups", "ort-format", "empty"],
)
def test_a_file_that_is_no_network_is_refused_in_one_line(pack: Path, content: bytes, message: str) -> None:
    (pack / "tones.onnx").write_bytes(content)
    seal_pack(pack)
    assert message in message_of(pack)


def test_an_ordinary_network_keeps_nothing_elsewhere(tmp_path: Path) -> None:
    content = (write_tone_pack(tmp_path) / "tones.onnx").read_bytes()
    assert scan_network(content).external == ()
    assert "files" not in tomllib.loads((tmp_path / "pack.toml").read_text())


def test_a_network_in_a_folder_of_its_own_finds_its_weights_there(pack: Path) -> None:
    (pack / "net").mkdir()
    for name in ("tones.onnx", WEIGHTS):
        (pack / name).rename(pack / "net" / name)
    edit_manifest(pack, swap('file = "tones.onnx"', 'file = "net/tones.onnx"'))
    seal_pack(pack)
    open_pack(pack)
