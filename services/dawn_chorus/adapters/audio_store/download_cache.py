"""A bounded folder of downloads, shared by all threads and processes of a machine.

Files are guarded by `flock`, which the kernel lets go of whatever ends a process: a shared lock while a file is lent,
an exclusive one while it is downloaded or removed. Who gets a lock checks that the name still leads to what it locked.
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
    """Lends local copies of objects that never change; forgets those unused for longest."""

    def __init__(self, store: S3Store, folder: Path, max_bytes: int) -> None:
        self._store, self._folder, self._max_bytes = store, folder, max_bytes

    @contextmanager
    def lend(self, key: str) -> Iterator[Path]:
        """Download unless it is there; whoever asks for the same at the same time waits for the one download."""
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
        """Forget a copy; one that is lent out goes when its turn comes."""
        _remove_unless_lent(self._path(key))

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
                _log.warning("download cache over its bound: all of it is in use", over_bytes=over_bytes)
            for start in range(0, size_bytes, _STEP_BYTES):
                end = min(start + _STEP_BYTES, size_bytes)
                file.write(obstore.get_range(self._store, key, start=start, end=end))
            file.flush()
            part.rename(path)

    def _make_room(self, needed_bytes: int) -> int:
        """Remove what was lent least recently, leftovers of broken downloads included, until the bytes fit.

        Give by how many bytes they do not.
        """
        found = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                found.append((path.stat().st_mtime, path.stat().st_size, path))
        excess = sum(size_bytes for _, size_bytes, _ in found) + needed_bytes - self._max_bytes
        for _, size_bytes, path in sorted(found):
            if excess <= 0:
                break
            if _remove_unless_lent(path):
                excess -= size_bytes
        return excess


def _open_shared(path: Path) -> BinaryIO | None:
    """Open and lock a copy, unless there is none or it was removed before the lock was had."""
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
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _remove_unless_lent(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(path, file):
                return False
            path.unlink()
            return True
    except (FileNotFoundError, BlockingIOError):
        return False
