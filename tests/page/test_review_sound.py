"""What is seen and heard of an event under review: two seconds around it, at once, and the next ones ready."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from tests.page.review_screen import event_now, expect_other_event, open_loop, post_sounds, queue_of

TAXON = "Vox arida"
CLIP = re.compile(r"/clip\?")


@pytest.fixture(scope="module", autouse=True)
def _sounds(api: httpx.Client, audio_dir: Path) -> None:
    post_sounds(api, audio_dir)


def around(event: dict[str, float]) -> tuple[float, float]:
    return max(0.0, event["onset_s"] - 2.0), min(event["duration_s"], event["offset_s"] + 2.0)


def stretch_of(url: str) -> tuple[float, float]:
    asked = parse_qs(urlsplit(url).query)
    return float(asked["start_s"][0]), float(asked["end_s"][0])


def test_an_event_plays_once_by_itself_from_two_seconds_before_to_two_after(page: Page, api: httpx.Client) -> None:
    events = queue_of(api, TAXON, strategy="highest")
    open_loop(page, TAXON, strategy="highest")
    for _ in range(2):
        before = event_now(page)
        page.keyboard.press("s")
        expect_other_event(page, before)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    playing = page.locator("audio").evaluate("audio => audio.src")
    assert stretch_of(playing) == pytest.approx(around(events[2]), abs=1e-3)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_where_the_browser_is_still_silent_one_is_told_to_press_space(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'userActivation', {value: {hasBeenActive: false}})")
    open_loop(page, TAXON)
    expect(page.get_by_text("Press Space; the next events play by themselves.")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_the_next_two_events_are_there_before_they_are_looked_at(page: Page, api: httpx.Client) -> None:
    """Their sound and their pictures: nothing more is asked for where one comes to the next."""
    events = queue_of(api, TAXON, strategy="highest")[:3]
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    open_loop(page, TAXON, strategy="highest")
    page.keyboard.press(" ")
    while len({url for url in asked if CLIP.search(url)}) < len(events):
        page.wait_for_timeout(50)
    heard = sorted({stretch_of(url) for url in asked if CLIP.search(url)})
    assert heard == [pytest.approx(each, abs=1e-3) for each in sorted(around(event) for event in events)]
    of_next = f"/v1/recordings/{events[1]['recording_id']}/spectrogram"
    while not any(urlsplit(url).path == of_next for url in asked):
        page.wait_for_timeout(50)
    asked.clear()
    first = event_now(page)
    page.keyboard.press("s")
    expect_other_event(page, first)
    expect(page.locator(".picture")).to_have_attribute("aria-busy", "false")
    assert not [url for url in asked if urlsplit(url).path == of_next]
    assert not [url for url in asked if CLIP.search(url) and stretch_of(url) == pytest.approx(around(events[1]))]


def test_loop_gain_and_frequencies_are_set_by_keys(page: Page) -> None:
    open_loop(page, TAXON)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("l")
    page.keyboard.press("g")
    expect(page.get_by_role("slider", name="Gain")).to_have_attribute("aria-valuetext", "+6 dB")
    expect(page.get_by_role("img", name="Frequency axis, up to 12 kHz")).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_role("img", name="Frequency axis, up to 8 kHz")).to_be_visible()


def test_the_help_lists_the_keys_of_review(page: Page) -> None:
    open_loop(page, TAXON)
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keyboard")
    for key, does in {
        "Y": "Confirm: it is this taxon",
        "N": "Reject: it is not",
        "U": "Uncertain: leave it open",
        "C": "It is another taxon: name it",
        "S": "Skip: come back to it later",
        "Z": "Undo what was done last",
        "R": "Play again from the beginning",
    }.items():
        row = listed.locator("dl > div").filter(has_text=does)
        expect(row.locator("kbd")).to_have_text(key)


def test_an_event_leads_to_its_recording_and_back(page: Page) -> None:
    open_loop(page, TAXON, strategy="highest")
    first = event_now(page)
    page.locator(".facts").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/recordings/[^/]+\?.*taxon="))
    page.go_back()
    expect(page.get_by_role("img", name=f"Spectrogram: {first}")).to_be_visible()
