import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dawn_chorus.adapters.postgres.migrate import MIGRATIONS, migrate, schema_version
from dawn_chorus.domain.errors import TransientError
from tests.servers.postgres import PostgresServer

LATEST = max(path.stem for path in MIGRATIONS.glob("*.sql"))


@pytest.fixture
def empty_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.make_database(empty=True)
    yield url
    postgres_server.drop_database(url)


def test_an_empty_database_gets_the_whole_schema_once(empty_url: str) -> None:
    assert schema_version(empty_url) is None
    assert migrate(empty_url)[-1] == LATEST
    assert schema_version(empty_url) == LATEST
    assert migrate(empty_url) == []


def test_of_many_migrating_at_once_one_works_and_the_rest_find_it_done(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [empty_url] * 4))
    assert sorted(len(names) for names in applied) == [0, 0, 0, len(list(MIGRATIONS.glob("*.sql")))]


def test_a_migrator_leaves_no_lock_behind(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)


BEFORE_FIELD = """
INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels)
VALUES ('a.wav', 'a', 1, repeat('0', 64), 'wav', 1500, 48000, 1);
INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, rules)
VALUES ('woods', '1', 'CC0-1.0', '', '', 5, '{}');
INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total, state, result, finished_at)
SELECT id, 'woods', '{}', 'bulk', 300, 5, 'finished', result, '2026-05-03T04:00Z'::timestamptz + hours * interval '1h'
FROM recordings, (VALUES ('partial', 1), ('succeeded', 2), ('failed', 3)) AS t (result, hours);
"""
SENTENCES = (
    "lost 1.000 s to 2.500 s: bad frame; 3.000 s to 4.000 s: the data; and more: 5 s; 9.000 s to 10.000 s: c",
    "lost 301.000 s to 302.000 s: a; 303.000 s to 304.000 s: a; 305.000 s to 306.000 s: a; and 7 more stretches",
    "the file ends early",
    "lost 1000.000 s to 1000.000 s: a",
)
STRETCHES = [
    (0, "1.000000", "2.500000", "bad frame"),
    (0, "3.000000", "4.000000", "the data; and more: 5 s"),
    (0, "9.000000", "10.000000", "c"),
    (1, "301.000000", "302.000000", "a"),
    (1, "303.000000", "304.000000", "a"),
    (1, "305.000000", "306.000000", "a"),
]


def migrate_up_to(url: str, last: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for path in MIGRATIONS.glob("*.sql"):
        if path.stem <= last:
            (folder / path.name).write_bytes(path.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr("dawn_chorus.adapters.postgres.migrate.MIGRATIONS", folder)
        migrate(url)


def test_lost_audio_is_read_out_of_old_sentences_and_nothing_is_invented(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0004_unpromised", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_FIELD)
        for index, sentence in enumerate(SENTENCES):
            connection.execute(
                "INSERT INTO segments (analysis_id, segment_index, start_s, end_s, state, lost, analyzed_s, "
                "first_window, n_windows, first_frame, n_frames, finished_at) SELECT id, %(index)s, %(index)s * 300, "
                "%(index)s * 300 + 300, 'done', %(lost)s, 290, 0, 60, 0, 0, now() "
                "FROM analyses WHERE result = 'partial'",
                {"index": index, "lost": sentence},
            )
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute(
            "SELECT segment_index, start_s::text, end_s::text, reason FROM lost_stretches ORDER BY 1, start_s"
        ).fetchall()
        kept = connection.execute("SELECT lost FROM segments ORDER BY segment_index").fetchall()
    assert rows == STRETCHES
    assert kept == [(sentence,) for sentence in SENTENCES]


def test_the_newest_analysis_with_results_counts_after_the_migration(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0004_unpromised", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_FIELD)
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        counting = connection.execute(
            "SELECT c.pack_name, a.result FROM current_analyses AS c JOIN analyses AS a ON a.id = c.analysis_id"
        ).fetchall()
    assert counting == [("woods", "succeeded")]


def wait_for_a_waiter(connection: psycopg.Connection[Any]) -> None:
    """Wait until the migration waits for a lock."""
    for _ in range(100):
        if connection.execute("SELECT FROM pg_locks WHERE NOT granted LIMIT 1").fetchone() is not None:
            return
        time.sleep(0.05)
    raise AssertionError("the migration does not wait for the worker's transaction")


def test_a_worker_that_is_saving_a_segment_is_waited_for(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0004_unpromised", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_FIELD)
    with (
        psycopg.connect(empty_url, autocommit=True) as watching,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(empty_url) as worker,
    ):
        worker.execute("SELECT FROM analyses FOR NO KEY UPDATE")
        worker.execute("UPDATE analyses SET provider = 'cpu'")
        migrating = pool.submit(migrate, empty_url)
        wait_for_a_waiter(watching)
        worker.execute("DELETE FROM timelines")
        worker.execute("UPDATE segments SET worker = 'w'")
        worker.execute("DELETE FROM detections")
        worker.commit()
        assert "0005_field" in migrating.result(timeout=60)


def test_a_worker_that_is_copying_events_is_waited_for(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0008_page", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_DOORS)
    with (
        psycopg.connect(empty_url, autocommit=True) as watching,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(empty_url) as worker,
    ):
        worker.execute("SELECT FROM analyses FOR NO KEY UPDATE")
        worker.execute("SELECT FROM recordings FOR NO KEY UPDATE")
        worker.execute("DELETE FROM detections")
        migrating = pool.submit(migrate, empty_url)
        wait_for_a_waiter(watching)
        time.sleep(1.5)  # longer than deadlock_timeout: who waits for the worker has looked for a circle
        worker.execute("UPDATE analyses SET state = 'finished', result = 'succeeded', finished_at = now()")
        worker.commit()
        assert "0009_review" in migrating.result(timeout=60)


def test_exports_of_a_checkout_stay_and_cancelled_ones_go(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0010_review_queue", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "INSERT INTO exports (format, request, asked_by, state)"
            " VALUES ('csv', '{}', 'ada', 'waiting'), ('csv', '{}', 'ada', 'cancelled')"
        )
    assert migrate(empty_url) == ["0011_publish"]
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT state, address FROM exports").fetchall() == [("waiting", "")]
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE exports SET state = 'cancelled'")


READ = ("detections", "segment_warnings", "lost_stretches", "timelines", "segments", "analyses", "recordings")


def test_readers_go_on_while_indexes_are_built_and_whatever_they_read_first_there_is_no_deadlock(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0005_field", monkeypatch, tmp_path)
    with (
        psycopg.connect(empty_url, autocommit=True) as watching,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(empty_url, options="-c statement_timeout=20s") as reader,
    ):
        reader.execute("SELECT FROM detections")
        migrating = pool.submit(migrate, empty_url)
        wait_for_a_waiter(watching)
        for table in READ:
            reader.execute(f"SELECT FROM {table}")
            time.sleep(0.2)
        reader.execute("SELECT pg_sleep(2)")
        assert not migrating.done()
        reader.commit()
        assert "0006_doors" in migrating.result(timeout=60)


BEFORE_DOORS = """
INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels)
SELECT name, name, 1, repeat(name, 64), 'wav', 900, 48000, 1 FROM (VALUES ('a'), ('b')) AS t (name);
INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total)
SELECT id, 'woods', '{}', 'bulk', 300, 3 FROM recordings;
INSERT INTO segments (analysis_id, segment_index, start_s, end_s)
SELECT id, number, number * 300, number * 300 + 300 FROM analyses, generate_series(0, 2) AS number;
INSERT INTO outbox (analysis_id, segment_index, lane, published_at)
SELECT a.id, number, 'bulk', CASE WHEN r.filename = 'a' AND number = 0 THEN now() END
FROM recordings AS r JOIN analyses AS a ON a.recording_id = r.id CROSS JOIN generate_series(0, 2) AS number
ORDER BY r.filename, number;
INSERT INTO outbox (analysis_id, segment_index, lane, delay_s)
SELECT a.id, 0, 'bulk', 60 FROM recordings AS r JOIN analyses AS a ON a.recording_id = r.id WHERE r.filename = 'a';
"""


def test_jobs_that_wait_take_turns_after_the_migration_and_retries_keep_their_delay(
    empty_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrate_up_to(empty_url, "0005_field", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_DOORS)
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        waiting = connection.execute(
            "SELECT r.filename, o.segment_index FROM outbox AS o JOIN analyses AS a ON a.id = o.analysis_id "
            "JOIN recordings AS r ON r.id = a.recording_id "
            "WHERE o.published_at IS NULL AND o.available_at IS NULL ORDER BY o.turn, o.id"
        ).fetchall()
        delays = connection.execute("SELECT available_at - created_at FROM outbox WHERE delay_s > 0").fetchall()
    assert waiting == [("a", 1), ("b", 0), ("a", 2), ("b", 1), ("b", 2)]
    assert delays == [(timedelta(seconds=60),)]


def test_a_server_that_is_away_is_worth_another_try() -> None:
    with pytest.raises(TransientError, match="PostgreSQL"):
        migrate("postgresql://nobody:nothing@127.0.0.1:1/nowhere")
