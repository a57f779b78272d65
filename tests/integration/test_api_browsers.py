"""Who is let in: names that a page could have made up, and requests that a page of another site has a browser send."""

import socket

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count
from tests.integration.made_up import upload, wav_bytes
from tests.integration.raw_http import exchange
from tests.servers.api import StartApi, StartedApi

FORM = (
    b"POST /v1/recordings HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n%s\r\n%s"
)
EVERY_PATH = ("/v1/recordings", "/health/live", "/health/ready", "/docs", "/openapi.json", "/nowhere", "/")


def form(host: str, origin: str, more_headers: bytes = b"") -> bytes:
    """Return what a browser sends for a form with a file: nothing asks the service before."""
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + wav_bytes() + b"\r\n--b--\r\n"
    )
    return FORM % (host.encode(), origin.encode(), len(body), more_headers, body)


@pytest.mark.parametrize("path", EVERY_PATH)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
def test_a_name_that_a_page_made_up_gets_nothing_anywhere(door: StartedApi, method: str, path: str) -> None:
    response = door.client.request(method, path, headers={"Host": "rebound.evil.example:8000"})
    assert response.status_code == 421
    if method != "HEAD":
        assert "CHORUS_ALLOWED_HOSTS" in problem_of(response, 421, "misdirected")["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "a.localhost.", "192.168.1.7:8000", "[::1]:8000", f"{socket.gethostname()}"]
)
def test_own_names_and_addresses_are_answered(door: StartedApi, host: str) -> None:
    for path in ("/health/live", "/v1/recordings", "/docs"):
        assert door.client.get(path, headers={"Host": host}).status_code == 200


def test_the_names_of_the_settings_are_answered(start_api: StartApi) -> None:
    client = start_api(public_url="https://chorus.example.org", allowed_hosts="api,.svc").client
    for host in ("chorus.example.org", "api:8000", "api.dawn-chorus.svc"):
        assert client.get("/health/live", headers={"Host": host}).status_code == 200
    assert client.get("/health/live", headers={"Host": "example.org"}).status_code == 421


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("headers", [b"", b"Host: \r\n", b"Host:localhost\r\nHost: evil.example\r\n"])
def test_a_request_without_one_host_cannot_be_read(door: StartedApi, version: bytes, headers: bytes) -> None:
    answer = exchange(door.port, b"GET /health/live HTTP/%s\r\n%s\r\n" % (version, headers))
    assert (answer.status, answer.problem) == (400, "malformed-request")


def test_the_host_within_the_target_counts_more_than_the_header(door: StartedApi) -> None:
    request = b"GET http://%s/health/live?a=b HTTP/1.1\r\nHost: %s\r\n\r\n"
    assert exchange(door.port, request % (b"localhost", b"evil.example")).status == 200
    for target in (b"evil.example", b"localhost@evil.example", b"evil.example@localhost"):
        assert exchange(door.port, request % (target, b"localhost")).problem == "misdirected"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000", "http://localhost"])
def test_a_form_of_another_site_uploads_nothing(api: StartedApi, database: Database, origin: str) -> None:
    answer = exchange(api.port, form("localhost:8000", origin))
    assert (answer.status, answer.problem) == (403, "cross-site")
    assert answer.headers["connection"] == "close"
    assert row_count(database, "recordings") == 0


@pytest.mark.parametrize("site", [b"cross-site", b"same-site"])
def test_the_browsers_word_on_the_site_decides(api: StartedApi, database: Database, site: bytes) -> None:
    own = "http://localhost:8000"
    assert exchange(api.port, form("localhost:8000", own, b"Sec-Fetch-Site: %s\r\n" % site)).problem == "cross-site"
    assert row_count(database, "recordings") == 0
    assert exchange(api.port, form("localhost:8000", "null", b"Sec-Fetch-Site: same-origin\r\n")).status == 202


def test_a_form_of_this_service_uploads_whether_tls_ends_before_it_or_not(api: StartedApi) -> None:
    assert exchange(api.port, form("localhost", "https://localhost")).status == 202
    assert exchange(api.port, form("localhost:8000", "http://localhost:8000")).status == 200


def test_a_key_does_not_make_another_site_welcome(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    _, secret = create_key(database, "page", ["admin"])
    headers = {"Authorization": f"Bearer {secret}"}
    response = client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}, headers=headers)
    assert response.status_code == 202
    recording = response.json()
    foreign = headers | {"Origin": "https://evil.example"}
    for method, path in (
        ("DELETE", recording["links"]["self"]),
        ("POST", f"{recording['analyses'][0]['links']['self']}/cancel"),
        ("POST", f"{recording['links']['self']}/analyses"),
        ("PUT", "/nowhere"),
    ):
        problem_of(client.request(method, path, headers=foreign), 403, "cross-site")
    assert client.get(recording["links"]["self"], headers=foreign).status_code == 200
    assert client.get("/v1/recordings", headers=headers | {"Host": "evil.example"}).status_code == 421


def test_no_page_of_another_site_may_read(door: StartedApi) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    for response in (
        door.client.options("/v1/recordings", headers=asked),
        door.client.get("/v1/recordings", headers=asked),
    ):
        assert not [name for name in response.headers if name.startswith("access-control-")]


def test_every_response_tells_browsers_to_do_nothing_with_it(client: httpx.Client) -> None:
    recording = upload(client)["links"]
    paths = [*EVERY_PATH, recording["self"], recording["audio"], "/static-offline-docs/swagger-ui.css", "/v1/packs?x=1"]
    responses = [client.get(path) for path in paths] + [client.put("/v1/recordings"), client.head("/v1/recordings")]
    responses.append(client.get("/v1/packs", headers={"Host": "evil.example"}))
    for response in responses:
        assert response.headers.get_list("x-content-type-options") == ["nosniff"], response.url
        assert response.headers.get_list("referrer-policy") == ["same-origin"], response.url
        (policy,) = response.headers.get_list("content-security-policy")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert ("script-src" in policy) == (response.url.path in {"/docs", "/"})
    assert "'unsafe-inline'" not in responses[3].headers["content-security-policy"].partition("script-src")[2]


def test_an_upgrade_to_websocket_leads_nowhere(door: StartedApi) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    request = b"GET /v1/nowhere HTTP/1.1\r\nHost: %s\r\n" + upgrade + b"\r\n"
    assert exchange(door.port, request % b"evil.example").problem == "misdirected"
    assert exchange(door.port, request % b"localhost").problem == "not-found"


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/recordings", "GET, HEAD, POST"),
        ("/v1/recordings/0198c0de-0000-7000-8000-000000000000", "DELETE, GET, HEAD, PATCH"),
        ("/v1/recordings/0198c0de-0000-7000-8000-000000000000/analyses", "POST"),
        ("/v1/analyses/0198c0de-0000-7000-8000-000000000000/cancel", "POST"),
        ("/v1/packs", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
        ("/health/live", "GET, HEAD"),
        ("/static-offline-docs/swagger-ui.css", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_told_all_that_it_takes(door: StartedApi, path: str, allow: str) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - set(allow.split(", ")):
        response = door.client.request(method, path)
        problem_of(response, 405, "method-not-allowed")
        assert response.headers["allow"] == allow


@pytest.mark.parametrize("path", ["/v1/recordings/", "/v1/packs/", "/docs/", "/health/live/", "/v1/recordings//"])
def test_a_slash_too_many_is_not_found_and_leads_nowhere(door: StartedApi, path: str) -> None:
    for method in ("GET", "POST"):
        problem_of(door.client.request(method, path), 404, "not-found")
        # The client sends the front page's address instead.
        assert exchange(door.port, f"{method} // HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).problem == "not-found"


def test_an_unexpected_error_is_protected_too(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dawn_chorus.api.routes.results.taxa.list_packs", lambda _database: 1 / 0)
    response = client.get("/v1/packs")
    problem_of(response, 500, "internal-error")
    assert response.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
