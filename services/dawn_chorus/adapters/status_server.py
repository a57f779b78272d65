"""Health and metrics over HTTP, on a port of their own that is not for the users of the service."""

import json
import socket
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.readiness import Readiness
from dawn_chorus.domain.errors import PermanentError

log = get_logger(__name__)
_IDLE_S = 10.0
"""A client that sends nothing for this long is disconnected: it holds a thread."""


class StatusServer:
    """Serves `/health/live`, `/health/ready` and `/metrics` from its own threads, as a context manager.

    Live returns 503 once `alive` returns False: the supervisor should restart the process. Ready returns 503 with the
    name and the message of every check that fails: a restart would not help, an external server is unavailable.
    Raises PermanentError if it cannot listen there: every process needs a port of its own.
    """

    def __init__(self, host: str, port: int, *, ready: Readiness, alive: Callable[[], bool] = lambda: True) -> None:
        self._ready, self._alive = ready, alive
        try:
            self._server = _Server((host, port), self._bind_request())
        except OSError as error:
            raise PermanentError(
                f"no status at {host}:{port}: {error.strerror}; choose another port: CHORUS_STATUS_PORT"
            ) from error
        self._thread = Thread(target=self._server.serve_forever, name="status", daemon=True)

    @property
    def port(self) -> int:
        """The port it listens on, for callers that requested port 0."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for a path."""
        match path.partition("?")[0]:
            case "/health/live":
                alive = self._alive()
                return _json(200 if alive else 503, {"status": "alive" if alive else "dead"})
            case "/health/ready":
                down = {name: wrong for name, wrong in self._ready.ask().result().items() if wrong is not None}
                return _json(503 if down else 200, {"status": "down" if down else "ready", "down": down})
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
            case _:
                return _json(404, {"status": "not found", "paths": ["/health/live", "/health/ready", "/metrics"]})

    def _bind_request(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Request(BaseHTTPRequestHandler):
            timeout = _IDLE_S

            def do_GET(self) -> None:  # http.server calls it by this name
                status, content_type, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def do_HEAD(self) -> None:
                self.do_GET()

            def log_message(self, *_: Any) -> None:
                """Log nothing: a probe every few seconds would fill the log."""

        return Request


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], request: type[BaseHTTPRequestHandler]) -> None:
        host, port = address
        self.address_family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        super().__init__(address, request)

    def server_bind(self) -> None:
        """Listen, without asking the DNS for this machine's name: nobody needs it, and a DNS can be slow."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's own
        """Log an error, but not that a client went away before it had its answer: a probe waits no longer."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            log.error("status request failed", exc_info=error)


def _json(status: int, document: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(document).encode()
