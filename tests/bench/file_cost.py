"""What a file of one minute costs the servers: CPU time of every part, statements, transactions and log of PostgreSQL.

Each file goes the whole way, API to last commit, with the small pack `synthetic`, so that little else is in the way.
With CHORUS_BENCH_OLD, the folder `services` of another checkout, both take turns on the same servers.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, cast

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from tests.bench.meter import Meter
from tests.bench.recordings import write_minutes
from tests.bench.settings import ROOT, BenchSettings
from tests.end_to_end.service import Service
from tests.servers import rabbitmq
from tests.servers.postgres import PostgresServer

PACK = "synthetic"
SERVICES = ROOT / "services"
_PARTS = ("api", "relay", "worker")
_BEFORE = {
    "api": 317.5, "relay": 0.4, "worker": 161.7, "PostgreSQL": 17.8, "RabbitMQ": 5.4,
    "statements": 60.0, "transactions": 18.4, "executed_ms": 21.8, "wal_bytes": 56_944.5,
}  # fmt: skip
"""At ffba2f8, in turns with a checkout that cost 31.9, 1.6, 150.0, 8.0 and 1.2 CPU ms, on two busy cores."""
_WARM_UP = 4
"""Files before the meters run: plans are made, pools filled, statements prepared."""
_UPLOADS_AT_ONCE = 4
_IDLE_S = 4.0
_POLL_S = 0.5
_MIGRATE = "import sys; from dawn_chorus.adapters.postgres.migrate import migrate; migrate(sys.argv[1])"
_OPTIONS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_planning": "on",
    "max_connections": "60",
}


@dataclass(frozen=True)
class Round:
    """One turn of one checkout; everything is for one file."""

    cpu_ms: dict[str, float]
    """By process, its children's included, less what it uses in the same time when there is nothing to do."""
    transactions: float
    statements: float
    """Round trips: what is asked of PostgreSQL, BEGIN and COMMIT included."""
    executed_ms: float
    """As PostgreSQL counts it: planning and execution without parsing and what lies between statements."""
    wal_bytes: float
    top: list[dict[str, Any]]
    """The costliest statements."""


class CheckoutService(Service):
    """The deployables of any checkout."""

    services = SERVICES

    def _environment(self, port: int) -> dict[str, str]:
        return super()._environment(port) | {"PYTHONPATH": str(self.services)}


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Let the checkouts take turns; print and return what a file cost each."""
    checkouts = {"this checkout": SERVICES}
    if settings.bench_old is not None:
        checkouts = {"before": settings.bench_old} | checkouts
    found: dict[str, list[Round]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as made:
        folder = Path(made)
        minutes = write_minutes(folder, settings.audio_dir, settings.bench_cost_files + _WARM_UP)
        for _ in range(settings.bench_rounds):
            for name, services in checkouts.items():
                found[name].append(_run_round(services, folder, minutes))
    for draw in (_draw_costs, _draw_statements):
        console.print(draw(found))
    return {name: [asdict(each) for each in rounds] for name, rounds in found.items()}


def _run_round(services: Path, folder: Path, minutes: Sequence[Path]) -> Round:
    """Start new servers and the deployables of a checkout, and have the files analyzed."""
    turn = Path(tempfile.mkdtemp(dir=folder))
    broker = rabbitmq.start_node()
    try:
        with EmbeddedPostgres(turn / "postgres", options=_OPTIONS) as postgres:
            database_url = _make_database(postgres, services)
            packs_dir = services.parent / "models" / "packs"
            service = CheckoutService(turn, database_url, broker.make_vhost(), packs_dir, f"file://{turn}/store")
            service.services = services
            try:
                service.open(*_PARTS, default_pack=PACK, log_level="WARNING", request_burst="100000")
                pids = {name: service.find(name).pid for name in _PARTS}
                return _meter(service, pids | {"PostgreSQL": postgres.pid or 0, "RabbitMQ": broker.pid}, minutes)
            finally:
                service.close()
    finally:
        broker.stop_for_good()
        shutil.rmtree(broker.folder, ignore_errors=True)
        shutil.rmtree(turn, ignore_errors=True)


def _make_database(postgres: EmbeddedPostgres, services: Path) -> str:
    url = PostgresServer(postgres.start()).make_database(empty=True)
    command = [sys.executable, "-P", "-c", _MIGRATE, url]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(services)})
    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    return url


def _meter(service: Service, pids: dict[str, int], minutes: Sequence[Path]) -> Round:
    warm_up, files = minutes[:_WARM_UP], minutes[_WARM_UP:]
    _analyze(service, warm_up)
    meters = {name: Meter([pid]) for name, pid in pids.items()}
    time.sleep(_IDLE_S)
    idle = {name: meter.read() for name, meter in meters.items()}
    with psycopg.connect(service.database_url, autocommit=True, row_factory=dict_row) as watcher:
        watcher.execute("SELECT pg_stat_statements_reset()")
        before = _count(watcher)
        meters = {name: Meter([pid]) for name, pid in pids.items()}
        _analyze(service, files)
        costs = {name: meter.read() for name, meter in meters.items()}
        after, top = _count(watcher), _top_statements(watcher, len(files))
    change = {name: (after[name] - before[name]) / len(files) for name in after}
    busy = {
        name: 1000 * (cost.cpu_s - idle[name].cpu_s / idle[name].wall_s * cost.wall_s) / len(files)
        for name, cost in costs.items()
    }
    return Round(busy, top=top, **change)


def _analyze(service: Service, paths: Sequence[Path]) -> None:
    """Upload some at a time, and wait for the last commit."""
    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        list(pool.map(service.submit, paths))
    with psycopg.connect(service.database_url, autocommit=True) as connection:
        while connection.execute("SELECT FROM analyses WHERE state <> 'finished' LIMIT 1").rowcount:
            time.sleep(_POLL_S)
        if connection.execute("SELECT FROM analyses WHERE result <> 'succeeded'").rowcount:
            raise SystemExit(f"an analysis did not succeed\n{service.find('worker').read_log()}")


def _count(watcher: psycopg.Connection[dict[str, Any]]) -> dict[str, float]:
    # Of this database, as far as its sessions have reported: they do so when a transaction ends, at most every second.
    time.sleep(1.5)
    row = watcher.execute(
        "SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()) AS transactions, "
        "pg_current_wal_insert_lsn() - '0/0' AS wal_bytes, sum(calls) AS statements, "
        "coalesce(sum(total_exec_time + total_plan_time), 0) AS executed_ms FROM pg_stat_statements"
    ).fetchone()
    return {name: float(value or 0) for name, value in cast("dict[str, Any]", row).items()}


def _top_statements(watcher: psycopg.Connection[dict[str, Any]], files: int) -> list[dict[str, Any]]:
    rows = watcher.execute(
        "SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 110) AS statement, calls::float / %(files)s AS calls, "
        "(total_exec_time + total_plan_time) / %(files)s AS ms, total_plan_time / %(files)s AS planned_ms, "
        "wal_bytes::float / %(files)s AS wal_bytes "
        "FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 40",
        {"files": files},
    )
    return list(rows)


def _draw_costs(found: dict[str, list[Round]]) -> Table:
    others = {} if "before" in found else {"before, measured once": _BEFORE}
    table = Table("for one file", *found, *others, title="A file of a minute, medians")
    for part in next(iter(found.values()))[0].cpu_ms:
        medians = [f"{median(r.cpu_ms[part] for r in rounds):.1f}" for rounds in found.values()]
        table.add_row(f"{part}, CPU ms", *medians, *(f"{each[part]:.1f}" for each in others.values()))
    table.add_section()
    for name in ("statements", "transactions", "executed_ms", "wal_bytes"):
        medians = [f"{median(getattr(r, name) for r in rounds):,.1f}" for rounds in found.values()]
        table.add_row(name, *medians, *(f"{each[name]:,.1f}" for each in others.values()))
    return table


def _draw_statements(found: dict[str, list[Round]]) -> Table:
    name, rounds = list(found.items())[-1]
    table = Table("ms", "planned", "calls", "WAL", "statement", title=f"{name}: the costliest statements")
    for row in rounds[-1].top:
        numbers = (f"{row['ms']:.3f}", f"{row['planned_ms']:.3f}", f"{row['calls']:.2f}", f"{row['wal_bytes']:,.0f}")
        table.add_row(*numbers, row["statement"])
    return table
