"""`chorus up` on a free port and a data folder of its own, as a process that can be killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from tests.packs import write_tone_pack

PATIENCE_S = 120.0
START = (sys.executable, "-P", "-m", "dawn_chorus.cli")


class Service:
    """`chorus up` on a data directory of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.env = {**os.environ, "CHORUS_DATA_DIR": str(folder / "data"), "CHORUS_DEFAULT_PACK": "tones"}
        self.env |= environment
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        write_tone_pack(folder / "data" / "packs" / "tones")

    def start(self, *words: object) -> None:
        """Start it on a free port and wait until it says where it is."""
        with (self.folder / "up.err").open("wb") as errors, (self.folder / "up.out").open("ab") as out:
            self._process = self._run_up(words, out, errors)
        self.url = self._wait_for_address()
        self.env["CHORUS_URL"] = self.url

    def _run_up(self, words: tuple[object, ...], out: IO[bytes], errors: IO[bytes]) -> "subprocess.Popen[bytes]":
        command = [*START, "up", "--port", "0", *map(str, words)]
        return subprocess.Popen(command, stdout=out, stderr=errors, env=self.env, start_new_session=True)

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            found = re.search(r"is up at (http://\S+)", self.said)
            if found:
                return found[1]
            assert self._process is not None
            assert self._process.poll() is None, self.said
            time.sleep(0.1)
        raise AssertionError(f"not up in time: {self.said}")

    @property
    def said(self) -> str:
        return (self.folder / "up.err").read_text()

    @property
    def printed(self) -> str:
        return (self.folder / "up.out").read_text()

    def listening_on(self) -> set[int]:
        """Return the TCP ports on which it or a child listens, but for PostgreSQL's, which asks for a password."""
        assert self._process is not None
        parent = psutil.Process(self._process.pid)
        processes = [each for each in (parent, *parent.children(recursive=True)) if each.name() != "postgres"]
        sockets = [each for process in processes for each in process.net_connections("inet")]
        return {each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN}

    def find_api(self) -> psutil.Process:
        """Return the process of the API."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        (api,) = [each for each in children if "dawn_chorus.api" in each.cmdline()]
        return api

    def find_worker(self) -> psutil.Process:
        """Return the process of the worker, which is that of the relay too."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def wait(self) -> int:
        """Wait for its end and give the exit code."""
        assert self._process is not None
        code, self._process = self._process.wait(PATIENCE_S), None
        return code

    def end_group(self, how: signal.Signals) -> int:
        """Send a signal to all processes of its group, as a terminal does."""
        assert self._process is not None
        os.killpg(self._process.pid, how)
        return self.wait()

    def end(self, how: signal.Signals) -> int:
        """Send a signal and give the exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(PATIENCE_S)
        self._process = None
        return code

    def chorus(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [*START, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=self.env)


@contextmanager
def make_service(**environment: str) -> Iterator[Service]:
    """Not in pytest's folder: PostgreSQL under another account must pass, and pytest closes its folder to others."""
    folder = Path(tempfile.mkdtemp(prefix="chorus-up-"))
    service = Service(folder, **environment)
    try:
        yield service
    finally:
        service.end(signal.SIGINT)
        shutil.rmtree(folder)
