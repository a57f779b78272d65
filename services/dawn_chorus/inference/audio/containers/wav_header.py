"""Reads a WAV file's header and finds where its audio bytes actually are.

Recorders that lose power, pipes that cannot seek back, and files beyond 4 GiB leave a data chunk whose declared size is
zero, a placeholder, or too small, although the audio bytes are in the file. Others write several data chunks.
"""

import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import BinaryIO

from dawn_chorus.inference.audio.containers.beginnings import NEAR_BYTES
from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes
from dawn_chorus.inference.audio.containers.riff_chunks import (
    RIFF_NAMES,
    Chunk,
    chunks_before_samples,
    chunks_to_end,
    find_riff,
    next_position,
)

PLACEHOLDERS = {0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF}
"""Sizes left by writers that never filled in the actual one."""

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
"""libsndfile's names for the codings in which every sample has its own bytes, by the bits of these."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """The facts needed to read the audio bytes without trusting the sizes."""

    sample_rate_hz: int
    channels: int
    subtype: str
    frame_bytes: int
    """One sample of every channel."""
    is_plain: bool
    """Whether there is one data chunk, and no unused byte in a sample: libsndfile reads it if the sizes are right."""
    audio: FileBytes
    """Audio bytes actually in the file, without chunks that follow them."""
    declared_bytes: int | None
    """None if the header holds a placeholder."""
    end: int
    """Where the chunks that belong to these samples end; another recording may follow."""
    other_format: bool = False
    """Whether a format chunk of another format stands there, and its samples behind it."""

    @property
    def first_byte(self) -> int:
        """Return where the audio bytes begin in the file."""
        return self.audio.ranges[0][0] if self.audio.ranges else 0

    @property
    def declared_frames(self) -> int | None:
        return None if self.declared_bytes is None else self.declared_bytes // self.frame_bytes

    @property
    def available_frames(self) -> int:
        return self.audio.size // self.frame_bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the format chunk says."""

    sample_rate_hz: int
    channels: int
    subtype: str
    frame_bytes: int
    is_plain: bool


@lru_cache(maxsize=64)
def read_wav_header(wav: FileBytes) -> WavHeader | None:
    """Read the header of a RIFF or RF64 WAV file; None if it is not one, or its samples are not plain numbers.

    Where the size of the samples is wrong, the file is read through, once: the header is kept.
    """
    size = wav.size
    with wav.open() as file:
        start = file.read(12)
        if start[:4] not in RIFF_NAMES or start[8:12] != b"WAVE":
            return None
        layout, long_size = b"", None
        for chunk in chunks_before_samples(file, 12, size):
            if chunk.name == b"data":
                declared = chunk.length if long_size is None else long_size
                return _header(wav, file, _read_layout(layout), Chunk(b"data", chunk.start, declared))
            file.seek(chunk.start)
            body = file.read(min(chunk.length, 64))
            if chunk.name == b"fmt ":
                layout = body
            if chunk.name == b"ds64" and len(body) >= 16:
                long_size = int.from_bytes(body[8:16], "little")
    return None


def _read_layout(body: bytes) -> _Layout | None:
    if len(body) < 16:
        return None
    coding, channels, rate_hz, bytes_per_s, frame_bytes, bits = struct.unpack("<HHIIHH", body[:16])
    if coding == EXTENSIBLE and len(body) >= 26:
        coding = int.from_bytes(body[24:26], "little")
    if not rate_hz or not channels or not bits or frame_bytes % channels:
        return None
    stored_bits = 8 * frame_bytes // channels
    is_plain = stored_bits == bits
    if not is_plain and (coding != PCM or stored_bits < bits or bytes_per_s != rate_hz * frame_bytes):
        return None
    subtype = SUBTYPES.get((coding, stored_bits))
    return _Layout(rate_hz, channels, subtype, frame_bytes, is_plain) if subtype else None


def _header(wav: FileBytes, file: BinaryIO, layout: _Layout | None, data: Chunk) -> WavHeader | None:
    if layout is None:
        return None
    size, other = wav.size, None
    followed = chunks_to_end(file, next_position(file, data, size), size) if data.end <= size else None
    if followed is None:  # the declared size is wrong
        is_placeholder = data.length in PLACEHOLDERS
        riff = None if is_placeholder else find_riff(file, data.start, min(size, data.end + NEAR_BYTES))
        chunks, end = [replace(data, length=(size if riff is None else riff) - data.start)], riff or size
        declared = None if is_placeholder else data.length
    else:
        chunks, end = [data, *followed[0]], followed[1]
        other = next((chunk for chunk in chunks if chunk.name == b"fmt " and _differs(file, chunk, layout)), None)
        if other is not None:
            chunks, end = [chunk for chunk in chunks if chunk.start < other.start], other.start - 8
        declared = sum(chunk.length for chunk in chunks if chunk.name == b"data")
    ranges = [(chunk.start, min(chunk.end, size)) for chunk in chunks if chunk.name == b"data"]
    return WavHeader(
        layout.sample_rate_hz,
        layout.channels,
        layout.subtype,
        layout.frame_bytes,
        layout.is_plain and len(ranges) == 1,
        wav.cut(*ranges),
        declared,
        end,
        other is not None,
    )


def _differs(file: BinaryIO, chunk: Chunk, layout: _Layout) -> bool:
    file.seek(chunk.start)
    return _read_layout(file.read(min(chunk.length, 64))) != layout
