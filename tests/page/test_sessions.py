"""Who may come in: signing in and out, sessions that end in the middle, keys, and a service that is away."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dawn_chorus.adapters.postgres.api_keys import create_key, list_keys, revoke_key
from dawn_chorus.adapters.postgres.database import Database
from tests.page.conftest import SYNTHETIC_PACK
from tests.page.watched_page import Faults, watch_page
from tests.servers.chorus_up import Service, make_service
from tests.servers.tls import open_tls

AUDIO = Path("powdermill") / "Recording_1_Segment_07-snippet.wav"
REFUSED, MANY, AWAY = "status of 401", "status of 429", "net::ERR_"
PATIENCE_MS = 60_000
"""Of what waits for a page or a service to notice something by itself."""
MakeKey = Callable[..., str]


def start(service: Service) -> None:
    shutil.copytree(SYNTHETIC_PACK, service.folder / "data" / "packs" / "synthetic")
    service.start()


@pytest.fixture(scope="module")
def service(audio_dir: Path) -> Iterator[Service]:
    """A service with a recording. It looks each key up for each request."""
    with make_service(CHORUS_DEFAULT_PACK="synthetic", CHORUS_KEY_CACHE_S="0") as service:
        start(service)
        with (audio_dir / AUDIO).open("rb") as file:
            httpx.post(f"{service.url}/v1/recordings", files={"file": file}, timeout=60).raise_for_status()
        yield service


@pytest.fixture(scope="module")
def database(service: Service) -> Iterator[Database]:
    with Database((service.folder / "data" / "database-url").read_text().strip()) as database:
        yield database


@pytest.fixture(scope="module")
def make_key(database: Database) -> MakeKey:
    """Make a key; from the first on the service asks for one. It answers with the key."""
    create_key(database, "the first", ["admin"])

    def make(name: str, *scopes: str) -> str:
        return create_key(database, name, scopes)[1]

    return make


def revoke(database: Database, name: str) -> None:
    (key,) = (each for each in list_keys(database) if each.name == name)
    revoke_key(database, key.id)


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def end_session(page: Page) -> None:
    """As a week without use does."""
    page.context.clear_cookies()


def test_after_signing_in_the_view_is_shown_that_was_asked_for(
    page: Page, faults: Faults, make_key: MakeKey, service: Service
) -> None:
    key = make_key("listener", "read")
    headers = {"Authorization": f"Bearer {key}"}
    (recording,) = httpx.get(f"{service.url}/v1/recordings", headers=headers).json()["items"]
    page.goto(f"/recordings/{recording['id']}?t=1&span=2")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("Key", exact=True)).to_be_focused()
    sign_in(page, f"  {key}\n")
    expect(page.get_by_text(recording["filename"]).first).to_be_visible()
    assert page.url.endswith(f"/recordings/{recording['id']}?t=1&span=2")
    expect(page.get_by_role("banner")).to_contain_text("listener")
    faults.expect(REFUSED)


def test_a_wrong_key_is_told_and_can_be_mended(page: Page, faults: Faults, make_key: MakeKey) -> None:
    key = make_key("mended", "read")
    page.goto("/")
    sign_in(page, key[:-1])
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("not known here, or it was revoked")
    field = page.get_by_label("Key", exact=True)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.evaluate("getSelection().toString().length + document.activeElement.selectionEnd") > 0, "to be replaced"
    sign_in(page, key)
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    faults.expect(REFUSED)


def test_password_managers_find_a_name_and_a_password(page: Page, faults: Faults, make_key: MakeKey) -> None:
    make_key("kept", "read")
    page.goto("/")
    expect(page.locator("form input[autocomplete=username]")).to_have_value("Dawn Chorus")
    expect(page.get_by_label("Key", exact=True)).to_have_attribute("autocomplete", "current-password")
    faults.expect(REFUSED)


def test_too_many_keys_tried_are_slowed_down_and_it_is_said_for_how_long(
    page: Page, faults: Faults, make_key: MakeKey
) -> None:
    make_key("slow", "read")
    problem = '{"type": "urn:dawn-chorus:problem:too-many-requests", "detail": "too many; retry in 7 s"}'
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.route(
        "**/v1/session",
        lambda route: route.fulfill(
            status=429, body=problem, headers={"Content-Type": "application/problem+json", "Retry-After": "7"}
        ),
    )
    sign_in(page, "chorus_guess")
    expect(page.get_by_role("alert")).to_contain_text("Wait 7 s")
    expect(page.get_by_role("button", name=re.compile(r"Sign in \(in \d s\)"))).to_be_disabled()
    faults.expect(MANY)
    faults.expect(REFUSED)


def test_signing_out_ends_the_session_and_hides_what_was_there(page: Page, faults: Faults, make_key: MakeKey) -> None:
    page.goto("/")
    sign_in(page, make_key("leaver", "read"))
    expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("link", name=AUDIO.name)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert not page.context.cookies()
    faults.expect(REFUSED)


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(
    page: Page, faults: Faults, make_key: MakeKey
) -> None:
    page.goto("/")
    sign_in(page, make_key("plain", "read"))
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (
        "chorus_session", True, "Strict", "/",
    )  # fmt: skip
    assert page.evaluate("document.cookie") == ""
    faults.expect(REFUSED)


def test_over_https_the_cookie_is_bound_to_this_host(
    browser: Browser, service: Service, make_key: MakeKey, tmp_path: Path
) -> None:
    port = urlsplit(service.url).port
    assert port is not None
    with open_tls(port, tmp_path) as url, watch_page(browser, url, ignore_https_errors=True) as (page, faults):
        page.goto("/")
        sign_in(page, make_key("secure", "read"))
        expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
        (cookie,) = page.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (
            "__Host-chorus_session", True, True, "Strict",
        )  # fmt: skip
        faults.expect(REFUSED)


def test_a_page_of_another_site_can_do_nothing_though_the_browser_is_signed_in(
    page: Page, faults: Faults, make_key: MakeKey, service: Service
) -> None:
    page.goto("/")
    sign_in(page, make_key("target", "admin"))
    row = page.get_by_role("link", name=AUDIO.name)
    expect(row).to_be_visible()
    form = f'<form method="post" action="{service.url}/v1/recordings"><input name="site"><button>Win</button></form>'
    page.route("http://evil.example/", lambda route: route.fulfill(body=form, content_type="text/html"))
    page.goto("http://evil.example/")
    with page.expect_response("**/v1/recordings") as answer:
        page.get_by_role("button", name="Win").click()
    assert answer.value.status == 403
    assert "cross-site" in answer.value.text()
    assert "cookie" not in answer.value.request.all_headers()
    page.goto("/")
    expect(row).to_be_visible()
    faults.expect("evil.example")
    faults.expect("status of 403")
    faults.expect(REFUSED)


def test_a_name_that_a_page_made_up_is_answered_with_421(service: Service) -> None:
    answer = httpx.get(service.url, headers={"Host": "rebound.evil.example"})
    assert answer.status_code == 421


def test_a_revoked_key_ends_the_session_and_what_is_on_screen_stays(
    page: Page, faults: Faults, make_key: MakeKey, database: Database
) -> None:
    page.goto("/keys")
    sign_in(page, make_key("victim", "admin"))
    name = page.get_by_label("Who or what is it for?")
    name.fill("typed before")
    page.get_by_label("Look and listen").uncheck()
    revoke(database, "victim")
    page.get_by_role("button", name="Make key").click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Key", exact=True)).to_be_focused()
    sign_in(page, make_key("heir", "admin"))
    expect(dialog).to_have_count(0)
    # What was refused went through once somebody was there again, as it had been filled in.
    expect(page.get_by_role("heading", name="The key for typed before")).to_be_visible()
    row = page.get_by_role("row", name="typed before")
    expect(row.get_by_role("cell", name="upload and correct", exact=True)).to_be_visible()
    expect(page.get_by_role("banner")).to_contain_text("heir")
    faults.expect(REFUSED)


def test_a_session_that_ends_unnoticed_is_noticed_by_the_stream_and_news_go_on_afterwards(
    page: Page, faults: Faults, make_key: MakeKey, service: Service, database: Database, audio_dir: Path
) -> None:
    key = make_key("watcher", "read", "upload")
    page.goto("/")
    sign_in(page, key)
    expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
    scripts = {"Authorization": f"Bearer {key}"}
    with database.transaction() as connection:
        connection.execute("DELETE FROM sessions")
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible(timeout=PATIENCE_MS)
    with (audio_dir / AUDIO).open("rb") as file:  # known bytes: they give the recording its site
        uploaded = httpx.post(
            f"{service.url}/v1/recordings", files={"file": file}, data={"site": "north-marsh"}, headers=scripts
        )
    uploaded.raise_for_status()
    sign_in(page, key)
    expect(page.get_by_role("row", name="north-marsh")).to_be_visible(timeout=PATIENCE_MS)
    faults.expect(REFUSED)


def test_what_a_key_may_not_do_is_said_in_words(page: Page, faults: Faults, make_key: MakeKey) -> None:
    page.goto("/keys")
    sign_in(page, make_key("guest", "read", "upload"))
    expect(page.get_by_role("main")).to_contain_text("Your key (guest) may look and listen, upload and correct.")
    expect(page.get_by_role("button", name="Make key")).to_have_count(0)
    expect(page.get_by_role("link", name="Keys")).to_have_count(0)
    faults.expect(REFUSED)


def test_a_key_is_made_shown_once_and_revoked(page: Page, faults: Faults, make_key: MakeKey, service: Service) -> None:
    page.goto("/")
    sign_in(page, make_key("manager", "admin"))
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Who or what is it for?").fill("Recorder 7")
    page.get_by_label("Look and listen").uncheck()
    page.get_by_role("button", name="Make key").click()
    secret = page.get_by_label("Key for Recorder 7", exact=True).input_value()
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{service.url}/v1/session", headers=headers).json()["scopes"] == ["upload"]
    page.get_by_role("button", name="I have kept it").click()
    page.reload()
    expect(page.get_by_role("row", name="Recorder 7")).to_contain_text("upload and correct")
    expect(page.get_by_label("Key for Recorder 7", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Revoke the key for Recorder 7").click()
    dialog = page.get_by_role("dialog", name="Revoke the key for Recorder 7?")
    dialog.get_by_role("button", name="Keep it").click()
    assert httpx.get(f"{service.url}/v1/session", headers=headers).status_code == 200
    page.get_by_role("button", name="Revoke the key for Recorder 7").click()
    dialog.get_by_role("button", name="Revoke key").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Recorder 7 is revoked")).to_be_visible()
    assert httpx.get(f"{service.url}/v1/session", headers=headers).status_code == 401
    page.get_by_text("revoked key").first.click()
    expect(page.get_by_role("table", name="Revoked keys")).to_contain_text("Recorder 7")
    faults.expect(REFUSED)


def test_while_the_service_is_away_it_is_said_and_what_was_asked_for_comes_once_it_is_back(
    page: Page, faults: Faults, make_key: MakeKey
) -> None:
    page.goto("/")
    sign_in(page, make_key("patient", "admin"))
    expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    page.context.set_offline(True)
    page.get_by_role("link", name="Keys").click()
    expect(banner).to_be_visible(timeout=PATIENCE_MS)
    page.context.set_offline(False)
    expect(banner).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_role("table", name="Keys in force")).to_contain_text("patient")
    faults.expect(REFUSED)
    faults.expect(AWAY)


def test_a_service_that_hangs_is_noticed_and_the_page_goes_on_when_it_does(
    page: Page, faults: Faults, make_key: MakeKey, service: Service
) -> None:
    page.goto("/")
    sign_in(page, make_key("hanging", "admin"))
    expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    api = service.find_api()
    api.suspend()
    try:
        page.get_by_role("link", name="Keys").click()
        expect(banner).to_be_visible(timeout=PATIENCE_MS)
    finally:
        api.resume()
    expect(banner).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.get_by_role("table", name="Keys in force")).to_contain_text("hanging")
    faults.expect(REFUSED)
    faults.clear()  # what the browser says of the requests that were given up differs


def test_a_page_that_is_opened_while_the_service_is_away_waits_for_it(
    page: Page, faults: Faults, make_key: MakeKey
) -> None:
    make_key("early", "read")
    page.route("**/v1/session", lambda route: route.abort())
    page.route("**/health/live", lambda route: route.abort())
    page.goto("/")
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    expect(banner).to_be_visible(timeout=PATIENCE_MS)
    page.unroute_all()
    page.get_by_role("button", name="Try now").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(banner).to_have_count(0, timeout=PATIENCE_MS)
    faults.expect(AWAY)
    faults.expect(REFUSED)


def test_a_single_failure_is_nothing_to_speak_of(page: Page, faults: Faults, make_key: MakeKey) -> None:
    key = make_key("calm", "admin")
    page.goto("/")
    sign_in(page, key)
    expect(page.get_by_role("link", name=AUDIO.name)).to_be_visible()
    page.evaluate(
        "window.said = []; new MutationObserver(() => said.push(document.body.innerText))"
        ".observe(document.body, {subtree: true, childList: true, characterData: true})"
    )
    failures = iter([True])

    def fail_once(route: object) -> None:
        (route.abort if next(failures, False) else route.continue_)()  # type: ignore[attr-defined]

    page.route("**/v1/keys", fail_once)
    page.get_by_role("link", name="Keys").click()
    expect(page.get_by_role("table", name="Keys in force")).to_contain_text("calm")
    assert "has not answered" not in "".join(page.evaluate("said"))
    faults.expect(AWAY)
    faults.expect(REFUSED)


def test_the_first_key_closes_an_open_service_and_signs_its_maker_in(browser: Browser) -> None:
    with make_service(CHORUS_DEFAULT_PACK="synthetic") as service:
        start(service)
        with watch_page(browser, service.url) as (page, _):
            page.goto("/keys")
            expect(page.get_by_role("main")).to_contain_text("Everybody who reaches this address may do everything")
            page.get_by_label("Who or what is it for?").fill("Ada")
            page.get_by_role("button", name="Make key").click()
            secret = page.get_by_label("Key for Ada", exact=True).input_value()
            expect(page.get_by_role("banner")).to_contain_text("Ada")
            expect(page.get_by_text("Everybody who reaches this address")).to_have_count(0)
            expect(page.get_by_role("row", name="Ada")).to_contain_text("do everything")
            assert httpx.get(f"{service.url}/v1/recordings").status_code == 401
            headers = {"Authorization": f"Bearer {secret}"}
            assert httpx.get(f"{service.url}/v1/queue", headers=headers).json()["workers"] == 1
            page.get_by_role("button", name="Revoke the key for Ada").click()
            dialog = page.get_by_role("dialog", name="Revoke the key for Ada?")
            dialog.get_by_role("button", name="Revoke key").click()
            expect(dialog.get_by_role("alert")).to_contain_text("last key with the scope admin")
            _.expect("status of 409")
