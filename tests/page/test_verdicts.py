"""Verdicts where a recording is looked at: decided by key and button, shown in panel, lanes and table, never lost."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.integration.api_checks import wait_until
from tests.page.test_accessibility import find_violations_of_all_looks, too_wide_at_200_percent
from tests.page.watched_page import Faults, watch_page
from tests.servers.chorus_up import Service

Json = dict[str, Any]
THRESHOLD = 0.3


@pytest.fixture(scope="module")
def recording(api: httpx.Client, audio_dir: Path) -> Json:
    path = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    form = {"recorded_at": "2018-04-13T06:10:00-04:00", "site": "powdermill"}
    with path.open("rb") as file:
        posted = api.post("/v1/recordings", files={"file": (path.name, file)}, data=form).raise_for_status()
    (analysis,) = posted.json()["analyses"]
    api.get(f"/v1/analyses/{analysis['id']}/events").raise_for_status()  # ends with the analysis
    found: Json = api.get(f"/v1/recordings/{posted.json()['id']}").json()
    return found


@pytest.fixture(autouse=True)
def _unreviewed(api: httpx.Client, recording: Json) -> None:
    for review in list_reviews(api, recording):
        api.delete(f"/v1/reviews/{review['id']}").raise_for_status()


def list_reviews(api: httpx.Client, recording: Json) -> list[Json]:
    found: list[Json] = api.get("/v1/reviews", params={"recording_id": recording["id"]}).json()["items"]
    return found


def list_events(api: httpx.Client, recording: Json, threshold: float = THRESHOLD) -> list[Json]:
    (analysis,) = recording["analyses"]
    query = {"onset_threshold": threshold}
    found: list[Json] = api.get(f"/v1/analyses/{analysis['id']}/detections", params=query).json()["items"]
    return found


def say(api: httpx.Client, event: Json, verdict: str, reviewer: str = "Grace", **more: str) -> Json:
    span = {name: event[name] for name in ("onset_s", "offset_s")}
    body = {"recording_id": event["recording_id"], "taxon": event["scientific_name"], **span, "verdict": verdict}
    saved: Json = api.post("/v1/reviews", json={**body, "reviewer": reviewer, **more}).raise_for_status().json()
    return saved


def of(event: Json, recording: Json) -> Json:
    return {**event, "recording_id": recording["id"]}


def open_first_event(page: Page, recording: Json, *, name: str | None = "Ada") -> Locator:
    if name is not None:
        page.add_init_script(f"localStorage.setItem('dawn-chorus.reviewer', JSON.stringify('{name}'))")
    page.goto(f"/recordings/{recording['id']}?threshold={THRESHOLD}&table=1")
    expect(page.get_by_role("table").get_by_role("row").nth(1)).to_be_visible()
    page.keyboard.press("j")
    panel = page.get_by_role("region", name="Review")
    expect(panel.get_by_role("button", name="Confirm")).to_be_visible()
    return panel


def test_the_first_verdict_asks_who_reviews_and_then_no_more(page: Page, api: httpx.Client, recording: Json) -> None:
    first, second = list_events(api, recording)[:2]
    panel = open_first_event(page, recording, name=None)
    expect(panel).to_contain_text("Not reviewed yet")
    page.keyboard.press("y")
    asked = panel.get_by_label("Who is reviewing?")
    expect(asked).to_be_focused()
    assert list_reviews(api, recording) == []
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text(re.compile(r"Confirmed by Ada, \d+ \w+ \d{4}"))
    page.keyboard.press("j")
    page.keyboard.press("u")
    expect(panel).to_contain_text(re.compile(r"Uncertain by Ada, \d"))
    expect(asked).to_be_hidden()
    saved = {(each["verdict"], each["onset_s"], each["offset_s"]) for each in list_reviews(api, recording)}
    assert saved == {
        ("confirmed", first["onset_s"], first["offset_s"]),
        ("uncertain", second["onset_s"], second["offset_s"]),
    }


def test_a_verdict_stands_in_panel_table_and_legend_and_is_said(page: Page, recording: Json) -> None:
    panel = open_first_event(page, recording)
    panel.get_by_role("button", name="Reject").click()
    expect(panel).to_contain_text(re.compile(r"Rejected by Ada, \d"))
    expect(panel.get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("complementary").get_by_role("status").first).to_have_text(re.compile(", rejected$"))
    row = page.get_by_role("table").get_by_role("row").nth(1)
    expect(row.get_by_role("cell").last).to_have_text("Rejected")
    expect(page.get_by_role("region", name="Who sang when")).to_contain_text("Reviewed: Rejected")
    page.reload()
    expect(row.get_by_role("cell").last).to_have_text("Rejected")


def test_what_is_decided_is_undone_by_key_and_what_was_said_before_is_there_again(
    page: Page, api: httpx.Client, recording: Json
) -> None:
    panel = open_first_event(page, recording)
    page.keyboard.press("n")
    expect(panel).to_contain_text(re.compile(r"Rejected by Ada, \d"))
    page.keyboard.press("y")
    expect(panel).to_contain_text(re.compile(r"Confirmed by Ada, \d"))
    (replaced,) = list_reviews(api, recording)
    assert replaced["verdict"] == "confirmed"
    page.keyboard.press("z")
    expect(panel).to_contain_text(re.compile(r"Rejected by Ada, \d"))
    wait_until(lambda: [each["verdict"] for each in list_reviews(api, recording)] == ["rejected"])
    page.keyboard.press("z")
    expect(panel).to_contain_text("Not reviewed yet")
    wait_until(lambda: list_reviews(api, recording) == [])
    page.keyboard.press("z")
    expect(page.get_by_text("There is nothing to undo here.")).to_be_visible()


def test_the_right_taxon_is_chosen_by_a_part_of_its_name(page: Page, api: httpx.Client, recording: Json) -> None:
    event = list_events(api, recording)[0]
    taxa = [each for each in api.get("/v1/taxa").json()["items"] if each["code"] != event["code"]]
    wanted = taxa[-1]
    panel = open_first_event(page, recording)
    page.keyboard.press("c")
    expect(panel.get_by_role("combobox", name="Which taxon is it?")).to_be_focused()
    page.keyboard.type(wanted["scientific_name"].lower()[:-1])
    expect(panel.get_by_role("option", selected=True)).to_contain_text(wanted["scientific_name"])
    page.keyboard.press("Enter")
    expect(panel).to_contain_text(f"It is {wanted['scientific_name']}")
    wait_until(lambda: len(list_reviews(api, recording)) == 1)
    (review,) = list_reviews(api, recording)
    assert (review["verdict"], review["corrected_taxon"]) == ("rejected", wanted["scientific_name"])


def test_a_note_stands_beside_the_verdict(page: Page, api: httpx.Client, recording: Json) -> None:
    panel = open_first_event(page, recording)
    page.keyboard.press("u")
    panel.get_by_role("button", name="Add a note").click()
    panel.get_by_label("Note").fill("far away, with wind")
    panel.get_by_role("button", name="Save note").click()
    expect(panel).to_contain_text("far away, with wind")
    wait_until(lambda: [each["note"] for each in list_reviews(api, recording)] == ["far away, with wind"])
    expect(panel.get_by_role("button", name="Change the note")).to_be_visible()


@pytest.mark.parametrize("threshold", [0.12, 0.3, 0.5])
def test_events_cut_in_the_browser_show_the_reviews_that_the_service_shows(
    page: Page, api: httpx.Client, recording: Json, threshold: float
) -> None:
    events = list_events(api, recording)
    for number, event in enumerate(events):
        verdict = ("confirmed", "rejected", "uncertain")[number % 3]
        say(api, of(event, recording), verdict)
        if number % 4 == 0:  # somebody else heard half of it
            half = {**of(event, recording), "offset_s": round((event["onset_s"] + event["offset_s"]) / 2, 3)}
            say(api, half, "uncertain", "Ada")
    page.goto(f"/recordings/{recording['id']}?threshold={threshold}&table=1")
    shown = list_events(api, recording, threshold)
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(1 + len(shown))
    verdicts = [(each["review"] or {"verdict": ""})["verdict"] for each in shown]
    assert len(set(verdicts)) > 1
    for number, verdict in enumerate(verdicts, 1):
        expect(rows.nth(number).get_by_role("cell").last).to_have_text(verdict.capitalize())


def test_what_somebody_else_said_is_shown_with_name_and_note(page: Page, api: httpx.Client, recording: Json) -> None:
    say(api, of(list_events(api, recording)[0], recording), "confirmed", note="two males")
    panel = open_first_event(page, recording)
    expect(panel).to_contain_text("Confirmed by Grace")
    expect(panel).to_contain_text("two males")
    expect(panel.get_by_role("button", name="Confirm")).to_have_attribute("aria-pressed", "false")


def test_a_verdict_outlives_a_broken_line_and_a_closed_window(
    page: Page, api: httpx.Client, recording: Json, faults: Faults
) -> None:
    panel = open_first_event(page, recording)
    page.route("**/v1/reviews", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.keyboard.press("y")
    expect(panel).to_contain_text("Confirmed by Ada, being saved")
    open_first_event(page, recording)
    expect(panel).to_contain_text("Confirmed by Ada, being saved")
    assert list_reviews(api, recording) == []
    page.unroute("**/v1/reviews")
    # First, for a request that was held meanwhile goes on only while the page is asked for something.
    expect(panel).to_contain_text(re.compile(r"Confirmed by Ada, \d"))
    assert len(list_reviews(api, recording)) == 1
    faults.expect("ERR_FAILED")


def test_what_the_service_refuses_is_said_and_no_longer_shown(page: Page, recording: Json, faults: Faults) -> None:
    def refuse(route: Route) -> None:
        body = {"type": "about:blank", "title": "Gone", "status": 404, "detail": "There is no such recording."}
        route.fulfill(status=404, content_type="application/problem+json", json=body)

    panel = open_first_event(page, recording)
    page.route("**/v1/reviews", refuse)
    page.keyboard.press("y")
    expect(page.get_by_role("alert")).to_contain_text("was not saved: There is no such recording.")
    expect(panel).to_contain_text("Not reviewed yet")
    page.unroute("**/v1/reviews")
    faults.expect("404")


def test_axe_finds_nothing_and_nothing_is_lost_at_200_percent(page: Page, api: httpx.Client, recording: Json) -> None:
    say(api, of(list_events(api, recording)[1], recording), "uncertain", note="a" * 200)
    panel = open_first_event(page, recording)
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("y")
    expect(panel).to_contain_text(re.compile(r"Confirmed by Ada, \d"))
    page.keyboard.press("c")
    expect(panel.get_by_role("combobox")).to_be_focused()
    assert find_violations_of_all_looks(page) == []
    assert too_wide_at_200_percent(page) == []


def test_a_key_without_the_scope_says_what_it_lacks(browser: Browser, service: Service, recording: Json) -> None:
    """From the first key on everybody needs one: so this comes last."""
    reader = service.chorus("keys", "create", "reader", "--scope", "read").stdout.split()[-1]
    scopes = ("--scope", "read", "--scope", "review")
    reviewer = service.chorus("keys", "create", "marsh team", *scopes).stdout.split()[-1]
    wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
    for key, may_review in ((reader, False), (reviewer, True)):
        with watch_page(browser, service.url) as (page, faults):
            page.goto(f"/recordings/{recording['id']}?threshold={THRESHOLD}&table=1")
            page.get_by_label("Key", exact=True).fill(key)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("table").get_by_role("row").nth(1)).to_be_visible()
            page.keyboard.press("j")
            panel = page.get_by_role("region", name="Review")
            confirm = panel.get_by_role("button", name="Confirm")
            expect(confirm).to_be_enabled(enabled=may_review)
            page.keyboard.press("y")
            if may_review:
                expect(panel).to_contain_text(re.compile(r"Confirmed by marsh team, \d"))
            else:
                expect(panel).to_contain_text("Not reviewed yet")
                assert "review" in (confirm.get_attribute("title") or "")
            faults.expect("401")
