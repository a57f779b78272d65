"""Messages between processes: a length and a JSON object over a stream socket, with open descriptors where wanted.

JSON, because one side may have read an untrusted file: nothing it sends is executed, or trusted for a size.
"""

import json
import os
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]
MAX_BYTES = 1 << 24
MAX_DESCRIPTORS = 4
CRASHED, NOT_CAGED = 70, 71
"""Exit codes: of a child whose job raised an error, and of one that could not be caged and did nothing."""
_LENGTH = struct.Struct("<Q")


class Hangup(Exception):
    """The other side closed the connection, or sends no messages."""


def send_message(connection: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Send a message; the receiver gets descriptors of its own for the same open files."""
    body = json.dumps(message).encode()
    packed = memoryview(_LENGTH.pack(len(body)) + body)
    sent = socket.send_fds(connection, [packed], descriptors) if descriptors else 0
    connection.sendall(packed[sent:])


def receive_message(connection: socket.socket) -> Message:
    """Return the next message. Raises Hangup, and TimeoutError if the connection has a timeout."""
    return _read_body(connection, bytearray())


def receive_descriptors(connection: socket.socket) -> tuple[Message, list[int]]:
    """Return the next message and the descriptors that came with it, which the caller closes. Raises Hangup."""
    try:
        start, descriptors, _, _ = socket.recv_fds(connection, _LENGTH.size, MAX_DESCRIPTORS)
    except ConnectionError as error:
        raise Hangup(str(error)) from error
    try:
        return _read_body(connection, bytearray(start)), descriptors
    except Hangup:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def parse_messages(received: bytes) -> list[Message]:
    """Return the messages in what was received to the end of a connection. Raises Hangup if the last is cut off."""
    messages = []
    while received:
        message, received = split_message(received)
        messages.append(message)
    return messages


def split_message(received: bytes) -> tuple[Message, bytes]:
    """Return the first message in what was received, and the bytes behind it. Raises Hangup if it is cut off."""
    end = _LENGTH.size + int.from_bytes(received[: _LENGTH.size], "little")
    if len(received) < _LENGTH.size or end > len(received):
        raise Hangup("the connection was closed within a message")
    return _load(received[_LENGTH.size : end]), received[end:]


def receive_into(connection: socket.socket, view: memoryview) -> None:
    """Fill the view. Raises Hangup, and TimeoutError if the connection has a timeout, which is for all bytes."""
    timeout_s = connection.gettimeout()
    ends_at = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        while len(view):
            if ends_at is not None:  # who sends a byte now and then gets no more time by it
                connection.settimeout(_time_left_s(ends_at))
            count = connection.recv_into(view)
            if not count:
                raise Hangup("the connection was closed")
            view = view[count:]
    except ConnectionError as error:
        raise Hangup(str(error)) from error
    finally:
        if timeout_s is not None:
            connection.settimeout(timeout_s)


def _time_left_s(ends_at: float) -> float:
    left_s = ends_at - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("timed out")
    return left_s


def _read_body(connection: socket.socket, start: bytearray) -> Message:
    """Return the message whose length begins with `start`."""
    head = start + bytearray(_LENGTH.size - len(start))
    receive_into(connection, memoryview(head)[len(start) :])
    (length,) = _LENGTH.unpack(head)
    if length > MAX_BYTES:
        raise Hangup(f"a message of {length} bytes is too long")
    body = bytearray(length)
    receive_into(connection, memoryview(body))
    return _load(body)


def _load(body: bytes | bytearray) -> Message:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:  # also of brackets in brackets without end
        raise Hangup("what came is no message") from error
    if not isinstance(message, dict):
        raise Hangup("what came is no message")
    return message
