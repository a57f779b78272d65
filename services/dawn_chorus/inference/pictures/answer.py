"""What a child sends while it makes something large (`api.decoders.child` reads it): parts at their positions."""

import os
import struct
from typing import Protocol

PART_BYTES = 1 << 19
_PART = struct.Struct("<QQ")
_LENGTH = struct.Struct("<Q")


class Sink(Protocol):
    def sendall(self, content: bytes, /) -> None: ...


class AnswerFile:
    """A file that encoders write, sent as it grows, in the memory of one part; headers may be written again."""

    def __init__(self, connection: Sink) -> None:
        self._connection = connection
        self._begin = self._position = self._end = 0
        self._part = bytearray()
        """Written from `_begin` on, and not sent yet."""

    def write(self, content: bytes) -> int:
        if self._position != self._begin + len(self._part) or len(self._part) >= PART_BYTES:
            self.flush()
        self._part += content
        self._position += len(content)
        self._end = max(self._end, self._position)
        return len(content)

    def flush(self) -> None:
        """Send what was written; the receiver takes a MiB at a time."""
        for begin in range(0, len(self._part), PART_BYTES):
            part = self._part[begin : begin + PART_BYTES]
            self._connection.sendall(_PART.pack(self._begin + begin, len(part)) + part)
        self._begin, self._part = self._position, bytearray()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        self._position = origin + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, _count: int = -1) -> bytes:
        """Return nothing: soundfile wants a file that could be read."""
        return b""

    def finish(self) -> None:
        """Say that the file is complete; the message that follows says what it is."""
        self.flush()
        self._connection.sendall(_PART.pack(self._end, 0))
