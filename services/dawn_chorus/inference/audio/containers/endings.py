"""Finds where a recording ends within its file, and whether another one begins behind it (`cat a.flac b.flac`)."""

import re
from collections.abc import Callable
from typing import BinaryIO, Literal

from dawn_chorus.inference.audio.containers.beginnings import (
    ASF,
    MATROSKA,
    NEAR_BYTES,
    W64,
    find_beginning,
    search_beginning,
)
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.flac_frames import last_frame_end
from dawn_chorus.inference.audio.containers.riff_chunks import RIFF_NAMES, chunks_to_end
from dawn_chorus.inference.audio.containers.wav_header import read_wav_header

BLOCK_BYTES = 1 << 16
NEXT_MATROSKA = re.compile(MATROSKA, re.DOTALL)
ASF_OBJECTS = {bytes.fromhex(guid) for guid in ("3626b275", "90080033", "d329e2d6", "f803b1fe", "d03fb73c")}
"""What follows the header: data and indexes, by the beginnings of their names."""
NEXT_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")
MAX_HOPS = 10_000_000

EBML, SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"
FLAC = b"fLaC"


def next_recording(file: FileBytes) -> tuple[int, FileBytes | None]:
    """Return where the first recording ends and the bytes of what follows; the size and None if there is one only.

    Raw MP3 and AAC are not looked into: their decoders read on.
    """
    size = file.size
    with file.open() as opened:
        start = opened.read(16)
        if start[:4] in RIFF_NAMES:
            return _after_riff(file, opened, size)
        end = next((find(opened, size) for begins, find in _ENDINGS if begins(start)), size)
        return _split(file, opened, end, size)


def _split(file: FileBytes, opened: BinaryIO, end: int, size: int) -> tuple[int, FileBytes | None]:
    begins = find_beginning(opened, end, size)
    if begins is None and end + NEAR_BYTES < size:  # tags, or the first recording is shorter than it says
        opened.seek(0)
        # In Matroska the headers of FLAC, say, are part of the recording.
        is_matroska = opened.read(4) == EBML
        begins = _search_pattern(opened, NEXT_MATROSKA, 16, size) if is_matroska else _search(opened, 16, size)
    return (size, None) if begins is None else (min(end, begins), file.cut((begins, size)))


def _search(file: BinaryIO, position: int, size: int) -> int | None:
    """Return where the first recording begins in [position, size)."""
    return _search_blocks(file, search_beginning, position, size)


def _search_pattern(file: BinaryIO, pattern: re.Pattern[bytes], position: int, size: int) -> int | None:
    """Return where a pattern of at most 64 bytes first stands in [position, size)."""

    def find(block: bytes) -> int | None:
        found = pattern.search(block)
        return found.start() if found else None

    return _search_blocks(file, find, position, size)


def _search_blocks(file: BinaryIO, find: Callable[[bytes], int | None], position: int, size: int) -> int | None:
    while position < size:
        file.seek(position)
        at = find(file.read(BLOCK_BYTES + 64))
        if at is not None:
            return position + at
        position += BLOCK_BYTES
    return None


def _after_riff(file: FileBytes, opened: BinaryIO, size: int) -> tuple[int, FileBytes | None]:
    header = read_wav_header(file)
    if header is None:
        chunks = chunks_to_end(opened, 12, size)
        return _split(file, opened, chunks[1] if chunks else size, size)
    if header.other_format:  # a second format chunk and its samples: with the first bytes they are a file
        return header.end, file.cut((0, 12), (header.end, size))
    return _split(file, opened, header.end, size)


def _flac_end(file: BinaryIO, size: int) -> int:
    """Return where the frames of a FLAC end: before the next FLAC, or before a recording of another format."""
    end = _search_pattern(file, NEXT_FLAC, 42, size) or size
    if last_frame_end(file, end) is not None:
        return end
    return _search(file, 42, end) or end


def _form_end(file: BinaryIO, _size: int) -> int:
    return 8 + _number(file, 4, 4, "big")


def _au_end(file: BinaryIO, size: int) -> int:
    length = _number(file, 8, 4, "big")
    return size if length == 0xFFFFFFFF else _number(file, 4, 4, "big") + length


def _w64_end(file: BinaryIO, _size: int) -> int:
    return _number(file, 16, 8, "little")


def _caf_end(file: BinaryIO, size: int) -> int:
    def hop(position: int) -> int:
        length = _number(file, position + 4, 8, "big")
        return size if length >= 1 << 63 else position + 12 + length

    return _hop_while(
        file, 8, size, hop, lambda head: all(32 <= byte < 127 for byte in head[:4]) and head[:4] != b"caff"
    )


def _mp4_end(file: BinaryIO, size: int) -> int:
    def hop(position: int) -> int:
        length = _number(file, position, 4, "big")
        if length == 1:
            length = _number(file, position + 8, 8, "big")
        return position + length if length >= 8 else size

    first = hop(0)
    return _hop_while(
        file, first, size, hop, lambda head: all(32 <= byte < 127 for byte in head[4:8]) and head[4:8] != b"ftyp"
    )


def _asf_end(file: BinaryIO, size: int) -> int:
    def hop(position: int) -> int:
        return position + max(24, _number(file, position + 16, 8, "little"))

    return _hop_while(file, hop(0), size, hop, lambda head: head[:4] in ASF_OBJECTS)


def _matroska_end(file: BinaryIO, size: int) -> int:
    """Return where the first segment ends; a live recording declares no length, and the next header is searched."""
    position = 0
    for _ in range(MAX_HOPS):
        file.seek(position)
        head = file.read(12)
        if len(head) < 12 or not head.startswith(SEGMENT if position else EBML):
            return position
        length_bytes = 9 - head[4].bit_length()
        if length_bytes > 8:
            return position
        length = int.from_bytes(head[4 : 4 + length_bytes], "big") & ((1 << 7 * length_bytes) - 1)
        if length == (1 << 7 * length_bytes) - 1:
            return _search_pattern(file, NEXT_MATROSKA, position + 12, size) or size
        position += 4 + length_bytes + length
        if position >= size:
            return size
    return size


def _wavpack_end(file: BinaryIO, size: int) -> int:
    """Return where the first block stands whose samples count from 0 again."""
    position, has_begun = 0, False
    while position < size:
        file.seek(position)
        head = file.read(32)
        if len(head) < 32 or not head.startswith(b"wvpk"):
            return position
        index = int.from_bytes(head[16:20], "little") | head[10] << 32
        n_samples, is_initial = int.from_bytes(head[20:24], "little"), head[25] & 0x08
        if has_begun and n_samples and not index and is_initial:
            return position
        has_begun |= bool(n_samples) and bool(head[25] & 0x10)
        position += 8 + int.from_bytes(head[4:8], "little")
    return size


def _hop_while(
    file: BinaryIO, position: int, size: int, hop: Callable[[int], int], goes_on: Callable[[bytes], bool]
) -> int:
    while position < size:
        file.seek(position)
        head = file.read(16)
        if len(head) < 12 or not goes_on(head):
            return position
        position = hop(position)
    return size


def _number(file: BinaryIO, position: int, length: int, order: Literal["little", "big"]) -> int:
    file.seek(position)
    return int.from_bytes(file.read(length), order)


_ENDINGS: tuple[tuple[Callable[[bytes], bool], Callable[[BinaryIO, int], int]], ...] = (
    (lambda start: start.startswith(FLAC), _flac_end),
    (lambda start: start.startswith(b"FORM"), _form_end),
    (lambda start: start.startswith(b".snd"), _au_end),
    (lambda start: start.startswith(W64), _w64_end),
    (lambda start: start.startswith(b"caff"), _caf_end),
    (lambda start: start[4:8] == b"ftyp", _mp4_end),
    (lambda start: start.startswith(ASF), _asf_end),
    (lambda start: start.startswith(EBML), _matroska_end),
    (lambda start: start.startswith(b"wvpk"), _wavpack_end),
)
