"""The bytes that a decoder reads as one file: a whole file, or ranges of one, joined."""

import io
import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO

Range = tuple[int, int]
"""[start, end), in bytes."""


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file, or ranges of it as if they were a file of their own."""

    path: Path
    ranges: tuple[Range, ...] | None = None
    """Joined in this order; None: the whole file."""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def size(self) -> int:
        if self.ranges is None:
            return self.path.stat().st_size
        return sum(end - start for start, end in self.ranges)

    def cut(self, *ranges: Range) -> "FileBytes":
        """Return ranges of these bytes."""
        if self.ranges is None:
            return FileBytes(self.path, ranges)
        return FileBytes(self.path, tuple(piece for wanted in ranges for piece in _within(self.ranges, wanted)))

    def open(self, buffer_bytes: int = io.DEFAULT_BUFFER_SIZE) -> BinaryIO:
        """Return the bytes as an open file; the caller closes it."""
        if self.ranges is None:
            return self.path.open("rb", buffer_bytes)
        return io.BufferedReader(JoinedRanges(self.path, self.ranges), buffer_bytes)

    def for_libsndfile(self) -> "bytes | JoinedRanges":
        """Return what libsndfile opens: a whole file's name, as bytes (soundfile refuses names that are no UTF-8)."""
        return os.fsencode(self.path) if self.ranges is None else JoinedRanges(self.path, self.ranges)

    def for_ffmpeg(self) -> "str | JoinedRanges":
        """Return what FFmpeg opens: without `file:` it takes what stands before a colon in a name for a protocol."""
        return f"file:{self.path}" if self.ranges is None else JoinedRanges(self.path, self.ranges)


def _within(ranges: tuple[Range, ...], wanted: Range) -> Iterator[Range]:
    """Yield the parts of a file that [start, end) of its joined ranges stands for."""
    position = 0
    for start, end in ranges:
        first, last = max(wanted[0], position), min(wanted[1], position + end - start)
        if first < last:
            yield start + first - position, start + last - position
        position += end - start


class JoinedRanges(io.RawIOBase):
    """Ranges of a file as a file. It closes itself when nothing refers to it any more."""

    def __init__(self, path: Path, ranges: tuple[Range, ...]) -> None:
        self._file = path.open("rb")
        self._ranges = ranges
        self._edges = list(accumulate((end - start for start, end in ranges), initial=0))
        self._position = 0

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
            self._file.seek(start + inside)
            wanted = min(len(view) - filled, self._edges[number + 1] - self._position)
            count = self._file.readinto(view[filled : filled + wanted])
            if not count:
                break
            filled += count
            self._position += count
        return filled

    def close(self) -> None:
        self._file.close()
        super().close()
