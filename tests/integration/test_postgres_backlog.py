"""What is still to be done, as PostgreSQL knows it and as the relay's metrics tell it."""

import math
from pathlib import Path

import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg import sql

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.backlog import Backlog, measure_backlog
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.relay.queue_metrics import QueueMetrics
from tests.servers.postgres_fill import job, post, save, start


def gauge(name: str, **labels: str) -> float:
    value = REGISTRY.get_sample_value(name, labels)
    assert value is not None
    return value


def make_older(database: Database, seconds: float) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE segments SET queued_at = queued_at - make_interval(secs => %s)", [seconds])
        connection.execute("UPDATE outbox SET created_at = created_at - make_interval(secs => %s)", [seconds])


def test_nothing_posted_is_no_backlog(database: Database) -> None:
    assert measure_backlog(database) == {Lane.EXPRESS: Backlog(), Lane.BULK: Backlog()}


def test_what_waits_and_what_is_in_work_is_backlog_and_what_is_done_is_not(database: Database) -> None:
    ledger, analysis_id = PostgresLedger(database), post(database, 700.0).analyses[0].id
    save(ledger, analysis_id, 0)
    start(ledger, analysis_id, 1)
    backlog = measure_backlog(database)
    assert (backlog[Lane.EXPRESS].segments, backlog[Lane.EXPRESS].audio_s) == (2, 400.0)
    assert backlog[Lane.BULK] == Backlog()


def test_the_backlog_is_as_old_as_its_oldest_segment(database: Database) -> None:
    post(database)
    make_older(database, 100.0)
    post(database)
    assert 100.0 <= measure_backlog(database)[Lane.EXPRESS].oldest_s < 160.0


def test_a_segment_that_waits_for_its_next_attempt_has_no_age(database: Database) -> None:
    ledger, analysis_id = PostgresLedger(database), post(database, 100.0).analyses[0].id
    start(ledger, analysis_id, 0)
    ledger.retry_segment(job(analysis_id, 0), "the store was away", 300.0)
    assert measure_backlog(database)[Lane.EXPRESS] == Backlog(1, 100.0, 0.0)


def test_the_relay_tells_what_waits(database: Database) -> None:
    post(database, 700.0)
    make_older(database, 100.0)
    QueueMetrics(database, every_s=1).measure()
    assert gauge("chorus_outbox_waiting") == 3
    assert gauge("chorus_outbox_lag_seconds") >= 100
    assert gauge("chorus_backlog_segments", lane="express") == 3
    assert gauge("chorus_backlog_audio_seconds", lane="express") == 700
    assert gauge("chorus_backlog_oldest_seconds", lane="express") >= 100
    assert gauge("chorus_backlog_segments", lane="bulk") == 0


def test_without_a_database_what_waits_is_unknown() -> None:
    with Database("postgresql://127.0.0.1:1/nowhere", wait_s=0.1) as away:
        QueueMetrics(away, every_s=1).measure()
    assert math.isnan(gauge("chorus_outbox_lag_seconds"))
    assert math.isnan(gauge("chorus_backlog_oldest_seconds", lane="bulk"))


def test_a_folder_tells_how_much_room_its_volume_has(tmp_path: Path) -> None:
    store = open_audio_store((tmp_path / "audio").as_uri())
    store.watch_space()
    assert 0 < gauge("chorus_store_bytes", space="free") <= gauge("chorus_store_bytes", space="total")


def test_a_folder_that_is_gone_spoils_no_other_metric(tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    open_audio_store(folder.as_uri()).watch_space()
    folder.rmdir()
    assert math.isnan(gauge("chorus_store_bytes", space="free"))


@pytest.mark.parametrize("table", ["recordings", "detections_heard", "analyses_progress", "outbox"])
def test_a_reader_may_read_results(database: Database, table: str) -> None:
    with database.transaction() as connection:
        connection.execute("SET LOCAL ROLE reader")
        connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM api_keys",
        "SELECT * FROM sessions",
        "SELECT * FROM idempotency_keys",
        "DELETE FROM taxa",
    ],
)
def test_a_reader_may_neither_read_keys_nor_write(database_url: str, statement: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
