"""Finds the chunks of a WAV file that hold words, in any order, also behind the samples, also in RF64.

Recorders write odd lengths with and without the byte that pads them, and sizes that they never filled in.
"""

import io
import os
from dataclasses import dataclass, field
from typing import BinaryIO

from dawn_chorus.inference.audio.containers.audio_file import AudioFile

MAX_CHUNKS = 1000
MAX_TEXT_BYTES = 1 << 20
WANTED = (b"guan", b"bext")
IDS = frozenset(range(0x20, 0x7F))


@dataclass(slots=True)
class Words:
    """The chunks that hold words: the last of each name counts."""

    info: dict[str, bytes] = field(default_factory=dict)
    """Of the list INFO: `ICMT` is the comment, `IART` the artist."""
    chunks: dict[str, bytes] = field(default_factory=dict)
    """`guan`, `bext`."""


def read_words(audio: AudioFile) -> Words | None:
    """Return the words in a RIFF, RF64 or BW64 file; None if it is none of these."""
    with audio.open() as file:
        start = file.read(12)
        if start[:4] not in (b"RIFF", b"RF64", b"BW64", b"riff") or start[8:12] != b"WAVE":
            return None
        words, long_data = Words(), None
        for _ in range(MAX_CHUNKS):
            name, length = _read_start(file)
            if not _is_id(name):
                break
            begin = file.tell()
            if name == b"ds64":
                long_data = int.from_bytes(file.read(16)[8:16], "little")
            elif name == b"LIST":
                words.info |= _read_info(file.read(min(length, MAX_TEXT_BYTES)))
            elif name in WANTED:
                words.chunks[name.decode()] = file.read(min(length, MAX_TEXT_BYTES))
            elif name == b"data" and long_data is not None:
                length = long_data
            _go_behind(file, begin + length)
    return words


def _read_info(body: bytes) -> dict[str, bytes]:
    if body[:4] != b"INFO":
        return {}
    file = io.BytesIO(body)
    found: dict[str, bytes] = {}
    file.seek(4)
    for _ in range(MAX_CHUNKS):
        name, length = _read_start(file)
        if not _is_id(name):
            break
        begin = file.tell()
        found[name.decode()] = file.read(length)
        _go_behind(file, begin + length)
    return found


def _read_start(file: BinaryIO) -> tuple[bytes, int]:
    start = file.read(8)
    return start[:4], int.from_bytes(start[4:8], "little")


def _is_id(name: bytes) -> bool:
    return len(name) == 4 and IDS.issuperset(name)


def _go_behind(file: BinaryIO, end: int) -> None:
    """Go to the chunk behind `end`: behind a byte of padding if the length is odd, unless a chunk begins before it."""
    file.seek(end)
    if end % 2 and not _is_id(file.read(4)):
        end += 1
    file.seek(end, os.SEEK_SET)
