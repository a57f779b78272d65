"""A database filled with detections and reviews: made, kept for the next time, or running already."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from dawn_chorus.adapters.embedded_postgres.server import EmbeddedPostgres
from dawn_chorus.adapters.postgres.migrate import migrate
from tests.bench.detection_corpus import fill
from tests.bench.reviewed_corpus import fill_reviews
from tests.bench.settings import BenchSettings

BYTES_A_DETECTION = 700
"""Of disk, with all indexes and PostgreSQL's log."""
OPTIONS = {"shared_buffers": "1GB", "fsync": "off", "full_page_writes": "off", "max_wal_size": "2GB"}
_FILLED = "filled-with"


@contextmanager
def filled_database(settings: BenchSettings, console: Console) -> Iterator[str]:
    """Yield the URL of a database with `bench_detections`: that of `bench_at`, or of a server on `bench_keep`.

    With neither it is filled in a folder of its own, which is removed at the end.
    """
    if settings.bench_at:
        yield settings.bench_at
        return
    folder = settings.bench_keep or Path(tempfile.mkdtemp(prefix="chorus-review-"))
    folder.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(folder, options=OPTIONS)
    try:
        url = server.start()
        _fill_once(url, folder, settings.bench_detections, console)
        yield url
    finally:
        server.stop()
        if settings.bench_keep is None:
            shutil.rmtree(folder)


def _fill_once(url: str, folder: Path, detections: int, console: Console) -> None:
    migrate(url)
    marker = folder / _FILLED
    if marker.exists():
        if int(marker.read_text()) != detections:
            raise SystemExit(
                f"{folder} is filled with {marker.read_text()} detections: name another folder, or delete it"
            )
        return
    if shutil.disk_usage(folder).free < detections * BYTES_A_DETECTION:
        raise SystemExit(f"{folder} is too small: set CHORUS_BENCH_DETECTIONS to fewer, or use a larger disk")
    began = time.perf_counter()
    fill(url, detections)
    reviews = fill_reviews(url)
    marker.write_text(str(detections))
    console.print(f"{detections:,} detections and {reviews:,} reviews: made in {time.perf_counter() - began:.0f} s")
