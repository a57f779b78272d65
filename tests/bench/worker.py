"""A real worker process, between a real RabbitMQ and a real PostgreSQL that keeps what it committed."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.analyses import create_analysis, get_statuses
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, AnalysisStatus, NewRecording
from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher
from dawn_chorus.domain.analysis import AnalysisResult
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from dawn_chorus.inference.audio.probe import probe_audio
from tests.bench.meter import Cost, Meter
from tests.end_to_end.service import Deployable, Service
from tests.servers import rabbitmq
from tests.servers.postgres import PostgresServer

SEGMENT_S = 300.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Servers:
    database_url: str
    broker_url: str
    pids: tuple[int, ...]


@contextmanager
def open_servers() -> Iterator[Servers]:
    """Start both, with the durability that they have in service."""
    folder = Path(tempfile.mkdtemp(prefix="chorus-bench-"))
    broker = rabbitmq.start_node()
    try:
        with EmbeddedPostgres(folder) as postgres:
            database_url = PostgresServer(postgres.start()).make_database()
            pids = (postgres.pid or 0, broker.pid)
            yield Servers(database_url, broker.make_vhost(), pids)
    finally:
        broker.stop_for_good()
        shutil.rmtree(broker.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_worker(servers: Servers, folder: Path, packs_dir: Path, pack: str, sessions: int) -> Iterator["WorkerBench"]:
    """Start a worker that takes files of `folder` and give it once its pack is open."""
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    service = Service(logs, servers.database_url, servers.broker_url, packs_dir, f"file://{folder}")
    with Database(servers.database_url) as database:
        try:
            worker = service.start("worker", default_pack=pack, sessions=str(sessions), log_level="WARNING")
            yield WorkerBench(servers, database, worker, pack)
        finally:
            service.close()


class WorkerBench:
    """Posts work to a worker as the relay does, and waits for the last commit."""

    def __init__(self, servers: Servers, database: Database, worker: Deployable, pack: str) -> None:
        self._servers, self._database, self._pack = servers, database, pack
        self._worker = worker

    @property
    def pid(self) -> int:
        return self._worker.pid

    def run(self, paths: Sequence[Path]) -> tuple[Cost, Cost]:
        """Analyze the files; return what it took the worker, and what its servers had to do for it."""
        analyses = [self._post(path) for path in paths]
        mine, theirs = Meter([self.pid]), Meter(self._servers.pids)
        self.publish()
        while self._is_busy():
            time.sleep(_POLL_S)
        cost = mine.read(), theirs.read()
        for status in self.statuses(analyses):
            if status.analysis.result is not AnalysisResult.SUCCEEDED:
                raise SystemExit(f"the worker failed: {status.failures}\n{self._worker.read_log()}")
        return cost

    def statuses(self, analyses: Sequence[UUID]) -> list[AnalysisStatus]:
        return list(get_statuses(self._database, analyses).values())

    def _is_busy(self) -> bool:
        with self._database.transaction() as connection:
            return connection.execute("SELECT FROM analyses WHERE state <> 'finished' LIMIT 1").rowcount > 0

    def publish(self) -> None:
        publisher = RabbitPublisher(self._servers.broker_url, name="bench")
        PostgresOutbox(self._database).publish_waiting(publisher.publish)
        publisher.close()

    def _post(self, path: Path) -> UUID:
        """Register a file that lies in the store already; known ones are analyzed again."""
        request = AnalysisRequest(self._pack, Lane.BULK, SEGMENT_S)
        sha256 = hashlib.sha256(str(path).encode()).hexdigest()
        new = NewRecording(path.name, path.name, path.stat().st_size, sha256, probe_audio(path), Place())
        stored = create_recording(self._database, new, request)
        if not stored.duplicate:
            assert stored.analysis_id is not None
            return stored.analysis_id
        return create_analysis(self._database, stored.recording.id, request).id
