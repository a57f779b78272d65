"""A folder of downloads with a size limit, shared by all threads and processes of a machine.

Files are guarded by `flock`, which the kernel releases however a process ends: a shared lock while a file is in use, an
exclusive one while it is downloaded or removed. After locking, the caller checks that the name still leads to the file
that it locked.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.store import S3Store

from dawn_chorus.adapters.audio_store.object_errors import measure_object
from dawn_chorus.adapters.logs import get_logger

_STEP_BYTES = 16 * 1024 * 1024
_log = get_logger(__name__)


class DownloadCache:
    """Provides local copies of objects that never change; removes the least recently used ones."""

    def __init__(self, store: S3Store, folder: Path, max_bytes: int) -> None:
        self._store, self._folder, self._max_bytes = store, folder, max_bytes

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """Yield a local copy, downloaded unless it is there; concurrent callers of a key wait for one download."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(key)
        while (copy := _open_shared(path)) is None:
            self._download(key, path)
        try:
            with copy:
                os.utime(copy.fileno())
                yield path
        finally:
            self._make_room(0)

    def drop(self, key: str) -> None:
        """Remove a copy; one that is in use is left until space is needed."""
        _remove_unless_in_use(self._path(key))

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}{Path(key).suffix}"

    def _download(self, key: str, path: Path) -> None:
        part = path.with_name(f"{path.name}.part")
        with part.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() or not _is_at(part, file):
                return
            file.truncate(0)
            size_bytes = measure_object(self._store, key)
            over_bytes = self._make_room(size_bytes)
            if over_bytes > 0:
                _log.warning("download cache exceeds its limit, all files are in use", over_bytes=over_bytes)
            for start in range(0, size_bytes, _STEP_BYTES):
                end = min(start + _STEP_BYTES, size_bytes)
                file.write(obstore.get_range(self._store, key, start=start, end=end))
            file.flush()
            part.rename(path)

    def _make_room(self, needed_bytes: int) -> int:
        """Remove the least recently used files, remains of interrupted downloads included, until the bytes fit.

        Returns by how many bytes the limit is exceeded; 0 or less: they fit.
        """
        found = []
        for path in self._folder.iterdir():
            if path.is_file():  # folders are other caches' own
                with suppress(FileNotFoundError):
                    found.append((path.stat().st_mtime, path.stat().st_size, path))
        excess = sum(size_bytes for _, size_bytes, _ in found) + needed_bytes - self._max_bytes
        for _, size_bytes, path in sorted(found):
            if excess <= 0:
                break
            if _remove_unless_in_use(path):
                excess -= size_bytes
        return excess


def _open_shared(path: Path) -> BinaryIO | None:
    """Open a copy and lock it; None: there is none, or it was removed before it was locked."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    fcntl.flock(file, fcntl.LOCK_SH)
    if _is_at(path, file):
        return file
    file.close()
    return None


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Return whether the path leads to the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _remove_unless_in_use(path: Path) -> bool:
    """Remove a file unless it is locked; return whether it was removed."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(path, file):
                return False
            path.unlink()
            return True
    except (FileNotFoundError, BlockingIOError):
        return False
