from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from dawn_chorus.adapters.postgres.api_keys import create_key, revoke_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi

FILES = {"file": ("dawn.wav", wav_bytes())}


@pytest.fixture
def log_lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the API logs; a test requests it before the API is started."""
    with capture_logs() as lines:
        yield lines


def logged(lines: list[MutableMapping[str, Any]]) -> str:
    return "\n".join(map(str, lines))


def headers_for(database: Database, *scopes: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_key(database, 'station 7', scopes)[1]}"}


def test_without_keys_this_machine_is_served_and_the_log_says_so(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi
) -> None:
    client = start_api().client
    assert "no API keys exist" in logged(log_lines)
    assert client.post("/v1/recordings", files=FILES).status_code == 202


def test_without_keys_nobody_else_is_served(log_lines: list[MutableMapping[str, Any]], start_api: StartApi) -> None:
    client = start_api(host="0.0.0.0").client  # noqa: S104 - a setting of the API, the socket is on loopback
    assert "no API keys exist" in logged(log_lines)
    problem_of(client.get("/v1/recordings"), 401, "unauthenticated")


def test_authentication_off_beyond_loopback_is_logged(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi
) -> None:
    client = start_api(host="0.0.0.0", auth="off").client  # noqa: S104 - as above
    assert "authentication is off" in logged(log_lines)
    assert client.get("/v1/recordings").status_code == 200


def test_once_a_key_is_made_it_is_required(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    headers = headers_for(database, "read", "upload")
    for refused in ({}, {"Authorization": "Bearer chorus_wrong"}, {"Authorization": "Basic eDp5"}):
        response = client.get("/v1/recordings", headers=refused)
        problem_of(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
        problem_of(client.post("/v1/recordings", files=FILES, headers=refused), 401, "unauthenticated")
    assert client.get("/v1/recordings", headers=headers).status_code == 200
    assert client.post("/v1/recordings", files=FILES, headers=headers).status_code == 202


def test_health_needs_no_key(start_api: StartApi, database: Database) -> None:
    headers_for(database, "read")
    client = start_api().client
    assert [client.get(path).status_code for path in ("/health/live", "/health/ready")] == [200] * 2


@pytest.mark.parametrize("key_cache_s", [0.0, 0.5])
def test_a_revoked_key_is_refused_within_seconds(start_api: StartApi, database: Database, key_cache_s: float) -> None:
    client = start_api(key_cache_s=key_cache_s).client
    key, secret = create_key(database, "lost recorder", ["read"])
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/recordings", headers=headers).status_code == 200
    revoke_key(database, key.id)
    if key_cache_s:
        wait_until(lambda: client.get("/v1/recordings", headers=headers).status_code == 401)
    problem_of(client.get("/v1/recordings", headers=headers), 401, "unauthenticated")


def test_revoking_the_last_key_does_not_allow_access_without_one(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    key, _ = create_key(database, "lost recorder", ["read"])
    revoke_key(database, key.id)
    problem_of(client.get("/v1/recordings"), 401, "unauthenticated")


def test_scopes_bound_what_a_key_may_do(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    link = upload(client)["links"]["self"]
    read, send, admin = (headers_for(database, scope) for scope in ("read", "upload", "admin"))
    problem_of(client.post("/v1/recordings", files=FILES, headers=read), 403, "forbidden")
    problem_of(client.get(link, headers=send), 403, "forbidden")
    problem_of(client.delete(link, headers=read), 403, "forbidden")
    assert client.post(f"{link}/analyses", headers=send).status_code == 202
    assert client.get(link, headers=admin).status_code == 200
    assert client.delete(link, headers=admin).status_code == 204


def test_a_key_to_upload_may_ask_for_bytes_but_not_list(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    sha256 = upload(client)["sha256"]
    read, send = (headers_for(database, scope) for scope in ("read", "upload"))
    for headers in (read, send):
        response = client.get("/v1/recordings", params={"sha256": sha256}, headers=headers)
        assert [item["sha256"] for item in response.json()["items"]] == [sha256]
    for query in ({}, {"sha256": ""}, {"site": "marsh"}):
        problem_of(client.get("/v1/recordings", params=query, headers=send), 403, "forbidden")
    problem_of(client.get("/v1/recordings", params={"sha256": sha256}), 401, "unauthenticated")


def test_too_many_requests_are_refused_with_retry_after(start_api: StartApi, database: Database) -> None:
    client = start_api(request_burst=3, requests_per_s=0.01).client
    busy, calm = headers_for(database, "read"), headers_for(database, "read")
    statuses = [client.get("/v1/recordings", headers=busy).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    response = client.get("/v1/recordings", headers=busy)
    problem_of(response, 429, "too-many-requests")
    assert int(response.headers["retry-after"]) > 1
    assert client.get("/v1/recordings", headers=calm).status_code == 200


def test_guessing_keys_is_slowed_down(start_api: StartApi, database: Database) -> None:
    headers_for(database, "read")
    client = start_api(request_burst=3, requests_per_s=0.01).client
    guesses = [{"Authorization": f"Bearer chorus_{number}"} for number in range(4)]
    statuses = [client.get("/v1/recordings", headers=guess).status_code for guess in guesses]
    assert statuses == [401, 401, 401, 429]


def test_no_key_stands_in_the_log(
    log_lines: list[MutableMapping[str, Any]], start_api: StartApi, database: Database
) -> None:
    _, secret = create_key(database, "station 7", ["read"])
    start_api().client.get("/v1/recordings", headers={"Authorization": f"Bearer {secret}"})
    wait_until(lambda: "/v1/recordings" in logged(log_lines))
    assert secret not in logged(log_lines)
