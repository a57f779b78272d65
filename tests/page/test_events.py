"""Events of a recording: cut at the slider's threshold, gone through by key, read as a table, saved as files."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.page.dawn_singers import SINGERS
from tests.page.long_day import post_long_day
from tests.servers.chorus_up import Service

Event = dict[str, Any]
"""As the service lists it."""


@pytest.fixture(scope="module")
def recording(api: httpx.Client, audio_dir: Path) -> dict[str, Any]:
    """Ten seconds of a morning, of which the synthetic pack makes some events."""
    path = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    form = {"recorded_at": "2018-04-13T06:10:00-04:00", "site": "powdermill"}
    with path.open("rb") as file:
        posted = api.post("/v1/recordings", files={"file": (path.name, file)}, data=form).raise_for_status()
    (analysis,) = posted.json()["analyses"]
    api.get(f"/v1/analyses/{analysis['id']}/events").raise_for_status()  # ends with the analysis
    found: dict[str, Any] = api.get(f"/v1/recordings/{posted.json()['id']}").json()
    return found


def list_events(api: httpx.Client, recording: dict[str, Any], **query: object) -> list[Event]:
    (analysis,) = recording["analyses"]
    found: list[Event] = api.get(f"/v1/analyses/{analysis['id']}/detections", params=query).json()["items"]  # type: ignore[arg-type]
    return found


def count_in_words(events: list[Event]) -> str:
    taxa = {event["code"] for event in events}
    return f"{len(events):,} event{'s'[: len(events) != 1]} of {len(taxa)} tax{'on' if len(taxa) == 1 else 'a'}"


def spoken(event: Event) -> str:
    return f"{event['common_name']}, {event['started_at'][11:19]}, {event['confidence']:.2f}"


def slider_of(page: Page) -> Locator:
    return page.get_by_role("slider", name="Threshold")


def test_the_slider_cuts_the_events_that_the_service_lists(
    page: Page, api: httpx.Client, recording: dict[str, Any]
) -> None:
    page.goto(f"/recordings/{recording['id']}")
    own = list_events(api, recording)
    expect(slider_of(page)).to_have_attribute("aria-valuetext", f"Each taxon’s own threshold: {count_in_words(own)}")
    counts = set()
    for threshold in (0.05, 0.12, 0.55, 0.7):
        slider_of(page).fill(str(threshold))
        counted = count_in_words(list_events(api, recording, onset_threshold=threshold))
        expect(slider_of(page)).to_have_attribute("aria-valuetext", f"{threshold:.2f}: {counted}")
        counts.add(counted)
    assert len(counts) > 1
    page.get_by_role("button", name="Reset to each taxon’s own").click()
    expect(page.get_by_text(count_in_words(own))).to_be_visible()


def test_keys_move_the_threshold_and_the_address_keeps_it(page: Page, recording: dict[str, Any]) -> None:
    page.goto(f"/recordings/{recording['id']}?threshold=0.5")
    expect(slider_of(page)).to_have_value("0.5")
    page.keyboard.press("]")
    expect(slider_of(page)).to_have_value("0.55")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(slider_of(page)).to_have_value("0.45")
    page.wait_for_url("**threshold=0.45*")


def test_a_threshold_that_nothing_reaches_says_so_and_what_to_do(page: Page, recording: dict[str, Any]) -> None:
    page.goto(f"/recordings/{recording['id']}?threshold=1&table=1")
    expect(page.get_by_text("No event reaches 1.00", exact=True)).to_be_visible()
    expect(page.get_by_text("No event reaches 1.00. Lower the threshold to see more.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Lower the threshold to 0\.\d\d: the highest score"))).to_be_visible()


def test_a_threshold_under_the_floor_is_refused_in_words(
    page: Page, api: httpx.Client, recording: dict[str, Any]
) -> None:
    floor = recording["analyses"][0]["settings"]["floor"]
    page.goto(f"/recordings/{recording['id']}?threshold={floor / 2}")
    refused = page.get_by_role("alert").filter(has_text=f"No scores under {floor} were kept")
    refused.get_by_role("button", name=f"Use {floor}").click()
    expect(page.get_by_text(count_in_words(list_events(api, recording, onset_threshold=floor)))).to_be_visible()
    expect(refused).to_be_hidden()
    typed = page.get_by_role("spinbutton")
    typed.fill("0.001")
    typed.press("Enter")
    expect(refused).to_be_visible()
    expect(typed).to_have_value("0.001")


def test_keys_go_through_all_events_and_each_is_said(page: Page, api: httpx.Client, recording: dict[str, Any]) -> None:
    page.goto(f"/recordings/{recording['id']}")
    events = list_events(api, recording)
    panel = page.get_by_role("complementary", name="Event")
    expect(panel.get_by_text("Choose one in a lane, or press J")).to_be_visible()
    for event in events:
        page.keyboard.press("j")
        expect(panel.get_by_role("status")).to_have_text(spoken(event))
    page.keyboard.press("j")
    expect(page.get_by_text("it is the last one of all taxa")).to_be_visible()
    page.keyboard.press("k")
    expect(panel.get_by_role("status")).to_have_text(spoken(events[-2]))
    expect(panel.get_by_role("heading", level=2)).to_have_text(events[-2]["common_name"])
    expect(panel).to_contain_text(events[-2]["scientific_name"])
    page.keyboard.press("Escape")
    expect(panel.get_by_text("No event selected")).to_be_visible()


def test_a_key_pressed_before_events_are_cut_is_not_lost(
    page: Page, api: httpx.Client, recording: dict[str, Any]
) -> None:
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    page.route(re.compile(r"/lanes(\?|$)"), hold)
    page.goto(f"/recordings/{recording['id']}")
    panel = page.get_by_role("complementary", name="Event")
    expect(panel.get_by_role("heading", name="No event selected")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    is_held = False
    for route in held:
        route.continue_()
    expect(panel.get_by_role("status")).to_have_text(spoken(list_events(api, recording)[1]))


def test_with_a_lane_in_focus_keys_stay_in_it(page: Page, api: httpx.Client, recording: dict[str, Any]) -> None:
    events = list_events(api, recording, onset_threshold=0.3)
    code = max((event["code"] for event in events), key=[event["code"] for event in events].count)
    own = [event for event in events if event["code"] == code]
    assert 1 < len(own) < len(events)
    page.goto(f"/recordings/{recording['id']}?threshold=0.3&taxon={code}")
    panel = page.get_by_role("complementary", name="Event")
    expect(panel.get_by_text(f"of {own[0]['common_name']}")).to_be_visible()
    for event in own:
        panel.get_by_role("button", name="Next event").click()
        expect(panel.get_by_role("status")).to_have_text(spoken(event))


def test_the_table_has_the_same_events(page: Page, api: httpx.Client, recording: dict[str, Any]) -> None:
    page.goto(f"/recordings/{recording['id']}?threshold=0.3")
    page.get_by_role("button", name="Show as table").click()
    events = list_events(api, recording, onset_threshold=0.3)
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + len(events))
    for number, event in enumerate(events, 1):
        expect(rows.nth(number)).to_contain_text(f"{event['common_name']} {event['scientific_name']}")
        expect(rows.nth(number)).to_contain_text(event["started_at"][11:21])
        expect(rows.nth(number)).to_contain_text(f"{event['confidence']:.2f}")
    best = max(events, key=lambda event: event["confidence"])
    page.get_by_role("button", name="Confidence").click()
    expect(page.get_by_role("columnheader", name="Confidence")).to_have_attribute("aria-sort", "descending")
    expect(rows.nth(1)).to_contain_text(best["common_name"])
    rows.nth(1).get_by_role("button").press("Enter")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("complementary").get_by_role("status")).to_have_text(spoken(best))


def test_one_taxon_of_the_table_is_saved_as_it_is_shown(
    page: Page, api: httpx.Client, recording: dict[str, Any]
) -> None:
    page.goto(f"/recordings/{recording['id']}?threshold=0.3&table=1")
    events = list_events(api, recording, onset_threshold=0.3)
    code, name = events[0]["code"], events[0]["common_name"]
    own = [event for event in events if event["code"] == code]
    page.get_by_role("region", name="Table of events").get_by_role("combobox").select_option(f"{name} ({len(own)})")
    expect(page.get_by_role("table").get_by_role("row")).to_have_count(1 + len(own))
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert download.value.suggested_filename.startswith("powdermill_20180413T0610")
    assert download.value.suggested_filename.endswith(f"_{code}.csv")
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 1 + len(own)
    assert all(code in line for line in lines[1:])


def test_a_link_to_a_moment_leads_back_to_the_event(page: Page, api: httpx.Client, recording: dict[str, Any]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/recordings/{recording['id']}?threshold=0.3")
    expect(page.get_by_text(count_in_words(list_events(api, recording, onset_threshold=0.3)))).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    said = page.get_by_role("complementary").get_by_role("status")
    expect(said).not_to_be_empty()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()  # it comes late, above the link
    words = said.text_content()
    page.get_by_role("button", name="Copy link to this moment").click()
    expect(page.get_by_text("Copied the link to this moment")).to_be_visible()
    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(said).to_have_text(words or "")
    expect(slider_of(page)).to_have_value("0.3")


def test_the_clip_of_an_event_is_saved_under_its_name(page: Page, api: httpx.Client, recording: dict[str, Any]) -> None:
    page.goto(f"/recordings/{recording['id']}")
    event = list_events(api, recording)[0]
    page.get_by_role("button", name="Next event").click()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible()  # it comes late, above the link
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as sound file").click()
    name = download.value.suggested_filename
    assert name.startswith("powdermill_20180413T0610")
    assert name.endswith(f"_{event['scientific_name'].lower().replace(' ', '-')}_{event['confidence']:.2f}.flac")


def test_over_a_day_of_frames_the_service_cuts(page: Page, api: httpx.Client, service: Service) -> None:
    recording = api.get(f"/v1/recordings/{post_long_day(service, singers=SINGERS[:2])}").json()
    page.goto(f"/recordings/{recording['id']}?table=1")
    expect(page.get_by_text(count_in_words(list_events(api, recording)))).to_be_visible()
    expect(page.get_by_text(re.compile(r"1 to 100 of [\d,]+"))).to_be_visible()
    slider_of(page).fill("0.62")
    expect(page.get_by_text(count_in_words(list_events(api, recording, onset_threshold=0.62)))).to_be_visible()
    page.get_by_role("button", name="Next 100").click()
    expect(page.get_by_text(re.compile(r"101 to 200 of [\d,]+"))).to_be_visible()
