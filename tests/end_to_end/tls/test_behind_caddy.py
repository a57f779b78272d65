"""What people and programs meet at the address with TLS is what the API says, and who they are is not theirs to say."""

from http.cookies import SimpleCookie
from pathlib import Path

import httpx

from tests.end_to_end.service import wait_until
from tests.end_to_end.test_resumable_uploads import write_wav
from tests.end_to_end.tls.conftest import BURST, Site
from tests.integration.made_up import upload, wav_bytes
from tests.integration.test_api_events import following, until
from tests.servers.caddy import choose_public_url, run_caddy
from tests.servers.ports import find_free_ports


def test_the_page_comes_with_its_protection_and_without_a_promise_for_a_year(client: httpx.Client) -> None:
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    # Whoever was told so by a certificate of one's own could not come back when it is gone.
    assert "strict-transport-security" not in page.headers
    assert "server" not in page.headers
    assert page.http_version == "HTTP/1.1"


def test_a_browser_signs_in_with_a_cookie_that_only_https_carries(site: Site) -> None:
    origin = {"Origin": site.caddy.url, "Sec-Fetch-Site": "same-origin"}
    with site.caddy.open_client() as browser:
        signed_in = browser.post("/v1/session", json={"key": site.key}, headers=origin)
        assert signed_in.status_code == 204, signed_in.text
        (cookie,) = [
            morsel
            for line in signed_in.headers.get_list("set-cookie")
            for morsel in SimpleCookie(line).values()
            if morsel.value
        ]
        assert cookie.key.startswith("__Host-")
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"].lower()) == (True, True, "strict")
        assert browser.get("/v1/recordings").status_code == 200
        assert browser.delete("/v1/session", headers={"Origin": "https://elsewhere.example"}).status_code == 403
        assert browser.delete("/v1/session", headers=origin).status_code == 204
        assert browser.get("/v1/recordings").status_code == 401


def test_http_leads_to_https_but_for_health_checks(site: Site) -> None:
    with httpx.Client(base_url=site.caddy.http_url) as plain:
        sent_on = plain.post("/v1/recordings?a=1")
        assert (sent_on.status_code, sent_on.headers["location"]) == (308, f"{site.caddy.url}/v1/recordings?a=1")
        # The address is that of the setting, whatever name a request came by.
        elsewhere = plain.get("/", headers={"Host": "elsewhere.example"})
        assert elsewhere.headers["location"] == f"{site.caddy.url}/"
        assert plain.get("/health/live").status_code == 200
        assert plain.get("/health/ready").status_code == 200


def test_clients_are_limited_by_where_they_come_from_not_by_what_they_say(site: Site) -> None:
    with site.caddy.open_client("127.0.0.2") as one, site.caddy.open_client("127.0.0.3") as other:
        statuses = [
            one.get("/v1/recordings", headers={"X-Forwarded-For": f"203.0.113.{i}"}).status_code
            for i in range(BURST + 2)
        ]
        assert (set(statuses[:BURST]), statuses[-1]) == ({401}, 429)
        assert other.get("/v1/recordings").status_code == 401


def test_who_is_no_proxy_is_not_believed_at_the_apis_own_port(site: Site) -> None:
    with httpx.Client(
        base_url=site.api.status_url, transport=httpx.HTTPTransport(local_address="127.0.0.4")
    ) as stranger:
        statuses = [
            stranger.get("/v1/recordings", headers={"X-Forwarded-For": f"203.0.113.{i}"}).status_code
            for i in range(BURST + 2)
        ]
    assert (set(statuses[:BURST]), statuses[-1]) == ({401}, 429)


def test_events_come_one_by_one_as_they_happen(site: Site, client: httpx.Client) -> None:
    with following(client) as events, site.caddy.open_client() as uploader:
        uploader.headers.update(site.bearer)
        for seconds in (1, 2, 3):
            # The next is sent only once this one was told of: nothing waits for a buffer to be full.
            assert until(events, "recording", upload(uploader, wav_bytes(seconds))["id"])


def test_a_stream_whose_client_left_ends_at_the_api_too(site: Site, client: httpx.Client) -> None:
    def streams() -> float:
        metrics = httpx.get(f"http://127.0.0.1:{site.api.metrics_port}/metrics").text
        (line,) = [line for line in metrics.splitlines() if line.startswith("chorus_api_event_streams ")]
        return float(line.split()[1])

    wait_until(lambda: streams() == 0, "earlier streams have ended")
    with client.stream("GET", "/v1/events"):
        wait_until(lambda: streams() == 1, "the stream is there")
    wait_until(lambda: streams() == 0, "the stream has ended")


def test_a_stretch_of_a_recording_is_read_by_range(client: httpx.Client, tmp_path: Path) -> None:
    path = tmp_path / "night.wav"
    write_wav(path, 5_000_000, seed=7)
    content = path.read_bytes()
    posted = upload(client, content)
    part = client.get(f"/v1/recordings/{posted['id']}/audio", headers={"Range": "bytes=4000000-4000999"})
    assert (part.status_code, part.headers["content-range"]) == (206, "bytes 4000000-4000999/5000000")
    assert part.content == content[4_000_000:4_001_000]


def test_while_the_api_is_away_clients_are_told_to_come_again(tmp_path: Path) -> None:
    nobody = find_free_ports(1, range(7000, 9000))[0]
    with run_caddy(nobody, tmp_path / "caddy", choose_public_url()) as caddy, caddy.open_client() as client:
        answer = client.get("/v1/recordings")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 503
