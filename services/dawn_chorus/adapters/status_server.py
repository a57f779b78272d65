"""Health and metrics over HTTP, for the services without an API (worker, relay)."""

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dawn_chorus.domain.errors import ChorusError, PermanentError

Check = Callable[[], None]
"""Raises a ChorusError that says what is unavailable; returns quickly."""


class StatusServer:
    """Serves `/health/live`, `/health/ready` and `/metrics` from its own threads, as a context manager.

    Live returns 503 once `alive` returns False: the supervisor should restart the process. Ready returns 503 with the
    name and the message of every check that fails: a restart would not help, an external server is unavailable.
    """

    def __init__(
        self, host: str, port: int, *, ready: Mapping[str, Check], alive: Callable[[], bool] = lambda: True
    ) -> None:
        self._ready, self._alive = ready, alive
        try:
            self._server = ThreadingHTTPServer((host, port), self._bind_request())
        except OSError as error:
            raise PermanentError(f"no status at {host}:{port}: {error.strerror}; choose another port") from error
        self._server.daemon_threads = True
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
                down = self._find_down()
                return _json(503 if down else 200, {"status": "down" if down else "ready", "down": down})
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
            case _:
                return _json(404, {"status": "not found", "paths": ["/health/live", "/health/ready", "/metrics"]})

    def _find_down(self) -> dict[str, str]:
        down = {}
        for name, check in self._ready.items():
            try:
                check()
            except ChorusError as error:
                down[name] = str(error)
        return down

    def _bind_request(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Request(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # http.server calls it by this name
                status, content_type, body = answer(self.path)
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Log nothing: a probe every few seconds would fill the log."""

        return Request


def _json(status: int, document: dict[str, Any]) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(document).encode()
