"""The server goes away and comes back: what callers see of it."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import psycopg
import pytest

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter, detections_of
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recordings import get_recording
from dawn_chorus.domain.analysis import AnalysisResult
from dawn_chorus.domain.errors import TransientError
from tests.servers.postgres import PostgresNode
from tests.servers.postgres_fill import FACTS, ROBIN, post, save, start, timeline_of

Answer = TypeVar("Answer")


def patiently(call: Callable[[], Answer]) -> Answer:
    """As every caller does: again while the error is transient."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return call()
        except TransientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_a_restart_between_calls_is_not_noticed(restartable_postgres: tuple[PostgresNode, str]) -> None:
    node, url = restartable_postgres
    with Database(url, min_size=4, max_size=4) as database:
        ledger = PostgresLedger(database)
        recording = post(database, 600.0)
        analysis_id = recording.analyses[0].id
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: database.check(), range(16)))
        node.restart()
        # All four connections are dead now; no call fails for it.
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: get_recording(database, recording.recording.id), range(8)))
        work = start(ledger, analysis_id, 0)
        node.restart()
        ledger.save_timeline(work, timeline_of(work, [(ROBIN, 1.0, 2.0, 0.9)]), FACTS)
        save(ledger, analysis_id, 1)
        assert get_status(database, analysis_id).analysis.result is AnalysisResult.SUCCEEDED


def test_a_server_that_is_down_is_a_transient_error_until_it_is_back(
    restartable_postgres: tuple[PostgresNode, str],
) -> None:
    node, url = restartable_postgres
    with Database(url, wait_s=0.5) as database:
        outbox = PostgresOutbox(database)
        recording = post(database, 600.0)
        outbox.wait(0.0)
        node.stop()
        calls: list[Callable[[], object]] = [
            database.check,
            outbox.lag,
            lambda: outbox.wait(5.0),
            lambda: get_recording(database, recording.recording.id),
        ]
        for call in calls:
            with pytest.raises(TransientError, match="PostgreSQL"):
                call()
        node.start()
        assert patiently(lambda: get_recording(database, recording.recording.id)) == recording
        assert patiently(lambda: outbox.wait(5.0)) is True
        outbox.close()


def test_a_pool_opened_before_the_server_is_up_serves_when_it_is(
    restartable_postgres: tuple[PostgresNode, str],
) -> None:
    node, url = restartable_postgres
    node.stop()
    with Database(url, wait_s=0.5) as database:
        with pytest.raises(TransientError):
            database.check()
        node.start()
        patiently(database.check)


def test_a_stream_that_is_cut_off_says_so_and_does_not_look_complete(
    restartable_postgres: tuple[PostgresNode, str],
) -> None:
    node, url = restartable_postgres
    with Database(url) as database:
        analysis_id = post(database, 30_000.0, segment_s=30_000.0).analyses[0].id
        save(PostgresLedger(database), analysis_id, 0, [(ROBIN, 10.0 * n, 10.0 * n + 5, 0.9) for n in range(2500)])
        stream = stream_detections(database, DetectionFilter())
        next(stream)
        node.stop()
        with pytest.raises(TransientError):
            list(stream)
        node.start()
        assert len(patiently(lambda: list(stream_detections(database, DetectionFilter())))) == 2500


def test_the_events_of_one_analysis_are_read_at_once_and_outlive_the_server(
    restartable_postgres: tuple[PostgresNode, str],
) -> None:
    node, url = restartable_postgres
    with Database(url) as database:
        analysis_id = post(database, 30_000.0, segment_s=30_000.0).analyses[0].id
        save(PostgresLedger(database), analysis_id, 0, [(ROBIN, 10.0 * n, 10.0 * n + 5, 0.9) for n in range(2500)])
        stream = detections_of(database, analysis_id)
        node.restart()
        assert len(list(stream)) == 2500


def test_a_migration_under_a_running_service_costs_one_more_try(database_url: str) -> None:
    """What was prepared before a column was added cannot be run again as it is."""
    with Database(database_url, max_size=1, prepared=True) as database:
        recording = post(database, 600.0).recording
        for _ in range(5):
            get_recording(database, recording.id)
        with psycopg.connect(database_url, autocommit=True) as administrator:
            administrator.execute("ALTER TABLE recordings ADD COLUMN of_the_next_version text")
        assert patiently(lambda: get_recording(database, recording.id)) == get_recording(database, recording.id)
