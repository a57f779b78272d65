"""Reads a golden.npz: a sound and its scores, checked before any of it is unpacked."""

import io
import lzma
import math
import struct
import zlib
from collections.abc import Callable, Mapping
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile, ZipFile

from numpy.lib import format as npy
from numpy.typing import NDArray

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.faults import Faults
from dawn_chorus.inference.packs.files import GOLDEN_MOST_BYTES

MOST_UNPACKED_BYTES = 4 * GOLDEN_MOST_BYTES
_ARRAYS = {"waveform": 1, "sample_rate_hz": 0, "window_scores": 2, "frame_scores": 2}
"""The arrays and their numbers of axes."""
_SOUND = {"waveform", "sample_rate_hz"}
_OPTIONAL = "frame_scores"
_UNREADABLE = (
    *(OSError, ValueError, EOFError, RuntimeError, MemoryError, SyntaxError, TokenError),
    *(BadZipFile, zlib.error, lzma.LZMAError, struct.error),
)
"""What zipfile and numpy raise for archives that are none; a header is Python text, and may be no such."""
_MOST_RATE_HZ = 10_000_000
_HEADERS: dict[tuple[int, int], Callable[[Any], Any]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def read_golden(content: bytes, where: str) -> dict[str, NDArray[Any]]:
    """Return the arrays by name. Raises InvalidPack for anything else, also for what would unpack to too much."""
    return _read_arrays(content, where, _ARRAYS)


def read_sound(content: bytes, where: str) -> dict[str, NDArray[Any]]:
    """Return `waveform` and `sample_rate_hz`, whatever the scores are, or were. Raises InvalidPack as `read_golden`."""
    return _read_arrays(content, where, {name: n_axes for name, n_axes in _ARRAYS.items() if name in _SOUND})


def _read_arrays(content: bytes, where: str, wanted: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            _check_sizes(archive)
            names = {info.filename.removesuffix(".npy") for info in archive.infolist()}
            golden = {name: _read_array(archive, name) for name in wanted if name in names}
    except _UNREADABLE as error:
        raise InvalidPack(f"{where}: is not an npz file of arrays: {error}") from error
    faults = Faults()
    for name, n_axes in wanted.items():
        if name not in golden and name == _OPTIONAL:
            continue
        if name not in golden or golden[name].ndim != n_axes:
            faults.add(f"{where}: {name}: is missing or does not have {n_axes} axes")
    faults.raise_any()
    if not golden["waveform"].size:
        faults.add(f"{where}: waveform: is empty")
    if not 1 <= golden["sample_rate_hz"] <= _MOST_RATE_HZ:
        faults.add(f"{where}: sample_rate_hz: is not between 1 and {_MOST_RATE_HZ:,}")
    faults.raise_any()
    return golden


def _check_sizes(archive: ZipFile) -> None:
    total = sum(info.file_size for info in archive.infolist())
    if total > MOST_UNPACKED_BYTES:
        raise ValueError(f"it unpacks to {total:,} bytes, more than {MOST_UNPACKED_BYTES:,}: use a shorter sound")


def _read_array(archive: ZipFile, name: str) -> NDArray[Any]:
    """Return an array of numbers; memory is taken for what its header says, which must not be more than there is."""
    info = archive.getinfo(f"{name}.npy")
    with archive.open(info) as file:
        read_header = _HEADERS.get(npy.read_magic(file))
        if read_header is None:
            raise ValueError(f"{name}: is stored in a version of the npy format that is not read")
        shape, _, dtype = read_header(file)
    if dtype.kind not in "fiu" or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > info.file_size:
        raise ValueError(f"{name}: {dtype} {shape} is no array of numbers, or longer than its file")
    with archive.open(info) as file:
        return npy.read_array(file, allow_pickle=False)
