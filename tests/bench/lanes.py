"""What a day with 50 taxa costs as lanes, beside its timeline, and what it costs to cut its events anew; in turns.

CPU time of the API's process and of PostgreSQL: what one request costs whoever runs the service.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import migrate
from tests.bench.meter import Meter, peak_resident_bytes
from tests.bench.settings import BenchSettings
from tests.bench.timeline import open_api
from tests.servers.long_timeline import post_long, save_segments

_ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("timeline", "timeline", {}),
    ("lanes", "lanes", {}),
    ("lanes, an hour of windows", "lanes", {"from_s": 36000, "to_s": 39600}),
    ("lanes, an hour of frames", "lanes", {"from_s": 36000, "to_s": 39600, "frames": True}),
    ("detections as stored", "detections", {"format": "ndjson"}),
    ("detections, cut at 0.6", "detections", {"format": "ndjson", "onset_threshold": 0.6}),
    ("detections, cut at 0.9", "detections", {"format": "ndjson", "onset_threshold": 0.9}),
    ("detections, cut at 0.6, 10 minutes", "detections", {"onset_threshold": 0.6, "from_s": 36000, "to_s": 36600}),
)


@dataclass(frozen=True)
class Cost:
    """Of one request."""

    api_cpu_s: float
    postgres_cpu_s: float
    size_bytes: int


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the table; return what it was made of."""
    hours, taxa = settings.bench_day_hours or 24.0, settings.bench_taxa
    asked: dict[str, list[Cost]] = defaultdict(list)
    with _opened(hours, taxa) as (analysis_id, pids, client):
        for _ in range(settings.bench_rounds + 1):  # the first one warms up
            for name, resource, wanted in _ASKED:
                asked[name].append(_ask(client, pids, f"/v1/analyses/{analysis_id}/{resource}", wanted))
        peak_bytes = peak_resident_bytes(pids[0])
    asked = {name: found[1:] for name, found in asked.items()}
    console.print(_table(f"{hours:g} h of {taxa} taxa", asked))
    console.print(f"the API's highest memory: {peak_bytes / 1e6:.0f} MB")
    return {"hours": hours, "taxa": taxa, "rounds": {name: [asdict(each) for each in asked[name]] for name in asked}}


@contextmanager
def _opened(hours: float, taxa: int) -> Iterator[tuple[str, tuple[int, int], httpx.Client]]:
    with tempfile.TemporaryDirectory(prefix="chorus-lanes-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", options={"fsync": "off"})
        try:
            url = server.start()
            migrate(url)
            with Database(url) as database:
                recording = post_long(database, hours, taxa)
                save_segments(database, recording, taxa)
            with open_api(url, Path(folder)) as (pid, client):
                yield str(recording.analyses[0].id), (pid, server.pid or 0), client
        finally:
            server.stop()


def _ask(client: httpx.Client, pids: tuple[int, int], path: str, wanted: dict[str, Any]) -> Cost:
    meters = [Meter([pid]) for pid in pids]
    response = client.get(path, params=wanted)
    response.raise_for_status()
    api_cpu_s, postgres_cpu_s = (meter.read().cpu_s for meter in meters)
    return Cost(api_cpu_s, postgres_cpu_s, len(response.content))


def _table(title: str, asked: dict[str, list[Cost]]) -> Table:
    table = Table("", "API CPU s", "PostgreSQL CPU s", "MB", "× the timeline's CPU", title=title)
    for name, found in asked.items():
        ratio = median(
            (each.api_cpu_s + each.postgres_cpu_s) / (whole.api_cpu_s + whole.postgres_cpu_s)
            for each, whole in zip(found, asked["timeline"], strict=True)
        )
        values = [median(getattr(each, field) for each in found) for field in ("api_cpu_s", "postgres_cpu_s")]
        size = f"{found[0].size_bytes / 1e6:.2f}"
        table.add_row(name, *(f"{value:.2f}" for value in values), size, f"{ratio:.2f}")
    return table
