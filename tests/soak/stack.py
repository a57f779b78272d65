"""The brokered form for a soak: servers, lines to them, small disks, two APIs, a relay and three workers."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit, urlunsplit

from tests.end_to_end.service import Deployable, Service
from tests.packs import write_tone_pack
from tests.servers.gate import Gate
from tests.servers.postgres import PostgresNode
from tests.servers.rabbitmq import RabbitNode
from tests.servers.rabbitmq import start_node as start_rabbit
from tests.soak.disks import Disk, mount_disk, unmount
from tests.soak.line import Line
from tests.soak.store import Kept, OnDisk, open_bucket

N_APIS, N_WORKERS = 2, 3
HEARTBEAT_S = 5
"""Of the connections to RabbitMQ: a process that is frozen for three times as long is given up."""
DISKS: Mapping[str, str] = {"audio": "3g", "cache": "48m", "database": "2g"}
SETTINGS = {
    "segment_s": "10",
    "grace_s": "10",
    "poll_s": "1",
    "retry_most_s": "5",
    "recover_every_s": "6",
    "recover_after_s": "15",
    "measure_every_s": "2",
    "cache_bytes": str(32 << 20),
    "tile_cache_bytes": str(8 << 20),
    "clip_cache_bytes": str(4 << 20),
    "requests_per_s": "10000",
    "request_burst": "10000",
    "shutdown_s": "5",
}
"""A service in a hurry: what it does after an hour in the field, it does here after seconds."""


@dataclass
class Stack:
    folder: Path
    postgres: PostgresNode
    rabbit: RabbitNode
    database_line: Line
    broker_line: Line
    service: Service
    database_url: str
    """Past the line: what the judge reads is not cut."""
    broker_url: str
    disks: dict[str, Disk]
    kept: Kept
    gate: Gate | None
    """Before the bucket; None: recordings lie on a disk."""
    faults_over: Event = field(default_factory=Event)
    down: set[str] = field(default_factory=set)
    """Logs of processes that a fault has taken down: the watch leaves them alone."""

    def hold(self, seconds: float) -> None:
        """Let a fault last, but not beyond the end of all faults."""
        self.faults_over.wait(seconds)

    def those(self, name: str) -> list[Deployable]:
        return [each for each in self.service.deployables if each.name == name]

    @property
    def urls(self) -> list[str]:
        return [each.status_url for each in self.those("api")]

    @contextmanager
    def taken_down(self, process: Deployable) -> Iterator[None]:
        """Start a process again that the body ends, and wait until it is ready."""
        key = log_of(process)
        self.down.add(key)
        try:
            yield
            if not process.is_running:
                process.start()
        finally:
            self.down.discard(key)

    def start(self) -> None:
        names = ["api"] * N_APIS + ["relay"] + ["worker"] * N_WORKERS
        self.service.open(*names, **SETTINGS)


def log_of(process: Deployable) -> str:
    """Return what tells processes of one name apart."""
    return f"{process.name}:{process.metrics_port}"


@contextmanager
def open_stack(
    postgres: PostgresNode | None = None,
    rabbit: RabbitNode | None = None,
    *,
    keep_logs_in: Path | None = None,
    in_bucket: bool = False,
) -> Iterator[Stack]:
    """Start it all; servers that are given are used, and left running."""
    with ExitStack() as opened:
        folder = Path(tempfile.mkdtemp(prefix="chorus-soak-"))
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
        has = {"audio": not in_bucket, "cache": True, "database": postgres is None}
        names = [name for name in DISKS if has[name]]
        disks = _mount(opened, folder, names)
        node = postgres or _own_postgres(opened, folder / "database")
        broker = rabbit or _own_rabbit(opened)
        database_url, broker_url = node.make_database(), broker.make_vhost()
        opened.callback(node.drop_database, database_url)
        lines = [_open_line(opened, database_url), _open_line(opened, broker_url)]
        write_tone_pack(folder / "packs" / "tones")
        through = [_through(url, line) for url, line in zip((database_url, broker_url), lines, strict=True)]
        kept, gate, store = opened.enter_context(open_bucket()) if in_bucket else _on_disk(folder / "audio" / "store")
        service = Service(folder, through[0], f"{through[1]}?heartbeat={HEARTBEAT_S}", folder / "packs", store)
        service.variables = {"CHORUS_CACHE_DIR": f"{folder}/cache/kept"}
        if keep_logs_in is not None:
            opened.callback(_keep_logs, folder, keep_logs_in)
        opened.callback(service.close)
        stack = Stack(folder, node, broker, lines[0], lines[1], service, database_url, broker_url, disks, kept, gate)
        stack.start()
        yield stack


def _mount(opened: ExitStack, folder: Path, names: list[str]) -> dict[str, Disk]:
    disks = {}
    for name in names:
        disk = mount_disk(folder / name, DISKS[name])
        if disk is not None:
            disks[name] = disk
            opened.callback(unmount, disk)
    return disks


def _on_disk(folder: Path) -> tuple[Kept, None, str]:
    kept = OnDisk(folder)
    return kept, None, kept.url


def _own_postgres(opened: ExitStack, folder: Path) -> PostgresNode:
    node = PostgresNode(folder / "node")
    opened.callback(node.stop)
    return node


def _own_rabbit(opened: ExitStack) -> RabbitNode:
    node = start_rabbit()
    opened.callback(shutil.rmtree, node.folder, ignore_errors=True)
    opened.callback(node.stop_for_good)
    return node


def _open_line(opened: ExitStack, url: str) -> Line:
    port = urlsplit(url).port
    assert port is not None
    line = Line(port)
    line.open()
    opened.callback(line.close)
    return line


def _through(url: str, line: Line) -> str:
    """Return the URL of a server behind a line."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{where}:{line.port}"))


def _keep_logs(folder: Path, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        shutil.copy(log, kept)
