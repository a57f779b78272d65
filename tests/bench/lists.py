"""How long PostgreSQL works for a page of detections at ten million of them, before and after migration 0006.

Server execution of a page of 101 rows, warm, by EXPLAIN of the statements that the API runs; and what retention asks.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.adapters.postgres.retention import RetentionRule, find_best
from tests.bench.detection_corpus import fill, migrate_to
from tests.bench.detection_lists import Found, cases, measure_case
from tests.bench.settings import BenchSettings

GOAL_MS = 10.0
BYTES_A_DETECTION = 600
"""Of disk, with both sets of indexes and PostgreSQL's log."""
_OPTIONS = {"shared_buffers": "1GB", "fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
_BEFORE = "0005_field"
_FIND_BEST_BEFORE = """
WITH best_of_recording AS (
    SELECT d.taxon_id, d.recording_id, max(d.confidence) AS confidence
    FROM detections AS d
    JOIN current_analyses AS c ON c.analysis_id = d.analysis_id
    JOIN recordings AS r ON r.id = d.recording_id
    WHERE r.audio_removed_at IS NULL
    GROUP BY d.taxon_id, d.recording_id
), ranked AS (
    SELECT recording_id, row_number() OVER (PARTITION BY taxon_id ORDER BY confidence DESC, recording_id) AS place
    FROM best_of_recording
)
SELECT DISTINCT recording_id FROM ranked WHERE place <= 3
"""
"""Retention's question as it was until migration 0006."""


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Fill a database of its own, which is removed at the end; print the tables and return what they show."""
    folder = Path(tempfile.mkdtemp(prefix="chorus-lists-"))
    if shutil.disk_usage(folder).free < settings.bench_detections * BYTES_A_DETECTION:
        raise SystemExit(f"{folder} is too small: set CHORUS_BENCH_DETECTIONS to fewer, or TMPDIR to a larger disk")
    server = EmbeddedPostgres(folder, options=_OPTIONS)
    try:
        return _measure(server.start(), settings.bench_detections, console)
    finally:
        server.stop()
        shutil.rmtree(folder)


def _measure(url: str, detections: int, console: Console) -> dict[str, Any]:
    began = time.perf_counter()
    migrate_to(url, _BEFORE)
    fill(url, detections)
    console.print(f"{detections:,} detections were made in {time.perf_counter() - began:.0f} s")
    with psycopg.connect(url, autocommit=True, row_factory=dict_row, prepare_threshold=None) as connection:
        before = [measure_case(connection, case, freely=True) for case in cases()]
        migrated_s = _timed(lambda: migrate(url))
        connection.execute("VACUUM ANALYZE detections")
        after = [measure_case(connection, case) for case in cases()]
        best = _compare_best(connection)
    console.print(_table(before, after))
    over = [found.name for found in after if found.ms > GOAL_MS]
    console.print(f"{len(after)} lists, {len(over)} over {GOAL_MS:g} ms: {'; '.join(over) or 'none'}")
    console.print(f"migration 0006: {migrated_s:.0f} s; the best recordings of each taxon: {best}")
    return {
        "detections": detections,
        "migration_s": migrated_s,
        "best": best,
        "before": [asdict(found) for found in before],
        "after": [asdict(found) for found in after],
    }


def _timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _compare_best(connection: Connection) -> dict[str, Any]:
    """Return how long retention's question takes, as it was and as it is; both must have the same answer."""
    rule = RetentionRule(audio_days=30, results_days=None)
    expected = frozenset(row["recording_id"] for row in connection.execute(_FIND_BEST_BEFORE))
    if find_best(connection, rule) != expected:
        raise AssertionError("the best recordings are other ones than before")
    before_s = median(_timed(lambda: connection.execute(_FIND_BEST_BEFORE).fetchall()) for _ in range(3))
    after_s = median(_timed(lambda: find_best(connection, rule)) for _ in range(3))
    return {"before_s": round(before_s, 2), "after_s": round(after_s, 3), "recordings": len(expected)}


def _table(before: Sequence[Found], after: Sequence[Found]) -> Table:
    """Show the twenty lists that gained most and the ten that are slowest now."""
    pairs = sorted(zip(before, after, strict=True), key=lambda pair: pair[1].ms - pair[0].ms)
    slowest = sorted(pairs[20:], key=lambda pair: -pair[1].ms)[:10]
    table = Table("", "rows", "ms before", "index", "ms", "blocks", "index", title="pages of 101 detections")
    for old, new in [*pairs[:20], *slowest]:
        table.add_row(
            new.name, str(new.rows), f"{old.ms:.2f}", old.indexes, f"{new.ms:.2f}", str(new.blocks), new.indexes
        )
    return table
