"""How recordings begin that can be recognized in the middle of a file."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

NEAR_BYTES = 4096
"""Tags and padding may stand between two recordings."""

ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
W64 = b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
MATROSKA = rb"\x1aE\xdf\xa3.{1,50}?(?:webm|matroska)"
INITIAL = b"[" + re.escape(bytes(flags for flags in range(256) if flags & 0x08)) + b"]"
WAVPACK = rb"wvpk....[\x00-\x20]\x04\x00.{5}\x00{4}.{5}" + INITIAL
"""The block whose samples count from 0; every block of the file begins with the same word."""
BEGINNINGS = re.compile(
    rb"(?:RIFF|RF64|BW64)....WAVE|fLaC[\x00\x80]\x00\x00\x22|OggS\x00[\x02\x06]|FORM....AIF[FC]|caff\x00\x01\x00\x00"
    rb"|\x00\x00[\x00-\x0f].ftyp[ -~]{4}|\.snd\x00\x00|"
    + b"|".join([MATROSKA, WAVPACK, re.escape(ASF), re.escape(W64)]),
    re.DOTALL,
)
"""Of 40 bits or more: a gigabyte of sound holds any four bytes, by chance, every fourth time."""
MARKS = (
    *((mark, 0) for mark in (b"fLaC", b"OggS", b"FORM", b"caff", b"\x1aE\xdf\xa3", b"wvpk", b".snd", ASF[:4], W64[:4])),
    (b"ftyp", 4),
    (b"WAVE", 8),
)
"""Four bytes of each beginning, and their place in it."""


def begins_recording(file: BinaryIO, position: int) -> bool:
    """Return whether a recording begins at `position`."""
    file.seek(position)
    return BEGINNINGS.match(file.read(64)) is not None


def find_beginning(file: BinaryIO, end: int, size: int) -> int | None:
    """Return where a recording begins at `end` or shortly behind it."""
    if not 0 < end < size:
        return None
    file.seek(end)
    found = BEGINNINGS.search(file.read(NEAR_BYTES))
    return None if found is None else end + found.start()


def search_beginning(block: bytes) -> int | None:
    """Return where `BEGINNINGS` first matches in a block, some ten times as fast as a search by the pattern."""
    return next((at for at in sorted(_marked(block)) if BEGINNINGS.match(block, at)), None)


def _marked(block: bytes) -> Iterator[int]:
    for shift in range(4 if len(block) >= 8 else 0):
        words = np.frombuffer(block, np.uint32, (len(block) - shift) // 4, shift)
        for mark, place in MARKS:
            found = np.flatnonzero(words == np.frombuffer(mark, np.uint32)[0]) * 4 + shift - place
            yield from found[found >= 0].tolist()
