"""A file that is sent: its name, its bytes as they are counted, and how long an answer to it may take."""

from collections.abc import Callable
from io import BufferedReader
from pathlib import Path

import httpx

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.names import displayed, find_forbidden

TIMEOUT_S = 60.0
"""For each step on the wire, not for a whole upload: a day of audio over a slow line takes long."""
_STORING_S = 300.0
_STORING_BYTES_PER_S = 10e6
"""How long the service may take from the last byte to its answer: it reads the file again, from S3 perhaps."""


def sendable_name(path: Path) -> str:
    """Return the name under which a file is sent; raises PermanentError for one that no service takes."""
    filename = displayed(path.name)
    if (forbidden := find_forbidden(filename)) is not None:
        # httpx would send %0A for a line break, and the service would store that.
        raise PermanentError(f"its name contains U+{ord(forbidden):04X}, a control character: rename it")
    return filename


def storing_timeout(size_bytes: int) -> httpx.Timeout:
    """Return the timeouts of a request whose answer comes once a file of this size is stored and its header read."""
    return httpx.Timeout(TIMEOUT_S, read=_STORING_S + size_bytes / _STORING_BYTES_PER_S)


class CountedFile:
    """A file whose reader is told of each piece; just what httpx asks of a file."""

    def __init__(self, file: BufferedReader, on_bytes: Callable[[int], None]) -> None:
        self._file, self._on_bytes = file, on_bytes

    def fileno(self) -> int:
        return self._file.fileno()

    def seek(self, position: int) -> int:
        return self._file.seek(position)

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._on_bytes(len(piece))
        return piece
