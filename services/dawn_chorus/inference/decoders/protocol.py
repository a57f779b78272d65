"""The messages between a decoder process and its parent: a length, a JSON object, and, after some, raw samples.

JSON, because the decoder reads untrusted uploads: nothing it sends is executed, or trusted for a size.
"""

import json
import socket
import struct
from typing import Any

import numpy as np

from dawn_chorus.inference.audio.reader import Samples

MAX_BYTES = 1 << 24
_LENGTH = struct.Struct("<Q")


class Hangup(Exception):
    """The other side closed the connection."""


def send_message(connection: socket.socket, message: dict[str, Any]) -> None:
    body = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive_message(connection: socket.socket) -> dict[str, Any]:
    """Return the next message. Raises Hangup, and TimeoutError if the connection has a timeout."""
    (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size))
    if length > MAX_BYTES:
        raise Hangup(f"a message of {length} bytes is too long")
    message: dict[str, Any] = json.loads(_receive(connection, length))
    return message


def send_samples(connection: socket.socket, samples: Samples) -> None:
    connection.sendall(samples.view(np.uint8).data)


def receive_samples(connection: socket.socket, samples: Samples) -> None:
    """Read samples into the array until it is full."""
    _fill(connection, samples.view(np.uint8).data)


def _receive(connection: socket.socket, length: int) -> bytes:
    body = bytearray(length)
    _fill(connection, memoryview(body))
    return bytes(body)


def _fill(connection: socket.socket, view: memoryview) -> None:
    while len(view):
        try:
            count = connection.recv_into(view)
        except ConnectionError as error:
            raise Hangup(str(error)) from error
        if not count:
            raise Hangup("the connection was closed")
        view = view[count:]
