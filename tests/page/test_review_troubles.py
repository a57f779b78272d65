"""Review where something is in the way: the network, a key that may not, nothing to review, audio that is gone."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import wait_until
from tests.page.dawn_singers import SINGERS
from tests.page.long_day import post_long_day
from tests.page.review_screen import (
    event_now,
    expect_other_event,
    open_loop,
    post_sounds,
    queue_of,
    reviews_of,
    verdicts,
)
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service

SLOW = {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1}
"""Each answer comes after 0.6 s at the soonest, for Chromium's protocol."""


@pytest.fixture(scope="module")
def sounds(api: httpx.Client, audio_dir: Path) -> None:
    post_sounds(api, audio_dir)


@pytest.fixture
def database(service: Service) -> Iterator[Database]:
    with Database((service.folder / "data" / "database-url").read_text().strip()) as database:
        yield database


def problem(status: int, detail: str) -> dict[str, Any]:
    body = json.dumps({"type": "urn:x:test", "title": "Test", "status": status, "detail": detail})
    return {"status": status, "content_type": "application/problem+json", "body": body}


def test_where_nothing_was_heard_yet_the_next_step_is_named(page: Page) -> None:
    """First of all, before there are recordings."""
    page.goto("/review")
    expect(page.get_by_text("There is nothing to review yet.")).to_be_visible()
    page.get_by_role("link", name="Upload recordings").click()
    expect(page.get_by_role("heading", name="Recordings")).to_be_visible()


@pytest.mark.usefixtures("sounds")
def test_what_is_decided_while_the_network_is_away_is_kept_and_sent_once_it_is_back(
    page: Page, api: httpx.Client, faults: Faults
) -> None:
    taxon = "Vox arida"
    open_loop(page, taxon)
    page.context.set_offline(True)
    first = event_now(page)
    page.keyboard.press("y")
    expect_other_event(page, first)
    page.keyboard.press("n")
    expect(page.get_by_text("2 decisions are not saved yet.")).to_be_visible()
    assert reviews_of(api, taxon) == []
    page.context.set_offline(False)
    expect(page.get_by_text("decisions are not saved yet")).to_have_count(0)
    wait_until(lambda: [each["verdict"] for each in reviews_of(api, taxon)] == ["confirmed", "rejected"])
    faults.expect("ERR_INTERNET_DISCONNECTED")


@pytest.mark.usefixtures("sounds")
def test_what_was_decided_before_the_page_was_left_is_sent_afterwards(
    page: Page, api: httpx.Client, faults: Faults
) -> None:
    taxon = "Vox ascendens"
    open_loop(page, taxon)
    first = event_now(page)
    page.route("**/v1/reviews", lambda route: route.abort())
    page.keyboard.press("u")
    expect_other_event(page, first)
    faults.expect("ERR_FAILED")
    page.unroute("**/v1/reviews")
    page.reload()
    wait_until(lambda: [each["verdict"] for each in reviews_of(api, taxon)] == ["uncertain"])


@pytest.mark.usefixtures("sounds")
def test_what_the_service_refuses_is_told_and_comes_again(page: Page, faults: Faults) -> None:
    open_loop(page, "Vox descendens")
    page.route("**/v1/reviews", lambda route: route.fulfill(**problem(422, "The recording is shorter.")))
    page.keyboard.press("y")
    expect(page.get_by_role("alert")).to_contain_text("was not saved: The recording is shorter.")
    expect(page.get_by_text(re.compile("0 reviewed, .* left, 1 skipped"))).to_be_visible()
    faults.expect("422")


@pytest.mark.usefixtures("sounds")
def test_a_taxon_that_nobody_knows_is_said_to_be_none(page: Page, faults: Faults) -> None:
    page.goto("/review?taxon=Passer+nullus")
    expect(page.get_by_role("heading", name="The events cannot be shown")).to_be_visible()
    page.get_by_role("link", name="All taxa").last.click()
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    faults.expect("422")


@pytest.mark.usefixtures("sounds")
def test_a_taxon_is_searched_in_vain(page: Page) -> None:
    page.goto("/review")
    page.get_by_role("searchbox", name="Search taxa").fill("nightjar")
    expect(page.get_by_text("No taxon that was heard has “nightjar” in its name.")).to_be_visible()
    page.goto("/review?site=nowhere")
    expect(page.get_by_text("Nothing was heard there and then.")).to_be_visible()


@pytest.mark.usefixtures("sounds")
def test_events_without_audio_are_left_out(page: Page, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = now() WHERE site = 'pond'")
    page.goto("/review?taxon=Vox+pulsans&site=pond")
    expect(page.get_by_text("Events whose audio was removed cannot be heard: they are left out.")).to_be_visible()
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = NULL")


@pytest.mark.usefixtures("sounds")
def test_a_picture_that_cannot_be_had_is_asked_for_again(page: Page, faults: Faults) -> None:
    address = re.compile(r"/v1/recordings/[^/]+/spectrogram(\?|$)")
    page.route(address, lambda route: route.fulfill(**problem(422, "The sound is damaged.")))
    open_loop(page, "Vox stridens")
    expect(page.get_by_role("alert")).to_contain_text("The sound is damaged.")
    page.unroute(address)
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(page.locator(".picture")).to_have_attribute("aria-busy", "false")
    faults.expect("422")


def test_sixty_quick_verdicts_are_saved_though_the_service_is_slow_and_the_page_is_reloaded(
    page: Page, api: httpx.Client, service: Service, audio_dir: Path
) -> None:
    post_long_day(service, audio_dir, singers=SINGERS[:2])
    taxon, pack, strategy = "Erithacus rubecula", "long-day", "highest"
    events = queue_of(api, taxon, pack=pack, strategy=strategy)[:60]
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    open_loop(page, taxon, pack=pack, strategy=strategy)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/reviews", hold, times=1)  # however long it takes to press the keys
    _decide(page, "ynu" * 10)
    expect(page.get_by_text("30 decisions are not saved yet.")).to_be_visible()
    held[0].continue_()
    page.reload()
    expect(verdicts(page)).to_be_visible()
    _decide(page, "ynu" * 10)
    expect(page.get_by_text("decisions are not saved yet.")).to_have_count(0)
    wait_until(lambda: len(reviews_of(api, taxon)) == len(events) == 60)
    said = ["confirmed", "rejected", "uncertain"] * 20
    saved = {(each["onset_s"], each["offset_s"]): each["verdict"] for each in reviews_of(api, taxon)}
    assert [saved[each["onset_s"], each["offset_s"]] for each in events] == said
    assert any(url.endswith("/v1/reviews/batch") for url in posts)


def _decide(page: Page, keys: str) -> None:
    """Press each key as soon as the next event is there."""
    for key in keys:
        before = event_now(page)
        page.keyboard.press(key)
        expect_other_event(page, before)


@pytest.mark.usefixtures("sounds")
def test_a_key_without_the_scope_may_look_and_is_told_why_not_more(
    page: Page, service: Service, api: httpx.Client, faults: Faults
) -> None:
    """From the first key on everybody needs one: so this comes last."""
    before = len(reviews_of(api, "Vox undulata"))
    key = service.chorus("keys", "create", "looks only", "--scope", "read").stdout.split()[-1]
    admin = service.chorus("keys", "create", "all", "--scope", "admin").stdout.split()[-1]
    wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
    page.goto("/review?taxon=Vox+undulata")
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()
    expect(verdicts(page).get_by_role("button", name="Confirm")).to_be_disabled()
    expect(page.get_by_text("Your key lacks the scope “review”").first).to_be_visible()
    first = event_now(page)
    page.keyboard.press("y")
    expect(page.get_by_role("status").filter(has_text="lacks the scope “review”")).to_be_visible()
    assert event_now(page) == first
    page.keyboard.press("s")
    expect_other_event(page, first)
    asked = {"taxon": "Vox undulata"}
    answer = httpx.get(f"{service.url}/v1/reviews", params=asked, headers={"Authorization": f"Bearer {admin}"})
    assert len(answer.raise_for_status().json()["items"]) == before
    faults.expect("401")
