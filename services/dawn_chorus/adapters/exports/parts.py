"""Bytes in pieces of a size that is worth sending, and a file that hands over what was written into it."""

from collections.abc import Iterable, Iterator

_PART_CHARS = 64 * 2**10


def in_parts(lines: Iterable[str]) -> Iterator[bytes]:
    """Yield the lines as UTF-8, in pieces of some 64 KiB."""
    joined: list[str] = []
    length = 0
    for line in lines:
        joined.append(line)
        length += len(line)
        if length >= _PART_CHARS:
            yield "".join(joined).encode()
            joined, length = [], 0
    if joined:
        yield "".join(joined).encode()


class Sink:
    """A file that is only written to, front to back; what is in it is taken out meanwhile."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._length = 0
        self.closed = False

    def __len__(self) -> int:
        """Return how many bytes are held."""
        return self._length

    def write(self, data: bytes) -> int:
        copied = bytes(data)
        self._held.append(copied)
        self._length += len(copied)
        return len(copied)

    def flush(self) -> None:
        """Do nothing: bytes are taken, not flushed."""

    def close(self) -> None:
        """Refuse nothing: what is held can still be taken."""
        self.closed = True

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._held)
        self._held, self._length = [], 0
        return taken
