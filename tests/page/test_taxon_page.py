"""One taxon over all sites: where, when and how surely it was heard, and what people say of that."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.page.heard_sites import PACK, heard_sites, review
from tests.page.test_accessibility import find_violations_of_all_looks, too_wide_at_200_percent
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service

Json = dict[str, Any]
ROBIN = "Erithacus rubecula"
HOME = f"/taxa/Erithacus%20rubecula?pack={PACK}"


@pytest.fixture(scope="module", autouse=True)
def _filled(service: Service, api: httpx.Client) -> Iterator[None]:
    with heard_sites(service):
        robins = list_robins(api)
        review(api, robins[0], "confirmed")
        review(api, robins[1], "rejected")
        body = {"taxon": ROBIN, "pack": PACK, "threshold": 0.72, "reviewer": "Ada", "site": "pond"}
        api.put("/v1/thresholds", json=body).raise_for_status()
        yield


def list_robins(api: httpx.Client, **query: str) -> list[Json]:
    asked = {"pack": PACK, "taxon": ROBIN, "order": "confidence", **query}
    found: list[Json] = api.get("/v1/detections", params=asked).raise_for_status().json()["items"]
    return found


def read_robin(api: httpx.Client, **query: str) -> tuple[Json, Json]:
    asked = {"pack": PACK, "taxon": ROBIN, **query}
    overview: Json = api.get("/v1/overview", params=asked).raise_for_status().json()
    return overview, overview["taxa"][0]


def test_it_says_where_and_when_it_was_heard_with_the_hours_listened(page: Page, api: httpx.Client) -> None:
    overview, robin = read_robin(api)
    page.goto(HOME)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"European Robin {ROBIN}")
    said = page.get_by_role("main").get_by_role("status")
    expect(said).to_contain_text(f"{robin['detections']} detections in {overview['total']['hours'] * 60:.0f} min that")
    expect(said).to_contain_text("that somebody listened, at 2 of 2 sites")
    expect(said).to_contain_text("First 3 May 2026, 04:30, last 6 May 2026, 04:00.")
    rows = page.get_by_role("region", name="Sites").get_by_role("row")
    for at, site in enumerate(overview["by_site"]):
        expect(rows.nth(1 + at).get_by_role("rowheader")).to_have_text(site["site"])
        expect(rows.nth(1 + at).get_by_role("cell").first).to_have_text(str(robin["by_site"][at]))
    hours = page.get_by_role("region", name="Hours of the day")
    hours.get_by_text("As a table").click()
    four = hours.get_by_role("row").nth(1 + 4)
    expect(four.get_by_role("rowheader")).to_have_text("04:00 to 05:00")
    expect(four.get_by_role("cell").first).to_have_text(str(robin["by_hour"][4]))
    assert hours.get_by_role("row").nth(1).get_by_role("cell").all_inner_texts() == ["–", "no hours", "–"]


def test_the_best_events_come_first_are_heard_and_lead_to_their_moment(page: Page, api: httpx.Client) -> None:
    robins = list_robins(api)
    page.goto(HOME)
    rows = page.get_by_role("region", name="Best events").get_by_role("listitem")
    expect(rows).to_have_count(len(robins))
    for at, robin in enumerate(robins):
        expect(rows.nth(at)).to_contain_text(f"{robin['confidence']:.2f}")
        expect(rows.nth(at)).to_contain_text((robin["review"] or {"verdict": ""})["verdict"].capitalize())
    with page.expect_response(re.compile(r"/clip\?")) as heard:
        rows.first.get_by_role("button", name="Listen").click()
    assert heard.value.ok
    expect(rows.first.get_by_role("button", name="Stop")).to_be_visible()
    rows.first.get_by_role("button", name="Stop").click()
    rows.first.get_by_role("link").click()
    page.wait_for_url(re.compile(f"/recordings/{robins[0]['recording_id']}.*t="))
    said = page.get_by_role("complementary", name="Event").get_by_role("status").first
    expect(said).to_have_text(re.compile(f"European Robin, .*, {robins[0]['confidence']:.2f}"))


def test_reviews_and_thresholds_in_force_are_told_and_the_rest_is_to_be_reviewed(page: Page, api: httpx.Client) -> None:
    _, robin = read_robin(api, verdicts="true")
    page.goto(HOME)
    reviews = page.get_by_role("region", name="Reviews")
    expect(reviews).to_contain_text("Confirmed 1")
    expect(reviews).to_contain_text("Rejected 1")
    expect(reviews).to_contain_text("1 of 2 reviewed events are right (50 %)")
    expect(reviews).to_contain_text("0.72 at pond by Ada")
    left = robin["verdicts"]["unreviewed"]
    assert left == robin["detections"] - 2
    link = page.get_by_role("link", name=f"Review {left} events")
    link.click()
    page.wait_for_url(re.compile(r"/review\?taxon=Erithacus\+rubecula&pack="))


def test_what_was_corrected_to_another_taxon_is_none_of_the_identified_ones(page: Page, api: httpx.Client) -> None:
    confirmed, _, other, *_ = list_robins(api)
    review(api, other, "rejected", corrected="Troglodytes troglodytes")
    page.goto(f"{HOME}&reviewed=identified")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("1 detection in")
    rows = page.get_by_role("region", name="Best events").get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(f"{confirmed['confidence']:.2f}")
    (said,) = [each for each in api.get("/v1/reviews").json()["items"] if each["corrected_taxon"] is not None]
    api.delete(f"/v1/reviews/{said['id']}").raise_for_status()


def test_one_site_of_it(page: Page, api: httpx.Client) -> None:
    page.goto(HOME)
    page.get_by_role("region", name="Sites").get_by_role("link", name="fen").click()
    page.wait_for_url("**site=fen*")
    _, robin = read_robin(api, site="fen")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(
        f"{robin['detections']} detection in 2 min that somebody listened, at fen"
    )


def test_an_unheard_taxon_and_one_that_nobody_knows(page: Page, faults: Faults) -> None:
    page.goto(f"/taxa/taxon400?pack={PACK}")
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("It was not heard in 7 min that")
    expect(page.get_by_text("No event to review")).to_be_visible()
    expect(page.get_by_text("No event of it was found.")).to_be_visible()
    page.goto(f"/taxa/Draco%20draco?pack={PACK}")
    expect(page.get_by_role("alert")).to_contain_text("Draco draco")
    faults.expect("422")


def test_lists_of_recordings_lead_here(page: Page) -> None:
    page.goto("/overview?pack=" + PACK)
    page.get_by_role("link", name="European Robin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"European Robin {ROBIN}")


def test_axe_finds_nothing_and_nothing_is_lost_at_200_percent(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(HOME)
    expect(page.get_by_role("region", name="Best events").get_by_role("listitem").first).to_be_visible()
    expect(page.get_by_role("region", name="Reviews")).to_contain_text("0.72 at pond")
    for part in ("Hours of the day", "Days"):
        page.get_by_role("region", name=part).get_by_text("As a table").click()
    assert find_violations_of_all_looks(page) == []
    assert too_wide_at_200_percent(page) == []
