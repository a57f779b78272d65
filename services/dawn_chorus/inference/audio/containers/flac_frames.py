"""Finds frames of FLAC by their headers, which carry a checksum of their own (RFC 9639, section 9.1)."""

from typing import BinaryIO

MAX_HEADER_BYTES = 16
UNKNOWN_FRAME_BYTES = 1 << 16


def ends_with_frames(file: BinaryIO, size: int) -> bool:
    """Return whether the file, a FLAC, has a frame of FLAC so close to its end that nothing else can follow."""
    file.seek(8)
    stream_info = file.read(34)
    longest = int.from_bytes(stream_info[7:10], "big") or UNKNOWN_FRAME_BYTES
    start = max(42, size - longest - MAX_HEADER_BYTES)
    file.seek(start)
    block = file.read(longest + MAX_HEADER_BYTES)
    at = block.find(b"\xff")
    while at >= 0:
        if is_frame_header(block[at : at + MAX_HEADER_BYTES]):
            return True
        at = block.find(b"\xff", at + 1)
    return False


def is_frame_header(head: bytes) -> bool:
    """Return whether bytes begin with the header of a frame."""
    if len(head) < 6 or head[1] & 0xFE != 0xF8:
        return False
    size_code, rate_code = head[2] >> 4, head[2] & 15
    if not size_code or rate_code == 15 or head[3] & 1:
        return False
    leading_ones = 8 - (head[4] ^ 0xFF).bit_length()
    number_bytes = max(1, leading_ones)
    length = 4 + number_bytes + {6: 1, 7: 2}.get(size_code, 0) + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    return length < len(head) and _crc(head[:length]) == head[length]


def _crc(content: bytes) -> int:
    checksum = 0
    for byte in content:
        checksum ^= byte
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x107 if checksum & 0x80 else 0)) & 0xFF
    return checksum
