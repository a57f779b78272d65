"""Once keys are made nothing is answered without one: every operation of the document, whoever added it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import SCOPES, create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import upload
from tests.servers.api import StartApi

OPEN = {("get", "/health/live"), ("get", "/health/ready"), ("post", "/v1/session")}
"""Health checks, and the way in."""
ANY_SCOPE = {("get", "/v1/session"), ("delete", "/v1/session")}
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
FOR_READERS = {("post", "/v1/exports"), ("delete", "/v1/exports/{export_id}")}
"""They write, but nothing that others read: files of what a reader may see, and the end of one's own."""
NOBODY = "0198c0de-0000-7000-8000-000000000000"
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    return start_api(key_cache_s=0, request_burst=1_000_000).client


def operations(client: httpx.Client) -> Iterator[Operation]:
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield method, path, operation


def ask(client: httpx.Client, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send a request with ids that are well-formed, and neither body nor query."""
    filled = path
    while "{" in filled:
        before, _, rest = filled.partition("{")
        name, _, after = rest.partition("}")
        filled = before + (NOBODY if name.endswith("id") else "2") + after
    return client.request(method, filled, headers=headers)


def test_nothing_is_answered_without_key_or_session(client: httpx.Client, database: Database) -> None:
    create_key(database, "any", ["read"])
    asked = 0
    for method, path, _ in operations(client):
        if (method, path) in OPEN:
            continue
        for headers in ({}, {"Cookie": f"chorus_session={'a' * 43}"}, {"Authorization": "Bearer wrong"}):
            response = ask(client, method, path, headers)
            assert response.status_code == 401, f"{method} {path}: {response.text}"
            if method != "head":
                problem_of(response, 401, "unauthenticated")
            assert "set-cookie" not in response.headers
        asked += 1
    assert asked > 15


def test_what_a_get_answers_a_head_answers_and_both_ask_for_a_key(client: httpx.Client, database: Database) -> None:
    create_key(database, "any", ["read"])
    for method, path, _ in operations(client):
        if method == "get":
            assert ask(client, "head", path).status_code == ask(client, "get", path).status_code


def test_every_operation_is_closed_to_some_scope_and_open_to_admin(client: httpx.Client, database: Database) -> None:
    keys = {scope: {"Authorization": f"Bearer {create_key(database, scope, [scope])[1]}"} for scope in SCOPES}
    for method, path, _ in operations(client):
        if (method, path) in OPEN | ANY_SCOPE or path.endswith("/events"):
            continue
        statuses = {scope: ask(client, method, path, headers).status_code for scope, headers in keys.items()}
        assert 403 in statuses.values(), f"{method} {path}: {statuses}"
        assert statuses["admin"] not in (401, 403), f"{method} {path}: {statuses}"
        refused = next(scope for scope, status in statuses.items() if status == 403)
        if method not in ("head", "options"):
            problem_of(ask(client, method, path, keys[refused]), 403, "forbidden")


def test_a_key_to_read_changes_nothing(client: httpx.Client, database: Database) -> None:
    recording = upload(client)
    reader = {"Authorization": f"Bearer {create_key(database, 'reader', ['read'])[1]}"}
    ids = {"recording_id": recording["id"], "analysis_id": recording["analyses"][0]["id"]}
    for method, path, _ in operations(client):
        if method in ("get", "head", "options") or (method, path) in OPEN | ANY_SCOPE | FOR_READERS:
            continue
        filled = re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], NOBODY), path)
        problem_of(client.request(method, filled, headers=reader), 403, "forbidden")


def test_the_document_says_which_operations_take_a_key_or_a_session(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["HTTPBearer"]["scheme"] == "bearer"
    assert (schemes["Session"]["in"], schemes["Session"]["name"]) == ("cookie", "chorus_session")
    for method, path, operation in operations(client):
        asked: list[dict[str, list[str]]] = [] if (method, path) in OPEN else [{"HTTPBearer": []}, {"Session": []}]
        assert operation.get("security", []) == asked, f"{method} {path}"


def test_pages_and_the_document_need_no_key(client: httpx.Client, database: Database) -> None:
    create_key(database, "any", ["read"])
    for path in ("/", "/docs", "/openapi.json", "/health/live"):
        assert client.get(path).status_code == 200


def test_the_page_comes_whole_from_this_service_without_a_key(client: httpx.Client, database: Database) -> None:
    create_key(database, "first", ["read"])
    page = client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Dawn Chorus</title>" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert page.headers["cache-control"] == "no-cache"
    head = client.head("/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-security-policy"] == policy
    problem_of(client.post("/"), 405, "method-not-allowed")
    again = client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_view_is_the_page_and_its_files_are_kept_forever(client: httpx.Client) -> None:
    page = client.get("/").text
    for view in ("/recordings/0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a", "/review", "/taxa/Parus%20major", "/overview"):
        assert client.get(view).text == page
    files = re.findall(r'"(/assets/[^"]+)"', page)
    assert {file.rpartition(".")[2] for file in files} == {"js", "css", "svg"}
    for file in files:
        packed, plain = client.get(file), client.get(file, headers={"Accept-Encoding": "identity"})
        assert packed.content == plain.content
        assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "content-encoding" not in plain.headers
    problem_of(client.get("/assets/..%2Findex.html"), 404, "not-found")
    problem_of(client.get("/assets/index-old.js"), 404, "not-found")
