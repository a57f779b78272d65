"""What the timeline of a day with 50 taxa costs the API, and when its first byte comes; as it is and as it was made.

The old way gets its rows from the new reader, which is faster: the gain is a little larger than the table says.
"""

import os
import subprocess
import sys
import tempfile
import time
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
from tests.servers.long_timeline import post_long, save_segments
from tests.servers.ports import find_free_ports

_START_S = 60.0
_PORTS = range(20_000, 21_000)


@dataclass(frozen=True)
class Asked:
    """One timeline, read to its end."""

    first_byte_s: float
    whole_s: float
    cpu_s: float
    """Of the API's process."""
    size_bytes: int


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the table; return what it was made of."""
    with tempfile.TemporaryDirectory(prefix="chorus-timeline-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", options={"fsync": "off"})
        try:
            url = server.start()
            migrate(url)
            return _measure(url, Path(folder), settings, console)
        finally:
            server.stop()


def _measure(url: str, folder: Path, settings: BenchSettings, console: Console) -> dict[str, Any]:
    hours, taxa = settings.bench_day_hours or 24.0, settings.bench_taxa
    with Database(url) as database:
        recording = post_long(database, hours, taxa)
        save_segments(database, recording, taxa)
    analysis_id = recording.analyses[0].id
    asked: dict[str, list[Asked]] = defaultdict(list)
    with open_api(url, folder) as (pid, client):
        for frames in (False, True):
            for _ in range(settings.bench_rounds):
                for name, path in (
                    ("before", f"/before/{analysis_id}"),
                    ("now", f"/v1/analyses/{analysis_id}/timeline"),
                ):
                    asked[f"{name}, with frames" if frames else name].append(_ask(client, pid, path, frames=frames))
        peak_bytes = peak_resident_bytes(pid)
    console.print(_table(f"{hours:g} h of {taxa} taxa", asked))
    console.print(f"the API's highest memory, old way included: {peak_bytes / 1e6:.0f} MB")
    return {
        "hours": hours,
        "taxa": taxa,
        "rounds": {name: [asdict(each) for each in found] for name, found in asked.items()},
    }


def _ask(client: httpx.Client, pid: int, path: str, *, frames: bool) -> Asked:
    meter, size_bytes, first_byte_s = Meter([pid]), 0, 0.0
    began = time.perf_counter()
    with client.stream("GET", path, params={"frames": frames}) as response:
        response.raise_for_status()
        for chunk in response.iter_raw():
            first_byte_s = first_byte_s or time.perf_counter() - began
            size_bytes += len(chunk)
    return Asked(first_byte_s, time.perf_counter() - began, meter.read().cpu_s, size_bytes)


@contextmanager
def open_api(url: str, folder: Path) -> Iterator[tuple[int, httpx.Client]]:
    """Yield the process of an API, and a client of it; what it keeps lies in the folder."""
    (port,) = find_free_ports(1, _PORTS)
    command = [sys.executable, "-m", "tests.bench.timeline_api", url, (folder / "store").as_uri(), str(port)]
    with subprocess.Popen(command, env=os.environ | {"CHORUS_CACHE_DIR": str(folder / "cache")}) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=600) as client:
                _wait(client)
                yield process.pid, client
        finally:
            process.terminate()


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            client.get("/health/live").raise_for_status()
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _table(title: str, asked: dict[str, list[Asked]]) -> Table:
    table = Table("", "first byte s", "whole s", "API CPU s", "MB", "× less CPU", title=title)
    for name, found in asked.items():
        old = asked[name.replace("now", "before")]
        ratio = median(before.cpu_s / now.cpu_s for before, now in zip(old, found, strict=True))
        values = [median(getattr(each, field) for each in found) for field in ("first_byte_s", "whole_s", "cpu_s")]
        table.add_row(name, *(f"{value:.2f}" for value in values), f"{found[0].size_bytes / 1e6:.0f}", f"{ratio:.1f}")
    return table
