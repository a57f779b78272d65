"""Seals the folder of a pack after an edit: a copy is sealed and tried, then what changed is put into place."""

import fcntl
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.inference.packs.installation.staging import list_files
from dawn_chorus.inference.packs.manifest import Manifest
from dawn_chorus.inference.packs.names import MANIFEST
from dawn_chorus.inference.packs.pack import read_manifest
from dawn_chorus.inference.verification import Verification, seal_apart

_PREFIX = ".sealing-"
_LINKED_BYTES = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Sealed:
    """A pack that was sealed."""

    verified: Verification
    changes: tuple[str, ...]
    """What was written; nothing, if all was as it should be."""
    unused: tuple[str, ...]
    """Networks in the folder that no key names."""


def seal_folder(folder: Path) -> Sealed:
    """Write a pack's self-test and [files] anew, and verify it; return what changed.

    Raises PermanentError, and leaves the folder as it was, if that is no pack that can be opened and run.
    """
    folder = folder.resolve()
    if not (folder / MANIFEST).is_file():
        raise PermanentError(f"{folder} is no folder with a {MANIFEST} in it")
    try:
        with _sealing(folder) as scratch:
            copy = _copy_files(folder, scratch)
            verified = seal_apart(copy)
            manifest, _ = read_manifest(copy)
            written = [name for name in (str(manifest.golden), MANIFEST) if _is_changed(folder / name, copy / name)]
            changes = _describe(folder, written, manifest)
            _put_into_place(copy, folder, written)
    except OSError as error:
        raise PermanentError(f"{folder}: cannot be sealed: {error}") from error
    unused = (name for name in manifest.files or () if name.endswith(".onnx") and name not in manifest.networks)
    return Sealed(verified, changes, tuple(sorted(unused)))


@contextmanager
def _sealing(folder: Path) -> Iterator[Path]:
    """Yield a hidden folder within the pack's, on the same file system, one at a time; at the end it is deleted."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=_PREFIX, ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    finally:
        os.close(lock)


def _copy_files(folder: Path, scratch: Path) -> Path:
    """Return a folder of the same name with the same files."""
    copy = scratch / folder.name
    copy.mkdir()
    for name in list_files(folder):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if not _link(folder / name, copy / name):
            shutil.copyfile(folder / name, copy / name, follow_symlinks=False)
    return copy


def _link(file: Path, copy: Path) -> bool:
    """Link what is long, as networks are, rather than copy it; return whether it was done."""
    if file.stat().st_size < _LINKED_BYTES:
        return False
    try:
        copy.hardlink_to(file)
    except OSError:  # a file system without links, or somebody else's file
        return False
    return True


def _is_changed(before: Path, after: Path) -> bool:
    return not before.exists() or before.read_bytes() != after.read_bytes()


def _describe(folder: Path, written: Sequence[str], manifest: Manifest) -> tuple[str, ...]:
    """Return what is about to be written into the folder."""
    changes, golden, files = [], str(manifest.golden), manifest.files
    if golden in written:
        had_sound = (folder / golden).exists() and (folder / golden).stat().st_size
        sound = "the sound that it had" if had_sound else "a synthetic dawn chorus"
        changes.append(f"{golden}: the scores of {sound}")
    if MANIFEST in written:
        before = tomllib.loads((folder / MANIFEST).read_bytes().decode())
        if "golden" not in before:
            changes.append(f"{MANIFEST}: the key golden")
        if files is not None:
            older = before.get("files", {})
            changed = sorted(name for name in files if files[name] != older.get(name))
            gone = [f"{name} (gone)" for name in sorted(older) if name not in files]
            changes.append(f"[files]: {', '.join(changed + gone) or 'its place'}")
    return tuple(changes)


def _put_into_place(copy: Path, folder: Path, names: list[str]) -> None:
    """Replace files of the folder by those of the copy: all, or none if one cannot be."""
    kept, placed = copy.parent / "before", []
    try:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).exists():
                shutil.copy2(folder / name, kept / name)
                shutil.copymode(folder / name, copy / name)
            (copy / name).replace(folder / name)
            placed.append(name)
    except OSError:
        for name in placed:
            if (kept / name).exists():
                (kept / name).replace(folder / name)
            else:
                (folder / name).unlink()
        raise
