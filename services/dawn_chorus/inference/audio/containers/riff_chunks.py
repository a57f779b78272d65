"""Follows the chunks of a RIFF file, past the mistakes that recorders and editors make in them.

An odd chunk without its pad byte, stray zero bytes, and a size that points beyond the file are stepped over.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from dawn_chorus.inference.audio.containers.beginnings import begins_recording, find_beginning

RIFF_NAMES = (b"RIFF", b"RF64", b"BW64")
KNOWN = {
    *(b"fmt ", b"data", b"fact", b"ds64", b"LIST", b"list", b"bext", b"PEAK", b"JUNK", b"junk", b"PAD ", b"FLLR"),
    *(b"cue ", b"plst", b"smpl", b"inst", b"iXML", b"axml", b"chna", b"id3 ", b"ID3 ", b"guan", b"wamd", b"cart"),
    *(b"DISP", b"afsp", b"minf", b"elm1", b"regn", b"umid", b"_PMX", b"aXML", b"acid", b"bfdi", b"slnt"),
}
"""Names that decide where a chunk begins when its place is in doubt."""
MAX_CHUNKS = 1000
SEARCHED_BYTES = 64 << 20
"""How far to look for the samples behind a chunk whose size is wrong."""
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk's place, in bytes."""

    name: bytes
    start: int
    """Of its content."""
    length: int
    """As it declares; it may reach beyond the file."""

    @property
    def end(self) -> int:
        return self.start + self.length


def read_chunk(file: BinaryIO, position: int) -> Chunk | None:
    """Return the chunk whose name stands at `position`; None if no name can stand there."""
    file.seek(position)
    start = file.read(8)
    if len(start) < 8 or not all(32 <= byte < 127 for byte in start[:4]):
        return None
    return Chunk(start[:4], position + 8, int.from_bytes(start[4:], "little"))


def next_position(file: BinaryIO, chunk: Chunk, size: int) -> int:
    """Return where the chunk after `chunk` begins: behind its pad byte, if it has one."""
    if chunk.length % 2 == 0 or chunk.end >= size:
        return chunk.end
    padded, unpadded = read_chunk(file, chunk.end + 1), read_chunk(file, chunk.end)
    if unpadded and (padded is None or (unpadded.name in KNOWN and padded.name not in KNOWN)):
        return chunk.end
    return chunk.end + 1


def chunks_before_samples(file: BinaryIO, position: int, size: int) -> Iterator[Chunk]:
    """Yield the chunks from `position` on, the first one with samples last; search for it where the chain breaks."""
    for _ in range(MAX_CHUNKS):
        chunk = read_chunk(file, position)
        if chunk is None or (chunk.name != b"data" and chunk.end > size):
            chunk = _find_chunk(file, position, size)
        if chunk is None:
            return
        yield chunk
        if chunk.name == b"data":
            return
        position = next_position(file, chunk, size)


def chunks_to_end(file: BinaryIO, position: int, size: int) -> tuple[list[Chunk], int] | None:
    """Return the chunks from `position` on and where they end: with the file, or before another recording.

    None if the bytes are no sequence of chunks.
    """
    found: list[Chunk] = []
    for _ in range(MAX_CHUNKS):
        if size - position <= 1:
            return found, size
        if begins_recording(file, position):
            return found, position
        chunk = read_chunk(file, position)
        if chunk is None:
            return None if find_beginning(file, position, size) is None else (found, position)
        found.append(chunk)
        position = next_position(file, chunk, size)
    return None


def find_riff(file: BinaryIO, first: int, end: int) -> int | None:
    """Return where the first WAV file in [first, end) begins."""
    for position in range(first, end, BLOCK_BYTES):
        file.seek(position)
        at = file.read(min(BLOCK_BYTES, end - position) + 16).find(b"WAVEfmt ", 8)
        if at >= 0 and begins_recording(file, position + at - 8):
            return position + at - 8
    return None


def _find_chunk(file: BinaryIO, position: int, size: int) -> Chunk | None:
    """Return the next format or sample chunk after `position`, preferably one whose size fits the file."""
    doubtful: Chunk | None = None
    for at in _find_names(file, position, min(size, position + SEARCHED_BYTES)):
        chunk = read_chunk(file, at)
        if chunk is None:
            continue
        if chunk.end <= size and (chunk.name == b"data" or 16 <= chunk.length <= 64):
            return chunk
        doubtful = doubtful or (chunk if chunk.name == b"data" else None)
    return doubtful


def _find_names(file: BinaryIO, position: int, end: int) -> Iterator[int]:
    """Yield where `fmt ` and `data` stand in [position, end), in order."""
    while position < end:
        file.seek(position, os.SEEK_SET)
        block = file.read(min(BLOCK_BYTES, end - position) + 3)
        places = {at for name in (b"fmt ", b"data") for at in _places(block, name)}
        yield from (position + at for at in sorted(places))
        position += BLOCK_BYTES


def _places(block: bytes, name: bytes) -> Iterator[int]:
    at = block.find(name)
    while at >= 0:
        yield at
        at = block.find(name, at + 1)
