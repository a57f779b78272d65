"""What ties the API to the process that started it, and handed over its listening socket and, as input, another.

On that socket the parent asks for the metrics, one byte each time, and gets them after their length. Its end is the end
of the API: so the API does not outlive a parent that was killed.
"""

import os
import signal
import socket
from threading import Thread

from prometheus_client import generate_latest

LENGTH_BYTES = 8


def serve_parent() -> None:
    """Answer the parent on a thread; when it has ended, stop this process as SIGTERM does."""
    Thread(target=_answer, args=(socket.socket(fileno=0),), name="parent", daemon=True).start()


def _answer(parent: socket.socket) -> None:
    try:
        while parent.recv(1):
            text = generate_latest()
            parent.sendall(len(text).to_bytes(LENGTH_BYTES) + text)
    except OSError:  # it was killed while it was answered
        parent.close()
    os.kill(os.getpid(), signal.SIGTERM)
