"""Reads files of a pack's folder: only regular files inside it, of limited size, hashed as they are read.

What was hashed is what is used: a file is opened once, and its content is checked and returned, never read again by its
name. So nobody can exchange a file between the check and its use.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.inference.packs.names import MANIFEST, shown

MANIFEST_MOST_BYTES = 256 * 1024
TABLE_MOST_BYTES = 16 * 1024**2
GOLDEN_MOST_BYTES = 64 * 1024**2
NETWORK_MOST_BYTES = 2 * 1024**3
"""No protobuf file can be longer."""
WEIGHTS_MOST_BYTES = 16 * 1024**3
"""For weights outside a network's own file, and for what nothing reads."""

_BLOCK_BYTES = 1024**2

FileState = tuple[int, int, int, int]
"""What changes when a file is written or replaced: device, inode, times of change in nanoseconds."""


def name_of(path: Path) -> str:
    """Return the name of a pack's file for messages: its folder and file, without the path to the packs directory."""
    return f"{path.parent.name}/{path.name}"


def file_state(path: Path) -> FileState:
    """Return the state of a file or folder; times alone are equal for two copies of one archive."""
    now = path.stat()
    return now.st_dev, now.st_ino, now.st_mtime_ns, now.st_ctime_ns


def read_file(folder: Path, name: str, field: str, most_bytes: int, sha256: str | None = None) -> bytes:
    """Return the content of a file of the pack, checked against its sha256 if one is known.

    Raises InvalidPack for a missing, too long or changed file, and for all that is no regular file in the folder.
    """
    with _open_file(folder, name, field) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InvalidPack(f"{folder.name}/{name}: is longer than {most_bytes:,} bytes, too long for {field}")
    if sha256 is not None:
        check_content(folder, name, content, sha256)
    return content


def check_content(folder: Path, name: str, content: bytes, sha256: str) -> None:
    """Check what was read of a file against its sha256. Raises InvalidPack."""
    _compare(folder, name, hashlib.sha256(content).hexdigest(), sha256)


def require_file(folder: Path, name: str, field: str) -> None:
    """Raise InvalidPack unless this is a regular file of the pack that can be read."""
    with _open_file(folder, name, field):
        pass


def check_file(folder: Path, name: str, field: str, sha256: str) -> None:
    """Check a file of the pack against its sha256 without keeping it. Raises InvalidPack as `read_file`."""
    with _open_file(folder, name, field) as file:
        _compare(folder, name, hashlib.file_digest(file, "sha256").hexdigest(), sha256)


def _compare(folder: Path, name: str, actual: str, sha256: str) -> None:
    if actual != sha256:
        raise InvalidPack(
            f"{folder.name}/{name}: sha256 is {actual}, but {MANIFEST} says {sha256}: "
            "the file was changed or cut short; if you edited it, run `chorus models seal FOLDER`, else fetch it again"
        )


@contextmanager
def _open_file(folder: Path, name: str, field: str) -> Iterator[io.BufferedReader]:
    path = _resolve(folder, name, field)
    try:
        # A pipe would keep the reader waiting for ever, a device may do anything: neither is opened for good.
        file = open(path, "rb", opener=_open_quickly)  # noqa: SIM115 - closed below
    except OSError as error:
        raise InvalidPack(f"{folder.name}/{name}: cannot be read: {error.strerror} (named in {field})") from error
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InvalidPack(f"{folder.name}/{name}: is no regular file (named in {field})")
        yield file


def _open_quickly(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _resolve(folder: Path, name: str, field: str) -> Path:
    """Return the path without links; a link may lead to another file of the pack, but not out of it."""
    try:
        path = (folder / name).resolve()
        outside, there = not path.is_relative_to(folder), path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL, a name too long, links in a circle
        raise InvalidPack(f"{folder.name}/{MANIFEST}: {field}: {shown(name)} is no usable name: {error}") from error
    if outside:
        raise InvalidPack(f"{folder.name}/{MANIFEST}: {field}: {shown(name)} is outside the pack")
    if not there:
        raise InvalidPack(f"{folder.name}/{shown(name)}: there is no such file (named in {field})")
    return path
