"""Sessions of browsers: what the cookie may do, what ends it, and what another site can do with it."""

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest
from psycopg import sql

from dawn_chorus.adapters.postgres.api_keys import create_key, list_keys, revoke_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.sessions import MOST_OF_A_KEY, delete_ended_sessions
from dawn_chorus.api.uploads import sweep
from tests.integration.api_checks import problem_of, row_count, wait_until
from tests.integration.kept_api import KeptApi, keep_api
from tests.integration.made_up import wav_bytes
from tests.servers.api import StartApi, StartedApi
from tests.servers.postgres import PostgresServer

SESSION = "/v1/session"
PLAIN, BOUND = "chorus_session", "__Host-chorus_session"
HTTPS = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def kept(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptApi]:
    """A service that looks every key and session up for each request."""
    with keep_api(postgres_server, tmp_path_factory.mktemp("kept"), key_cache_s=0) as kept:
        yield kept


@pytest.fixture
def database(kept: KeptApi) -> Database:
    kept.clear()
    return kept.database


@pytest.fixture
def key(database: Database) -> str:
    return create_key(database, "field laptop", ["read", "upload"])[1]


@pytest.fixture
def api(kept: KeptApi, key: str) -> StartedApi:
    """The service, with a key."""
    assert key
    return kept.api


def cookies_of(response: httpx.Response) -> dict[str, "Morsel[str]"]:
    found: SimpleCookie = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        found.load(header)
    return dict(found)


def sign_in(client: httpx.Client, key: str, **headers: str) -> dict[str, str]:
    """Return the header with the cookie of a new session; the client itself keeps none."""
    response = client.post(SESSION, json={"key": key}, headers=headers)
    assert (response.status_code, response.content) == (204, b""), response.text
    client.cookies.clear()
    return {"Cookie": "; ".join(f"{name}={each.value}" for name, each in cookies_of(response).items() if each.value)}


def test_a_session_may_do_what_its_key_may_and_no_more(api: StartedApi, key: str, database: Database) -> None:
    headers = sign_in(api.client, key)
    response = api.client.get(SESSION, headers=headers)
    assert response.json() == {"name": "field laptop", "scopes": ["read", "upload"], "open": False}
    assert response.headers["cache-control"] == "no-store"
    files = {"file": ("dawn.wav", wav_bytes())}
    uploaded = api.client.post("/v1/recordings", files=files, headers=headers)
    assert uploaded.status_code == 202
    links = uploaded.json()["links"]
    for link in (links["self"], links["audio"], "/v1/recordings", "/v1/detections", "/v1/packs"):
        assert api.client.get(link, headers=headers).status_code == 200
        assert api.client.head(link, headers=headers).status_code == 200
        problem_of(api.client.get(link), 401, "unauthenticated")
    problem_of(api.client.delete(links["self"], headers=headers), 403, "forbidden")
    admin = sign_in(api.client, create_key(database, "boss", ["admin"])[1])
    assert api.client.delete(links["self"], headers=admin).status_code == 204


def test_the_cookie_is_for_this_host_for_http_and_for_thirty_days(api: StartedApi, key: str) -> None:
    cookies = cookies_of(api.client.post(SESSION, json={"key": key}))
    (cookie,) = cookies.values()
    assert cookie.key == PLAIN
    assert (cookie["path"], cookie["max-age"], cookie["httponly"], cookie["samesite"].lower()) == (
        "/", str(30 * 86400), True, "strict",
    )  # fmt: skip
    assert (cookie["secure"], cookie["domain"]) == ("", "")


@pytest.mark.parametrize(
    ("settings", "headers"), [({"public_url": "https://chorus.example.org"}, {}), ({}, HTTPS)], ids=["setting", "proxy"]
)
def test_over_https_the_cookie_is_bound_to_host_and_https(
    start_api: StartApi, key: str, settings: dict[str, Any], headers: dict[str, str]
) -> None:
    client = start_api(**settings).client
    response = client.post(SESSION, json={"key": key}, headers=headers)
    cookie = cookies_of(response)[BOUND]
    assert (cookie["path"], cookie["httponly"], cookie["secure"], cookie["samesite"].lower(), cookie["domain"]) == (
        "/", True, True, "strict", "",
    )  # fmt: skip
    assert cookies_of(response)[PLAIN].value == "", "one from before is removed"
    client.cookies.clear()
    bound = headers | {"Cookie": f"{BOUND}={cookie.value}"}
    assert client.get("/v1/recordings", headers=bound).status_code == 200
    # What any other host of the domain could have set is no session.
    problem_of(
        client.get("/v1/recordings", headers=headers | {"Cookie": f"{PLAIN}={cookie.value}"}), 401, "unauthenticated"
    )
    assert client.delete(SESSION, headers=bound).status_code == 204
    problem_of(client.get("/v1/recordings", headers=bound), 401, "unauthenticated")


def test_a_proxy_that_is_not_trusted_has_no_say(start_api: StartApi, key: str) -> None:
    client = start_api(trusted_proxies="10.0.0.1").client
    assert list(cookies_of(client.post(SESSION, json={"key": key}, headers=HTTPS))) == [PLAIN]


def test_a_wrong_key_begins_nothing(api: StartedApi, key: str, database: Database) -> None:
    for wrong in ("chorus_wrong", key[:-1], f"{key} ", key.upper(), "\x00", "ключ"):
        response = api.client.post(SESSION, json={"key": wrong})
        problem_of(response, 401, "unauthenticated")
        assert "set-cookie" not in response.headers
    assert row_count(database, "sessions") == 0


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"key": 7}', '{"key": ""}', '{"key": "a", "name": "b"}', "{"])
def test_a_body_without_a_key_is_invalid(api: StartedApi, body: str) -> None:
    response = api.client.post(SESSION, content=body, headers={"Content-Type": "application/json"})
    problem_of(response, 422, "invalid-request")
    problem_of(api.client.post(SESSION, json={"key": "k" * 201}), 422, "invalid-request")
    problem_of(api.client.post(SESSION, json={"key": "k" * 2_000_000}), 413, "too-large")


def test_guessing_keys_by_sessions_is_slowed_down_like_guessing_by_headers(start_api: StartApi, key: str) -> None:
    client = start_api(request_burst=3, requests_per_s=0.01).client
    bearer = {"Authorization": f"Bearer {key}"}
    statuses = [client.post(SESSION, json={"key": f"guess {i}"}, headers=bearer).status_code for i in range(4)]
    assert statuses == [401, 401, 401, 429]
    response = client.post(SESSION, json={"key": key})
    problem_of(response, 429, "too-many-requests")
    assert int(response.headers["retry-after"]) > 1


def test_a_session_counts_to_its_key(start_api: StartApi, key: str) -> None:
    client = start_api(request_burst=4, requests_per_s=0.01).client
    headers = sign_in(client, key)
    statuses = [client.get("/v1/packs", headers=headers).status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]
    assert client.get("/v1/packs", headers={"Authorization": f"Bearer {key}"}).status_code == 429
    problem_of(client.get("/v1/packs"), 401, "unauthenticated")


def test_a_revoked_key_ends_all_its_sessions_for_good(api: StartedApi, key: str, database: Database) -> None:
    here, there = sign_in(api.client, key), sign_in(api.client, key)
    other = sign_in(api.client, create_key(database, "another", ["read"])[1])
    (revoked,) = (each for each in list_keys(database) if each.name == "field laptop")
    revoke_key(database, revoked.id)
    for headers in (here, there):
        for path in (SESSION, "/v1/recordings"):
            problem_of(api.client.get(path, headers=headers), 401, "unauthenticated")
    problem_of(api.client.post(SESSION, json={"key": key}), 401, "unauthenticated")
    assert api.client.get("/v1/recordings", headers=other).status_code == 200
    assert row_count(database, "sessions") == 1
    with database.transaction() as connection:
        connection.execute("DELETE FROM api_keys")
    assert row_count(database, "sessions") == 0


def test_a_key_revoked_by_a_version_that_knows_no_sessions_ends_them_too(
    api: StartedApi, key: str, database: Database
) -> None:
    headers = sign_in(api.client, key)
    with database.transaction() as connection:
        connection.execute("UPDATE api_keys SET revoked_at = now()")
    problem_of(api.client.get("/v1/recordings", headers=headers), 401, "unauthenticated")
    assert delete_ended_sessions(database) == 1


def test_a_revoked_key_ends_its_sessions_within_seconds_where_they_are_remembered(
    start_api: StartApi, key: str, database: Database
) -> None:
    client = start_api(key_cache_s=0.5).client
    headers = sign_in(client, key)
    assert client.get("/v1/recordings", headers=headers).status_code == 200
    revoke_key(database, list_keys(database)[0].id)
    wait_until(lambda: client.get("/v1/recordings", headers=headers).status_code == 401)


def test_signing_out_ends_this_session_at_once_and_no_other(start_api: StartApi, key: str) -> None:
    client = start_api(key_cache_s=3600).client
    here, there = sign_in(client, key), sign_in(client, key)
    for headers in (here, there):
        assert client.get("/v1/recordings", headers=headers).status_code == 200
    response = client.delete(SESSION, headers=here)
    assert response.status_code == 204
    assert {name: (each.value, each["max-age"]) for name, each in cookies_of(response).items()} == {
        PLAIN: ("", "0"), BOUND: ("", "0"),
    }  # fmt: skip
    problem_of(client.get("/v1/recordings", headers=here), 401, "unauthenticated")
    problem_of(client.delete(SESSION, headers=here), 401, "unauthenticated")
    assert client.get("/v1/recordings", headers=there).status_code == 200


def test_signing_in_again_in_one_browser_replaces_its_session(api: StartedApi, key: str, database: Database) -> None:
    first = sign_in(api.client, key)
    second = sign_in(api.client, key, **first)
    assert first != second
    problem_of(api.client.get(SESSION, headers=first), 401, "unauthenticated")
    assert api.client.get(SESSION, headers=second).status_code == 200
    problem_of(api.client.post(SESSION, json={"key": "wrong"}, headers=second), 401, "unauthenticated")
    assert api.client.get(SESSION, headers=second).status_code == 200, "a mistyped key signs nobody out"
    assert row_count(database, "sessions") == 1


def test_a_session_lasts_thirty_days_and_seven_unused(api: StartedApi, key: str, database: Database) -> None:
    for column, days, status in (
        ("created_at", 29.9, 200), ("created_at", 30.1, 401), ("last_used_at", 6.9, 200), ("last_used_at", 7.1, 401),
    ):  # fmt: skip
        headers = sign_in(api.client, key)
        with database.transaction() as connection:
            change = sql.SQL("UPDATE sessions SET {} = now() - %s").format(sql.Identifier(column))
            connection.execute(change, (timedelta(days=days),))
        assert api.client.get("/v1/recordings", headers=headers).status_code == status
        assert delete_ended_sessions(database) == (status == 401)
        api.client.delete(SESSION, headers=headers)


def test_use_is_noted_once_an_hour_and_keeps_a_session_alive(api: StartedApi, key: str, database: Database) -> None:
    headers = sign_in(api.client, key)

    def last_used() -> Any:
        with database.transaction() as connection:
            return connection.execute("SELECT last_used_at, xmin FROM sessions").fetchone()

    begun = last_used()
    for _ in range(3):
        assert api.client.get("/v1/packs", headers=headers).status_code == 200
    assert last_used() == begun, "not one write a request"
    with database.transaction() as connection:
        connection.execute("UPDATE sessions SET last_used_at = now() - interval '6 days'")
    assert api.client.get("/v1/packs", headers=headers).status_code == 200
    assert last_used()["last_used_at"] > begun["last_used_at"]
    assert list_keys(database)[0].last_used_at is not None


def test_ended_sessions_are_swept_by_the_service(
    api: StartedApi, key: str, database: Database, start_api: StartApi
) -> None:
    sign_in(api.client, key)
    with database.transaction() as connection:
        connection.execute("UPDATE sessions SET created_at = now() - interval '31 days'")
    sign_in(api.client, key)
    start_api()  # sweeps as it starts, and every hour
    wait_until(lambda: row_count(database, "sessions") == 1)
    assert sweep.SWEEP_EVERY_S == 3600


def test_a_key_has_so_many_sessions_and_no_more(api: StartedApi, key: str, database: Database) -> None:
    oldest = sign_in(api.client, key)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO sessions (sha256, key_id, created_at) "
            "SELECT sha256(i::text::bytea), k.id, now() + i * interval '1 ms' "
            "FROM api_keys AS k, generate_series(1, %s) AS i",
            (MOST_OF_A_KEY - 1,),
        )
        connection.execute("UPDATE sessions SET created_at = created_at - interval '1 hour'")
    newest = sign_in(api.client, key)
    assert row_count(database, "sessions") == MOST_OF_A_KEY
    problem_of(api.client.get(SESSION, headers=oldest), 401, "unauthenticated")
    assert api.client.get(SESSION, headers=newest).status_code == 200


def test_the_id_of_a_session_is_nowhere_in_the_database(api: StartedApi, key: str, database: Database) -> None:
    session = sign_in(api.client, key)["Cookie"].partition("=")[2]
    with database.transaction() as connection:
        row = connection.execute("SELECT s::text AS text FROM sessions AS s").fetchone()
    assert row is not None
    assert session not in row["text"]
    for as_key in (session, key.removeprefix("chorus_")):
        response = api.client.get("/v1/recordings", headers={"Authorization": f"Bearer {as_key}"})
        problem_of(response, 401, "unauthenticated")
    problem_of(api.client.get("/v1/recordings", headers={"Cookie": f"{PLAIN}={key}"}), 401, "unauthenticated")


def garbage() -> Iterator[bytes]:
    name = PLAIN.encode()
    yield from (b"", b"=", b";", b";;=;", name, name + b"=", name + b"=\xff\xfe", name + b'="quoted"', b"\xff=\xff")
    yield name + b"=" + b"a" * 43  # well-formed and unknown
    yield name + b"=" + b"a" * 42
    yield name + b"=" + b"a" * 20_000
    yield b"; ".join([name + b"=" + b"a" * 43] * 100)
    yield b"__Host-" + name + b"=" + b"\x80" * 43
    yield b"$Version=1; " + name + b"=" + b"b" * 43 + b"; $Path=/"


def test_a_broken_cookie_is_none(api: StartedApi, start_api: StartApi) -> None:
    open_client = start_api(auth="off").client
    for cookie in garbage():
        headers = [(b"Cookie", cookie)]
        problem_of(api.client.get("/v1/recordings", headers=headers), 401, "unauthenticated")
        problem_of(api.client.delete(SESSION, headers=headers), 401, "unauthenticated")
        assert open_client.get("/v1/recordings", headers=headers).status_code == 200, cookie
        assert open_client.delete(SESSION, headers=headers).status_code == 204, cookie


def test_a_session_is_found_among_other_cookies(api: StartedApi, key: str) -> None:
    cookie = sign_in(api.client, key)["Cookie"]
    for header in (f"a=b; {cookie}; c", f"{cookie};x", f'theme="da;rk"; {cookie}', f"{BOUND}={'a' * 43}; {cookie}"):
        assert api.client.get("/v1/packs", headers={"Cookie": header}).status_code == 200, header
    two = [("Cookie", "a=b"), ("Cookie", cookie)]
    assert api.client.get("/v1/packs", headers=two).status_code == 200


def test_a_key_in_the_header_counts_more_than_the_cookie(api: StartedApi, key: str, database: Database) -> None:
    session = sign_in(api.client, key)
    other = create_key(database, "another", ["admin"])[1]
    named = api.client.get(SESSION, headers=session | {"Authorization": f"Bearer {other}"})
    assert named.json()["name"] == "another"
    wrong = api.client.get("/v1/recordings", headers=session | {"Authorization": "Bearer chorus_wrong"})
    problem_of(wrong, 401, "unauthenticated")
    # What a proxy asks for itself is no key of this service.
    proxy = api.client.get("/v1/recordings", headers=session | {"Authorization": "Basic eDp5"})
    assert proxy.status_code == 200


def test_without_a_session_the_page_learns_whether_it_must_sign_in(start_api: StartApi, database: Database) -> None:
    client = start_api(key_cache_s=0).client
    everything = {"name": None, "scopes": ["admin", "read", "review", "upload"], "open": True}
    assert client.get(SESSION).json() == everything
    assert client.head(SESSION).status_code == 200
    assert client.get(SESSION, headers={"Cookie": f"{PLAIN}={'a' * 43}"}).json() == everything
    problem_of(client.post(SESSION, json={"key": "any"}), 401, "unauthenticated")
    create_key(database, "first", ["read"])
    problem_of(client.get(SESSION), 401, "unauthenticated")
    assert start_api(auth="off").client.get(SESSION).json() == everything


ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://other.localhost"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
)


@pytest.mark.parametrize("proxy", [{}, HTTPS], ids=["http", "https"])
def test_another_site_changes_nothing_with_the_cookie(
    api: StartedApi, key: str, database: Database, proxy: dict[str, str]
) -> None:
    cookie = sign_in(api.client, key, **proxy)
    here = {"Host": "localhost"} | proxy | cookie
    for headers in ELSEWHERE:
        for method, path in (
            ("POST", "/v1/recordings"),
            ("POST", SESSION),
            ("DELETE", SESSION),
            ("PUT", "/v1/recordings"),
            ("PATCH", "/v1/recordings/0198c0de-0000-7000-8000-000000000000"),
        ):
            problem_of(api.client.request(method, path, headers=here | headers, json={"key": key}), 403, "cross-site")
        assert api.client.get("/v1/recordings", headers=here | headers).status_code == 200
    assert row_count(database, "sessions") == 1
    own = {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}
    assert api.client.delete(SESSION, headers=here | own).status_code == 204


def test_no_page_can_have_people_sign_in_as_somebody_else(api: StartedApi, key: str) -> None:
    """Login by forgery: a form, which no browser asks about before, with a body that reads as JSON."""
    body = f'{{"key": "{key}", "x": "="}}'
    for headers in ({"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}):
        response = api.client.post(SESSION, content=body, headers={"Content-Type": "text/plain"} | headers)
        problem_of(response, 403, "cross-site")
        assert "set-cookie" not in response.headers


def test_events_can_be_followed_with_a_session(api: StartedApi, key: str) -> None:
    headers = sign_in(api.client, key)
    files = {"file": ("dawn.wav", wav_bytes())}
    analysis = api.client.post("/v1/recordings", files=files, headers=headers).json()["analyses"][0]
    with api.client.stream("GET", analysis["links"]["events"], headers=headers) as stream:
        assert stream.status_code == 200
        assert next(stream.iter_lines()) == "event: progress"
