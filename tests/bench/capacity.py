"""What an hour of sound costs: rows, bytes, messages and CPU time, measured on the whole service, and times a fleet.

`make capacity` has real recordings at 48 kHz, each an hour long, uploaded to a real API and analyzed by one worker.
deploy/README.md reckons with what this prints.
"""

import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.birdnet.install import LICENSE, install_birdnet
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.worker.settings import WorkerSettings
from tests.bench.fleet import Fleet, Hour, draw_fleet, draw_hour
from tests.bench.meter import Cost, Meter
from tests.bench.recordings import write_hours, write_minutes
from tests.bench.report import describe_machine
from tests.bench.settings import ROOT, BenchSettings
from tests.bench.worker import Servers, open_servers
from tests.end_to_end.service import Service

TABLES = ("recordings", "analyses", "segments", "timelines", "detections", "outbox")
FLOORS = ("0.1", "0.25", "0.5")
_KEPT = "SELECT coalesce(avg((peak >= {floor})::int), 1) FROM timelines"
_CACHE = ROOT / ".cache"
# Seldom, as asking costs the database as well.
_POLL_S = 2.0
_FIRST = datetime(2025, 5, 3, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Stock:
    """What a database holds."""

    rows: dict[str, int]
    size_bytes: dict[str, int]
    """With indexes and what is stored out of line."""
    kept_by_floor: dict[str, float]
    """Share of the timelines that a higher floor than 0.05 would have kept."""
    wal_bytes: int
    """Ever written to the log: what a replica or an archive has to take."""


def main() -> None:
    """Print what one hour costs, and what a fleet does; write both down."""
    settings, console = BenchSettings(), Console(width=110)
    packs_dir = _CACHE / "birdnet" / "packs"
    install_birdnet(packs_dir, LICENSE)
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as made, open_servers() as servers:
        hour = measure_hour(servers, packs_dir, Path(made), settings)
    fleet = Fleet(settings.capacity_recorders, hour)
    console.print(describe_machine(), draw_hour(hour), draw_fleet(fleet), sep="\n")
    settings.bench_out.mkdir(parents=True, exist_ok=True)
    (settings.bench_out / "capacity.json").write_text(json.dumps({"hour": hour.document(), "fleet": fleet.document()}))


def measure_hour(servers: Servers, packs_dir: Path, folder: Path, settings: BenchSettings) -> Hour:
    """Run the service for some hours of sound; return what each of them cost."""
    hours = write_hours(folder, settings.audio_dir, settings.capacity_hours)
    logs = folder / "logs"
    logs.mkdir()
    service = Service(logs, servers.database_url, servers.broker_url, packs_dir, f"file://{folder / 'store'}")
    try:
        pack, sessions = settings.capacity_pack, str(WorkerSettings().sessions)
        service.open("api", "relay", "worker", default_pack=pack, sessions=sessions, log_level="WARNING")
        _analyze(service, write_minutes(folder, settings.audio_dir, 1))
        before = take_stock(servers.database_url)
        costs = _analyze_metered(service, servers, hours)
        after = take_stock(servers.database_url)
    finally:
        service.close()
    return _divide(before, after, costs, hours)


def _analyze_metered(service: Service, servers: Servers, hours: Sequence[Path]) -> dict[str, Cost]:
    meters = {name: Meter([service.find(name).pid]) for name in ("api", "relay", "worker")}
    postgres, rabbitmq = servers.pids
    meters |= {"PostgreSQL": Meter([postgres]), "RabbitMQ": Meter([rabbitmq])}
    _analyze(service, hours)
    return {name: meter.read() for name, meter in meters.items()}


def _analyze(service: Service, paths: Sequence[Path]) -> None:
    """Upload as recorders do, with place and time, and wait for the last commit."""
    for number, path in enumerate(paths):
        recorded_at = (_FIRST + timedelta(hours=number)).isoformat()
        service.submit(path, site=path.stem, recorded_at=recorded_at)
    with psycopg.connect(service.database_url, autocommit=True) as connection:
        while connection.execute("SELECT FROM analyses WHERE state <> 'finished' LIMIT 1").rowcount:
            time.sleep(_POLL_S)
        if failed := connection.execute("SELECT id FROM analyses WHERE result <> 'succeeded'").fetchall():
            raise SystemExit(f"analyses that did not succeed: {failed}\n{service.find('worker').read_log()}")


def take_stock(database_url: str) -> Stock:
    """Count and weigh what the tables hold."""
    # The relay marks what it published a moment after a worker may have it.
    time.sleep(1.0)
    with psycopg.connect(database_url) as connection:

        def ask(question: str) -> Any:
            row = connection.execute(question.encode()).fetchone()
            return row[0] if row else None

        return Stock(
            rows={table: ask(f"SELECT count(*) FROM {table}") for table in TABLES},  # noqa: S608 - names of ours
            size_bytes={table: ask(f"SELECT pg_total_relation_size('{table}')") for table in TABLES},
            kept_by_floor={floor: float(ask(_KEPT.format(floor=floor))) for floor in FLOORS},
            wal_bytes=int(ask("SELECT pg_current_wal_insert_lsn() - '0/0'")),
        )


def _divide(before: Stock, after: Stock, costs: dict[str, Cost], hours: Sequence[Path]) -> Hour:
    count = len(hours)
    rows = {table: (after.rows[table] - before.rows[table]) / count for table in TABLES}
    return Hour(
        hours_measured=count,
        audio_bytes=sum(path.stat().st_size for path in hours) / count,
        message_bytes=len(encode_job(SegmentJob(UUID(int=0), 11, Lane.BULK))),
        rows=rows,
        size_bytes={table: (after.size_bytes[table] - before.size_bytes[table]) / count for table in TABLES},
        kept_by_floor=after.kept_by_floor,
        wal_bytes=(after.wal_bytes - before.wal_bytes) / count,
        cpu_s={name: cost.cpu_s / count for name, cost in costs.items()},
        wall_s=costs["worker"].wall_s / count,
    )


if __name__ == "__main__":
    # So that what was started is stopped, and what was made removed, when the bench is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
