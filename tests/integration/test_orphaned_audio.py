"""Bytes in the store that belong to no recording are removed, and bytes that may still become one are not."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.orphaned_audio import (
    UploadExpired,
    check_store,
    claim_audio,
    delete_orphans,
    release_audio,
    reserve_audio,
)
from dawn_chorus.api.app import create_app
from dawn_chorus.api.settings import ApiSettings
from dawn_chorus.api.uploads.sweep import sweep_store
from dawn_chorus.domain.errors import PermanentError, TransientError
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, StartedApi

KEY = "0b6c7d0e.wav"


def put(store_dir: Path, key: str = KEY) -> None:
    store_dir.mkdir(exist_ok=True)
    (store_dir / key).write_bytes(b"RIFF")


def expire(database: Database) -> None:
    """Let a day pass."""
    with database.transaction() as connection:
        connection.execute("UPDATE audio_to_delete SET due_at = due_at - interval '25 hours'")


class SlowStore:
    """Deletes once it is told to go on."""

    def __init__(self) -> None:
        self.deleting, self.go_on = Event(), Event()

    def delete(self, _key: str) -> None:
        self.deleting.set()
        self.go_on.wait(30)


def refuse(_key: str) -> None:
    raise TransientError("the audio store does not answer")


def test_what_was_announced_may_take_a_day_to_become_a_recording(
    database: Database, store: ObjectAudioStore, store_dir: Path
) -> None:
    reserve_audio(database, KEY)
    put(store_dir)
    assert delete_orphans(database, store.delete).files == 0
    assert len(stored_files(store_dir)) == 1
    expire(database)
    assert delete_orphans(database, store.delete).files == 1
    assert (stored_files(store_dir), row_count(database, "audio_to_delete")) == ([], 0)


def test_an_upload_whose_bytes_were_removed_cannot_become_a_recording(
    database: Database, store: ObjectAudioStore
) -> None:
    reserve_audio(database, KEY)
    expire(database)
    delete_orphans(database, store.delete)
    with pytest.raises(UploadExpired, match="longer than a day"), database.transaction() as connection:
        claim_audio(connection, KEY)


def test_an_upload_that_ends_while_its_bytes_are_removed_waits_and_fails(database: Database) -> None:
    """Otherwise a recording would be promised whose audio is gone a moment later."""
    reserve_audio(database, KEY)
    expire(database)
    slow = SlowStore()

    def promise() -> None:
        with database.transaction() as connection:
            claim_audio(connection, KEY)

    with ThreadPoolExecutor(2) as pool:
        sweep = pool.submit(delete_orphans, database, slow.delete)
        assert slow.deleting.wait(30)
        promised = pool.submit(promise)
        wait_until(lambda: waits_for_a_lock(database))
        slow.go_on.set()
        assert sweep.result(30).files == 1
        with pytest.raises(UploadExpired):
            promised.result(30)


def waits_for_a_lock(database: Database) -> bool:
    with database.transaction() as connection:
        return bool(connection.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount)


def test_of_two_sweeps_each_takes_what_the_other_has_not(database: Database) -> None:
    reserve_audio(database, KEY)
    expire(database)
    slow = SlowStore()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(delete_orphans, database, slow.delete)
        assert slow.deleting.wait(30)
        assert delete_orphans(database, refuse).files == 0
        slow.go_on.set()
        assert first.result(30).files == 1


def test_what_cannot_be_deleted_stays_written_down_and_holds_up_no_other(database: Database) -> None:
    reserve_audio(database, KEY)
    with pytest.raises(TransientError):
        release_audio(database, refuse, KEY)
    for number in range(120):
        reserve_audio(database, f"{number}.wav")
    expire(database)

    def delete_others(key: str) -> None:
        if key == KEY:
            refuse(key)

    for _ in range(2):
        with pytest.raises(TransientError):
            delete_orphans(database, delete_others)
        assert row_count(database, "audio_to_delete") == 1


def test_a_slow_store_keeps_no_connection_from_others(database: Database) -> None:
    reserve_audio(database, KEY)
    slow = SlowStore()
    with Database(database.url, max_size=1) as narrow, ThreadPoolExecutor(1) as pool:
        deleted = pool.submit(release_audio, narrow, slow.delete, KEY)
        assert slow.deleting.wait(30)
        narrow.check()
        slow.go_on.set()
        deleted.result(30)
    assert row_count(database, "audio_to_delete") == 0


def test_nothing_is_struck_off_in_a_store_that_is_not_mounted(
    api: StartedApi, database: Database, tmp_path: Path
) -> None:
    upload(api.client)
    elsewhere = open_audio_store((tmp_path / "empty").as_uri())
    with pytest.raises(PermanentError, match="none of the 1 newest recordings"):
        check_store(database, elsewhere)


def test_an_upload_that_took_too_long_leaves_nothing_behind(
    api: StartedApi, database: Database, store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its announcement is given up before the store shows any of its bytes."""
    monkeypatch.setattr("dawn_chorus.api.uploads.intake.reserve_audio", lambda *_: None)
    problem_of(api.client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}), 503, "unavailable")
    assert (stored_files(store_dir), row_count(database, "recordings")) == ([], 0)


def test_an_accepted_upload_is_promised_and_a_refused_one_forgotten(
    api: StartedApi, database: Database, store: ObjectAudioStore, store_dir: Path
) -> None:
    upload(api.client)
    problem_of(api.client.post("/v1/recordings", files={"file": ("notes.wav", b"dear diary" * 99)}), 415, "not-audio")
    assert api.client.post("/v1/recordings", files={"file": ("again.wav", wav_bytes())}).json()["duplicate"]
    assert row_count(database, "audio_to_delete") == 0
    delete_orphans(database, store.delete)
    assert len(stored_files(store_dir)) == 1


def test_a_recording_is_removed_while_the_store_is_away_and_its_bytes_follow(
    api: StartedApi, database: Database, store: ObjectAudioStore, store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = upload(api.client)
    monkeypatch.setattr(store, "delete", refuse)
    assert api.client.delete(answer["links"]["self"]).status_code == 204
    problem_of(api.client.get(answer["links"]["self"]), 404, "not-found")
    assert len(stored_files(store_dir)) == 1
    monkeypatch.undo()
    freed = delete_orphans(database, store.delete)
    assert (freed.files, freed.size_bytes) == (1, answer["size_bytes"])
    assert stored_files(store_dir) == []


def test_the_reason_why_an_upload_was_refused_is_told_though_the_store_cannot_delete(
    api: StartedApi, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "delete", refuse)
    problem_of(api.client.post("/v1/recordings", files={"file": ("notes.wav", b"dear diary" * 99)}), 415, "not-audio")


def test_nothing_is_stored_that_is_not_written_down(
    start_api: StartApi, store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise TransientError("PostgreSQL is unavailable: connection refused")

    monkeypatch.setattr("dawn_chorus.api.uploads.intake.reserve_audio", away)
    with socket.create_connection(("127.0.0.1", start_api().port), timeout=30) as connection:
        connection.sendall(
            b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + bytes(2**21)
        )
        # Before all of the body came: the sender is not kept busy in vain.
        assert connection.recv(65536).startswith(b"HTTP/1.1 503")
    assert stored_files(store_dir) == []


def test_an_api_sweeps_again_and_again_whatever_happened_before(
    database: Database, store: ObjectAudioStore, store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve_audio(database, KEY)
    expire(database)
    put(store_dir)
    service, failed = create_app(ApiSettings(), database, store).state.dependencies, Event()

    def fail_once(_key: str) -> None:
        failed.set()
        monkeypatch.undo()
        refuse(_key)

    async def sweep() -> None:
        sweeping = asyncio.create_task(sweep_store(service, every_s=0.05))
        await asyncio.to_thread(wait_until, lambda: not stored_files(store_dir))
        sweeping.cancel()

    monkeypatch.setattr(store, "delete", fail_once)
    asyncio.run(sweep())
    assert failed.is_set()
