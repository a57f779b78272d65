"""What each key allows, with keys that the service made: what one may not do is not there, or says why."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.page.hand_made import HandMade, made_by_hand
from tests.page.pressing import press_twice
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service

REFUSED = "status of 401"


@pytest.fixture(scope="module")
def made(service: Service) -> Iterator[HandMade]:
    with made_by_hand(service) as made:
        yield made


@pytest.fixture(scope="module")
def make_key(service: Service) -> Iterator[Callable[..., str]]:
    with Database((service.folder / "data" / "database-url").read_text().strip()) as database:
        yield lambda *scopes: create_key(database, f"may {' '.join(scopes)}", scopes)[1]


@pytest.fixture
def sign_in(page: Page, faults: Faults, make_key: Callable[..., str]) -> Callable[..., str]:
    """Sign in with a new key, where the page is; return the key."""

    def enter(*scopes: str) -> str:
        key = make_key(*scopes)
        page.goto("/")
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Recordings")).to_be_visible()
        faults.expect(REFUSED)
        return key

    return enter


def test_who_may_only_look_can_change_nothing(page: Page, made: HandMade, sign_in: Callable[..., str]) -> None:
    _, failed = made.post("looked-at.wav")
    made.fail(failed, 0, "the decoder crashed")
    sign_in("read")
    expect(page.get_by_text("Your key may look and listen, but not upload.")).to_be_visible()
    expect(page.get_by_label("Choose files")).to_have_count(0)
    page.get_by_role("checkbox", name="Select looked-at.wav").check()
    for name in ("Edit site, place, start", "Analyze again…", "Delete 1 recording", "Retry looked-at.wav"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_accessible_description(re.compile("^Your key lacks the scope"))
    expect(page.get_by_role("link", name="Keys")).to_have_count(0)


def test_who_may_only_upload_is_told_so_and_asks_for_nothing_else(page: Page, sign_in: Callable[..., str]) -> None:
    sign_in("upload")
    expect(page.get_by_label("Choose files")).to_be_attached()
    expect(page.get_by_text("Your key may upload, but not look and listen")).to_be_visible()
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_role("search")).to_have_count(0)


def test_who_may_upload_and_look_cannot_delete(page: Page, made: HandMade, sign_in: Callable[..., str]) -> None:
    made.post("kept-by-scope.wav")
    sign_in("read", "upload")
    page.get_by_role("checkbox", name="Select kept-by-scope.wav").check()
    expect(page.get_by_role("button", name="Edit site, place, start")).to_be_enabled()
    expect(page.get_by_role("button", name="Delete 1 recording")).to_be_disabled()
    expect(page.get_by_text("Your key lacks the scope “admin”")).to_be_visible()


@pytest.mark.parametrize("is_undone", [False, True])
def test_what_is_deleted_is_gone_once_one_signs_out_unless_it_was_undone(
    page: Page, made: HandMade, service: Service, sign_in: Callable[..., str], *, is_undone: bool
) -> None:
    recording, _ = made.post("signed-out.wav")
    headers = {"Authorization": f"Bearer {sign_in('admin')}"}
    page.get_by_role("checkbox", name="Select signed-out.wav").first.check()
    page.get_by_role("button", name="Delete 1 recording").click()
    if is_undone:
        page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    answer = httpx.get(f"{service.url}/v1/recordings/{recording}", headers=headers)
    assert answer.status_code == (200 if is_undone else 404)


def test_a_key_is_made_and_revoked_once_however_often_one_presses(page: Page, sign_in: Callable[..., str]) -> None:
    sign_in("admin")
    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Who or what is it for?").fill("Recorder 9")
    press_twice(page, page.get_by_role("button", name="Make key"), "**/v1/keys")
    expect(page.get_by_label("Key for Recorder 9", exact=True)).to_be_visible()
    page.get_by_role("button", name="Revoke the key for Recorder 9").click()
    revoke = page.get_by_role("dialog").get_by_role("button", name="Revoke key")
    press_twice(page, revoke, "**/v1/keys/*", "DELETE")
    expect(page.get_by_role("status").filter(has_text="Recorder 9 is revoked")).to_be_visible()
