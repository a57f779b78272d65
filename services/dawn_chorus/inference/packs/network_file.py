"""A network as bytes in memory, with the weights that it keeps in other files: all of it hashed before it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.files import NETWORK_MOST_BYTES, WEIGHTS_MOST_BYTES, read_file
from dawn_chorus.inference.packs.names import MANIFEST, shown
from dawn_chorus.inference.packs.onnx_scan import ExternalTensor, scan_network

_KEYS = frozenset({"location", "offset", "length", "checksum"})
_ONE_FILE = "save the network with all data in its own file (onnx.save does)"


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """An ONNX file that was read and checked; nothing of it is read from the disk again."""

    name: str
    """Folder and file, for messages."""
    content: bytes = field(repr=False)
    has_half_weights: bool
    weights: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    """Content of the files outside `content`, by the name that the network calls them."""


def read_network(folder: Path, name: str, key: str, sha256s: Mapping[str, str], *, lists_all: bool) -> NetworkFile:
    """Return a network of the pack and what it keeps in other files.

    `key`: where pack.toml names the file. `sha256s`: by name; `lists_all`: of every file of the pack (schema 2).
    Raises InvalidPack, also for weights in a file that is not listed, or outside the initializers of the main graph.
    """
    content = read_file(folder, name, key, NETWORK_MOST_BYTES, sha256s.get(name))
    where = f"{folder.name}/{name}"
    try:
        found = scan_network(content)
    except ValueError as error:
        raise InvalidPack(f"{where}: {error}") from error
    if found.external and not lists_all:
        raise InvalidPack(
            f"{where}: keeps data in another file ({_first_location(found.external)}), which schema = 1 cannot check: "
            f"set schema = 2 in {MANIFEST} and list every file with its sha256 in [files], or {_ONE_FILE}"
        )
    weights: dict[str, bytes] = {}
    for tensor in found.external:
        location, start, end = _read_place(tensor, where)
        if location not in weights:
            weights[location] = _read_weights(folder, Path(name).parent, location, sha256s, where)
        if end > len(weights[location]):
            raise InvalidPack(
                f"{where}: {shown(tensor.name)}: wants bytes {start} to {end} of {location}, which has "
                f"{len(weights[location])}: export the network again"
            )
    return NetworkFile(where, content, found.has_half_weights, weights)


def _first_location(tensors: tuple[ExternalTensor, ...]) -> str:
    return shown(next((value for tensor in tensors for key, value in tensor.entries if key == "location"), "unnamed"))


def _read_place(tensor: ExternalTensor, where: str) -> tuple[str, int, int]:
    """Return location, start and end of a tensor's bytes, as far as they are stated. Raises InvalidPack."""
    entries, name = dict(tensor.entries), shown(tensor.name)
    if not tensor.is_initializer:
        raise InvalidPack(f"{where}: {name}: only initializers may keep data in other files: {_ONE_FILE}")
    if len(entries) < len(tensor.entries) or not {"location"} <= entries.keys() <= _KEYS:
        keys = shown(sorted(key for key, _ in tensor.entries))
        raise InvalidPack(f"{where}: {name}: external data with the keys {keys} is not read: {_ONE_FILE}")
    start, length = (_whole_number(entries.get(key, "0")) for key in ("offset", "length"))
    if start is None or length is None:
        raise InvalidPack(f"{where}: {name}: offset and length must be whole numbers: {_ONE_FILE}")
    return entries["location"], start, start + length


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _read_weights(folder: Path, beside: Path, location: str, sha256s: Mapping[str, str], where: str) -> bytes:
    """Return a file of weights; the network names it by its path from the network's own folder."""
    name = (beside / location).as_posix()
    if name not in sha256s:
        raise InvalidPack(
            f"{where}: keeps data in {shown(location)}, which [files] of {MANIFEST} does not list: add it with its "
            f"sha256, or {_ONE_FILE}"
        )
    return read_file(folder, name, "[files]", WEIGHTS_MOST_BYTES, sha256s[name])
