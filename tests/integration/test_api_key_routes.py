"""Keys made and revoked over HTTP, without anybody locking everybody out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key, revoke_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count
from tests.integration.kept_api import KeptApi, keep_api
from tests.servers.api import StartApi
from tests.servers.postgres import PostgresServer

KEYS = "/v1/keys"


@pytest.fixture(scope="module")
def kept(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptApi]:
    with keep_api(postgres_server, tmp_path_factory.mktemp("kept"), key_cache_s=3600) as kept:
        yield kept


@pytest.fixture
def database(kept: KeptApi) -> Database:
    kept.clear()
    return kept.database


@pytest.fixture
def admin(database: Database) -> dict[str, str]:
    """The header of a key that may do all."""
    return bearer(create_key(database, "boss", ["admin"])[1])


@pytest.fixture
def client(kept: KeptApi, admin: dict[str, str]) -> httpx.Client:
    assert admin
    return kept.api.client


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def make(client: httpx.Client, headers: dict[str, str], name: str, *scopes: str) -> dict[str, Any]:
    response = client.post(KEYS, json={"name": name, "scopes": scopes}, headers=headers)
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    made: dict[str, Any] = response.json()
    return made


def listed(client: httpx.Client, headers: dict[str, str]) -> list[dict[str, Any]]:
    response = client.get(KEYS, headers=headers)
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    found: list[dict[str, Any]] = response.json()["items"]
    return found


def test_a_key_is_shown_once_and_works_at_once(client: httpx.Client, admin: dict[str, str]) -> None:
    made = make(client, admin, " field laptop ", "upload", "read", "read")
    secret = made.pop("key")
    assert secret.startswith(made["begins"])
    assert (made["name"], made["scopes"], made["revoked_at"], made["last_used_at"]) == (
        "field laptop", ["read", "upload"], None, None,
    )  # fmt: skip
    assert client.get("/v1/packs", headers=bearer(secret)).status_code == 200
    boss, laptop = listed(client, admin)
    assert (boss["name"], boss["scopes"], boss["is_yours"]) == ("boss", ["admin"], True)
    assert laptop.pop("last_used_at") is not None
    assert laptop == {name: each for name, each in made.items() if name != "last_used_at"}
    assert secret not in client.get(KEYS, headers=admin).text


def test_only_those_who_may_do_all_see_and_make_keys(client: httpx.Client, admin: dict[str, str]) -> None:
    others = bearer(make(client, admin, "page", "read", "upload", "review")["key"])
    known = listed(client, admin)[0]["id"]
    for method, path in (("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/{known}")):
        body = {"name": "more", "scopes": ["admin"]} if method == "POST" else None
        problem_of(client.request(method, path, headers=others, json=body), 403, "forbidden")
        problem_of(client.request(method, path, json=body), 401, "unauthenticated")
    assert len(listed(client, admin)) == 2


def test_a_revoked_key_and_its_sessions_end_at_once(client: httpx.Client, admin: dict[str, str]) -> None:
    """Though keys are remembered for an hour here."""
    made = make(client, admin, "field laptop", "read")
    key = bearer(made["key"])
    assert client.post("/v1/session", json={"key": made["key"]}).status_code == 204
    session = {"Cookie": f"chorus_session={client.cookies['chorus_session']}"}
    client.cookies.clear()
    for headers in (key, session):
        assert client.get("/v1/packs", headers=headers).status_code == 200
    for _ in range(2):  # the second changes nothing
        answer = client.delete(f"{KEYS}/{made['id']}", headers=admin)
        assert answer.status_code == 200
        assert answer.json()["revoked_at"] is not None
    for headers in (key, session):
        problem_of(client.get("/v1/packs", headers=headers), 401, "unauthenticated")
    assert [each["revoked_at"] is None for each in listed(client, admin)] == [True, False]


def test_the_last_key_that_may_make_others_stays(
    client: httpx.Client, admin: dict[str, str], database: Database
) -> None:
    (boss,) = listed(client, admin)
    make(client, admin, "field laptop", "read", "upload", "review")
    problem = problem_of(client.delete(f"{KEYS}/{boss['id']}", headers=admin), 409, "conflict")
    assert "chorus keys revoke" in problem["detail"]
    second = make(client, admin, "deputy", "admin")
    assert client.delete(f"{KEYS}/{boss['id']}", headers=admin).status_code == 200, "its own key, too"
    problem_of(client.get(KEYS, headers=admin), 401, "unauthenticated")
    problem_of(client.delete(f"{KEYS}/{second['id']}", headers=bearer(second["key"])), 409, "conflict")
    revoke_key(database, second["id"])  # as `chorus keys revoke` does


def test_an_unknown_key_is_not_found(client: httpx.Client, admin: dict[str, str]) -> None:
    path = f"{KEYS}/0193d0c8-5a44-7e11-9b3a-2c4d6e8f0a1b"
    problem_of(client.delete(path, headers=admin), 404, "not-found")
    problem_of(client.delete(f"{KEYS}/boss", headers=admin), 422, "invalid-request")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": "a"}, {"scopes": ["read"]}, {"name": "", "scopes": ["read"]}, {"name": "  ", "scopes": ["read"]},
        {"name": "a", "scopes": []}, {"name": "a", "scopes": ["root"]}, {"name": "a", "scopes": "read"},
        {"name": "a" * 201, "scopes": ["read"]}, {"name": "a\x00", "scopes": ["read"]},
        {"name": "a", "scopes": ["read"], "key": "mine"}, {"name": "a", "scopes": ["read"] * 5}, [], "a",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(client: httpx.Client, admin: dict[str, str], body: Any) -> None:
    problem_of(client.post(KEYS, json=body, headers=admin), 422, "invalid-request")
    assert len(listed(client, admin)) == 1


def test_the_first_key_closes_an_open_service_and_must_be_able_to_make_others(
    start_api: StartApi, database: Database
) -> None:
    client = start_api(key_cache_s=3600).client
    assert client.get(KEYS).json() == {"items": [], "asked_for": False, "can_be_asked_for": True}
    for scopes in (["read"], ["read", "upload", "review"]):
        problem = problem_of(client.post(KEYS, json={"name": "me", "scopes": scopes}), 422, "invalid-request")
        assert [each["field"] for each in problem["errors"]] == ["scopes"]
        assert "admin" in problem["detail"]
    assert row_count(database, "api_keys") == 0
    assert client.get("/v1/recordings").status_code == 200
    made = make(client, {}, "me", "admin")
    problem_of(client.get("/v1/recordings"), 401, "unauthenticated")
    assert client.post("/v1/session", json={"key": made["key"]}).status_code == 204
    assert client.get("/v1/session").json() == {"name": "me", "scopes": ["admin"], "open": False}
    answer = client.get(KEYS).json()
    assert (answer["asked_for"], answer["can_be_asked_for"]) == (True, True)
    assert [each["is_yours"] for each in answer["items"]] == [True], "of the session too"


def test_of_first_keys_made_at_once_none_locks_everybody_out(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    with ThreadPoolExecutor(8) as pool:
        wanted = [{"name": "me", "scopes": [scope]} for scope in ("read", "upload") * 4]
        statuses = list(pool.map(lambda body: client.post(KEYS, json=body).status_code, wanted))
    assert statuses == [422] * 8
    assert row_count(database, "api_keys") == 0


def test_where_keys_are_never_asked_for_they_can_be_made_and_it_is_said(start_api: StartApi) -> None:
    client = start_api(auth="off").client
    made = make(client, {}, "later", "admin")
    assert client.get("/v1/recordings").status_code == 200
    answer = client.get(KEYS).json()
    assert (answer["asked_for"], answer["can_be_asked_for"]) == (False, False)
    assert [each["id"] for each in answer["items"]] == [made["id"]]


def test_a_page_of_another_site_makes_no_key(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    foreign = {"Origin": "https://evil.example"}
    problem_of(client.post(KEYS, json={"name": "me", "scopes": ["admin"]}, headers=foreign), 403, "cross-site")
    assert row_count(database, "api_keys") == 0
