"""A folder of small files with a size limit, shared by all threads and processes of a machine.

Whoever reads a file touches it, and the least recently used ones are removed first. A file appears whole, by a rename,
and has a checksum: after a power cut it may be there without its bytes.
Nothing is lost with the folder: what it holds can be made again.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock

from dawn_chorus.adapters.logs import get_logger

LOOK_SHARE = 0.05
"""What this process writes, of the whole limit, before it looks again at what others did: a look takes its time."""
CHECKSUM_BYTES = 16
KEPT_SHARE = 0.9
"""What is left when room is made."""
_log = get_logger(__name__)


class DiskCache:
    """Keeps the bytes of keys. Every call blocks, none raises."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._numbers, self._lock = count(), Lock()
        self._known_bytes = self._written_bytes = max_bytes
        """What was there at the last look, and what was written since; so the first write looks."""
        self._is_failing = False

    def get(self, key: str) -> bytes | None:
        """Return the bytes of a key; None: it is not there, or cannot be read."""
        path = self._path(key)
        try:
            kept = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        checksum, content = kept[:CHECKSUM_BYTES], kept[CHECKSUM_BYTES:]
        return content if checksum == _checksum(content) else None

    def put(self, key: str, content: bytes) -> None:
        """Keep the bytes of a key; where there is no room for them, they are not kept, and the log says why."""
        path = self._path(key)
        part = path.with_name(f"{path.name}.{os.getpid()}-{next(self._numbers)}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            size_bytes = len(content) + CHECKSUM_BYTES
            self._make_room(size_bytes)
            if size_bytes > self._max_bytes:
                return
            try:
                part.write_bytes(_checksum(content) + content)
                part.rename(path)
            except OSError:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            if not self._is_failing:
                _log.warning("pictures are made, but not kept", folder=str(self._folder), reason=error.strerror)
            self._is_failing = True
            return
        self._is_failing = False

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / name[:2] / name[2:]

    def _make_room(self, needed_bytes: int) -> None:
        with self._lock:
            self._written_bytes += needed_bytes
            is_full = self._known_bytes + self._written_bytes > self._max_bytes
            if is_full or self._written_bytes > LOOK_SHARE * self._max_bytes:
                self._known_bytes, self._written_bytes = self._shrink(needed_bytes), needed_bytes

    def _shrink(self, needed_bytes: int) -> int:
        """Remove the least recently used files if these bytes do not fit; return the bytes of all that are left."""
        found = sorted(self._files())
        kept_bytes = sum(size_bytes for _, size_bytes, _ in found)
        if kept_bytes + needed_bytes <= self._max_bytes:
            return kept_bytes
        for _, size_bytes, path in found:
            if kept_bytes + needed_bytes <= KEPT_SHARE * self._max_bytes:
                break
            with suppress(FileNotFoundError):
                path.unlink()
            kept_bytes -= size_bytes
        return kept_bytes

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield when each file was used last, its size, and its path."""
        for folder in self._folder.glob("??/"):
            for entry in os.scandir(folder):
                with suppress(FileNotFoundError):
                    facts = entry.stat()
                    yield facts.st_mtime, facts.st_size, Path(entry.path)


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()[:CHECKSUM_BYTES]
