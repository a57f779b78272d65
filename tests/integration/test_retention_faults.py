"""Retention that breaks off, and retention that meets others at work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.analyses import cancel_analysis, create_analysis, retry_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.recordings import delete_recording, get_recording
from dawn_chorus.adapters.postgres.retention import RetentionPlan, RetentionRule, find_old, plan_retention, remove_old
from dawn_chorus.adapters.postgres.values import AnalysisRequest, StoredRecording
from dawn_chorus.cli.operations.retention.run import Removed, carry_out, look_ahead
from dawn_chorus.domain.errors import AudioRemoved, NotFound, TransientError
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import stored_files
from tests.integration.archive import Archive
from tests.servers.api import StartedApi
from tests.servers.postgres_fill import PACK, job, post, start

RULE = RetentionRule(audio_days=90, results_days=None, keep_best=0)
REQUEST = AnalysisRequest(PACK.name, Lane.EXPRESS)


@pytest.fixture
def archive(api: StartedApi, database: Database, store_dir: Path) -> Archive:
    return Archive(api.client, database, store_dir.as_uri())


class FailingStore:
    """The store in a folder, which deletes so many and then is away."""

    def __init__(self, store: ObjectAudioStore, deletes: int) -> None:
        self._store, self._left = store, deletes

    def delete(self, key: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise TransientError("the audio store is away")
        self._store.delete(key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def run(database: Database, store: Any, rule: RetentionRule = RULE) -> Removed:
    plan = plan_retention(database, rule)
    return carry_out(database, store, plan, look_ahead(database, plan))


@pytest.mark.parametrize("rule", [RULE, RetentionRule(None, results_days=90, keep_best=0)], ids=["audio", "results"])
def test_a_run_that_breaks_off_promises_no_audio_that_is_gone_and_the_next_forgets_no_bytes(
    archive: Archive, store: ObjectAudioStore, store_dir: Path, rule: RetentionRule
) -> None:
    old = [archive.record(100) for _ in range(5)]
    young = archive.record(10)
    with pytest.raises(TransientError):
        run(archive.database, FailingStore(store, 2), rule)
    assert len(stored_files(store_dir)) == 4
    if rule.results_days is None:
        assert not any(archive.has_audio(each) for each in old)
    removed = run(archive.database, store, rule)
    assert (removed.audio, removed.with_results) == (0, 0)
    assert removed.freed_bytes == 3 * old[0]["size_bytes"]
    assert len(stored_files(store_dir)) == 1
    assert archive.has_audio(young)


def test_bytes_that_came_back_before_the_old_ones_were_deleted_stay(
    archive: Archive, store: ObjectAudioStore, store_dir: Path
) -> None:
    old = archive.record(100, dated=False)
    content = archive.client.get(old["links"]["audio"]).content
    with pytest.raises(TransientError):
        run(archive.database, FailingStore(store, 0))
    archive.client.post("/v1/recordings", files={"file": ("again.wav", content)})
    run(archive.database, store)
    assert archive.client.get(old["links"]["audio"]).content == content
    assert len(stored_files(store_dir)) == 1


def planned(database: Database) -> RetentionPlan:
    return plan_retention(database, RULE)


def test_an_analysis_that_began_since_the_plan_was_made_keeps_the_audio(archive: Archive) -> None:
    old = archive.record(100)
    plan = planned(archive.database)
    (found,) = find_old(archive.database, plan)
    create_analysis(archive.database, UUID(old["id"]), REQUEST)
    assert remove_old(archive.database, plan, found) == []
    assert archive.has_audio(old)


def test_a_recording_deleted_since_the_plan_was_made_is_no_error(archive: Archive) -> None:
    old = archive.record(100)
    plan = planned(archive.database)
    (found,) = find_old(archive.database, plan)
    archive.client.delete(old["links"]["self"])
    assert remove_old(archive.database, plan, found) == []


def test_a_dead_letter_of_a_recording_without_audio_is_not_queued_again(
    archive: Archive, store: ObjectAudioStore
) -> None:
    old = archive.record(100, finished=False)
    analysis_id = UUID(old["analyses"][0]["id"])
    start(archive.ledger, analysis_id, 0)
    letters = PostgresDeadLetters(archive.database)
    letter_id = letters.keep_dead_letter(b"{}", "worker lost 6 times", job(analysis_id, 0))
    archive.age(old, 100)
    assert run(archive.database, store).audio == 1
    with pytest.raises(AudioRemoved):
        letters.requeue(letter_id)
    assert archive.look(old)["analyses"][0]["state"] == "finished"


def begin(database: Database, stored: StoredRecording) -> None:
    create_analysis(database, stored.recording.id, REQUEST)


def retry(database: Database, stored: StoredRecording) -> None:
    retry_analysis(database, stored.analyses[0].id)


def delete(database: Database, stored: StoredRecording) -> None:
    delete_recording(database, stored.recording.id)


def post_old(database: Database) -> StoredRecording:
    """Write the rows of a recording that was made, uploaded and given up long ago."""
    stored = post(database, 10.0, place=Place())
    cancel_analysis(database, stored.analyses[0].id)
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET created_at = created_at - interval '100 days'")
        connection.execute("UPDATE analyses SET finished_at = finished_at - interval '100 days'")
    return stored


@pytest.mark.parametrize("rule", [RULE, RetentionRule(None, results_days=90, keep_best=0)], ids=["audio", "results"])
@pytest.mark.parametrize("act", [begin, retry, delete])
def test_of_two_at_once_the_later_finds_what_the_earlier_did(
    database: Database, rule: RetentionRule, act: Callable[[Database, StoredRecording], None]
) -> None:
    """Work that began has its audio: whatever the order, none waits for bytes that are gone."""
    for _ in range(25):
        stored, barrier = post_old(database), Barrier(2)
        plan = plan_retention(database, rule)
        (found,) = find_old(database, plan)

        def meddle(stored: StoredRecording = stored, barrier: Barrier = barrier) -> None:
            barrier.wait()
            with suppress(AudioRemoved, NotFound):
                act(database, stored)

        with ThreadPoolExecutor(1) as pool:
            meddling = pool.submit(meddle)
            barrier.wait()
            remove_old(database, plan, found)
            meddling.result()
        with suppress(NotFound):
            left = get_recording(database, stored.recording.id)
            is_busy = any(analysis.result is None for analysis in left.analyses)
            assert is_busy == (left.recording.audio_removed_at is None)


def test_more_than_a_batch_goes_in_one_run(database: Database, store: ObjectAudioStore, store_dir: Path) -> None:
    for stored in [post_old(database) for _ in range(120)]:
        path = store_dir / stored.recording.store_key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    removed = run(database, store)
    assert (removed.audio, removed.freed_bytes) == (120, 120 * stored.recording.size_bytes)
    assert stored_files(store_dir) == []
