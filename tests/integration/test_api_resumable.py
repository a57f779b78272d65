"""Resumable uploads, as a client of the tus protocol sees them."""

import hashlib
from pathlib import Path

import httpx

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import wav_bytes
from tests.servers.api import StartedApi
from tests.servers.tus import VERSION, begin, send


def test_a_file_sent_in_parts_becomes_the_recording_that_it_would_be_in_one(
    client: httpx.Client, database: Database, store_dir: Path
) -> None:
    content = wav_bytes(60)
    upload = send(client, content, "dawn chorus.wav", piece_bytes=300_000)
    answer = upload.become(site="marsh", recorded_at="2025-05-03T04:30:00+02:00")
    assert answer.status_code == 202, answer.text
    recording = answer.json()
    assert recording["sha256"] == hashlib.sha256(content).hexdigest()
    assert (recording["filename"], recording["site"], recording["size_bytes"]) == (
        "dawn chorus.wav",
        "marsh",
        len(content),
    )
    assert client.get(f"{recording['links']['self']}/audio").content == content
    wait_until(lambda: len(stored_files(store_dir)) == 1)
    wait_until(lambda: row_count(database, "audio_to_delete") == row_count(database, "upload_parts") == 0)
    problem = problem_of(upload.become(site="marsh"), 410, "upload-gone")
    assert problem["recording_id"] == recording["id"]


def test_an_upload_goes_on_where_its_bytes_end(client: httpx.Client) -> None:
    content = wav_bytes()
    upload = begin(client, len(content))
    assert upload.offset == 0
    assert upload.patch(0, content[:1000]).headers["upload-offset"] == "1000"
    assert upload.offset == 1000
    problem_of(upload.patch(0, content), 409, "wrong-offset")
    problem_of(upload.become(), 409, "upload-incomplete")
    assert upload.patch(1000, content[1000:]).status_code == 204
    assert upload.offset == len(content)
    assert upload.become().status_code == 202


def test_head_says_what_is_here_and_until_when(client: httpx.Client) -> None:
    upload = begin(client, 100)
    headers = upload.head().headers
    assert (headers["upload-offset"], headers["upload-length"], headers["cache-control"]) == ("0", "100", "no-store")
    assert headers["upload-metadata"] == "filename ZGF3bi53YXY="
    assert headers["upload-expires"].endswith("GMT")
    assert headers["tus-resumable"] == "1.0.0"


def test_a_deleted_upload_is_gone_with_its_bytes(client: httpx.Client, store_dir: Path) -> None:
    upload = begin(client, 100)
    upload.patch(0, b"x" * 50)
    assert upload.delete().status_code == 204
    assert upload.head().status_code == 410
    problem_of(upload.patch(50, b"x"), 410, "upload-gone")
    problem_of(upload.delete(), 410, "upload-gone")
    wait_until(lambda: stored_files(store_dir) == [])


def test_options_say_what_the_server_can_do(api: StartedApi) -> None:
    response = api.client.options("/v1/uploads", headers=VERSION)
    assert response.status_code == 204
    assert response.headers["tus-version"] == "1.0.0"
    assert response.headers["tus-extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert response.headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert int(response.headers["tus-max-size"]) == 64 * 2**30
