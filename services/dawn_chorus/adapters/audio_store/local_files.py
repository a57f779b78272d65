"""Recordings in a folder: the stored file is the local file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dawn_chorus.adapters.audio_store.object_errors import NoSuchRecording

_STAGED = "#1"
"""obstore writes a file under another name, and renames it at its end; a key that is used once has only this one."""


class _Usage(NamedTuple):
    free: float
    total: float


class LocalFiles:
    """Lends files of a folder by key, and sees that they are on the disk."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @contextmanager
    def lend(self, key: str) -> Iterator[Path]:
        path = self._root / key
        if not path.is_file():
            raise NoSuchRecording(key)
        yield path

    def drop(self, key: str) -> None:
        """Remove what a writer that was killed left of the file."""
        (self._root / f"{key}{_STAGED}").unlink(missing_ok=True)

    def hide_root(self, message: str) -> str:
        """Leave out where on this machine the folder is: the message may reach whoever uploads."""
        return message.replace(f"{self._root}/", "").replace(str(self._root), "its folder")

    def free_bytes(self) -> float:
        """Return what may still be written to the volume; NaN while it cannot be asked."""
        return self._usage().free

    def total_bytes(self) -> float:
        """Return the size of the volume; NaN while it cannot be asked."""
        return self._usage().total

    def _usage(self) -> "_Usage":
        try:
            usage = shutil.disk_usage(self._root)
        except OSError:
            # A volume that is gone must not take all other metrics with it: the health check tells of it.
            return _Usage(float("nan"), float("nan"))
        return _Usage(usage.free, usage.total)

    def sync(self, key: str) -> None:
        """Flush a new file and the names that lead to it: an upload that was accepted survives a power cut."""
        path = self._root / key
        for each in (path, *(folder for folder in path.parents if folder.is_relative_to(self._root))):
            descriptor = os.open(each, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
