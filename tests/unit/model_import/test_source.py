"""A network's kind is known by its content; of other files one line says how they become ONNX."""

import io
import zipfile
from pathlib import Path

import onnx
import pytest

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.model_import.network.source import read_source
from tests.tflite_files import TfliteFile
from tests.unit.model_import.networks import save, waveform_network


def refusal(path: Path) -> str:
    with pytest.raises(PermanentError) as caught:
        read_source(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            b"\x89HDF\r\n\x1a\n rest",
            "is HDF5, as Keras saves it: export it to ONNX first: python -m tf2onnx.convert --keras",
        ),
        (archive("config.json", "model.weights.h5"), "is a Keras model: export it to ONNX first"),
        (archive("archive/data.pkl", "archive/data/0"), "is a PyTorch checkpoint: export it to ONNX first: in PyTorch"),
        (archive("a/readme.txt", "a/frogs.onnx"), "is a zip archive: unpack it, and import a/frogs.onnx"),
        (b"\x80\x02}q\x00.", "is a pickle, as older versions of PyTorch save it: export it"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (b"\n<!DOCTYPE html>", "is a page of a web site"),
        (b"\x1f\x8b\x08", "is compressed with gzip"),
        (b"\x20\x00\x00\x00ORTM", "is ONNX Runtime's own format"),
        (b"hello", "is neither ONNX nor tflite"),
        (b"", "is empty"),
    ],
)
def test_another_kind_is_named_with_what_to_do(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    assert reason in refusal(path)


def test_a_network_that_was_cut_short_is_none(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(waveform_network().SerializeToString()[:-100])
    assert "was cut short" in refusal(path)


def test_folders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack.toml").touch()
    assert "--saved-model saved --output saved.onnx" in refusal(tmp_path / "saved")
    assert "is a pack already: run `chorus models install" in refusal(tmp_path / "pack")
    assert "is a folder: name the .onnx or .tflite file in it" in refusal(tmp_path)
    assert "cannot be read: No such file" in refusal(tmp_path / "none.onnx")


def test_the_suffix_does_not_matter(tmp_path: Path) -> None:
    source = read_source(save(waveform_network(), tmp_path / "frogs.v2.bin"))
    assert (source.name, source.kind) == ("frogs.v2.onnx", "ONNX")
    assert source.content == (tmp_path / "frogs.v2.bin").read_bytes()


def test_tflite_becomes_onnx(tmp_path: Path) -> None:
    file = TfliteFile(1, 6)
    (tmp_path / "frogs.tflite").write_bytes(file.content(file.add("LOGISTIC", 0)))
    source = read_source(tmp_path / "frogs.tflite")
    assert (source.name, source.kind) == ("frogs.onnx", "tflite, converted to ONNX")
    assert source.content == source.model.SerializeToString()


def test_tflite_that_cannot_be_converted_says_in_one_line_why(tmp_path: Path) -> None:
    file = TfliteFile(1, 6)
    path = tmp_path / "frogs.tflite"
    path.write_bytes(file.content(file.add("FlexErf", 0), infer=False))
    assert refusal(path).startswith(
        "frogs.tflite: the tflite network has operators that cannot be translated: CUSTOM Flex"
    )


def test_damaged_tflite_is_one_line_whatever_it_breaks(tmp_path: Path) -> None:
    file = TfliteFile(1, 6)
    path = tmp_path / "frogs.tflite"
    path.write_bytes(file.content(file.add("LOGISTIC"), infer=False))  # an operator that is given nothing
    assert refusal(path).startswith("frogs.tflite: is damaged, or no tflite network that tflite could run either: copy")


@pytest.mark.parametrize("name", [".onnx", "pack.toml.bin", "Taxa.csv.x"])
def test_a_network_never_takes_the_name_of_another_file_of_the_pack(tmp_path: Path, name: str) -> None:
    assert read_source(save(waveform_network(), tmp_path / name)).name in {
        "network.onnx",
        "pack.toml.onnx",
        "Taxa.csv.onnx",
    }


def external(tmp_path: Path, location: str) -> Path:
    """Save a network with its kernels beside it, and let it call that file as asked for."""
    model = waveform_network()
    path = tmp_path / "frogs.onnx"
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    content = onnx.load(path, load_external_data=False)
    for tensor in content.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    return save(content, path)


def test_files_of_weights_come_along(tmp_path: Path) -> None:
    assert read_source(external(tmp_path, "weights.bin")).external == {"weights.bin": tmp_path / "weights.bin"}


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("../weights.bin", "is outside its folder"),
        ("/etc/passwd", "is outside its folder"),
        (".weights", "hidden part"),
        ("other.bin", "keeps weights in other.bin, which is not in"),
        ("taxa.csv", "keeps weights in"),
    ],
)
def test_weights_elsewhere_are_refused(tmp_path: Path, location: str, reason: str) -> None:
    (tmp_path / "taxa.csv").touch()
    assert reason in refusal(external(tmp_path, location))


def test_a_link_to_weights_outside_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    path = external(inside, "link.bin")
    (inside / "weights.bin").rename(tmp_path / "outside.bin")
    (inside / "link.bin").symlink_to(tmp_path / "outside.bin")
    assert "which is not in" in refusal(path)
