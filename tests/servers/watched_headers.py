"""The API's server of decoders with an ear at what a child tries and cannot: an import, or a file by its path."""

import socket
import sys
from typing import Any

from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Message, send_message
from dawn_chorus.inference.audio.warm_up import warm_up
from dawn_chorus.inference.pictures import __main__ as headers

WATCHED = ("open", "import", "os.", "socket.", "subprocess.", "ctypes.dlopen", "glob.", "tempfile.", "shutil.")


def watch() -> list[str]:
    """Return a list into which everything goes that this process tries from now on."""
    tried: list[str] = []

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(WATCHED):
            tried.append(f"{event} {arguments[0]!r}")

    sys.addaudithook(hear)
    return tried


def read_header(request: Message, connection: socket.socket, files: list[int]) -> None:
    tried = watch()
    headers.read_header(request, connection, files)
    send_message(connection, {"tried": tried})


if __name__ == "__main__":
    warm_up()
    serve_jobs(socket.socket(fileno=int(sys.argv[1])), {"header": read_header})
