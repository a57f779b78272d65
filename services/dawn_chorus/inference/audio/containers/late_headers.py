"""Whether what decoders need of a file may stand behind its first bytes, all that is here while it is uploaded."""

from collections.abc import Callable, Iterator
from typing import Literal

MATROSKA, MATROSKA_CLUSTER = b"\x1aE\xdf\xa3", b"\x1fC\xb6u"
ASF = b"0&\xb2u"
MP4_ATOMS = (b"ftyp", b"mdat", b"moov", b"free", b"skip", b"wide", b"pnot", b"uuid", b"styp")
MOST_CHUNKS = 1000


def header_may_follow(start: bytes) -> bool:
    """Return whether a file that begins so, and could not be read, may be readable once there is more of it.

    Tags and pictures may be longer than what is here; M4A has its table of contents at the end unless it was made for
    streaming, and AIFF and CAF may have theirs there.
    """
    if start[4:8] in MP4_ATOMS:
        return not any(name == b"moov" and end <= len(start) for name, end in _atoms(start))
    needs_more = next((test for magic, test in _TESTS.items() if start.startswith(magic)), None)
    return needs_more is not None and needs_more(start)


def is_streamed(start: bytes) -> bool:
    """Return whether a file was written as it was recorded, so that its header cannot say how long it became.

    M4A in fragments, and WebM without a duration.
    """
    if start[:4] == MATROSKA:
        return b"\x44\x89" not in start.partition(MATROSKA_CLUSTER)[0]
    return start[4:8] in MP4_ATOMS and (b"moof" in start or b"mvex" in start)


def _id3_end(start: bytes) -> int:
    """Return where a tag in front of MP3 or AAC ends: 4 × 7 bits."""
    size = 0
    for byte in start[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _flac_start(start: bytes) -> int:
    """Return where the blocks of metadata end and frames begin."""
    position = 4
    for _ in range(MOST_CHUNKS):
        if position + 4 > len(start):
            break
        is_last = start[position] & 0x80
        position += 4 + int.from_bytes(start[position + 1 : position + 4])
        if is_last:
            break
    return position


def _lacks_samples(start: bytes) -> bool:
    return not any(name == b"data" for name, _ in _chunks(start, "little"))


def _lacks_layout(start: bytes) -> bool:
    """Return whether a chunk of AIFF is not here that has to be: they may come in any order."""
    here = {name for name, end in _chunks(start, "big") if name == b"SSND" or end <= len(start)}
    return not {b"COMM", b"SSND"} <= here


def _chunks(start: bytes, order: Literal["little", "big"]) -> Iterator[tuple[bytes, int]]:
    """Yield name and end of the chunks of RIFF or AIFF whose names are here."""
    position = 12
    for _ in range(MOST_CHUNKS):
        if position + 8 > len(start):
            return
        length = int.from_bytes(start[position + 4 : position + 8], order)
        yield start[position : position + 4], position + 8 + length
        position += 8 + length + length % 2


def _atoms(start: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield name and end of the atoms of M4A whose names are here."""
    position = 0
    for _ in range(MOST_CHUNKS):
        length = int.from_bytes(start[position : position + 4])
        if length == 1:
            length = int.from_bytes(start[position + 8 : position + 16])
        if position + 8 > len(start) or length < 8:
            return
        yield start[position + 4 : position + 8], position + length
        position += length


_TESTS: dict[bytes, Callable[[bytes], bool]] = {
    b"ID3": lambda start: _id3_end(start) >= len(start),
    b"RIFF": _lacks_samples,
    b"RF64": _lacks_samples,
    b"BW64": _lacks_samples,
    b"FORM": _lacks_layout,
    b"caff": lambda _: True,
    b"OggS": lambda _: True,
    b"fLaC": lambda start: _flac_start(start) >= len(start),
    MATROSKA: lambda start: MATROSKA_CLUSTER not in start,
    ASF: lambda start: int.from_bytes(start[16:24], "little") >= len(start),
}
"""By how a file begins: whether something that is needed lies behind what is here."""
