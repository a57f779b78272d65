"""The loop of review, by keyboard alone: a taxon, its events one after the other, a verdict each, and the way back."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.integration.api_checks import wait_until
from tests.page.pressing import tab_to
from tests.page.review_screen import (
    event_now,
    expect_other_event,
    open_loop,
    post_sounds,
    queue_of,
    reviews_of,
    verdicts,
)


@pytest.fixture(scope="module", autouse=True)
def _sounds(api: httpx.Client, audio_dir: Path) -> None:
    post_sounds(api, audio_dir)


def test_a_taxon_is_reviewed_to_its_end_by_keyboard_alone(page: Page, api: httpx.Client) -> None:
    taxon, other = "Vox arida", "Vox undulata"
    n = len(queue_of(api, taxon))
    page.goto("/review")
    expect(page.get_by_role("searchbox", name="Search taxa")).to_be_focused()
    page.keyboard.type("arida")
    expect(page.get_by_role("row")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile(f"Review of .*{taxon}"))).to_be_visible()
    expect(page.get_by_text(f"0 reviewed, {n} left")).to_have_count(2)

    page.keyboard.press("y")
    expect(page.get_by_label("Who is reviewing?")).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Confirmed: ")).to_be_visible()
    first = event_now(page)
    page.keyboard.press("n")
    expect_other_event(page, first)
    page.keyboard.press("u")
    page.keyboard.press("s")
    page.keyboard.press("m")
    page.keyboard.type("behind a wren")
    page.keyboard.press("Enter")
    page.keyboard.press("y")
    page.keyboard.press("c")
    page.keyboard.type(other)
    expect(page.get_by_role("option", name=other)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"5 reviewed, {n - 5} left")).to_have_count(2)
    for _ in range(n - 6):
        page.keyboard.press("y")
    expect(page.get_by_role("heading", name="No more events come")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Look at 1 skipped again"))
    page.keyboard.press("Enter")
    expect(verdicts(page)).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_role("heading", name="All events are reviewed")).to_be_visible()

    wait_until(lambda: len(reviews_of(api, taxon)) == n)
    saved = reviews_of(api, taxon)
    assert [each["verdict"] for each in saved[:5]] == ["confirmed", "rejected", "uncertain", "confirmed", "rejected"]
    assert [each["note"] for each in saved[:5]] == ["", "", "", "behind a wren", ""]
    assert [each["corrected_taxon"] for each in saved[:5]] == [None, None, None, None, other]
    assert {(each["reviewer"], each["strategy"]) for each in saved} == {("Ada", "bands")}
    assert queue_of(api, taxon) == []


def test_z_takes_back_step_by_step_and_looks_again(page: Page, api: httpx.Client) -> None:
    taxon = "Vox descendens"
    open_loop(page, taxon)
    first = event_now(page)
    page.keyboard.press("y")
    expect_other_event(page, first)
    second = event_now(page)
    page.keyboard.press("n")
    expect_other_event(page, second)
    expect(page.get_by_text("Rejected: ")).to_be_visible()
    wait_until(lambda: len(reviews_of(api, taxon)) == 2)
    page.keyboard.press("z")
    expect(page.get_by_text("Taken back: ")).to_be_visible()
    assert event_now(page) == second
    expect(page.get_by_text("Taken back: ")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.get_by_role("img", name=f"Spectrogram: {first}")).to_be_visible()
    wait_until(lambda: reviews_of(api, taxon) == [])
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_what_is_taken_back_is_as_it_was_said_before(page: Page, api: httpx.Client) -> None:
    """Somebody has said something of the event meanwhile, by the same name."""
    taxon = "Vox crocitans"
    open_loop(page, taxon, strategy="highest")
    event = queue_of(api, taxon)[0]
    before = {key: event[key] for key in ("recording_id", "onset_s", "offset_s")}
    said = {**before, "taxon": taxon, "verdict": "uncertain", "note": "rain", "reviewer": "Ada"}
    api.post("/v1/reviews", json=said).raise_for_status()
    page.keyboard.press("y")
    wait_until(lambda: [each["verdict"] for each in reviews_of(api, taxon)] == ["confirmed"])
    page.keyboard.press("z")
    wait_until(lambda: [(each["verdict"], each["note"]) for each in reviews_of(api, taxon)] == [("uncertain", "rain")])


@pytest.mark.parametrize(
    ("strategy", "sentence"),
    [
        ("Across confidences", "As many events of each band of confidence"),
        ("Random", "Each event is as likely as any other"),
        ("Highest first", "The surest events first"),
        ("First of each site and day", "The surest event of each site and day"),
    ],
)
def test_the_order_is_chosen_said_and_kept_in_the_address(page: Page, strategy: str, sentence: str) -> None:
    open_loop(page, "Vox undulata", strategy="highest")
    page.get_by_label("Order").select_option(strategy)
    expect(page.get_by_text(sentence)).to_be_visible()
    has_seed = strategy in {"Across confidences", "Random"}
    expect(page.get_by_label("Seed")).to_have_count(1 if has_seed else 0)
    if has_seed:
        expect(page).to_have_url(re.compile(r"seed=\d+"))
    expect(verdicts(page)).to_be_visible()
    first = event_now(page)
    page.reload()
    expect(page.get_by_label("Order")).to_have_value(re.search(r"strategy=(\w+)", page.url)[1])  # type: ignore[index]
    expect(page.get_by_role("img", name=f"Spectrogram: {first}")).to_be_visible()


def test_filters_stand_in_the_address_and_the_back_button_leads_to_all_taxa(page: Page, api: httpx.Client) -> None:
    page.goto("/review?site=pond")
    page.get_by_role("row").filter(has_text="Vox pulsans").get_by_role("link").click()
    expect(page).to_have_url(re.compile("site=pond"))
    expect(page.get_by_text("pond", exact=True)).to_be_visible()
    left = len(queue_of(api, "Vox pulsans", site="pond"))
    expect(page.get_by_text(f"0 reviewed, {left} left").last).to_be_visible()
    page.get_by_label("Confidence from").fill("0.999")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="There is nothing to review")).to_be_visible()
    expect(page.get_by_text("No event of this taxon fits these filters.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").first.click()
    expect(verdicts(page)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/review\?site=pond$"))
