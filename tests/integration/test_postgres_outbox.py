from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import yaml
from psycopg import sql

from dawn_chorus.adapters.postgres.analyses import cancel_analysis, get_status, retry_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState
from dawn_chorus.domain.errors import Conflict, NotFound, TransientError
from dawn_chorus.domain.jobs import Lane, OutboxEntry
from dawn_chorus.domain.lost_audio import LostStretch
from tests.integration.queues import wait_until
from tests.servers.postgres_fill import ROBIN, job, post, save, start

SCALING = Path(__file__).parents[2] / "deploy" / "kubernetes" / "components" / "keda" / "scaling.yaml"


def confirm_all(entries: Sequence[OutboxEntry]) -> list[int]:
    return [entry.id for entry in entries]


def test_what_is_confirmed_is_not_published_again(database: Database) -> None:
    outbox = PostgresOutbox(database)
    post(database, 1500.0)
    assert outbox.publish_waiting(lambda entries: [entries[0].id, entries[2].id]) == 2
    left: list[int] = []

    def refuse(entries: Sequence[OutboxEntry]) -> list[int]:
        left.extend(entry.job.segment_index for entry in entries)
        return []

    assert outbox.publish_waiting(refuse, 2) == 0
    assert left == [1, 3]
    assert outbox.publish_waiting(confirm_all) == 3
    assert outbox.publish_waiting(confirm_all) == 0


def test_an_error_while_publishing_leaves_all_waiting(database: Database) -> None:
    outbox = PostgresOutbox(database)
    post(database, 600.0)

    def break_down(_: Sequence[OutboxEntry]) -> list[int]:
        raise ConnectionError("the broker went away")

    with pytest.raises(ConnectionError):
        outbox.publish_waiting(break_down)
    assert outbox.lag().waiting == 2


def test_of_two_relays_one_publishes_at_a_time(database: Database) -> None:
    post(database, 600.0)
    holding, done = Event(), Event()

    def hold(entries: Sequence[OutboxEntry]) -> list[int]:
        holding.set()
        assert done.wait(10)
        return confirm_all(entries)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(PostgresOutbox(database).publish_waiting, hold, 1)
        assert holding.wait(10)
        second = PostgresOutbox(database)
        assert second.publish_waiting(confirm_all) == 0
        done.set()
        assert first.result() == 1
    assert second.publish_waiting(confirm_all) == 1
    assert second.lag().waiting == 0


def test_while_a_batch_is_published_no_transaction_is_open_and_no_row_is_locked(database: Database) -> None:
    kept, cancelled = post(database, 600.0), post(database, 600.0)
    sessions: list[dict[str, Any]] = []

    def look(entries: Sequence[OutboxEntry]) -> list[int]:
        # Neither waits for the relay, however long the broker keeps it.
        cancel_analysis(database, cancelled.analyses[0].id)
        delete_recording(database, kept.recording.id)
        with database.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '5s'")
            connection.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")
            query = "SELECT state FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%' AND datname = %s"
            sessions.extend(connection.execute(query, [connection.info.dbname]))
        return confirm_all(entries)

    PostgresOutbox(database).publish_waiting(look)
    assert sessions == []
    assert PostgresOutbox(database).lag().waiting == 0


def test_a_relay_that_dies_while_it_publishes_leaves_its_batch_to_another(database: Database) -> None:
    post(database, 600.0)
    other, seen = PostgresOutbox(database), list[OutboxEntry]()

    def note(entries: Sequence[OutboxEntry]) -> list[int]:
        seen.extend(entries)
        return confirm_all(entries)

    def die(entries: Sequence[OutboxEntry]) -> list[int]:
        with database.transaction() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        wait_until(lambda: other.publish_waiting(note) > 0, "the other relay takes over")
        return confirm_all(entries)

    with pytest.raises(TransientError):
        PostgresOutbox(database).publish_waiting(die)
    assert [entry.job.segment_index for entry in seen] == [0, 1]


def test_a_relay_that_froze_while_it_published_is_cut_off(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dawn_chorus.adapters.postgres.outbox._STALLED_S", 0.2)
    post(database, 600.0)
    other = PostgresOutbox(database)

    def freeze(entries: Sequence[OutboxEntry]) -> list[int]:
        wait_until(lambda: other.publish_waiting(confirm_all) == 2, "the other relay takes over")
        return confirm_all(entries)

    with pytest.raises(TransientError):
        PostgresOutbox(database).publish_waiting(freeze)


# -- Lanes


def publish_in_order(outbox: PostgresOutbox, limit: int = 500, **room: int) -> list[tuple[UUID, int]]:
    """Publish one batch; return its segments in their order."""
    published: list[tuple[UUID, int]] = []

    def note(entries: Sequence[OutboxEntry]) -> list[int]:
        published.extend((entry.job.analysis_id, entry.job.segment_index) for entry in entries)
        return confirm_all(entries)

    outbox.publish_waiting(note, limit, {Lane(lane): count for lane, count in room.items()} or None)
    return published


def post_bulk(database: Database, segments: int) -> UUID:
    return post(database, segments * 1.0, segment_s=1.0, lane=Lane.BULK).analyses[0].id


def test_express_overtakes_bulk_in_the_outbox(database: Database) -> None:
    bulk = post_bulk(database, 13_000)
    express = post(database, 8.0).analyses[0].id
    outbox = PostgresOutbox(database)
    batch = publish_in_order(outbox)
    assert batch[0] == (express, 0)
    assert batch[1:] == [(bulk, index) for index in range(499)]


def test_express_never_starves_bulk(database: Database) -> None:
    bulk = post_bulk(database, 300)
    express = post(database, 1000.0, segment_s=1.0).analyses[0].id
    outbox = PostgresOutbox(database)
    for number in range(2):
        batch = publish_in_order(outbox, 100)
        assert batch[:80] == [(express, number * 80 + index) for index in range(80)]
        assert batch[80:] == [(bulk, number * 20 + index) for index in range(20)]


def test_a_lane_without_room_keeps_its_jobs_and_holds_no_other_up(database: Database) -> None:
    bulk, express = post_bulk(database, 10), post(database, 10.0, segment_s=1.0).analyses[0].id
    outbox = PostgresOutbox(database)
    assert publish_in_order(outbox, express=0, bulk=3) == [(bulk, index) for index in range(3)]
    assert publish_in_order(outbox, express=2, bulk=0) == [(express, 0), (express, 1)]
    assert publish_in_order(outbox, express=0, bulk=0) == []


@pytest.mark.parametrize("lane", Lane)
def test_an_archive_does_not_block_the_next_recording(database: Database, lane: Lane) -> None:
    archive = post(database, 20_000.0, segment_s=1.0, lane=lane).analyses[0].id
    outbox = PostgresOutbox(database)
    publish_in_order(outbox, 300)
    late = post(database, 10.0, segment_s=1.0, lane=lane).analyses[0].id
    batch = publish_in_order(outbox, 40)
    assert [index for analysis, index in batch if analysis == late] == list(range(10))
    # They take turns, and what is left of the batch is the archive's.
    assert {analysis for analysis, _ in batch[:2]} == {archive, late}
    assert [index for analysis, index in batch if analysis == archive] == list(range(300, 330))


def test_recordings_share_a_lane_evenly_and_late_ones_take_nothing_from_early_ones(database: Database) -> None:
    outbox = PostgresOutbox(database)
    posted = [post_bulk(database, 1000) for _ in range(3)]
    publish_in_order(outbox, 300)
    posted += [post_bulk(database, 1000) for _ in range(3)]
    batch = publish_in_order(outbox, 600)
    assert {analysis: len([1 for each, _ in batch if each == analysis]) for analysis in posted} == {
        analysis: pytest.approx(100, abs=1) for analysis in posted
    }


def test_short_recordings_that_keep_coming_never_starve_an_archive(database: Database) -> None:
    archive = post_bulk(database, 100)
    outbox = PostgresOutbox(database)
    post_bulk(database, 1), post_bulk(database, 1)
    published = []
    for _ in range(30):
        # More come than are published: the lane never catches up.
        post_bulk(database, 1), post_bulk(database, 1), post_bulk(database, 1)
        published += publish_in_order(outbox, 2)
    assert len([1 for analysis, _ in published if analysis == archive]) >= 5


def test_segments_tried_again_and_found_later_take_turns_too(database: Database) -> None:
    outbox, ledger = PostgresOutbox(database), PostgresLedger(database)
    failed = post(database, 50.0, segment_s=1.0).analyses[0].id
    publish_in_order(outbox)
    for index in range(50):
        start(ledger, failed, index)
        ledger.fail_segment(job(failed, index), "undecodable")
    archive = post(database, 500.0, segment_s=1.0).analyses[0].id
    publish_in_order(outbox, 20)
    retry_analysis(database, failed)
    batch = publish_in_order(outbox, 20)
    assert [index for analysis, index in batch if analysis == failed] == list(range(10))
    assert len([1 for analysis, _ in batch if analysis == archive]) == 10


def test_jobs_written_by_the_version_before_take_part(database: Database) -> None:
    outbox = PostgresOutbox(database)
    archive = post_bulk(database, 50)
    publish_in_order(outbox, 10)
    old = post_bulk(database, 3)
    with database.transaction() as connection:
        connection.execute("DELETE FROM outbox WHERE analysis_id = %s", [old])
        insert = (
            "INSERT INTO outbox (analysis_id, segment_index, lane) SELECT %s, i, 'bulk' FROM generate_series(0, 1) AS i"
        )
        connection.execute(insert, [old])
        delayed = "INSERT INTO outbox (analysis_id, segment_index, lane, delay_s) VALUES (%s, 2, 'bulk', 3600)"
        connection.execute(delayed, [old])
    assert sorted(publish_in_order(outbox, 4)) == sorted([(archive, 10), (old, 0), (archive, 11), (old, 1)])
    assert outbox.lag().waiting == 39


# -- Retries


def test_a_retry_is_published_when_it_is_due_and_not_before(database: Database) -> None:
    outbox, ledger = PostgresOutbox(database), PostgresLedger(database)
    analysis = post(database, 900.0).analyses[0].id
    publish_in_order(outbox)
    for index, delay_s in ((0, 3600.0), (1, 0.3), (2, 1800.0)):
        start(ledger, analysis, index)
        ledger.retry_segment(job(analysis, index), "the store was away", delay_s)
    assert outbox.wait(0.001) is True
    assert publish_in_order(outbox) == []
    # It ends by itself when the retry is due, long before its time is over.
    assert any(outbox.wait(60.0) for _ in range(4))
    wait_until(lambda: publish_in_order(outbox) == [(analysis, 1)], "the one that is due")
    assert publish_in_order(outbox) == []
    assert (outbox.lag().waiting, outbox.lag().oldest_s) == (2, 0.0)


def test_a_relay_waits_while_another_has_a_retry_to_publish(database: Database) -> None:
    """It would ask the database thousands of times a second: the retry is due all the while."""
    outbox, other, ledger = PostgresOutbox(database), PostgresOutbox(database), PostgresLedger(database)
    analysis = post(database, 300.0).analyses[0].id
    publish_in_order(outbox)
    start(ledger, analysis, 0)
    ledger.retry_segment(job(analysis, 0), "the store was away", 0.001)
    assert other.wait(0.001) is True
    post(database, 300.0)

    def publish_slowly(entries: Sequence[OutboxEntry]) -> list[int]:
        with database.transaction() as connection:
            connection.execute("UPDATE outbox SET available_at = now() WHERE published_at IS NULL")
        assert other.publish_waiting(confirm_all) == 0
        while other.wait(0.001):
            other.publish_waiting(confirm_all)
        return confirm_all(entries)

    assert outbox.publish_waiting(publish_slowly) == 2


def plan_of(connection: psycopg.Connection[Any], query: str, **parameters: Any) -> str:
    return str(connection.execute(f"EXPLAIN {query}", parameters).fetchall())


def test_plans_from_when_the_outbox_was_empty_are_good_for_a_full_one(database: Database) -> None:
    """They are kept until statistics are gathered again, which is a minute away when half a million jobs come."""
    outbox, queries = PostgresOutbox(database), load_queries("outbox")
    post(database, 5.0, segment_s=1.0)
    publish_in_order(outbox)
    take, mark = (queries.take_waiting.sql, {"n_express": 5, "n_bulk": 5}), (queries.mark_published.sql, {"ids": [1]})
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("ANALYZE outbox")
        assert "Seq Scan" in plan_of(connection, take[0], **take[1])
    session = outbox._session
    assert session is not None
    assert "Seq Scan" not in plan_of(session, take[0], **take[1]) + plan_of(session, mark[0], **mark[1])


def test_an_archive_of_retries_does_not_block_the_next_recording(database: Database) -> None:
    outbox, ledger = PostgresOutbox(database), PostgresLedger(database)
    archive = post(database, 100.0, segment_s=1.0).analyses[0].id
    publish_in_order(outbox)
    for index in range(100):
        start(ledger, archive, index)
        ledger.retry_segment(job(archive, index), "the store was away", 0.001)
    late = post(database, 5.0, segment_s=1.0).analyses[0].id
    batch = publish_in_order(outbox, 20)
    assert [index for analysis, index in batch if analysis == late] == list(range(5))


# -- Waiting


def count_for_autoscaler(database: Database) -> list[int]:
    """Run the queries that scale workers in Kubernetes: express, bulk."""
    documents = yaml.safe_load_all(SCALING.read_text())
    (scaled,) = [each for each in documents if each["kind"] == "ScaledObject"]
    with psycopg.connect(database.url) as connection:
        rows = [connection.execute(trigger["metadata"]["query"]).fetchone() for trigger in scaled["spec"]["triggers"]]
    return [row[0] for row in rows if row]


def test_the_autoscaler_counts_what_waits_for_workers(database: Database) -> None:
    outbox, ledger = PostgresOutbox(database), PostgresLedger(database)
    assert count_for_autoscaler(database) == [0, 0]
    express = post(database, 10.0, segment_s=1.0).analyses[0].id
    post_bulk(database, 30)
    assert count_for_autoscaler(database) == [10, 30]
    publish_in_order(outbox, express=4, bulk=10)
    start(ledger, express, 0)
    ledger.retry_segment(job(express, 0), "the store was away", 3600.0)
    assert count_for_autoscaler(database) == [6, 20]


def test_a_relay_wakes_when_a_recording_comes(database: Database) -> None:
    outbox = PostgresOutbox(database)
    assert outbox.wait(0.01) is False
    assert outbox.wait(0.01) is False
    with ThreadPoolExecutor(1) as pool:
        woken = pool.submit(outbox.wait, 30.0)
        post(database, 1.0)
        assert woken.result() is True
    outbox.close()


def test_what_came_before_the_relay_listened_wakes_it_as_well(database: Database) -> None:
    post(database, 1.0)
    outbox = PostgresOutbox(database)
    assert outbox.wait(0.01) is True
    outbox.close()


def test_the_lag_is_the_count_and_the_age_of_the_oldest(database: Database) -> None:
    outbox = PostgresOutbox(database)
    assert (outbox.lag().waiting, outbox.lag().oldest_s) == (0, 0.0)
    post(database, 600.0)
    with database.transaction() as connection:
        connection.execute("UPDATE outbox SET created_at = now() - interval '90 s'")
    assert outbox.lag().waiting == 2
    assert outbox.lag().oldest_s >= 90


def test_the_lag_is_found_however_much_was_published(database: Database) -> None:
    post(database, 3000.0, segment_s=1.0)
    with database.transaction() as connection:
        connection.execute("UPDATE outbox SET published_at = now() WHERE segment_index > 0")
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE outbox")
        plan = connection.execute(f"EXPLAIN {load_queries('outbox').lag.sql}").fetchall()
    assert "Seq Scan" not in str(plan)
    assert PostgresOutbox(database).lag().waiting == 1


def test_only_what_was_published_long_ago_is_pruned(database: Database) -> None:
    outbox = PostgresOutbox(database)
    post(database, 600.0)
    outbox.publish_waiting(confirm_all, 1)
    assert outbox.prune(3600.0) == 0
    assert outbox.prune(0.0) == 1
    assert outbox.lag().waiting == 1


def test_a_dead_letter_fails_its_segment_so_that_nothing_hangs(database: Database) -> None:
    analysis = post(database, 600.0).analyses[0]
    letters, ledger = PostgresDeadLetters(database), PostgresLedger(database)
    save(ledger, analysis.id, 0)
    dead = job(analysis.id, 1)
    letter_id = letters.keep_dead_letter(encode_job(dead), "worker lost 5 times", dead)
    status = get_status(database, analysis.id)
    assert (status.analysis.result, status.failures[0].reason) == (AnalysisResult.PARTIAL, "worker lost 5 times")
    (letter,) = letters.list_dead_letters()
    assert (letter.id, letter.body, letter.segment_index) == (letter_id, encode_job(dead), 1)


def test_a_requeued_letter_runs_its_segment_again(database: Database) -> None:
    analysis = post(database, 900.0).analyses[0]
    letters, ledger = PostgresDeadLetters(database), PostgresLedger(database)
    first, second = (
        letters.keep_dead_letter(b"{}", "worker lost 5 times", job(analysis.id, index)) for index in (0, 1)
    )
    ledger.fail_segment(job(analysis.id, 2), "lost")
    PostgresOutbox(database).publish_waiting(confirm_all)
    letters.requeue(first)
    assert get_status(database, analysis.id).analysis.state is AnalysisState.RUNNING
    letters.requeue(second)
    assert PostgresOutbox(database).lag().waiting == 2
    assert letters.list_dead_letters() == []
    assert {letter.id for letter in letters.list_dead_letters(requeued=True)} == {first, second}
    for index in (0, 1):
        assert save(ledger, analysis.id, index).attempt == 1
    assert get_status(database, analysis.id).analysis.result is AnalysisResult.PARTIAL
    with pytest.raises(Conflict, match="not failed"):
        letters.requeue(first)


def test_letters_that_lead_nowhere_are_kept_and_say_why(database: Database) -> None:
    letters = PostgresDeadLetters(database)
    unreadable = letters.keep_dead_letter(b"\x00\xff", "unreadable message: body\x00", None)
    recording = post(database, 300.0)
    orphan = letters.keep_dead_letter(b"{}", "lost", job(recording.analyses[0].id, 0))
    delete_recording(database, recording.recording.id)
    stranger = letters.keep_dead_letter(b"{}", "lost", job(uuid4(), 0))
    with pytest.raises(Conflict, match="can read"):
        letters.requeue(unreadable)
    for letter_id in (orphan, stranger):
        with pytest.raises(Conflict, match="deleted"):
            letters.requeue(letter_id)
    for act in (letters.requeue, letters.discard):
        with pytest.raises(NotFound):
            act(uuid4())
    assert [letter.body for letter in letters.list_dead_letters()] == [b"{}", b"{}", b"\x00\xff"]


def test_a_letter_thrown_away_leaves_its_segment_failed(database: Database) -> None:
    analysis = post(database, 300.0).analyses[0]
    letters = PostgresDeadLetters(database)
    thrown = letters.keep_dead_letter(b"{}", "worker lost 6 times", job(analysis.id, 0))
    kept = letters.keep_dead_letter(b"\x00", "unreadable", None)
    letters.discard(thrown)
    assert [letter.id for letter in letters.list_dead_letters(requeued=True)] == [kept]
    assert get_status(database, analysis.id).failures[0].reason == "worker lost 6 times"


# -- Cancelled and deleted


def test_many_segments_are_cancelled_at_once_and_none_is_published_any_more(database: Database) -> None:
    outbox, ledger = PostgresOutbox(database), PostgresLedger(database)
    cancelled = post_bulk(database, 20_000)
    kept = post_bulk(database, 3)
    published = publish_in_order(outbox, 10)
    save(ledger, cancelled, 0)
    start(ledger, cancelled, 1)
    cancel_analysis(database, cancelled)
    status = get_status(database, cancelled)
    assert (status.analysis.result, status.analyzed_s, status.failed_s) == (AnalysisResult.CANCELLED, 1.0, 19_999.0)
    # What is on the queue already leaves nothing to do and is not started.
    indexes = [index for analysis, index in published if analysis == cancelled]
    assert [ledger.start_segment(job(cancelled, index), "worker-1") for index in indexes] == [None] * len(indexes)
    assert get_status(database, cancelled) == status
    assert {analysis for analysis, _ in publish_in_order(outbox)} <= {kept}
    assert outbox.lag().waiting == 0


def test_a_deleted_recording_leaves_nothing_behind_however_many_segments_it_had(database: Database) -> None:
    ledger = PostgresLedger(database)
    stored = post(database, 20_000.0, segment_s=1.0, lane=Lane.BULK)
    analysis, recording = stored.analyses[0].id, stored.recording.id
    publish_in_order(PostgresOutbox(database), 10)
    save(ledger, analysis, 0, [(ROBIN, 0.2, 0.8, 0.9)], analyzed_s=0.9)
    start(ledger, analysis, 1)
    ledger.fail_segment(job(analysis, 1), "undecodable", [LostStretch(1.0, 2.0, "undecodable")])
    start(ledger, analysis, 2)
    ledger.retry_segment(job(analysis, 2), "the store was away", 3600.0)
    with database.transaction() as connection:
        warning = "INSERT INTO segment_warnings (analysis_id, segment_index, code, detail) VALUES (%s, %s, 'a', 'b')"
        for index in (0, None):
            connection.execute(warning, [analysis, index])
    delete_recording(database, recording)
    assert ledger.start_segment(job(analysis, 3), "worker-1") is None
    with database.transaction() as connection:
        for table in (
            "segments",
            "timelines",
            "detections",
            "lost_stretches",
            "segment_warnings",
            "outbox",
            "analyses",
        ):
            count = sql.SQL("SELECT count(*) AS n FROM {}").format(sql.Identifier(table))
            assert (table, connection.execute(count).fetchone()) == (table, {"n": 0})


def test_a_deletion_asks_nothing_for_each_segment(database: Database) -> None:
    # A foreign key to segments is a statement for each of a hundred thousand of them.
    with database.transaction() as connection:
        query = "SELECT conname FROM pg_constraint WHERE contype = 'f' AND confrelid = 'segments'::regclass"
        assert connection.execute(query).fetchall() == []
