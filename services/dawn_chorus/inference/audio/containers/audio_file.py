"""The file that is read: by its path, or, in a cage where nothing can be opened, by what was handed in.

That is a descriptor of the file, or of a socket over which ranges of a file elsewhere are asked for.
"""

import errno
import io
import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Self

from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.inference.audio.containers.remote_file import RemoteFile


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A file of sound. Two of the same name are equal only if nobody wrote in between."""

    name: str
    """For messages, and for the few formats that are told by it; never opened."""
    size: int
    version: tuple[int, int]
    """The inode, and when it was last written, in nanoseconds."""
    path: Path | None = None
    """Opened anew for each reader."""
    descriptor: int | None = None
    """Shared by all readers, who read at positions of their own."""
    remote: RemoteFile | None = None
    """Shared like a descriptor, where the file is not on this machine."""
    errors: list[OSError] = field(default_factory=list, compare=False)
    """What reading it by descriptor met."""

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the file of this path. Raises PermanentError if there is none."""
        if not path.is_file():
            raise PermanentError(f"no such file: {path}")
        facts = path.stat()
        return cls(path.name, facts.st_size, (facts.st_ino, facts.st_mtime_ns), path=path)

    @classmethod
    def of(cls, file: "Path | AudioFile") -> "AudioFile":
        return file if isinstance(file, AudioFile) else cls.at(file)

    @property
    def has_failed(self) -> bool:
        """Return whether a read failed that nobody was told of yet."""
        return bool(self.errors) or (self.remote is not None and self.remote.has_failed)

    def open(self, buffer_bytes: int = io.DEFAULT_BUFFER_SIZE) -> BinaryIO:
        """Return the file, opened; the caller closes it."""
        if self.path is not None:
            return self.path.open("rb", buffer_bytes)
        return io.BufferedReader(FileRanges(self, ((0, self.size),), self.name), buffer_bytes)

    def check(self) -> None:
        """Raise TransientError if any read of the file failed: decoders take that for its end, and say nothing.

        A disk's error is told once: who asks again reads again.
        """
        if self.remote is not None:
            self.remote.check()
        if self.errors:
            error = self.errors[0]
            self.errors.clear()
            raise TransientError(f"the file could not be read: {error.strerror}") from error

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Raise what `check` does behind a block, in place of what the block came to: that may be a consequence."""
        try:
            yield
        except Exception:
            self.check()
            raise
        self.check()


class FileRanges(io.RawIOBase):
    """Ranges of a file, [start, end) in bytes, as a file. It closes itself when nothing refers to it any more."""

    def __init__(
        self, file: AudioFile, ranges: tuple[tuple[int, int], ...], name: str | None = None, *, is_quiet: bool = False
    ) -> None:
        """`name` is what FFmpeg is told.

        If it `is_quiet`, as it must be within a library's callback, it ends where a read fails, and raises nothing:
        `AudioFile.check` does.
        """
        self._file, self._owns, self._is_quiet = file, file.path is not None, is_quiet
        self._descriptor = os.open(file.path, os.O_RDONLY) if file.path is not None else file.descriptor or 0
        self._ranges = ranges
        self._edges = list(accumulate((end - start for start, end in ranges), initial=0))
        self._position = 0
        if name is not None:
            self.name = name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._edges[-1]}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # cffi's buffer has no type
        """Fill the buffer across the ranges: to libsndfile a short read is the end of the file."""
        view, filled = memoryview(buffer), 0
        while filled < len(view) and self._position < self._edges[-1]:
            number = bisect_right(self._edges, self._position) - 1
            start, inside = self._ranges[number][0], self._position - self._edges[number]
            wanted = min(len(view) - filled, self._edges[number + 1] - self._position)
            count = self._read_into(view[filled : filled + wanted], start + inside)
            if not count:
                break
            filled += count
            self._position += count
        return filled

    def _read_into(self, view: memoryview, position: int) -> int:
        if self._is_quiet and self._file.has_failed:
            return 0
        try:
            return self._read_file(view, position)
        except OSError:
            if self._is_quiet:
                return 0
            raise

    def _read_file(self, view: memoryview, position: int) -> int:
        try:
            if self._file.remote is not None:
                return self._file.remote.read_into(view, position)
            return os.preadv(self._descriptor, [view], position)
        except TransientError as error:  # the machine's, to whoever looks at it; `AudioFile.check` raises the other
            raise OSError(errno.ETIMEDOUT, str(error)) from error
        except OSError as error:
            self._file.errors.append(error)
            raise

    def close(self) -> None:
        if self._owns and not self.closed:
            os.close(self._descriptor)
        super().close()
