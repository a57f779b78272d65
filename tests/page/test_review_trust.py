"""Beside the events: how often a taxon is right, the threshold that follows, and where it is used."""

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.integration.api_checks import wait_until
from tests.page.review_screen import open_loop
from tests.page.test_accessibility import find_violations_of_all_looks, too_wide_at_200_percent
from tests.page.watched_page import Faults

PACK, SITE = "long-day", "north-marsh"
ROBIN, WREN, CRANE = "Erithacus rubecula", "Troglodytes troglodytes", "Grus grus"


def say(api: httpx.Client, taxon: str, n: int, strategy: str = "random") -> int:
    """Review n events of a taxon, the surer the more often right; return how many are."""
    found = api.get("/v1/detections", params={"taxon": taxon, "pack": PACK, "limit": 500}).raise_for_status().json()
    events = sorted(found["items"], key=lambda each: float(each["confidence"]))
    picked = [events[i * (len(events) - 1) // (n - 1)] for i in range(n)]
    items = []
    for i, event in enumerate(picked):
        is_right = (i * 37) % 100 < 30 + 70 * i / n
        items.append(
            {
                **{key: event[key] for key in ("recording_id", "onset_s", "offset_s")},
                "taxon": taxon,
                "verdict": "confirmed" if is_right else "rejected",
                "reviewer": "Ada",
                "strategy": strategy,
            }
        )
    api.post("/v1/reviews/batch", json={"items": items}).raise_for_status()
    return sum(each["verdict"] == "confirmed" for each in items)


def thresholds_of(api: httpx.Client, taxon: str) -> list[tuple[str | None, float]]:
    items: list[dict[str, Any]] = api.get("/v1/thresholds", params={"taxon": taxon}).raise_for_status().json()["items"]
    return [(each["site"], each["threshold"]) for each in items]


@pytest.fixture(scope="module")
def reviewed(api: httpx.Client, long_day: str) -> int:
    """How many of sixty robins are right."""
    assert long_day
    return say(api, ROBIN, 60)


def test_the_suggested_threshold_is_used_here_and_everywhere_and_taken_back(
    page: Page, api: httpx.Client, reviewed: int
) -> None:
    open_loop(page, ROBIN, pack=PACK)
    expect(page.get_by_text(f"{reviewed} of 60 reviewed events are right")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Precision by confidence, from 60 reviews"))).to_be_visible()
    expect(page.get_by_text("Without a threshold")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^From 0\.\d\d on$"))).to_be_visible()
    here = page.get_by_role("button", name=re.compile(rf"^Use 0\.\d\d at {SITE}$"))
    threshold = float(here.inner_text().split()[1])
    here.click()
    expect(page.get_by_text(f"{threshold:.2f} is used at {SITE}")).to_be_visible()
    assert thresholds_of(api, ROBIN) == [(SITE, threshold)]
    page.get_by_role("button", name=f"Use {threshold:.2f} everywhere").click()
    expect(page.get_by_role("button", name=f"Remove {threshold:.2f} everywhere")).to_be_visible()
    assert sorted(thresholds_of(api, ROBIN), key=str) == sorted([(SITE, threshold), (None, threshold)], key=str)
    page.get_by_role("button", name=f"Remove {threshold:.2f} at {SITE}").click()
    expect(page.get_by_text(f"{threshold:.2f} is no longer used at {SITE}")).to_be_visible()
    assert thresholds_of(api, ROBIN) == [(None, threshold)]
    page.keyboard.press("z")
    wait_until(lambda: len(thresholds_of(api, ROBIN)) == 2)
    expect(page.get_by_role("button", name=f"Remove {threshold:.2f} at {SITE}")).to_be_visible()


def test_a_higher_wanted_precision_needs_a_higher_threshold(page: Page, reviewed: int) -> None:
    assert reviewed
    open_loop(page, ROBIN, pack=PACK, wanted="0.7")
    use = page.get_by_role("button", name=re.compile(r"^Use 0\.\d\d everywhere$"))
    low = float(use.inner_text().split()[1])
    page.get_by_label("Wanted precision").fill("0.8")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile(r"wanted=0\.8"))
    expect(use).not_to_have_text(f"Use {low:.2f} everywhere")
    assert float(use.inner_text().split()[1]) > low


def test_too_few_reviews_are_said_to_be(page: Page, api: httpx.Client, long_day: str) -> None:
    assert long_day
    say(api, WREN, 12)
    open_loop(page, WREN, pack=PACK)
    expect(page.get_by_text(re.compile("20 reviews are needed"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Use "))).to_have_count(0)


def test_one_is_cautious_where_all_came_surest_first(page: Page, api: httpx.Client, long_day: str) -> None:
    assert long_day
    say(api, "Turdus merula", 40, "highest")
    open_loop(page, "Turdus merula", pack=PACK)
    expect(page.locator(".trust .say.warn")).to_be_visible()
    expect(page.get_by_text("Reviews: 40 highest first.")).to_be_visible()


def test_a_verdict_is_counted_as_soon_as_it_is_saved(page: Page, long_day: str) -> None:
    assert long_day
    open_loop(page, CRANE, pack=PACK)
    expect(page.get_by_text("No event of this taxon was reviewed yet.")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_text("1 of 1 reviewed event is right (100 %).")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_text("No event of this taxon was reviewed yet.")).to_be_visible()


def test_what_cannot_be_used_is_said_with_what_to_do(page: Page, reviewed: int, faults: Faults) -> None:
    """No list can show events that were never cut."""
    assert reviewed
    detail = "The pack cuts events from 0.5 on: analyze with onset_threshold first."
    body = json.dumps({"type": "urn:x:unprocessable", "title": "Too low", "status": 422, "detail": detail})

    def refuse(route: Route) -> None:
        if route.request.method == "PUT":
            route.fulfill(status=422, content_type="application/problem+json", body=body)
        else:
            route.fallback()

    page.route("**/v1/thresholds", refuse)
    open_loop(page, ROBIN, pack=PACK)
    page.get_by_role("button", name=re.compile(r"^Use 0\.\d\d everywhere$")).click()
    expect(page.get_by_role("alert")).to_contain_text("analyze with onset_threshold first")
    faults.expect("422")


def test_axe_finds_nothing_beside_a_curve_and_nothing_is_lost_at_200_percent(page: Page, reviewed: int) -> None:
    assert reviewed
    page.emulate_media(reduced_motion="reduce")
    open_loop(page, ROBIN, pack=PACK)
    page.get_by_text("Show as table").click()
    page.keyboard.press("c")
    page.keyboard.type("turdus")
    expect(page.get_by_role("listbox", name="Taxa").get_by_role("option").first).to_be_visible()
    assert find_violations_of_all_looks(page) == []
    assert too_wide_at_200_percent(page) == []
