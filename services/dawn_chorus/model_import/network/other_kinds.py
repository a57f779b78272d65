"""Files that are no networks, or of kinds that are not read: what they are, and how they become ONNX."""

import shlex
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.names import MANIFEST, shown

_KERAS = "python -m tf2onnx.convert --keras {0} --output {1}.onnx"
_SAVED_MODEL = "python -m tf2onnx.convert --saved-model {0} --output {1}.onnx"
_TORCH = "in PyTorch, torch.onnx.export(model.eval(), example, '{1}.onnx', dynamic_axes={{'input': {{0: 'N'}}}})"
_PICKLE = b"\x80"
_STARTS = (
    (b"version https://git-lfs", "is a pointer of Git LFS, not the file itself: run `git lfs pull`"),
    (b"<", "is a page of a web site, not the file itself: download it again"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it, and import the .onnx or .tflite file"),
)


def find_other_kind(path: Path, content: bytes) -> str | None:
    """Return what else this file is, and how it becomes ONNX; None: nothing that is known."""
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    if content.startswith(b"\x89HDF\r\n\x1a\n"):
        return f"is HDF5, as Keras saves it: {_export(_KERAS, path)}"
    if content[:1] == _PICKLE and content[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return f"is a pickle, as older versions of PyTorch save it: {_export(_TORCH, path)}"
    if content[4:8] == b"ORTM":
        return "is ONNX Runtime's own format: import the .onnx file that it was made from"
    return next((reason for start, reason in _STARTS if content.lstrip().startswith(start)), None)


def refuse_folder(path: Path) -> PermanentError:
    """Return the error for a folder."""
    if (path / "saved_model.pb").is_file():
        return PermanentError(f"{path}: is a SavedModel: {_export(_SAVED_MODEL, path)}")
    if (path / MANIFEST).is_file():
        return PermanentError(f"{path}: is a pack already: run `chorus models install {shlex.quote(str(path))}`")
    return PermanentError(f"{path}: is a folder: name the .onnx or .tflite file in it")


def _zip_kind(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, BadZipFile, ValueError):
        return "is a zip archive that is damaged"
    if any(name.endswith("data.pkl") for name in names):
        return f"is a PyTorch checkpoint: {_export(_TORCH, path)}"
    if "model.weights.h5" in names:
        return f"is a Keras model: {_export(_KERAS, path)}"
    inside = next((name for name in names if name.endswith((".onnx", ".tflite"))), None)
    return f"is a zip archive: unpack it, and import {shown(inside) if inside else 'the .onnx or .tflite file in it'}"


def _export(command: str, path: Path) -> str:
    return f"export it to ONNX first: {command.format(path.name, path.stem)}"
