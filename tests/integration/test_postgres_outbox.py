from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

import pytest

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.jobs import OutboxEntry
from tests.servers.postgres_fill import job, post, save


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


def test_two_relays_do_not_publish_the_same_entry(database: Database) -> None:
    post(database, 600.0)
    holding, done = Event(), Event()

    def hold(entries: Sequence[OutboxEntry]) -> list[int]:
        holding.set()
        assert done.wait(10)
        return confirm_all(entries)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(PostgresOutbox(database).publish_waiting, hold, 1)
        assert holding.wait(10)
        seen: list[int] = []

        def note(entries: Sequence[OutboxEntry]) -> list[int]:
            seen.extend(entry.job.segment_index for entry in entries)
            return confirm_all(entries)

        PostgresOutbox(database).publish_waiting(note)
        done.set()
        assert first.result() == 1
    assert seen == [1]
    assert PostgresOutbox(database).lag().waiting == 0


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
