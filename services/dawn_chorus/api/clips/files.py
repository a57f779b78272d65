"""Clips that were made, in files without a name: players ask for one clip several times, piece by piece."""

import os
import tempfile
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from dawn_chorus.domain.errors import TransientError

_READ_BYTES = 1 << 18


class ClipFile:
    """The bytes of a clip. The file is gone when nothing refers to it any more: whoever reads it is not disturbed."""

    def __init__(self, descriptor: int, lost: str) -> None:
        """`lost` says which stretches are silent because no decoder could read them."""
        self.lost, self.size_bytes = lost, os.fstat(descriptor).st_size
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        """Yield bytes [start, end)."""
        while start < end and (part := os.pread(self._descriptor, min(_READ_BYTES, end - start), start)):
            start += len(part)
            yield part


class ClipFiles:
    """The clips made last, of one process. Nothing is left when it ends, however it ends."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes, self._bytes = folder, max_bytes, 0
        self._kept: OrderedDict[str, ClipFile] = OrderedDict()
        self._lock = Lock()

    def open(self) -> int:
        """Return the descriptor of an empty file, which the caller closes. Raises TransientError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder, buffering=0) as file:
                return os.dup(file.fileno())
        except OSError as error:
            raise TransientError(f"no file for a clip could be opened: {error.strerror}") from error

    def get(self, key: str) -> ClipFile | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: str, clip: ClipFile) -> None:
        """Keep a clip, and as many of the others as have room beside it; one that is too large is not kept."""
        with self._lock:
            if key in self._kept or clip.size_bytes > self._max_bytes:
                return
            self._kept[key] = clip
            self._bytes += clip.size_bytes
            while self._bytes > self._max_bytes:
                self._bytes -= self._kept.popitem(last=False)[1].size_bytes
