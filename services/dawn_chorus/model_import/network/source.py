"""A network's file: which kind it is by its content, and the files that it keeps weights in."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.apart import Step, run_apart
from dawn_chorus.inference.packs.files import NETWORK_MOST_BYTES
from dawn_chorus.inference.packs.names import MANIFEST, find_fault, find_twins, shown
from dawn_chorus.inference.packs.onnx_scan import ExternalTensor, scan_network
from dawn_chorus.model_import.network.other_kinds import find_other_kind, refuse_folder

OWN_NAMES = (MANIFEST, "taxa.csv", "golden.npz")
"""What a pack has beside its network."""


@dataclass(frozen=True, slots=True)
class Source:
    """A network in memory, and where its external data lies."""

    name: str
    """What its file is called in the pack."""
    model: onnx.ModelProto = field(repr=False)
    content: bytes = field(repr=False)
    """The network as ONNX; of a file that was ONNX, its bytes."""
    external: dict[str, Path]
    """The files with weights, by the names that the network has for them."""
    kind: str
    """`ONNX` or `tflite, converted to ONNX`."""

    @property
    def n_bytes(self) -> int:
        return len(self.content) + sum(path.stat().st_size for path in self.external.values())


def read_source(path: Path) -> Source:
    """Return the network. Raises PermanentError, one line, for what is no network or no longer whole."""
    content = _read(path)
    name = f"{path.stem}.onnx"
    if find_fault(name) or find_twins([name, *OWN_NAMES]):
        name = "network.onnx"
    if content[4:8] == b"TFL3":
        return _convert(path, name, content)
    if hint := find_other_kind(path, content):
        raise PermanentError(f"{path.name}: {hint}")
    try:
        model = onnx.load_model_from_string(content)
        external = scan_network(content).external
    except (DecodeError, ValueError) as error:
        raise PermanentError(f"{path.name}: is neither ONNX nor tflite, or was cut short") from error
    if not model.graph.node or not model.graph.output:
        raise PermanentError(f"{path.name}: is neither ONNX nor tflite, or a network without nodes")
    return Source(name, model, content, _find_external(path, name, external), "ONNX")


def _convert(path: Path, name: str, content: bytes) -> Source:
    with tempfile.TemporaryDirectory(prefix="chorus-import-") as scratch:
        network, into = Path(scratch, "network.tflite"), Path(scratch, "network.onnx")
        network.write_bytes(content)
        arguments = {"name": path.name, "network": str(network), "into": str(into)}
        run_apart(Step.CONVERT, arguments, path.name, "its conversion")
        converted = into.read_bytes()
    return Source(name, onnx.load_model_from_string(converted), converted, {}, "tflite, converted to ONNX")


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise refuse_folder(path)
    if path.exists() and not path.is_file():
        raise PermanentError(f"{path}: is no regular file")
    try:
        with path.open("rb") as file:
            content = file.read(NETWORK_MOST_BYTES + 1)
    except OSError as error:
        raise PermanentError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > NETWORK_MOST_BYTES:
        raise PermanentError(f"{path.name}: is longer than 2 GiB: save the weights as external data")
    if not content:
        raise PermanentError(f"{path.name}: is empty")
    return content


def _find_external(path: Path, name: str, tensors: tuple[ExternalTensor, ...]) -> dict[str, Path]:
    """Return the files by their names in the network, all of which are in its folder or below."""
    found: dict[str, Path] = {}
    for tensor in tensors:
        location = dict(tensor.entries).get("location", "")
        if location in found:
            continue
        if fault := find_fault(location):
            raise PermanentError(
                f"{path.name}: keeps weights in {shown(location)!r}, which {fault.replace('the pack', 'its folder')}: "
                "save it again with onnx.save, weights beside it"
            )
        beside = path.resolve().parent / location
        if not beside.is_file() or not beside.resolve().is_relative_to(path.resolve().parent):
            where = path.resolve().parent
            raise PermanentError(
                f"{path.name}: keeps weights in {shown(location)}, which is not in {where}: put it there"
            )
        found[location] = beside
    if twins := find_twins([*found, name, *OWN_NAMES]):
        raise PermanentError(f"{path.name}: keeps weights in {twins[0]}, and a pack has a {twins[1]}: save it again")
    if set(found) & {name, *OWN_NAMES}:
        raise PermanentError(f"{path.name}: keeps weights in {name}, which is its own name in a pack: save it again")
    return found
