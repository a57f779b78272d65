"""What exports of a million detections cost, each in a process of its own: memory at its peak, CPU, the first byte.

As many run at once as there are cores; times on the clock are of a machine that is busy so.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.exports.writing import write_export
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter
from dawn_chorus.adapters.postgres.listened import stream_listened
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.domain.errors import MissingExtra
from dawn_chorus.domain.exports.context import ExportContext, Tally
from dawn_chorus.domain.exports.formats import ExportFormat
from tests.bench.detection_corpus import fill
from tests.bench.settings import BenchSettings

ROWS = 1_000_000
LIKE_OTHERS = (ExportFormat.JSON, ExportFormat.AUDACITY, ExportFormat.AUDACITY_BIRDNET)
"""NDJSON and Raven are written as they are, with more in each row."""
FORMATS = [each for each in ExportFormat if each not in LIKE_OTHERS]
_OPTIONS = {"shared_buffers": "512MB", "fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
_PLACES = "UPDATE recordings SET latitude = 52.5, longitude = -0.25"


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Export from a database that is filled first, or from the one that `--at` names; print each row as it is there."""
    rows = min(ROWS, settings.bench_detections)
    found = []
    with _filled(settings, rows, console) as url, ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(_run, url, each, count) for count in (rows, rows // 10) for each in reversed(FORMATS)]
        for future in as_completed(running):
            found.append(future.result())
            console.print(f"{len(found)} of {len(running)}: {found[-1]}")
    found.sort(key=lambda each: (FORMATS.index(each["format"]), each["rows"]))
    console.print(_table(found))
    return {"exports": found}


@contextmanager
def _filled(settings: BenchSettings, rows: int, console: Console) -> Iterator[str]:
    if settings.bench_at:
        yield settings.bench_at
        return
    folder = Path(tempfile.mkdtemp(prefix="chorus-exports-"))
    server = EmbeddedPostgres(folder, options=_OPTIONS)
    try:
        url = server.start()
        migrate(url)
        console.print(f"filling a database with {rows} detections that count")
        # Of a tenth of the recordings two analyses are stored, and one counts.
        fill(url, round(rows * 1.2))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_PLACES)
        yield url
    finally:
        server.stop()
        shutil.rmtree(folder)


def _run(url: str, export_format: str, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.exports", url, export_format, str(rows)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def export(url: str, export_format: ExportFormat, rows: int) -> dict[str, Any]:
    """Export so many detections to nowhere; return what it took."""
    context, tally = ExportContext(datetime.now(UTC), address="https://chorus.example.org"), Tally()
    size_bytes, first_s, began = 0, None, time.perf_counter()
    with Database(url) as database:
        findings = islice(stream_detections(database, DetectionFilter()), rows)
        try:
            listened = stream_listened(database, DetectionFilter())
            for part in write_export(export_format, findings, context, tally, listened):
                first_s = first_s or time.perf_counter() - began
                size_bytes += len(part)
        except MissingExtra as error:
            return {"format": export_format, "rows": 0, "left_out": f"all: {error}"}
    status = Path("/proc/self/status").read_text()
    peak_kib = int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])
    return {
        "format": export_format,
        "rows": tally.written,
        "left_out": tally.left_out_in_words(),
        "peak_mib": peak_kib // 1024,
        "cpu_s": round(time.process_time(), 1),
        "first_byte_s": round(first_s or 0.0, 2),
        "wall_s": round(time.perf_counter() - began, 1),
        "size_mib": round(size_bytes / 2**20, 1),
    }


def _table(found: list[dict[str, Any]]) -> Table:
    columns = ("format", "rows", "peak_mib", "cpu_s", "first_byte_s", "wall_s", "size_mib", "left_out")
    table = Table(*columns, title="exports across recordings")
    for each in found:
        table.add_row(*(str(each.get(column, "")) for column in columns))
    return table


if __name__ == "__main__":
    sys.stdout.write(json.dumps(export(sys.argv[1], ExportFormat(sys.argv[2]), int(sys.argv[3]))) + "\n")
