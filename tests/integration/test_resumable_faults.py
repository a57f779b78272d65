"""Resumable uploads in trouble: cut lines, several clients at once, processes that die, servers that are away."""

import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any
from uuid import UUID

import httpx
import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.orphaned_audio import reserve_audio
from dawn_chorus.adapters.postgres.upload_joining import begin_joining, finish_joining, renew_joining
from dawn_chorus.api.uploads.resumable import reading, receiving
from dawn_chorus.domain.errors import TransientError
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import upload as upload_at_once
from tests.integration.made_up import wav_bytes
from tests.servers.api import StartApi, StartedApi, read_metrics, run_api
from tests.servers.postgres import PostgresNode
from tests.servers.tus import VERSION, TusUpload, begin, checksum, open_patch, send

PART = 1000
IN_FLIGHT = "chorus_uploads_in_flight 1.0"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "PART_BYTES", PART)


@pytest.fixture
def nobody_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that took the last byte dies before it begins."""
    monkeypatch.setattr("dawn_chorus.api.routes.intake.uploads.start_joining", lambda *_: None)


def state_of(database: Database, upload: TusUpload) -> str:
    with database.transaction() as connection:
        row = connection.execute("SELECT state FROM uploads WHERE id = %s", [upload.id]).fetchone()
    assert row is not None
    return str(row["state"])


def listed_keys(database: Database) -> set[str]:
    """Return the keys of bytes that count, or are listed for deletion."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT store_key FROM upload_parts UNION SELECT store_key FROM audio_to_delete "
            "UNION SELECT store_key FROM recordings WHERE audio_removed_at IS NULL"
        )
        return {row["store_key"] for row in rows}


def stored_keys(store_dir: Path) -> set[str]:
    return {str(path.relative_to(store_dir)) for path in stored_files(store_dir)}


def expire(database: Database, upload: TusUpload) -> None:
    """Let a week pass."""
    with database.transaction() as connection:
        connection.execute("UPDATE uploads SET expires_at = now() - interval '1 s' WHERE id = %s", [upload.id])


def answer_of(connection: socket.socket) -> bytes:
    """Return a problem, headers and all."""
    received = b""
    with connection:
        while not received.endswith(b"}"):
            received += connection.recv(65536)
    return received


@pytest.mark.usefixtures("small_parts")
def test_what_arrived_before_the_line_was_cut_counts(api: StartedApi, database: Database, store_dir: Path) -> None:
    content = wav_bytes()
    upload = begin(api.client, len(content))
    with open_patch(api.port, upload.path, 0, len(content)) as connection:
        connection.sendall(content[: 3 * PART + 77])
        wait_until(lambda: row_count(database, "upload_parts") == 3)
    wait_until(lambda: upload.offset == 3 * PART + 77)
    assert upload.patch(3 * PART + 77, content[3 * PART + 77 :]).status_code == 204
    assert upload.become().json()["size_bytes"] == len(content)
    wait_until(lambda: len(stored_files(store_dir)) == 1)
    assert stored_files(store_dir)[0].read_bytes() == content


@pytest.mark.usefixtures("small_parts")
def test_with_a_checksum_nothing_counts_before_all_is_here(
    api: StartedApi, database: Database, store_dir: Path
) -> None:
    content = random.Random(1).randbytes(5 * PART)
    upload = begin(api.client, len(content))
    with open_patch(api.port, upload.path, 0, len(content), **checksum(content)) as connection:
        connection.sendall(content[:-1])
        wait_until(lambda: len(stored_files(store_dir)) == 4)
        assert (upload.offset, row_count(database, "upload_parts")) == (0, 0)
    wait_until(lambda: stored_files(store_dir) == [])
    # Rows go after the files that they are about.
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)
    assert upload.offset == 0
    assert upload.patch(0, content, **checksum(content)).status_code == 204
    assert upload.offset == len(content)


def test_a_client_that_stands_still_keeps_what_it_sent(start_api: StartApi) -> None:
    api = start_api(upload_idle_s=0.3)
    upload = begin(api.client, 100)
    connection = open_patch(api.port, upload.path, 0, 100)
    connection.sendall(b"x" * 40)
    assert answer_of(connection).startswith(b"HTTP/1.1 408")
    assert upload.offset == 40


def test_of_two_that_send_the_same_bytes_one_is_told_to_look_again(
    api: StartedApi, database: Database, store_dir: Path
) -> None:
    upload = begin(api.client, 300)
    slow = open_patch(api.port, upload.path, 0, 200)
    slow.sendall(b"s" * 199)
    wait_until(lambda: IN_FLIGHT in read_metrics())
    assert upload.patch(0, b"f" * 100).status_code == 204
    slow.sendall(b"s")
    answer = answer_of(slow)
    assert answer.startswith(b"HTTP/1.1 409")
    assert b"Upload-Offset: 100" in answer
    assert upload.offset == 100
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)
    assert [path.read_bytes() for path in stored_files(store_dir)] == [b"f" * 100]


@pytest.mark.parametrize(("end", "state"), [("delete", "terminated"), ("expire", "open")])
def test_an_upload_that_ends_while_bytes_arrive_takes_none_of_them(
    api: StartedApi, database: Database, store_dir: Path, end: str, state: str
) -> None:
    upload = begin(api.client, 100)
    connection = open_patch(api.port, upload.path, 0, 100)
    connection.sendall(b"x" * 99)
    wait_until(lambda: IN_FLIGHT in read_metrics())
    if end == "delete":
        assert upload.delete().status_code == 204
    else:
        expire(database, upload)
    connection.sendall(b"x")
    assert answer_of(connection).startswith(b"HTTP/1.1 410")
    wait_until(lambda: stored_files(store_dir) == [])
    assert state_of(database, upload) == state


def test_parts_of_abandoned_uploads_are_gone_after_expiry(
    start_api: StartApi, database: Database, store_dir: Path
) -> None:
    client = start_api().client
    unfinished, whole, alive = begin(client, 100), send(client, wav_bytes(), "a.wav"), begin(client, 100)
    unfinished.patch(0, b"x" * 50)
    alive.patch(0, b"x" * 50)
    wait_until(lambda: state_of(database, whole) == "ready")
    for upload in (unfinished, whole):
        expire(database, upload)
        assert upload.head().status_code == 410
    problem_of(unfinished.patch(50, b"x"), 410, "upload-gone")
    problem_of(whole.become(), 410, "upload-gone")
    start_api()  # looks after uploads as it starts, and every few seconds
    wait_until(lambda: len(stored_files(store_dir)) == 1)
    assert [state_of(database, each) for each in (unfinished, whole, alive)] == ["expired", "expired", "open"]
    assert alive.offset == 50
    for upload in (unfinished, whole):
        expire(database, upload)
    start_api()
    wait_until(lambda: row_count(database, "uploads") == 1)
    assert unfinished.head().status_code == 404


def test_each_byte_puts_the_expiry_off(start_api: StartApi, database: Database) -> None:
    upload = begin(start_api(upload_expiry_h=24.0).client, 100)
    with database.transaction() as connection:
        connection.execute("UPDATE uploads SET expires_at = now() + interval '1 hour'")
    upload.patch(0, b"x")
    with database.transaction() as connection:
        row = connection.execute("SELECT expires_at > now() + interval '23 hours' AS later FROM uploads").fetchone()
    assert row == {"later": True}


@pytest.mark.usefixtures("nobody_joins")
def test_another_process_joins_what_a_dead_one_left(client: httpx.Client, database: Database, store_dir: Path) -> None:
    content = wav_bytes()
    upload = send(client, content)
    dead = begin_joining(database, UUID(upload.id), lease_s=0.5)
    assert dead is not None
    reserve_audio(database, "dead.wav")
    (store_dir / "dead.wav").write_bytes(content[:100])
    assert upload.offset == len(content), "all is here while it is joined"
    assert upload.become().status_code == 202
    # It was not dead after all: it may do no harm.
    assert not renew_joining(database, dead, "dead.wav", lease_s=60)
    assert not finish_joining(database, dead, "dead.wav", "0" * 64)
    wait_until(lambda: len(stored_files(store_dir)) == 2)
    assert "dead.wav" in listed_keys(database)
    assert stored_keys(store_dir) <= listed_keys(database)


@pytest.mark.usefixtures("nobody_joins")
def test_an_api_that_starts_joins_what_is_whole(start_api: StartApi, database: Database) -> None:
    upload = send(start_api().client, wav_bytes())
    assert state_of(database, upload) == "joining"
    start_api()
    wait_until(lambda: state_of(database, upload) == "ready")


@pytest.mark.usefixtures("nobody_joins")
def test_who_asks_too_early_is_told_to_come_back(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WAIT_S", 0.2)
    upload = send(client, wav_bytes())
    assert begin_joining(database, UUID(upload.id), lease_s=600) is not None
    answer = upload.become({"Idempotency-Key": "1"})
    problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    with database.transaction() as connection:
        connection.execute("UPDATE uploads SET lease_until = now()")
    monkeypatch.setattr(reading, "WAIT_S", 25.0)
    assert upload.become({"Idempotency-Key": "1"}).status_code == 202


@pytest.mark.usefixtures("nobody_joins")
def test_an_upload_deleted_while_it_is_joined_stays_deleted(
    client: httpx.Client, database: Database, store_dir: Path
) -> None:
    upload = send(client, wav_bytes())
    joining = begin_joining(database, UUID(upload.id), lease_s=600)
    assert joining is not None
    assert upload.delete().status_code == 204
    assert not finish_joining(database, joining, "late.wav", "0" * 64)
    problem_of(upload.become(), 410, "upload-gone")
    wait_until(lambda: stored_files(store_dir) == [])


@pytest.mark.usefixtures("nobody_joins")
def test_a_renewal_that_comes_late_shortens_no_life(client: httpx.Client, database: Database) -> None:
    upload = send(client, b"x" * 100)
    joining = begin_joining(database, UUID(upload.id), lease_s=600)
    assert joining is not None
    reserve_audio(database, "whole.wav")
    assert renew_joining(database, joining, "whole.wav", lease_s=600)
    assert finish_joining(database, joining, "whole.wav", "0" * 64)
    assert not renew_joining(database, joining, "whole.wav", lease_s=600)
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT due_at > now() + interval '6 days' AS is_late FROM audio_to_delete WHERE store_key = 'whole.wav'"
        ).fetchone()
    assert row == {"is_late": True}


@pytest.mark.usefixtures("nobody_joins", "small_parts")
def test_an_upload_whose_part_is_lost_ends_and_says_so(
    client: httpx.Client, database: Database, store_dir: Path
) -> None:
    upload_at_once(client, wav_bytes(3.0))
    upload = send(client, wav_bytes(0.5))
    next(path for path in stored_files(store_dir) if path.name.startswith("0-")).unlink()
    problem = problem_of(upload.become(), 410, "upload-gone")
    assert "lost" in problem["detail"]
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)
    assert (len(stored_files(store_dir)), row_count(database, "upload_parts")) == (1, 0)


@pytest.mark.usefixtures("nobody_joins")
def test_an_api_on_a_wrong_store_ends_no_upload(
    start_api: StartApi, store_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start_api().client
    upload_at_once(client, wav_bytes(3.0))
    upload = send(client, wav_bytes())
    monkeypatch.setattr(reading, "WAIT_S", 0.5)
    hidden = store_dir.rename(store_dir.with_name("unmounted"))
    problem_of(upload.become(), 503, "unavailable")
    hidden.rename(store_dir)
    monkeypatch.setattr(reading, "WAIT_S", 25.0)
    assert upload.become().status_code == 202


@pytest.mark.usefixtures("small_parts")
def test_parts_go_on_though_the_store_failed_once(
    client: httpx.Client, database: Database, store: ObjectAudioStore, store_dir: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    content = wav_bytes(0.5)
    upload = begin(client, len(content))
    failing = fail_at(store.put, 3, TransientError("audio store on disk: no space left"))
    monkeypatch.setattr(store, "put", failing)
    answer = upload.patch(0, content)
    problem_of(answer, 503, "unavailable")
    assert "retry-after" in answer.headers
    assert upload.offset == 2 * PART
    wait_until(lambda: len(stored_files(store_dir)) == 2)
    assert upload.patch(2 * PART, content[2 * PART :]).status_code == 204
    assert upload.become().json()["size_bytes"] == len(content)
    wait_until(lambda: stored_keys(store_dir) == listed_keys(database))


def fail_at(call: Callable[..., Any], number: int, error: Exception) -> Callable[..., Any]:
    calls = iter(range(1, 1000))

    def failing(*arguments: Any) -> Any:
        if next(calls) == number:
            raise error
        return call(*arguments)

    return failing


@pytest.mark.usefixtures("small_parts")
def test_nothing_is_lost_or_doubled_while_the_database_is_away(
    restartable_postgres: tuple[PostgresNode, str], store: ObjectAudioStore, store_dir: Path
) -> None:
    node, url = restartable_postgres
    content = wav_bytes(0.5)
    with Database(url) as database, run_api(database, store) as api:
        upload = begin(api.client, len(content))
        connection = open_patch(api.port, upload.path, 0, len(content))
        connection.sendall(content[: 2 * PART + 10])
        wait_until(lambda: row_count(database, "upload_parts") == 2)
        node.stop()
        connection.sendall(content[2 * PART + 10 :])
        assert answer_of(connection).startswith(b"HTTP/1.1 503")
        assert upload.head().status_code == 503
        node.start()
        wait_until(lambda: upload.head().status_code == 200)
        assert upload.offset == 2 * PART
        assert upload.patch(2 * PART, content[2 * PART :]).status_code == 204
        answer = upload.become().json()
        assert api.client.get(f"{answer['links']['self']}/audio").content == content
        assert stored_keys(store_dir) <= listed_keys(database)


def test_parts_that_are_too_small_are_refused_while_the_rest_still_fits(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "PART_BYTES", 10)
    monkeypatch.setattr(receiving, "MOST_PARTS", 4)
    too_large = client.post("/v1/uploads", headers={**VERSION, "Upload-Length": "41"})
    problem_of(too_large, 413, "too-large")
    upload = begin(client, 35)
    assert upload.patch(0, b"x" * 5).status_code == 204
    for small in (b"x" * 5, iter([b"x" * 5])):
        assert "larger" in problem_of(upload.patch(5, small), 413, "too-large")["detail"]
    assert upload.patch(5, b"x" * 10).status_code == 204
    assert upload.patch(15, b"x" * 20).status_code == 204


@pytest.mark.usefixtures("small_parts")
def test_an_upload_goes_on_at_any_api(start_api: StartApi, store_dir: Path) -> None:
    clients = [start_api().client, start_api().client]
    content = wav_bytes(0.5)
    upload = begin(clients[0], len(content))
    for number, start in enumerate(range(0, len(content), 1500)):
        there = TusUpload(clients[number % 2], upload.path)
        assert there.offset == start
        assert there.patch(start, content[start : start + 1500]).status_code == 204
    assert TusUpload(clients[1], upload.path).become().json()["size_bytes"] == len(content)
    wait_until(lambda: [path.read_bytes() for path in stored_files(store_dir)] == [content])


def test_uploads_in_parts_take_places_and_reads_go_on(start_api: StartApi) -> None:
    api = start_api(uploads_at_once=1)
    upload = begin(api.client, 100)
    with open_patch(api.port, upload.path, 0, 100) as slow:
        slow.sendall(b"x")
        wait_until(lambda: IN_FLIGHT in read_metrics())
        for client in (api.client, httpx.Client(base_url=api.url)):  # of a connection in use, and of a new one
            for refused in (
                client.patch(upload.path, headers={**VERSION, "Upload-Offset": "0"}, content=b"x"),
                client.post("/v1/uploads", headers={**VERSION, "Upload-Length": "5"}),
            ):
                problem = problem_of(refused, 429, "too-many-requests")
                assert (refused.headers["tus-resumable"], problem["instance"]) == ("1.0.0", refused.url.path)
                assert int(refused.headers["retry-after"]) > 0
        assert upload.offset == 0
        assert api.client.get("/v1/recordings").status_code == 200
    wait_until(lambda: upload.offset == 1)
    assert 'route="/v1/uploads/{upload_id}",status="429"' in read_metrics()


def test_a_slow_upload_that_gives_way_keeps_what_it_sent(start_api: StartApi) -> None:
    api = start_api(uploads_at_once=1, upload_settle_s=0.2, upload_floor_bytes_per_s=1e9)
    upload, other = begin(api.client, 100), begin(api.client, 100)
    slow = open_patch(api.port, upload.path, 0, 100)
    slow.sendall(b"x" * 30)
    wait_until(lambda: IN_FLIGHT in read_metrics())
    wait_until(lambda: other.patch(0, b"y" * 100).status_code == 204)
    assert answer_of(slow).startswith(b"HTTP/1.1 408")
    assert upload.offset == 30


def test_who_asks_right_after_a_cut_is_told_of_all_that_arrived(
    api: StartedApi, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, put, is_storing = begin(api.client, 100), store.put, Event()

    def put_slowly(key: str, content: bytes) -> None:
        is_storing.set()
        sleep(1.0)
        put(key, content)

    monkeypatch.setattr(store, "put", put_slowly)
    with open_patch(api.port, upload.path, 0, 100) as connection:
        connection.sendall(b"x" * 60)
        wait_until(lambda: IN_FLIGHT in read_metrics())
    assert is_storing.wait(30)
    assert upload.offset == 60


def test_of_two_that_use_an_upload_at_once_one_gets_a_recording(
    start_api: StartApi, database: Database, store_dir: Path
) -> None:
    urls = [start_api().url, start_api().url]
    for round_ in range(5):
        with httpx.Client(base_url=urls[0]) as client:
            upload = send(client, wav_bytes(1.0, seed=round_))

        def use(number: int, path: str = upload.path) -> tuple[int, str]:
            with httpx.Client(base_url=urls[number], timeout=60) as client:
                answer = TusUpload(client, path).become(site=f"site {number}")
                return answer.status_code, answer.json().get("recording_id") or answer.json()["id"]

        with ThreadPoolExecutor(2) as pool:
            (first, one), (second, other) = pool.map(use, range(2))
        assert sorted((first, second)) == [202, 410]
        assert one == other, "the other is told which recording it became"
    wait_until(lambda: len(stored_files(store_dir)) == 5)
    assert row_count(database, "recordings") == 5
