"""The whole service as its users meet it: real processes, a real database, a real broker, real recordings."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil

from tests.end_to_end.ledger import Row, find_analysis, find_segments
from tests.servers.ports import find_free_ports

PATIENCE_S = 60.0
"""For what must come; passing tests wait for a small part of it."""
_PORTS = range(7000, 9000)
_POLL_S = 0.05


def wait_until(condition: Callable[[], object], what: str, within_s: float = PATIENCE_S) -> None:
    """Poll until it is so; fail with what did not come about."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"in {within_s} s it did not come about that {what}"
        time.sleep(_POLL_S)


class Deployable:
    """One process of the service, with its log in a file."""

    def __init__(self, name: str, environment: dict[str, str], log: Path) -> None:
        self.name, self._environment, self._log = name, environment, log
        self.port = int(environment["CHORUS_PORT"])
        self.metrics_port = int(environment["CHORUS_STATUS_PORT"])
        self.status_url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        module = self._environment["TEST_MODULE"]
        # Modules of the tests are found through the current folder only.
        safely = ["-P"] if module.startswith("dawn_chorus.") else []
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *safely, "-m", module],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        wait_until(self._is_ready_or_dead, f"{self.name} is ready")
        assert self.is_running, f"{self.name} did not start:\n{self.read_log()}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def status(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.status_url}{path}", timeout=10)

    def children(self) -> list[psutil.Process]:
        """Return the processes it has started."""
        return list(psutil.Process(self.pid).children(recursive=True))

    def kill(self) -> None:
        """End the process and its children as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_S)

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_S)

    def wait_for_end(self) -> int:
        assert self._process is not None
        return self._process.wait(PATIENCE_S)

    def read_log(self, characters: int = 8000) -> str:
        return self._log.read_text(errors="replace")[-characters:]

    def _is_ready_or_dead(self) -> bool:
        if not self.is_running:
            return True
        try:
            return self.status("/health/ready").status_code == 200
        except httpx.HTTPError:
            return False


@dataclass
class Service:
    """Starts deployables on one database, one broker and one store, and talks to them as a client does."""

    folder: Path
    database_url: str
    broker_url: str
    packs_dir: Path
    store_url: str
    deployables: list[Deployable] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    """Of all deployables, beside those below."""

    def start(self, name: str, *, module: str | None = None, ready: bool = True, **settings: str) -> Deployable:
        """Start `api`, `relay` or `worker`; settings are those of its settings.py, in lower case."""
        ports = self._choose_ports(2 if name == "api" else 1)
        environment = self._environment(ports[0]) | {"CHORUS_STATUS_PORT": str(ports[-1])}
        environment |= {f"CHORUS_{key.upper()}": value for key, value in settings.items()}
        environment["TEST_MODULE"] = module or f"dawn_chorus.{name}"
        log = self.folder / f"{name}-{len(self.deployables)}.log"
        deployable = Deployable(name, environment, log)
        self.deployables.append(deployable)
        deployable.start()
        if ready:
            deployable.wait_ready()
        return deployable

    def _choose_ports(self, count: int) -> list[int]:
        """Return ports that nobody listens on, and that nobody here is about to."""
        taken = {port for each in self.deployables for port in (each.port, each.metrics_port)}
        return [port for port in find_free_ports(len(taken) + count, _PORTS) if port not in taken][:count]

    def open(self, *names: str, **settings: str) -> None:
        """Start several at once, and wait until all are ready."""
        for deployable in [self.start(name, ready=False, **settings) for name in names]:
            deployable.wait_ready()

    def find(self, name: str) -> Deployable:
        """Return the first deployable of that name."""
        return next(deployable for deployable in self.deployables if deployable.name == name)

    def _environment(self, port: int) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "CHORUS_DATABASE_URL": self.database_url,
            "CHORUS_BROKER_URL": self.broker_url,
            "CHORUS_STORE_URL": self.store_url,
            "CHORUS_CACHE_DIR": str(self.folder / "cache"),
            "CHORUS_PACKS_DIR": str(self.packs_dir),
            "CHORUS_DEFAULT_PACK": "tones",
            "CHORUS_PORT": str(port),
            "CHORUS_SESSIONS": "1",
            "CHORUS_RETRY_FIRST_S": "0.2",
            "OMP_NUM_THREADS": "1",
            **self.variables,
        }

    @property
    def api(self) -> Deployable:
        return self.find("api")

    def upload(self, path: Path, **fields: str) -> dict[str, Any]:
        """Post a recording, as a client with patience does; return the answer's body."""
        with path.open("rb") as file:
            answer = httpx.post(
                f"{self.api.status_url}/v1/recordings", files={"file": (path.name, file)}, data=fields, timeout=60
            )
        assert answer.status_code == 202, f"{answer.status_code}: {answer.text}"
        body: dict[str, Any] = answer.json()
        return body

    def submit(self, path: Path, **fields: str) -> UUID:
        """Post a recording and give the id of its analysis."""
        return UUID(self.upload(path, **fields)["analyses"][0]["id"])

    def wait_finished(self, analysis_id: UUID, within_s: float = PATIENCE_S) -> Row:
        """Wait for the analysis to finish, and give its row."""
        try:
            wait_until(
                lambda: find_analysis(self.database_url, analysis_id)["state"] == "finished",
                f"analysis {analysis_id} is finished",
                within_s,
            )
        except AssertionError as error:
            segments = [(row["segment_index"], row["state"]) for row in find_segments(self.database_url, analysis_id)]
            logs = "\n".join(f"-- {each.name}\n{each.read_log(3000)}" for each in self.deployables)
            raise AssertionError(f"{error}; segments {segments}\n{logs}") from error
        return find_analysis(self.database_url, analysis_id)

    def wait_running(self, analysis_id: UUID) -> None:
        """Wait until a worker has a segment of it in hand."""
        wait_until(
            lambda: any(row["state"] == "running" for row in find_segments(self.database_url, analysis_id)),
            "a segment is running",
        )

    def close(self) -> None:
        for deployable in self.deployables:
            if deployable.is_running:
                with suppress(ProcessLookupError):
                    deployable.kill()
