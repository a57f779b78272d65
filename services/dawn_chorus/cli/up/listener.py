"""The port of the embedded service: bound first, so that a port in use fails at once."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from dawn_chorus.domain.errors import PermanentError

_BACKLOG = 512
"""Clients that wait to be accepted, while the API starts or is busy."""


@contextmanager
def listen(host: str, port: int, *, option: str = "--port") -> Iterator[socket.socket]:
    """Yield a listening socket. Raises PermanentError for an address in use, naming the option that chooses another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise PermanentError(f"cannot listen on {host}:{port}: {error.strerror}; choose another {option}") from error
    with listener:
        yield listener


def url_of(host: str, listener: socket.socket) -> str:
    """Return the URL at which this machine reaches the service."""
    port: int = listener.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"
