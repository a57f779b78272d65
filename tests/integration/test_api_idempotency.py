import socket
from pathlib import Path

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, StartedApi, read_metrics

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def post(client: httpx.Client, content: bytes, headers: dict[str, str], **fields: str) -> httpx.Response:
    return client.post("/v1/recordings", files={"file": ("dawn.wav", content)}, data=fields, headers=headers)


def test_the_same_upload_again_gets_the_first_response(
    client: httpx.Client, database: Database, store_dir: Path
) -> None:
    content = wav_bytes()
    first, again = post(client, content, KEY), post(client, content, KEY)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (row_count(database, "recordings"), len(stored_files(store_dir))) == (1, 1)


def test_the_same_key_for_another_body_is_refused(client: httpx.Client, store_dir: Path) -> None:
    assert post(client, wav_bytes(), KEY).status_code == 202
    problem_of(post(client, wav_bytes(seed=1), KEY), 422, "idempotency-key-reused")
    problem_of(post(client, wav_bytes(), KEY, site="marsh"), 422, "idempotency-key-reused")
    assert len(stored_files(store_dir)) == 1


def test_the_same_key_for_another_url_is_refused(client: httpx.Client) -> None:
    links = post(client, wav_bytes(), KEY).json()["links"]
    problem_of(client.post(links["analyses"], headers=KEY), 422, "idempotency-key-reused")


def test_a_refused_request_can_be_corrected_under_its_key(client: httpx.Client) -> None:
    problem_of(post(client, b"no sound at all" * 99, KEY), 415, "not-audio")
    assert post(client, wav_bytes(), KEY).status_code == 202


def test_a_concurrent_duplicate_is_refused(api: StartedApi) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as slow:
        slow.sendall(
            b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nIdempotency-Key: k\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        headers = {"Idempotency-Key": "k"}
        wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
        problem_of(post(api.client, wav_bytes(), headers), 409, "request-in-progress")
    wait_until(lambda: post(api.client, wav_bytes(), headers).status_code == 202)


@pytest.mark.parametrize("resource", ["analyses", "cancel"])
def test_other_posts_run_once_too(client: httpx.Client, database: Database, resource: str) -> None:
    answer = upload(client)
    url = answer["links"]["analyses"] if resource == "analyses" else answer["analyses"][0]["links"]["cancel"]
    first, again = client.post(url, headers=KEY), client.post(url, headers=KEY)
    assert first.is_success
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert row_count(database, "analyses") == (2 if resource == "analyses" else 1)


def test_keys_of_two_callers_are_separate(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    for number, site in enumerate(("marsh", "hill")):
        _, secret = create_key(database, site, ["upload"])
        headers = KEY | {"Authorization": f"Bearer {secret}"}
        assert post(client, wav_bytes(seed=number), headers).status_code == 202


def test_an_empty_or_endless_key_is_refused(client: httpx.Client) -> None:
    for key in ("", "k" * 300):
        problem_of(post(client, wav_bytes(), {"Idempotency-Key": key}), 422, "invalid-request")
