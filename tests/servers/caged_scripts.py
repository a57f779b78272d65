"""A server whose jobs are scripts: what the file says is run in the cage. `scripts_on_path` lets a server find it."""

import ctypes  # noqa: F401 - for scripts, which can import nothing in the cage
import errno  # noqa: F401
import os
import resource  # noqa: F401
import select  # noqa: F401
import signal  # noqa: F401
import socket
import struct
import subprocess  # noqa: F401
import sys
import threading  # noqa: F401
import time  # noqa: F401
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Message, send_message

MODULE = "tests.servers.caged_scripts"
JOBS = ("header", "script", "clip", "spectrogram", "spectrogram contrast", "spectrogram strip")
ROOT = Path(__file__).parents[2]


def run_script(request: Message, connection: socket.socket, files: list[int]) -> None:
    script = os.pread(files[0], 1 << 20, 0).decode()

    def answer(**message: object) -> None:
        send_message(connection, message)

    def part(position: int, content: bytes) -> None:
        connection.sendall(struct.pack("<QQ", position, len(content)) + content)

    known = {"answer": answer, "part": part, "files": files, "connection": connection, "request": request}
    exec(script, globals() | known)  # noqa: S102


@contextmanager
def scripts_on_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{ROOT}:{ROOT}/services")
        yield


if __name__ == "__main__":
    serve_jobs(socket.socket(fileno=int(sys.argv[1])), dict.fromkeys(JOBS, run_script))
