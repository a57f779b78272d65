"""A bad line: a proxy that refuses connections, answers 429 and 503, cuts or spoils uploads, counts what passes."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

_PIECE = 64 << 10
CUT_AFTER_BYTES = 10_000


@dataclass(frozen=True)
class Request:
    """A request as the gate sees it, before its body."""

    method: str
    path: str
    number: int
    """Counts the requests of this method, from 1."""


@dataclass(frozen=True)
class Reply:
    """An answer of the gate's own; None as status: the connection breaks in the middle of the body."""

    status: int | None
    headers: tuple[str, ...] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Passed:
    """A request that reached the service whole."""

    method: str
    path: str
    body_bytes: int
    status: int


Plan = Callable[[Request], Reply | None]
"""What happens to a request; None: it passes."""


def no_trouble(_request: Request) -> Reply | None:
    return None


@dataclass
class Gate:
    """Forwards HTTP to a port of this machine, one request for each connection."""

    target_port: int
    plan: Plan = no_trouble
    loses_answer: Callable[[Request], bool] = lambda _request: False
    """Whether the answer to a request that the service took does not arrive."""
    cuts_after: Callable[[Request], int | None] = lambda _request: None
    """After how many bytes of its body, which reach the service, a request is cut; None: it passes whole."""
    cuts_answer_after: Callable[[Request], int | None] = lambda _request: None
    """After how many bytes, its head included, the answer to a request that passed is cut; None: it arrives whole."""
    spoils: Callable[[Request], bool] = lambda _request: False
    """Whether the last byte of a body arrives as another."""
    passed: list[Passed] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    """Requests that got the gate's own reply, or were cut."""
    body_bytes: int = 0
    """Of all requests, those that were cut included."""
    port: int = 0
    _counts: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _listener: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def uploads(self) -> list[Passed]:
        """Uploads that reached the service whole."""
        return [each for each in self.passed if (each.method, each.path) == ("POST", "/v1/recordings")]

    def open(self) -> None:
        """Listen; always on the same port."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Refuse connections from now on."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            connection.settimeout(60)
            head, rest = _read_head(connection)
            if not head:
                return
            request = self._note(head)
            reply = self.plan(request)
            if reply is None:
                self._forward(connection, request, head, rest)
                return
            self.refused.append(request)
            if reply.status is None:
                _receive(connection, min(CUT_AFTER_BYTES, _body_bytes(head)) - len(rest))
                _break(connection)
            else:
                _receive(connection, _body_bytes(head) - len(rest))
                connection.sendall(_answer(reply))

    def _note(self, head: bytes) -> Request:
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        with self._lock:
            self._counts[method] = self._counts.get(method, 0) + 1
            return Request(method, path.partition("?")[0], self._counts[method])

    def _forward(self, connection: socket.socket, request: Request, head: bytes, rest: bytes) -> None:
        with closing(socket.create_connection(("127.0.0.1", self.target_port), timeout=60)) as service:
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
            service.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n")
            total = _body_bytes(head)
            limit, is_spoiled = self.cuts_after(request), self.spoils(request)
            sent = 0
            for piece in _body(connection, rest, total):
                sent += len(piece)
                if limit is not None and sent >= limit:
                    service.sendall(piece[: len(piece) - (sent - limit)])
                    self._cut(request, limit)
                    _break(service)
                    _break(connection)
                    return
                service.sendall(_spoiled(piece) if is_spoiled and sent == total else piece)
            self._note_bytes(sent)
            if sent < total:
                return
            answer = b"".join(iter(lambda: service.recv(_PIECE), b""))
        if not answer:
            return
        with self._lock:
            self.passed.append(Passed(request.method, request.path, total, int(answer[9:12])))
        if self.loses_answer(request):
            _break(connection)
        elif (limit := self.cuts_answer_after(request)) is not None:
            connection.sendall(answer[:limit])
        else:
            connection.sendall(answer)

    def _cut(self, request: Request, body_bytes: int) -> None:
        self._note_bytes(body_bytes)
        self.refused.append(request)

    def _note_bytes(self, body_bytes: int) -> None:
        with self._lock:
            self.body_bytes += body_bytes


def _body(connection: socket.socket, rest: bytes, total: int) -> Iterator[bytes]:
    """Yield a body as it arrives; it is short if the connection ends."""
    if rest:
        yield rest
    left = total - len(rest)
    while left > 0 and (piece := connection.recv(min(_PIECE, left))):
        left -= len(piece)
        yield piece


def _spoiled(piece: bytes) -> bytes:
    return piece[:-1] + bytes([piece[-1] ^ 1])


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of a request without its empty line, and what of the body came with it."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(_PIECE)
        if not piece:
            return b"", b""
        received += piece
    head, _, rest = received.partition(b"\r\n\r\n")
    return head, rest


def _body_bytes(head: bytes) -> int:
    fields = (line.lower().partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in fields if name == b"content-length"), 0)


def _receive(connection: socket.socket, n_bytes: int) -> None:
    while n_bytes > 0:
        piece = connection.recv(min(_PIECE, n_bytes))
        if not piece:
            return
        n_bytes -= len(piece)


def _break(connection: socket.socket) -> None:
    """End a connection as a lost line does for the other side: by a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _answer(reply: Reply) -> bytes:
    head = [f"HTTP/1.1 {reply.status} Gate", *reply.headers, f"Content-Length: {len(reply.body)}", "Connection: close"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + reply.body


@contextmanager
def open_gate(target_port: int) -> Iterator[Gate]:
    gate = Gate(target_port)
    gate.open()
    try:
        yield gate
    finally:
        gate.shut()
