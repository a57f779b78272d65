"""Lanes: who sang when, over a whole day and in half a minute."""

import json
import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from dawn_chorus.domain.lost_audio import LostStretch
from tests.page.dawn_singers import SINGERS
from tests.page.long_day import post_long_day
from tests.servers.chorus_up import Service

_TYPE = """(names, text) => [...text].forEach(key =>
  names.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})))"""
"""As fast as somebody types: letters that come late begin another name."""
CARD = LostStretch(46_000.0, 52_600.0, "the recorder's card could not be read")


@pytest.fixture(scope="module")
def broken_day(service: Service) -> str:
    """The id of a day of two taxa, of which two hours are lost."""
    return post_long_day(service, lost=(CARD,), singers=SINGERS[:2])


@pytest.fixture(scope="module")
def half_a_day(service: Service) -> str:
    """The id of a day of two taxa whose analysis is at noon."""
    return post_long_day(service, singers=SINGERS[:2], done_s=43_200.0)


@pytest.fixture(scope="module")
def silent_day(service: Service) -> str:
    return post_long_day(service, singers=())


def lanes(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Lanes").get_by_role("option")


def test_a_day_of_fifty_taxa_is_made_as_a_worker_would_have_made_it(api: httpx.Client, long_day: str) -> None:
    (analysis,) = api.get(f"/v1/recordings/{long_day}").json()["analyses"]
    assert (analysis["result"], analysis["analyzed_s"]) == ("succeeded", 86_400.0)
    events = api.get(f"/v1/analyses/{analysis['id']}/detections", params={"taxon": "tawowl"}).json()["items"]
    assert events
    assert events[0]["scientific_name"] == "Strix aluco"
    assert api.get(f"/v1/recordings/{long_day}/spectrogram/16/1013.webp").headers["content-type"] == "image/webp"


def test_a_day_has_a_lane_for_each_taxon_the_highest_score_first(page: Page, api: httpx.Client, long_day: str) -> None:
    page.goto(f"/recordings/{long_day}")
    expect(lanes(page)).to_have_count(50)
    (analysis,) = api.get(f"/v1/recordings/{long_day}").json()["analyses"]
    events = api.get(f"/v1/analyses/{analysis['id']}/detections", params={"min_confidence": 0.95}).json()["items"]
    best = max(events, key=lambda event: float(event["confidence"]))
    expect(lanes(page).first).to_contain_text(best["scientific_name"])
    expect(page.get_by_role("img", name=re.compile("^Lanes of 50 taxa"))).to_be_visible()
    wait_for_ink(page)
    page.get_by_role("button", name="First heard").click()
    begun = api.get(f"/v1/analyses/{analysis['id']}/detections", params={"to_s": 300}).json()["items"]
    at_first = [event for event in begun if event["onset_s"] < begun[0]["onset_s"] + 3.0]
    names = "|".join(re.escape(event["scientific_name"]) for event in at_first)
    expect(lanes(page).first).to_contain_text(re.compile(names))


def test_lanes_are_walked_and_opened_by_keys(page: Page, long_day: str) -> None:
    page.goto(f"/recordings/{long_day}")
    expect(lanes(page)).to_have_count(50)
    page.get_by_role("button", name="Name", exact=True).click()
    names = page.get_by_role("listbox", name="Lanes")
    names.focus()
    page.keyboard.press("ArrowDown")
    expect(lanes(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(lanes(page).last).to_have_attribute("aria-selected", "true")
    expect(lanes(page).last).to_be_in_viewport()
    names.evaluate(_TYPE, "eur")
    focused = lanes(page).and_(page.locator("[aria-selected=true]"))
    expect(focused).to_have_accessible_name(re.compile("^Eur"))
    assert names.get_attribute("aria-activedescendant") == focused.get_attribute("id")
    page.keyboard.press("/")
    page.keyboard.type("owl strix")
    expect(lanes(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(lanes(page).first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")


def test_a_link_to_a_lane_can_show_it_alone(page: Page, long_day: str) -> None:
    page.goto(f"/recordings/{long_day}?taxon=tawowl")
    owl = lanes(page).filter(has_text="Strix aluco")
    expect(owl).to_have_attribute("aria-selected", "true")
    page.get_by_role("listbox", name="Lanes").scroll_into_view_if_needed()
    expect(owl).to_be_in_viewport()
    page.get_by_role("button", name="Only this lane").click()
    expect(lanes(page)).to_have_count(1)


def test_a_click_in_a_lane_goes_there_and_selects_what_sings_there(page: Page, broken_day: str) -> None:
    page.goto(f"/recordings/{broken_day}?t=16000&span=600")
    expect(lanes(page)).to_have_count(2)
    plot = page.get_by_role("img", name=re.compile("^Lanes of 2 taxa"))
    plot.click(position={"x": 300, "y": 36})
    expect(lanes(page).nth(1)).to_have_attribute("aria-selected", "true")
    page.wait_for_url(re.compile("taxon="))


def test_a_lost_stretch_is_said_under_the_pointer_and_in_the_legend(page: Page, broken_day: str) -> None:
    page.goto(f"/recordings/{broken_day}")
    expect(page.get_by_text("Hatched: lost.")).to_be_visible()
    plot = page.get_by_role("img", name=re.compile("^Lanes of 2 taxa"))
    width = plot.evaluate("canvas => canvas.clientWidth")
    plot.hover(position={"x": width * 49_000 / 86_400, "y": 12})
    expect(page.get_by_text(f"lost, {CARD.reason}")).to_be_visible()
    plot.hover(position={"x": width * 20_000 / 86_400, "y": 12})
    expect(page.get_by_text(re.compile(r"\d+ of \d+ windows reach 0\.50"))).to_be_visible()


def test_lanes_are_there_while_the_analysis_goes_on_and_the_rest_is_not_silence(page: Page, half_a_day: str) -> None:
    page.goto(f"/recordings/{half_a_day}")
    expect(lanes(page)).to_have_count(2)
    expect(page.get_by_text("Dotted: not analyzed yet.")).to_be_visible()
    plot = page.get_by_role("img", name=re.compile("^Lanes of 2 taxa"))
    width = plot.evaluate("canvas => canvas.clientWidth")
    plot.hover(position={"x": width * 0.75, "y": 12})
    expect(page.get_by_text(re.compile(": not analyzed yet$"))).to_be_visible()


def test_of_five_hundred_lanes_those_are_drawn_that_are_seen(page: Page, broken_day: str) -> None:
    def answer(route: Route) -> None:
        route.fulfill(body=many_lanes(500), content_type="application/octet-stream")

    page.route(re.compile(r"/lanes(\?|$)"), answer)
    page.goto(f"/recordings/{broken_day}")
    expect(lanes(page)).to_have_count(500)
    plot = page.get_by_role("img", name=re.compile("^Lanes of 500 taxa"))
    page.get_by_role("listbox", name="Lanes").focus()
    page.keyboard.press("End")
    expect(lanes(page).last).to_be_in_viewport()
    expect(plot).to_be_in_viewport()
    assert plot.evaluate("canvas => canvas.clientHeight") < 800
    expect(page.get_by_role("img", name=re.compile("Times of the lanes"))).to_be_in_viewport()


def test_night_and_day_are_told_in_words_where_the_place_is_known(page: Page, broken_day: str) -> None:
    page.goto(f"/recordings/{broken_day}")
    expect(page.get_by_role("img", name=re.compile("^night, twilight, day"))).to_be_visible()


def test_where_nothing_was_found_the_least_score_and_the_length_are_said(page: Page, silent_day: str) -> None:
    page.goto(f"/recordings/{silent_day}")
    expect(page.get_by_text("Nothing reached 0.05; 86400 s analyzed.")).to_be_visible()


def many_lanes(n_taxa: int) -> bytes:
    """Return what the service would send of as many taxa, which sing one after the other."""
    rule = {"onset_threshold": 0.5, "offset_threshold": 0.3, "min_event_s": 0.0, "min_gap_s": 0.5}
    taxa = [
        {"code": f"t{i}", "scientific_name": f"Genus s{i}", "common_name": f"Bird {i}", "peak": 0.9, "rule": rule}
        for i in range(n_taxa)
    ]
    header = {"taxa": taxa, "first": 0, "n": n_taxa, "step_s": 86_400 / n_taxa, "kind": "windows", "end_s": 86_400}
    text = json.dumps(header | {"runs": [[0, n_taxa]], "lost": []}).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + (np.eye(n_taxa) * 60_000).astype("<u2").tobytes()


def wait_for_ink(page: Page) -> None:
    """Wait until many pixels of the lanes have the color of a bar."""
    plot = page.get_by_role("img", name=re.compile("^Lanes of")).element_handle()
    page.wait_for_function(
        """canvas => {
            if (canvas.width * canvas.height === 0) return false;
            const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let at = 0; at < data.length; at += 4) if (data[at] < 40 && data[at + 1] < 100) count++;
            return count > 1000;
        }""",
        arg=plot,
    )
