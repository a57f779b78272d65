"""Reads a WAV file's header and finds where its audio bytes actually are.

Recorders that lose power, pipes that cannot seek back, and files beyond 4 GiB leave a data chunk whose declared size is
zero, a placeholder, or too small, although the audio bytes are in the file.
"""

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path

PLACEHOLDERS = {0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}
"""Sizes left by writers that never filled in the actual one."""
MAX_CHUNKS = 1000

PCM, FLOAT, ALAW, MULAW, EXTENSIBLE = 0x0001, 0x0003, 0x0006, 0x0007, 0xFFFE
SUBTYPES = {
    (PCM, 8): "PCM_U8",
    (PCM, 16): "PCM_16",
    (PCM, 24): "PCM_24",
    (PCM, 32): "PCM_32",
    (FLOAT, 32): "FLOAT",
    (FLOAT, 64): "DOUBLE",
    (ALAW, 8): "ALAW",
    (MULAW, 8): "ULAW",
}
"""libsndfile's names for the codings in which every sample has its own bytes."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """The facts needed to read the audio bytes without trusting the sizes."""

    sample_rate_hz: int
    channels: int
    subtype: str
    frame_bytes: int
    """One sample of every channel."""
    data_start: int
    declared_bytes: int | None
    """None if the header holds a placeholder."""
    available_bytes: int
    """Audio bytes actually in the file, without chunks that follow them."""

    @property
    def declared_frames(self) -> int | None:
        return None if self.declared_bytes is None else self.declared_bytes // self.frame_bytes

    @property
    def available_frames(self) -> int:
        return self.available_bytes // self.frame_bytes


def read_wav_header(path: Path) -> WavHeader | None:
    """Read the header of a RIFF or RF64 WAV file; None if it is not one, or its samples are not plain numbers."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:12] != b"WAVE":
            return None
        layout, long_size = b"", None
        for _ in range(MAX_CHUNKS):
            name, length = _read_chunk_start(file)
            if name == b"data":
                return _header(file, layout, length if long_size is None else long_size, size)
            body = file.read(min(length, 64))
            if name == b"fmt ":
                layout = body
            if name == b"ds64" and len(body) >= 16:
                long_size = int.from_bytes(body[8:16], "little")
            file.seek(length + length % 2 - len(body), os.SEEK_CUR)
    return None


def _read_chunk_start(file: io.BufferedReader) -> tuple[bytes, int]:
    start = file.read(8)
    return start[:4], int.from_bytes(start[4:], "little")


def _header(file: io.BufferedReader, layout: bytes, declared: int, size: int) -> WavHeader | None:
    if len(layout) < 16:
        return None
    coding, channels, rate_hz, _, frame_bytes, bits = struct.unpack("<HHIIHH", layout[:16])
    if coding == EXTENSIBLE and len(layout) >= 26:
        coding = int.from_bytes(layout[24:26], "little")
    subtype = SUBTYPES.get((coding, bits))
    if subtype is None or not rate_hz or not channels or frame_bytes != channels * bits // 8:
        return None
    start = file.tell()
    ends_well = declared <= size - start and _only_chunks_follow(file, start + declared + declared % 2, size)
    available = declared if ends_well else size - start
    declared_bytes = declared if ends_well or declared not in PLACEHOLDERS else None
    return WavHeader(rate_hz, channels, subtype, frame_bytes, start, declared_bytes, available)


def _only_chunks_follow(file: io.BufferedReader, position: int, size: int) -> bool:
    """Return whether the bytes from `position` are a sequence of chunks that ends at the end of the file."""
    for _ in range(MAX_CHUNKS):
        if size - position <= 1:
            return True
        file.seek(position)
        name, length = _read_chunk_start(file)
        if len(name) < 4 or not all(32 <= byte < 127 for byte in name):
            return False
        position += 8 + length + length % 2
    return False


class AudioBytes(io.RawIOBase):
    """The audio bytes of a WAV file as a file: without the header, up to the actual end."""

    def __init__(self, path: Path, header: WavHeader) -> None:
        self._file = path.open("rb")
        self._start = header.data_start
        self._size = header.available_frames * header.frame_bytes
        self._position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override] # cffi's buffer has no type
        self._file.seek(self._start + self._position)
        wanted = min(len(buffer), max(0, self._size - self._position))
        count = self._file.readinto(memoryview(buffer)[:wanted])
        self._position += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
