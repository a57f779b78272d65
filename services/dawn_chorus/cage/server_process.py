"""Starts a server process and asks it for children: the side of whoever wants something decoded."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Self

from dawn_chorus.cage.limits import Limits
from dawn_chorus.cage.messages import Hangup, Message, receive_message, send_message

START_TIMEOUT_S = 120.0
SEND_TIMEOUT_S = 10.0
"""A server that takes no request for so long is stuck."""
SOCKET_BYTES = 1 << 20
"""Waveforms of 100 MB pass four times as fast as through the default buffer."""
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(64 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
"""For glibc: blocks of samples are kept for the next block. Giving them back each time took a third of the decoding."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""A process with threads cannot be forked safely."""
PASSED_ON = ("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LD_LIBRARY_PATH")
"""Where an interpreter finds its modules and libraries: all that a server gets of the environment."""


class ServerGone(Exception):
    """The server did not start, or has ended."""


class NoRoom(ServerGone):
    """The machine has no descriptor, memory or process left for another child; the server itself goes on."""


@dataclass(slots=True)
class Child:
    """A caged process, and the sockets to it and to the server about it. Close it when it is not wanted any more."""

    connection: socket.socket
    """To the child; it is closed when the child ends."""
    status: socket.socket
    """Tells `{"pid"}` at its start, and at its end `{"exit", "late", "cpu_s", "memory_bytes"}`; or `{"failed"}`, for it
    could not be forked. Closed without that if the server ended."""

    def close(self) -> None:
        """Close both sockets; the server kills the child if it still runs."""
        self.connection.close()
        self.status.close()


class ServerProcess:
    """A server, started. `fork` may be called from many threads only under a lock."""

    def __init__(self, module: str) -> None:
        """Start `python -P -m module`, which warms up and calls `serve_jobs`. It inherits nothing but its socket.

        Raises NoRoom.
        """
        self.missing: list[str] = []
        """What this machine does not have to hold children with, once the server is ready."""
        try:
            with ExitStack() as unless_started:
                self._connection, theirs = map(unless_started.enter_context, socket.socketpair())
                self._connection.settimeout(START_TIMEOUT_S)
                self._process = _start(module, theirs)
                theirs.close()
                unless_started.pop_all()
        except OSError as error:
            raise NoRoom(f"it could not be started: {error.strerror}") from error

    def wait_until_ready(self) -> None:
        """Wait until the server is warm. Raises ServerGone if it does not start."""
        try:
            self.missing = receive_message(self._connection)["missing"]
            self._connection.settimeout(SEND_TIMEOUT_S)
        except (Hangup, OSError) as error:
            self.stop()
            code = self._process.returncode
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise ServerGone(f"it did not start: {how}; see its output above") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def fork(self, job: str, request: Message, limits: Limits, files: Sequence[int]) -> Child:
        """Ask for a child that does a job and may read these files; the caller still closes them.

        Raises ServerGone, and NoRoom, after which the server can be asked again.
        """
        with ExitStack() as unless_asked:
            try:
                connection, theirs = map(unless_asked.enter_context, socket.socketpair())
                status, told = map(unless_asked.enter_context, socket.socketpair())
            except OSError as error:
                raise NoRoom(f"no child could be had: {error.strerror}") from error
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
            message = {**request, "job": job, "limits": asdict(limits)}
            try:
                send_message(self._connection, message, [theirs.fileno(), told.fileno(), *files])
            except OSError as error:
                raise ServerGone(f"it takes no requests: {error}") from error
            theirs.close()
            told.close()
            unless_asked.pop_all()
        return Child(connection, status)

    def stop(self) -> None:
        """End the server and its children."""
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _start(module: str, connection: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-P", "-m", module, str(connection.fileno())],
        pass_fds=[connection.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=server_environment(),
        cwd="/",
    )


def server_environment() -> dict[str, str]:
    """Return the environment of a server: no secret of the service is in it."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    if "PYTHONPATH" in passed:  # it starts in another folder; an empty entry is the current one: nothing there is run
        folders = filter(None, passed["PYTHONPATH"].split(os.pathsep))
        passed["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, folders))
    return {"PYTHONUTF8": "1"} | passed | ONE_THREAD | KEEP_MEMORY
