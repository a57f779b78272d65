"""A server of decoders that a file has taken over: they do what the file says."""

import socket
import sys

from dawn_chorus.cage.fork_server import serve_jobs
from dawn_chorus.cage.messages import Message, receive_descriptors, send_message
from tests.servers.caged_scripts import run_script


def decode(_request: Message, connection: socket.socket, _files: list[int]) -> None:
    send_message(connection, {"ready": True})
    while True:
        request, files = receive_descriptors(connection)
        run_script(request, connection, files)


if __name__ == "__main__":
    serve_jobs(socket.socket(fileno=int(sys.argv[1])), {"decode": decode})
