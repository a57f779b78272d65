"""Resumable uploads, as a client of the tus protocol sees them."""

import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.uploads.resumable.receiving import PART_BYTES
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.kept_api import KeptApi, keep_api
from tests.integration.made_up import wav_bytes
from tests.servers.api import StartApi, StartedApi
from tests.servers.postgres import PostgresServer
from tests.servers.tus import BYTES, VERSION, TusUpload, begin, checksum, metadata, send


@pytest.fixture(scope="module")
def kept(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptApi]:
    with keep_api(postgres_server, tmp_path_factory.mktemp("kept")) as kept:
        yield kept


@pytest.fixture
def database(kept: KeptApi) -> Database:
    kept.clear()
    return kept.database


@pytest.fixture
def api(kept: KeptApi, database: Database) -> StartedApi:
    """The service, with nothing in its database."""
    assert database
    return kept.api


@pytest.fixture
def store_dir(kept: KeptApi) -> Path:
    return kept.store_dir


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


def problem_with_version(response: httpx.Response, status: int, name: str) -> dict[str, Any]:
    assert response.headers["tus-resumable"] == "1.0.0"
    return problem_of(response, status, name)


@pytest.mark.parametrize("given", [{}, {"Tus-Resumable": "0.2.2"}])
def test_another_version_of_the_protocol_is_refused(client: httpx.Client, given: dict[str, str]) -> None:
    upload = begin(client, 10)
    for method, path, headers in [
        ("POST", "/v1/uploads", {"Upload-Length": "5"}),
        ("PATCH", upload.path, {**BYTES, "Upload-Offset": "0"}),
        ("DELETE", upload.path, {}),
    ]:
        refused = client.request(method, path, headers={**headers, **given})
        problem_with_version(refused, 412, "unsupported-version")
        assert refused.headers["tus-version"] == "1.0.0"
    assert client.head(upload.path, headers=given).status_code == 412
    assert upload.offset == 0


@pytest.mark.parametrize(
    ("headers", "status", "name"),
    [
        ({}, 400, "malformed-request"),
        ({"Upload-Length": "-1"}, 400, "malformed-request"),
        ({"Upload-Defer-Length": "1"}, 400, "malformed-request"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename a b"}, 400, "malformed-request"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename Lg=="}, 400, "malformed-request"),
        ({"Upload-Length": "5", "Upload-Checksum": "md5 AAAA"}, 400, "malformed-request"),
        ({"Upload-Length": str(2**40)}, 413, "too-large"),
    ],
)
def test_an_upload_that_cannot_be_is_not_begun(
    client: httpx.Client, database: Database, headers: dict[str, str], status: int, name: str
) -> None:
    problem_with_version(client.post("/v1/uploads", headers={**VERSION, **headers}), status, name)
    assert row_count(database, "uploads") == 0


def test_bytes_of_another_kind_are_refused(client: httpx.Client) -> None:
    upload = begin(client, 10)
    wrong = {**VERSION, "Upload-Offset": "0", "Content-Type": "application/octet-stream"}
    problem_with_version(client.patch(upload.path, content=b"x", headers=wrong), 415, "unsupported-media-type")
    begun = {**VERSION, "Upload-Length": "10", "Content-Type": "audio/wav"}
    problem_with_version(client.post("/v1/uploads", content=b"x", headers=begun), 415, "unsupported-media-type")
    assert upload.offset == 0


def test_an_upload_that_is_unknown_is_not_found(client: httpx.Client) -> None:
    upload = TusUpload(client, f"/v1/uploads/{uuid4()}")
    unknown = upload.head()
    assert (unknown.status_code, unknown.headers["cache-control"]) == (404, "no-store")
    for response in (upload.patch(0, b"x"), upload.delete(), client.delete("/v1/uploads/none", headers=VERSION)):
        problem_with_version(response, 404, "not-found")
    problem_of(upload.become(), 404, "not-found")
    problem = problem_of(client.post("/v1/recordings", data={"upload": "none"}), 422, "invalid-request")
    assert problem["errors"][0]["field"] == "upload"


@pytest.mark.parametrize("chunked", [False, True])
def test_more_bytes_than_the_upload_has_are_refused(client: httpx.Client, chunked: bool) -> None:
    upload = begin(client, 10)
    content: Any = iter([b"x" * 8, b"y" * 3]) if chunked else b"x" * 11
    problem_with_version(upload.patch(0, content), 413, "too-large")
    assert upload.offset == 0
    assert upload.patch(0, b"x" * 10).status_code == 204
    problem_with_version(upload.patch(10, b"x"), 413, "too-large")
    assert upload.patch(10, b"").status_code == 204, "nothing more is nothing wrong"


def test_a_file_beyond_the_largest_is_refused(start_api: StartApi) -> None:
    client = start_api(max_upload_bytes=1000).client
    limit = problem_with_version(
        client.post("/v1/uploads", headers={**VERSION, "Upload-Length": "1001"}), 413, "too-large"
    )
    assert limit["limit_bytes"] == int(client.options("/v1/uploads").headers["tus-max-size"]) == 1000
    upload = begin(client, 1000)
    problem_with_version(upload.patch(0, b"x" * 1001), 413, "too-large")


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_bytes_with_their_checksum_count_and_others_leave_nothing(
    client: httpx.Client, database: Database, store_dir: Path, algorithm: str
) -> None:
    upload = begin(client, 100)
    first, second = b"a" * 60, b"b" * 40
    problem_with_version(upload.patch(0, first, **checksum(second, algorithm)), 460, "checksum-mismatch")
    assert (upload.offset, row_count(database, "upload_parts")) == (0, 0)
    wait_until(lambda: stored_files(store_dir) == [])
    assert upload.patch(0, first, **checksum(first, algorithm)).headers["upload-offset"] == "60"
    problem_with_version(upload.patch(60, second, Upload_Checksum="sha256 no"), 400, "malformed-request")
    assert upload.patch(60, second, **checksum(second, algorithm)).headers["upload-offset"] == "100"


def test_the_first_bytes_may_come_with_the_beginning(client: httpx.Client) -> None:
    content = wav_bytes()
    headers = {**VERSION, **BYTES, **metadata(filename="dawn.wav"), "Upload-Length": str(len(content))}
    begun = client.post("/v1/uploads", content=content[:5000], headers={**headers, **checksum(content[:5000])})
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "5000")
    upload = TusUpload(client, begun.headers["location"])
    assert begun.json() == {"id": upload.id}
    assert upload.patch(5000, content[5000:]).status_code == 204
    assert upload.become().json()["filename"] == "dawn.wav"
    whole = client.post("/v1/uploads", content=content, headers=headers)
    assert TusUpload(client, whole.headers["location"]).become(site="marsh").status_code in (200, 202)


def test_what_begins_with_wrong_bytes_is_not_begun(client: httpx.Client, database: Database, store_dir: Path) -> None:
    headers = {**VERSION, **BYTES, "Upload-Length": "10"}
    wrong = client.post("/v1/uploads", content=b"a" * 10, headers={**headers, **checksum(b"b")})
    problem_with_version(wrong, 460, "checksum-mismatch")
    problem_with_version(client.post("/v1/uploads", content=b"a" * 11, headers=headers), 413, "too-large")
    wait_until(lambda: stored_files(store_dir) == [])
    with database.transaction() as connection:
        assert {row["state"] for row in connection.execute("SELECT state FROM uploads")} == {"terminated"}


@pytest.mark.parametrize("size_bytes", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1])
def test_a_file_of_any_size_is_joined_from_its_parts(
    client: httpx.Client, database: Database, store_dir: Path, size_bytes: int
) -> None:
    content = random.Random(size_bytes).randbytes(size_bytes)
    upload = send(client, content)
    assert upload.offset == size_bytes
    # None is audio; so it stays and can be tried again.
    for _ in range(2):
        refused = upload.become()
        assert (refused.status_code, refused.headers["content-type"]) in (
            (415, "application/problem+json"),
            (422, "application/problem+json"),
        ), refused.text
    wait_until(lambda: len(stored_files(store_dir)) == 1)
    assert [path.read_bytes() for path in stored_files(store_dir)] == [content]
    assert upload.delete().status_code == 204
    wait_until(lambda: stored_files(store_dir) == [])
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)


def test_one_request_becomes_parts_of_8_mib(client: httpx.Client, database: Database, store_dir: Path) -> None:
    content = random.Random(0).randbytes(2 * PART_BYTES + 5)
    upload = begin(client, len(content) + 1)
    assert upload.patch(0, content).status_code == 204
    with database.transaction() as connection:
        rows = connection.execute("SELECT start_byte, size_bytes, number FROM upload_parts ORDER BY 1").fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (0, PART_BYTES, 1), (PART_BYTES, PART_BYTES, 2), (2 * PART_BYTES, 5, 3),
    ]  # fmt: skip
    names = sorted(str(path.relative_to(store_dir)) for path in stored_files(store_dir))
    assert all(re.fullmatch(rf"uploads/{upload.id}/\d+-[0-9a-f-]{{36}}", name) for name in names)


def test_a_refused_upload_can_be_used_with_other_fields(client: httpx.Client) -> None:
    upload = send(client, wav_bytes())
    problem_of(upload.become(latitude="99", longitude="0"), 422, "invalid-request")
    problem_of(upload.become(pack="perch"), 422, "unknown-pack")
    assert upload.become(site="marsh").status_code == 202


def test_known_bytes_are_a_duplicate_and_kept_once(client: httpx.Client, store_dir: Path) -> None:
    content = wav_bytes()
    first = send(client, content).become(site="marsh").json()
    second = send(client, content, "again.wav")
    again = second.become(site="marsh")
    assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, first["id"], True)
    wait_until(lambda: len(stored_files(store_dir)) == 1)
    problem_of(second.become(site="hill"), 410, "upload-gone")


def test_a_key_gets_the_first_answer_again_though_the_upload_is_used(client: httpx.Client) -> None:
    upload = send(client, wav_bytes())
    key = {"Idempotency-Key": "1"}
    first = upload.become(key, site="marsh")
    again = upload.become(key, site="marsh")
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    problem_of(upload.become(key, site="hill"), 422, "idempotency-key-reused")


def test_a_key_with_which_an_upload_was_incomplete_can_be_used_once_it_is_whole(client: httpx.Client) -> None:
    content = wav_bytes()
    upload, key = begin(client, len(content)), {"Idempotency-Key": "1"}
    problem_of(upload.become(key), 409, "upload-incomplete")
    upload.patch(0, content)
    assert upload.become(key).status_code == 202


def test_an_upload_may_be_named_in_a_form_of_either_kind(client: httpx.Client) -> None:
    upload = send(client, wav_bytes())
    answer = client.post("/v1/recordings", files={"upload": (None, upload.id), "site": (None, "marsh")})
    assert (answer.status_code, answer.json()["site"]) == (202, "marsh")


@pytest.mark.parametrize("order", ["file first", "upload first"])
def test_a_file_and_an_upload_together_are_refused(client: httpx.Client, store_dir: Path, order: str) -> None:
    upload = send(client, wav_bytes())
    wait_until(lambda: len(stored_files(store_dir)) == 1 and "-" in stored_files(store_dir)[0].name)
    parts: list[Any] = [("file", ("dawn.wav", wav_bytes())), ("upload", (None, upload.id))]
    refused = client.post("/v1/recordings", files=parts if order == "file first" else parts[::-1])
    problem = problem_of(refused, 422, "invalid-request")
    assert problem["errors"][0]["field"] == "upload"
    assert upload.become().status_code == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("site=marsh", "file"),
        ("", "file"),
        ("file=dawn", "file"),
        ("upload=none", "upload"),
        ("upload=a&upload=b", "upload"),
        ("upload=a&lat=3", "lat"),
    ],
)
def test_a_wrong_urlencoded_form_names_its_field(client: httpx.Client, body: str, field: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem = problem_of(client.post("/v1/recordings", content=body, headers=headers), 422, "invalid-request")
    assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize("body", [b"upload=%ff", b"upload=\xff", b"&".join(b"a%d=b" % n for n in range(99))])
def test_a_broken_urlencoded_form_is_refused(client: httpx.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem_of(client.post("/v1/recordings", content=body, headers=headers), 400, "malformed-request")


def test_a_long_urlencoded_form_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem_of(client.post("/v1/recordings", content=b"a" * 2**21, headers=headers), 413, "too-large")


def test_a_post_may_stand_for_a_method_that_a_proxy_does_not_know(client: httpx.Client) -> None:
    upload = begin(client, 10)
    asking = {**VERSION, "X-HTTP-Method-Override": "HEAD"}
    headers = {**VERSION, **BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert client.post(upload.path, content=b"x" * 10, headers=headers).headers["upload-offset"] == "10"
    told = client.post(upload.path, headers=asking)
    assert (told.status_code, told.headers["upload-offset"], told.content) == (200, "10", b"")
    deleting = {**VERSION, "X-HTTP-Method-Override": "delete"}
    assert client.post(upload.path, headers=deleting).status_code == 204
    assert upload.head().status_code == 410
    gone = client.post(upload.path, headers=asking)
    problem_with_version(gone, 410, "upload-gone")
    assert client.post(upload.path, headers=VERSION).status_code == 405


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "HEAD", "GET", "OPTIONS"])
def test_no_page_of_another_site_hides_behind_another_method(client: httpx.Client, method: str) -> None:
    upload = begin(client, 10)
    headers = {**VERSION, **BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": method}
    for elsewhere in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        refused = client.post(upload.path, content=b"x" * 10, headers={**headers, **elsewhere})
        problem_with_version(refused, 403, "cross-site")
    assert client.get(upload.path, headers=headers).status_code == 405, "only a POST stands for another method"
    assert upload.offset == 0


def test_methods_that_are_not_there_are_named(client: httpx.Client) -> None:
    refused = client.put(begin(client, 10).path, headers=VERSION)
    problem_with_version(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "DELETE, HEAD, PATCH"


def test_an_upload_needs_the_scope_and_any_key_with_it_can_go_on(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    keys = {
        scope: {"Authorization": f"Bearer {create_key(database, scope, [scope])[1]}"}
        for scope in ("read", "review", "upload", "admin")
    }
    upload = begin(client, 10, **keys["upload"])
    asked = [
        ("OPTIONS", "/v1/uploads", {}),
        ("POST", "/v1/uploads", {"Upload-Length": "5"}),
        ("PATCH", upload.path, {**BYTES, "Upload-Offset": "0"}),
        ("DELETE", upload.path, {}),
    ]
    for method, path, headers in asked:
        problem_with_version(client.request(method, path, headers={**VERSION, **headers}), 401, "unauthenticated")
        for scope in ("read", "review"):
            refused = client.request(method, path, headers={**VERSION, **headers, **keys[scope]})
            problem_with_version(refused, 403, "forbidden")
    assert client.head(upload.path, headers={**VERSION, **keys["read"]}).status_code == 403
    assert client.head(upload.path, headers=VERSION).status_code == 401
    headers = {**VERSION, **BYTES, **keys["admin"], "Upload-Offset": "0"}
    assert client.patch(upload.path, content=b"x" * 10, headers=headers).status_code == 204


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_pages_of_other_sites_cannot_upload(client: httpx.Client, method: str) -> None:
    path = "/v1/uploads" if method == "POST" else begin(client, 10).path
    headers = {**VERSION, **BYTES, "Upload-Length": "10", "Upload-Offset": "0", "Sec-Fetch-Site": "cross-site"}
    refused = client.request(method, path, headers=headers)
    problem_with_version(refused, 403, "cross-site")
    assert not [name for name in refused.headers if name.startswith("access-control")]


def test_dashboards_see_no_uploads(client: httpx.Client, database: Database) -> None:
    begin(client, 10)
    with database.transaction() as connection:
        for table in ("uploads", "upload_parts"):
            row = connection.execute("SELECT has_table_privilege('reader', %s, 'SELECT') AS may", [table]).fetchone()
            assert row == {"may": False}
