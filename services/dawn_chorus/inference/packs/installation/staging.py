"""Copies the folder of a pack, which may come from anywhere, to where it is tried before it is installed."""

import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.names import displayed
from dawn_chorus.inference.packs.files import WEIGHTS_MOST_BYTES
from dawn_chorus.inference.packs.names import MANIFEST, find_fault, find_twins, shown

MOST_FILES = 1000
_BLOCK_BYTES = 1024**2
_KINDS = {stat.S_IFLNK: "link", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device",
          stat.S_IFBLK: "device"}  # fmt: skip


def stage_pack(source: Path, scratch: Path) -> Path:
    """Copy a pack into the scratch folder under its own folder's name; return the copy. Hidden files are left out.

    The copy is all that is looked at afterwards, so that nothing is exchanged between check and use. It has no links,
    no rights and no times of the original. Raises InvalidPack for a link, a device and everything else that is no
    regular file, for names that are not for every file system, and for too many or too long files.
    """
    source = source.resolve()
    files = list_files(source)
    copy, left_bytes = scratch / source.name, WEIGHTS_MOST_BYTES
    copy.mkdir()
    for name in files:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        left_bytes -= _copy_file(source / name, copy / name, left_bytes, f"{source.name}/{name}")
    _sync_folders(copy)
    return copy


def list_files(folder: Path) -> list[str]:
    """Return the paths within the folder of a pack's files, all but hidden ones. Raises InvalidPack as `stage_pack`."""
    if not (folder / MANIFEST).is_file():
        raise InvalidPack(f"{displayed(folder.name)}/{MANIFEST}: there is no such file: name the folder of a pack")
    files = list(islice(_find_files(folder, ""), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise InvalidPack(f"{folder.name}: has more than {MOST_FILES:,} files: name a folder with the pack only")
    if twins := find_twins(files):
        raise InvalidPack(f"{folder.name}: {twins[0]} and {twins[1]} are one file on some systems; rename one")
    return files


def _find_files(folder: Path, prefix: str) -> Iterator[str]:
    """Yield the names of all files below a folder; no link is followed."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if not entry.name.startswith("."):
                name = f"{prefix}{entry.name}"
                _check_entry(entry, name)
                if entry.is_dir(follow_symlinks=False):
                    yield from _find_files(Path(entry.path), f"{name}/")
                else:
                    yield name


def _check_entry(entry: os.DirEntry[str], name: str) -> None:
    if fault := find_fault(name):
        raise InvalidPack(f"{shown(name)}: this name {fault}: rename it")
    kind = stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
    if kind not in {stat.S_IFREG, stat.S_IFDIR}:
        what = _KINDS.get(kind, "special file")
        raise InvalidPack(f"{name} is a {what}: put the file itself in its place (cp --dereference copies it)")


def _copy_file(source: Path, target: Path, most_bytes: int, where: str) -> int:
    """Copy a regular file and write it to the disk; return its length."""
    try:
        opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidPack(f"{where}: cannot be read: {error.strerror}") from error
    with os.fdopen(opened, "rb") as file, target.open("xb") as copy:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise InvalidPack(f"{where}: is no regular file")
        if state.st_size > most_bytes:
            raise InvalidPack(f"{where}: the pack is larger than {WEIGHTS_MOST_BYTES:,} bytes")
        # No more than it was: a file that grows meanwhile would fill the disk.
        left = state.st_size
        while left and (block := file.read(min(left, _BLOCK_BYTES))):
            left -= copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
        return state.st_size


def _sync_folders(folder: Path) -> None:
    for path, _, _ in os.walk(folder):
        sync_folder(Path(path))


def sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk, so that they are there after a crash of the machine."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
