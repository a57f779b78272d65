"""Finds frames of FLAC by their headers, which carry a checksum of their own (RFC 9639, section 9.1)."""

from collections.abc import Iterator
from typing import BinaryIO

MAX_HEADER_BYTES = 16
UNKNOWN_FRAME_BYTES = 1 << 16


def last_frame_end(file: BinaryIO, size: int) -> int | None:
    """Return the sample at which the last frame of a FLAC ends; None if there is no frame close to the file's end.

    Then the file ends with something else: no frame is longer than its header says.
    """
    file.seek(8)
    stream_info = file.read(34)
    longest = int.from_bytes(stream_info[7:10], "big") or UNKNOWN_FRAME_BYTES
    block_size = int.from_bytes(stream_info[2:4], "big")
    file.seek(max(42, size - longest - MAX_HEADER_BYTES))
    ends = list(_frame_ends(file.read(longest + MAX_HEADER_BYTES), block_size))
    return ends[-1] if ends else None


def _frame_ends(block: bytes, block_size: int) -> Iterator[int]:
    at = block.find(b"\xff")
    while at >= 0:
        end = _frame_end(block[at : at + MAX_HEADER_BYTES], block_size)
        if end is not None:
            yield end
        at = block.find(b"\xff", at + 1)


def _frame_end(head: bytes, block_size: int) -> int | None:
    """Return the sample at which a frame ends whose header these bytes begin with; None if they are no header."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    if not size_code or rate_code == 15 or head[3] & 1:
        return None
    number_bytes = max(1, 8 - (head[4] ^ 0xFF).bit_length())
    after_number = 4 + number_bytes
    length = after_number + {6: 1, 7: 2}.get(size_code, 0) + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if length >= len(head) or _crc(head[:length]) != head[length]:
        return None
    number = head[4] if number_bytes == 1 else head[4] & (0x7F >> number_bytes)
    for byte in head[5:after_number]:
        number = number << 6 | byte & 0x3F
    first = number if head[1] & 1 else number * block_size
    return first + _n_samples(size_code, head[after_number : after_number + 2])


def _n_samples(size_code: int, after_number: bytes) -> int:
    if size_code == 1:
        return 192
    if size_code == 6:
        return after_number[0] + 1
    if size_code == 7:
        return int.from_bytes(after_number, "big") + 1
    return 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8


def _crc(content: bytes) -> int:
    checksum = 0
    for byte in content:
        checksum ^= byte
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x107 if checksum & 0x80 else 0)) & 0xFF
    return checksum
