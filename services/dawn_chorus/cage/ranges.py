"""How a caged process reads a file that is elsewhere: it asks for ranges over a socket, and who lent it answers.

A request is (start, length), an answer (start, count) and so many bytes, or a negative count: why there are none. An
answer repeats the start, so that nobody takes the rest of an answer to somebody else for one to them.
"""

import os
import struct

from dawn_chorus.cage.messages import Hangup

REQUEST = struct.Struct("<QQ")
ANSWER = struct.Struct("<Qq")
WHOLE = (1 << 64) - 1
"""A start that asks whether the whole file may be read; the count of the answer is 0, or negative."""
AWAY, OVER_BUDGET, REFUSED = -1, -2, -3
"""Counts: the store does not answer, more was asked for than was lent, the whole file is too much."""
MAX_RANGE_BYTES = 1 << 20


def ask_range(descriptor: int, start: int, view: memoryview) -> int:
    """Ask for the bytes from `start` on that fill the view; return how many came, or the negative count.

    Makes no other system calls than read and write. Raises Hangup.
    """
    try:
        os.write(descriptor, REQUEST.pack(start, len(view)))
        head = memoryview(bytearray(ANSWER.size))
        _fill(descriptor, head)
        answered, count = ANSWER.unpack(head)
        if answered != start or count > len(view):
            raise Hangup("an answer belongs to another request")
        _fill(descriptor, view[: max(0, count)])
    except OSError as error:
        raise Hangup(str(error)) from error
    return int(count)


def may_read_whole(descriptor: int) -> bool:
    """Return whether the file may be read from its first byte to its last. Raises Hangup."""
    return ask_range(descriptor, WHOLE, memoryview(b"")) >= 0


def _fill(descriptor: int, view: memoryview) -> None:
    while len(view):
        count = os.readv(descriptor, [view])
        if not count:
            raise Hangup("the connection was closed")
        view = view[count:]
