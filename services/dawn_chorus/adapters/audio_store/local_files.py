"""Recordings in a folder: the stored file is the local file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dawn_chorus.adapters.audio_store.object_errors import NoSuchRecording

_STAGED = "#1"
"""obstore writes to a file with this suffix and renames it at the end; a key that is written once has only this one."""


class _Usage(NamedTuple):
    free: float
    total: float


class LocalFiles:
    """Provides the files of a folder by key, and flushes new ones to the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @contextmanager
    def local_copy(self, key: str) -> Iterator[Path]:
        """Yield the path of the stored file. Raises NoSuchRecording."""
        yield self.stored_file(key)

    def stored_file(self, key: str) -> Path:
        """Return the path of the stored file. Raises NoSuchRecording."""
        path = self._root / key
        if not path.is_file():
            raise NoSuchRecording(key)
        return path

    def drop(self, key: str) -> None:
        """Remove the partial file of a writer that was killed."""
        (self._root / f"{key}{_STAGED}").unlink(missing_ok=True)

    def hide_root(self, message: str) -> str:
        """Return the message without the folder's path on this machine: it may be sent to clients."""
        return message.replace(f"{self._root}/", "").replace(str(self._root), "its folder")

    def free_bytes(self) -> float:
        """Return the free space of the volume; NaN while it cannot be read."""
        return self._usage().free

    def total_bytes(self) -> float:
        """Return the size of the volume; NaN while it cannot be read."""
        return self._usage().total

    def _usage(self) -> "_Usage":
        try:
            usage = shutil.disk_usage(self._root)
        except OSError:
            # A missing volume must not break the other metrics: the health check reports it.
            return _Usage(float("nan"), float("nan"))
        return _Usage(usage.free, usage.total)

    def sync(self, key: str) -> None:
        """Flush a new file and the folders above it to the disk: an accepted upload survives a power cut."""
        path = self._root / key
        for each in (path, *(folder for folder in path.parents if folder.is_relative_to(self._root))):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
