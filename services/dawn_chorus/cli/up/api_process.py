"""The API in a process of its own, so that it and the worker do not share one interpreter lock."""

import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from io import BufferedReader
from threading import Lock

from dawn_chorus.api.parent_process import LENGTH_BYTES
from dawn_chorus.cli.settings import CliSettings, environment_with
from dawn_chorus.domain.errors import PermanentError, TransientError

SHUTDOWN_S = 3.0
"""How long open requests may go on after Ctrl-C."""
_KILL_AFTER_S = 10.0
_START_S = 60.0
_POLL_S = 0.05
_ASK_S = 10.0


class ApiProcess:
    """Serves the API on a socket that listens already; clients that come early wait in its queue.

    It has its settings, the database's password among them, from its environment, which other accounts cannot read. It
    ends with the socket to this process, so also when this process is killed. Ctrl-C in a terminal does not reach it:
    the service stops it in its own order.
    """

    def __init__(self, listener: socket.socket, settings: CliSettings, database_url: str) -> None:
        self._listener = listener
        host, port = listener.getsockname()[:2]
        self._address = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104
        self._environment = environment_with(
            CHORUS_LISTEN_FD=str(listener.fileno()),
            CHORUS_PORT=str(port),
            CHORUS_DATABASE_URL=database_url,
            CHORUS_STORE_URL=settings.embedded_store_url,
            CHORUS_CACHE_DIR=str(settings.cache_path),
            CHORUS_DEFAULT_PACK=settings.default_pack,
            CHORUS_LOG_LEVEL=settings.log_level,
            CHORUS_SHUTDOWN_S=str(SHUTDOWN_S),
            CHORUS_STATUS_PORT="none",
        )
        self._ours, self._theirs = socket.socketpair()
        self._asking = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, host: str) -> None:
        """Start it, for the name or address `host`.

        Closes the socket here: once the process has ended, clients are refused and do not wait.
        """
        with self._theirs, self._listener:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "dawn_chorus.api"],
                env=self._environment | {"CHORUS_HOST": host},
                pass_fds=[self._listener.fileno()],
                stdin=self._theirs.fileno(),
                start_new_session=True,
            )

    def wait_until_serving(self) -> None:
        """Return when it answers. Raises PermanentError if it ends, or does not answer within a minute."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and self._running().poll() is None:
            with suppress(TransientError):
                self.check()
                return
            time.sleep(_POLL_S)
        raise PermanentError("the API did not start, see the log above")

    def check(self) -> None:
        """Raise TransientError unless it answers."""
        with closing(HTTPConnection(*self._address, timeout=_ASK_S)) as connection:
            try:
                connection.request("GET", "/health/live")
                status = connection.getresponse().status
            except (OSError, HTTPException) as error:
                raise TransientError(f"the API does not answer: {error}") from error
        if status != 200:
            raise TransientError(f"the API answers with {status}")

    def read_metrics(self) -> str:
        """Return its metrics as Prometheus reads them; nothing once it has ended. Safe to call from any thread."""
        with self._asking, suppress(OSError), self._ours.makefile("rb") as answer:
            self._ours.sendall(b"?")
            length = int.from_bytes(_read(answer, LENGTH_BYTES))
            return _read(answer, length).decode()
        return ""

    def run(self) -> None:
        """Wait until it has ended."""
        self._running().wait()

    def stop(self) -> None:
        """End it; requests in progress are finished first, within seconds."""
        process = self._running()
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(SHUTDOWN_S + _KILL_AFTER_S)
            return
        process.kill()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("the API was not started")
        return self._process


def _read(connection: BufferedReader, size_bytes: int) -> bytes:
    """Return exactly so many bytes. Raises OSError: the other end is gone."""
    content = connection.read(size_bytes)
    if len(content) < size_bytes:
        raise ConnectionResetError
    return content
