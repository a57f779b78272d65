"""Finds the links of a chained Ogg file: logical streams one after another, each with headers of its own.

Recorders of internet streams write one at every reconnect, and `cat a.ogg b.ogg` is a valid Ogg file. Every page is
looked at, by its header: a link may be as short as a packet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from dawn_chorus.inference.audio.containers.byte_ranges import FileBytes, Range

CAPTURE = b"OggS"
HEADER_BYTES, MAX_SEGMENTS = 27, 255
MAX_PAGE_BYTES = HEADER_BYTES + MAX_SEGMENTS + 255 * 255
BUFFER_BYTES = 1 << 16
NO_GRANULE = -1
LATE_GRANULE = 1 << 23


@dataclass(frozen=True, slots=True)
class Page:
    """The header of a page."""

    start: int
    end: int
    """Bytes from the start of the file."""
    is_first: bool
    """Whether it begins a stream."""
    serial: int
    granule: int | None
    """The codec's position at the end of the page; None: no packet ends in it."""


@dataclass(slots=True)
class Link:
    """A link, or what is left of it."""

    start: int
    end: int = 0
    has_begun: bool = False
    """Whether a page came that does not begin a stream."""
    reached: dict[int, int] = field(default_factory=dict)
    """The last position of the codec, by the stream's serial number."""
    first_granule: int = 0
    longest_jump: int = 0
    """The most that a stream's position went on from one page to the next."""

    def add(self, page: Page) -> None:
        self.end = page.end
        self.has_begun |= not page.is_first
        before = self.reached.get(page.serial, 0)
        self.reached[page.serial] = max(page.granule or 0, before)
        if before:
            self.longest_jump = max(self.longest_jump, self.reached[page.serial] - before)
        self.first_granule = self.first_granule or page.granule or 0

    @property
    def granules(self) -> int:
        """How far the codec's position went, about; a stream that was joined late does not begin near 0."""
        reached = max(self.reached.values())
        return reached - self.first_granule if self.first_granule > LATE_GRANULE else reached


def find_links(file: FileBytes) -> list[Link]:
    """Return the links of an Ogg file in order; each ends with its last page."""
    links: list[Link] = []
    for page in read_pages(file):
        if not links:
            links = [Link(0)]
        elif _looks_new(page, links[-1]):
            if page.end > file.size or not is_intact(file, (page.start, page.end)):
                continue  # damage makes it look so
            links.append(Link(page.start))
        links[-1].add(page)
    return links


def last_pages_length(file: FileBytes) -> int:
    """Return about how many positions of the codec the last two pages of a file cover, at least."""
    start = max(0, file.size - 3 * MAX_PAGE_BYTES)
    edges = [0] if start == 0 else []
    edges += [page.granule for page in read_pages(file, start) if page.granule is not None]
    return max(0, edges[-1] - edges[-3:][0]) if edges else 0


def read_pages(file: FileBytes, position: int = 0) -> Iterator[Page]:
    """Yield the pages of a file in order, from a byte position on, past damage between them."""
    size = file.size
    with file.open(BUFFER_BYTES) as opened:
        while position < size:
            opened.seek(position)
            head = opened.read(HEADER_BYTES + MAX_SEGMENTS)
            if len(head) < HEADER_BYTES:
                return
            if not head.startswith(CAPTURE):
                position = _next_capture(opened, position, size)
                continue
            n_segments = head[26]
            end = position + HEADER_BYTES + n_segments + sum(head[HEADER_BYTES : HEADER_BYTES + n_segments])
            granule = int.from_bytes(head[6:14], "little", signed=True)
            serial = int.from_bytes(head[14:18], "little")
            if end != size and not _begins_page(opened, end) and not is_intact(file, (position, end)):
                end = _next_capture(opened, position, size)  # the page was cut off, and the next one begins within it
            yield Page(position, end, bool(head[5] & 2), serial, None if granule == NO_GRANULE else max(0, granule))
            position = end


def _looks_new(page: Page, link: Link) -> bool:
    """Return whether a page belongs to another link, also if the page that begins it is destroyed."""
    if page.is_first:
        return link.has_begun
    reached = link.reached.get(page.serial)
    return reached is None or (page.granule is not None and page.granule < reached)


def _begins_page(opened: BinaryIO, position: int) -> bool:
    opened.seek(position)
    return opened.read(len(CAPTURE)) == CAPTURE


def _next_capture(opened: BinaryIO, position: int, size: int) -> int:
    while position < size:
        opened.seek(position)
        block = opened.read(BUFFER_BYTES)
        found = block.find(CAPTURE, 1)
        if found > 0:
            return position + found
        position += max(1, len(block) - len(CAPTURE) + 1)
    return size


def is_intact(file: FileBytes, page: Range) -> bool:
    """Return whether a page has the checksum that it should have."""
    with file.cut(page).open() as opened:
        content = bytearray(opened.read())
    expected = int.from_bytes(content[22:26], "little")
    content[22:26] = bytes(4)
    checksum = 0
    for byte in content:
        checksum = (checksum << 8 & 0xFFFFFFFF) ^ _CRC[checksum >> 24 ^ byte]
    return checksum == expected


def _crc(number: int) -> int:
    value = number << 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value


_CRC = [_crc(number) for number in range(256)]
