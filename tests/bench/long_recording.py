"""A day in one file: how much memory the worker takes for it, and that its progress shows."""

from pathlib import Path
from typing import Any

from dawn_chorus.worker.settings import WorkerSettings
from tests.bench.meter import peak_resident_bytes
from tests.bench.recordings import write_day
from tests.bench.settings import BenchSettings
from tests.bench.worker import Servers, open_worker

PACK = "birdnet-native"


def measure_day(servers: Servers, packs_dir: Path, folder: Path, settings: BenchSettings) -> dict[str, Any]:
    """Analyze one long FLAC; return the worker's peak memory, its decoders' included, and its pace."""
    duration_s = settings.bench_day_hours * 3600
    day = write_day(folder / "day.flac", settings.audio_dir, duration_s)
    with open_worker(servers, folder, packs_dir, PACK, WorkerSettings().sessions) as worker:
        cost, _ = worker.run([day])
        peak_bytes = peak_resident_bytes(worker.pid)
    return {
        "pack": PACK,
        "audio_hours": settings.bench_day_hours,
        "wall_s": round(cost.wall_s, 1),
        "cpu_s": round(cost.cpu_s, 1),
        "audio_s_per_s": round(duration_s / cost.wall_s),
        "worker_peak_resident_mb": round(peak_bytes / 1e6),
    }
