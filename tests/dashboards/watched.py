"""A service that has worked: several sites, one silent, one retired, failures, reviews; Prometheus watches it."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from dawn_chorus.domain.jobs import Lane
from tests.end_to_end.ledger import query
from tests.end_to_end.recordings import cut_short, write_tone
from tests.end_to_end.service import Service, wait_until
from tests.integration.queues import publish_raw
from tests.packs import write_tone_pack
from tests.servers.postgres import PostgresServer
from tests.servers.prometheus import SCRAPE_S, Prometheus, run_postgres_exporter, run_prometheus
from tests.servers.rabbitmq import RabbitNode

PAGE = "https://chorus.example.org"
_progress = logging.getLogger("preview")
_HISTORY = (("marsh", (8, 7, 6, 5)), ("old oak", (63, 62, 61)))
"""Sites and the days before now on which they recorded: one fell silent, one was taken down long ago."""


@dataclass(frozen=True)
class Watched:
    """A service that has worked, and who watched it."""

    service: Service
    prometheus: Prometheus

    def read(self, statement: str) -> tuple[list[str], list[dict[str, Any]]]:
        """Run a statement as Grafana would; return its columns and rows."""
        with psycopg.connect(self.service.database_url, row_factory=dict_row) as connection:
            connection.read_only = True
            connection.execute("SET ROLE reader")
            cursor = connection.execute(statement.encode())
            assert cursor.description is not None
            return [column.name for column in cursor.description], cursor.fetchall()


@contextmanager
def watch_work(folder: Path, postgres: PostgresServer, rabbit: RabbitNode) -> Iterator[Watched]:
    """Start everything, have it work for a while, and leave some work undone."""
    write_tone_pack(folder / "packs" / "tones")
    database_url, broker_url = postgres.make_database(), rabbit.make_vhost()
    service = Service(folder, database_url, broker_url, folder / "packs", f"file://{folder}/audio")
    service.variables["CHORUS_PUBLIC_URL"] = PAGE
    with ExitStack() as stack:
        stack.callback(postgres.drop_database, database_url)
        stack.callback(rabbit.drop_vhost, broker_url)
        stack.callback(service.close)
        service.open("api", "relay", "worker", segment_s="20", measure_every_s="0.5")
        exporter = stack.enter_context(run_postgres_exporter(folder, database_url))
        broker = f"127.0.0.1:{rabbit.metrics_port}"
        targets = {name: [f"127.0.0.1:{service.find(name).metrics_port}"] for name in ("api", "relay", "worker")}
        targets |= {"rabbitmq": [broker], "rabbitmq-queues": [broker], "postgres": [exporter]}
        prometheus = stack.enter_context(run_prometheus(folder, targets))
        # Twice: a rate wants a series that is there already when something happens.
        for time_around in (1, 2):
            _progress.info("recordings are analyzed, %s of 2", time_around)
            _work(service)
            _wait_scraped(prometheus, len(targets))
        _progress.info("what silent recorders left, reviews, and work that is left undone")
        _make_history(service)
        _review(service)
        _leave_work_undone(service)
        yield Watched(service, prometheus)


def _work(service: Service) -> None:
    """Have recordings analyzed, with a date and without, at several sites, one broken; and a message nobody knows."""
    now = datetime.now(UTC)
    onset_s = 1.0 + now.microsecond / 1e6
    for site, age_h, offset_s in (("O'Brien's pond", 2, 40.0), ("hill", 30, 50.0), ("", 6, 60.0), ("hill", 0, 30.0)):
        place = {"site": site} if site else {}
        date = {"recorded_at": (now - timedelta(hours=age_h)).isoformat()} if age_h else {}
        path = write_tone(service.folder / f"{now.timestamp()}-{age_h}.wav", 60.0, onset_s=onset_s, offset_s=offset_s)
        service.wait_finished(service.submit(path, **place, **date))
    broken = write_tone(service.folder / f"{now.timestamp()}.flac", 90.0, onset_s=onset_s)
    service.wait_finished(service.submit(cut_short(broken, 0.3)))
    publish_raw(service.broker_url, Lane.EXPRESS, b"not a job")


def _make_history(service: Service) -> None:
    now = datetime.now(UTC)
    path = write_tone(service.folder / "history.wav", 30.0, onset_s=5.0, offset_s=9.0)
    days = [(site, day) for site, each in _HISTORY for day in each]
    dates = [{"site": site, "recorded_at": (now - timedelta(days=day)).isoformat()} for site, day in days]
    for analysis in [service.submit(path, **date) for date in dates]:
        service.wait_finished(analysis)


def _review(service: Service) -> None:
    """Have people say what they heard in two of the newest detections."""
    with httpx.Client(base_url=f"{service.api.status_url}/v1", timeout=60) as api:
        found = api.get("/detections", params={"site": "marsh"}).json()["items"]
        for detection, verdict in zip(found, ("confirmed", "rejected"), strict=False):
            said = {key: detection[key] for key in ("recording_id", "onset_s", "offset_s")}
            said |= {"taxon": detection["code"], "verdict": verdict, "reviewer": "Ada"}
            answer = api.post("/reviews", json=said)
            assert answer.is_success, answer.text


def _wait_scraped(prometheus: Prometheus, jobs: int) -> None:
    """Wait until every target was read twice more."""
    since_s = time.time() + 2 * SCRAPE_S

    def is_read() -> bool:
        read = prometheus.ask("/query", query=f"timestamp(up) > {since_s}")["result"]
        return len(read) == jobs

    wait_until(is_read, "Prometheus has read all targets")


def _leave_work_undone(service: Service) -> None:
    wait_until(lambda: query(service.database_url, "SELECT FROM dead_letters"), "the dead letters are written down")
    service.find("worker").stop()
    service.submit(write_tone(service.folder / "later.wav", 45.0, onset_s=2.5))
