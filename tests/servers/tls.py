"""TLS that ends before the service, as at a proxy of one's own, which says so."""

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

from tests.servers.programs import find_program

_PIECE = 64 << 10


@contextmanager
def open_tls(port: int, folder: Path) -> Iterator[str]:
    """Answer HTTPS by what answers at a port of this machine, one request a connection; yield the URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_make_certificate(folder))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=_accept, args=(listener, context, port), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([find_program("openssl"), *words, *names], check=True, capture_output=True)
    return certificate, key


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            Thread(target=_serve, args=(client, context, port), daemon=True).start()


def _serve(plain: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Pass one request on, then its answer: TLS breaks where one thread reads while another writes."""
    with suppress(OSError), closing(context.wrap_socket(plain, server_side=True)) as client:
        head, rest = _read_head(client)
        with socket.create_connection(("127.0.0.1", port)) as service:
            service.sendall(head + rest)
            left = _body_bytes(head) - len(rest)
            while left > 0 and (piece := client.recv(min(_PIECE, left))):
                service.sendall(piece)
                left -= len(piece)
            while piece := service.recv(_PIECE):
                client.sendall(piece)
        client.unwrap()


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of a request, with what a proxy adds, and what came of the body so far."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(_PIECE)
        if not piece:
            raise ConnectionResetError
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    head = re.sub(rb"\r\nConnection:[^\r]*", b"", head, flags=re.IGNORECASE)
    return head + b"\r\nConnection: close\r\nX-Forwarded-Proto: https\r\n\r\n", rest


def _body_bytes(head: bytes) -> int:
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, flags=re.IGNORECASE)
    return int(found[1]) if found else 0
