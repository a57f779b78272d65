"""The bytes that a decoder reads as one file: a whole file, or ranges of one, joined."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dawn_chorus.inference.audio.containers.audio_file import AudioFile, FileRanges

Range = tuple[int, int]
"""[start, end), in bytes."""
BUFFER_BYTES = 1 << 16
"""Decoders ask for some bytes at a time; without a buffer each time would cost a call into Python."""


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file, or ranges of it as if they were a file of their own."""

    file: AudioFile
    ranges: tuple[Range, ...] | None = None
    """Joined in this order; None: the whole file."""

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def size(self) -> int:
        if self.ranges is None:
            return self.file.size
        return sum(end - start for start, end in self.ranges)

    def cut(self, *ranges: Range) -> "FileBytes":
        """Return ranges of these bytes."""
        if self.ranges is None:
            return FileBytes(self.file, ranges)
        return FileBytes(self.file, tuple(piece for wanted in ranges for piece in _within(self.ranges, wanted)))

    def open(self, buffer_bytes: int = io.DEFAULT_BUFFER_SIZE) -> BinaryIO:
        """Return the bytes as an open file; the caller closes it."""
        if self.ranges is None:
            return self.file.open(buffer_bytes)
        return io.BufferedReader(FileRanges(self.file, self.ranges), buffer_bytes)

    def for_libsndfile(self) -> bytes | BinaryIO:
        """Return what libsndfile opens: a whole file's path, as bytes (soundfile refuses names that are no UTF-8)."""
        if self.ranges is None and self.file.path is not None:
            return os.fsencode(self.file.path)
        return self._open_quietly()

    def for_ffmpeg(self) -> str | BinaryIO:
        """Return what FFmpeg opens: without `file:` it takes what stands before a colon in a path for a protocol."""
        if self.ranges is None and self.file.path is not None:
            return f"file:{self.file.path}"
        return self._open_quietly()

    def _open_quietly(self) -> BinaryIO:
        ranges, name = (((0, self.file.size),), self.name) if self.ranges is None else (self.ranges, None)
        return io.BufferedReader(FileRanges(self.file, ranges, name, is_quiet=True), BUFFER_BYTES)


def _within(ranges: tuple[Range, ...], wanted: Range) -> Iterator[Range]:
    """Yield the parts of a file that [start, end) of its joined ranges stands for."""
    position = 0
    for start, end in ranges:
        first, last = max(wanted[0], position), min(wanted[1], position + end - start)
        if first < last:
            yield start + first - position, start + last - position
        position += end - start
