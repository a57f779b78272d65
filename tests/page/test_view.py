"""A recording's view as a whole: it is a link, it goes by keyboard alone, it is sharp and in line on every screen."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.lost_audio import LostStretch
from tests.page.made_states import VOICE, MadeStates, Song, noise, post_sound
from tests.page.pressing import tab_to
from tests.page.spectrogram_canvas import open_recording, spectrogram, wait_for_pictures
from tests.page.watched_page import watch_page
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import ROBIN, WREN

_PICTURE = "() => document.querySelector('.spectrogram .frame canvas').toDataURL()"
_TARGETS = "button, input, select, a.button, summary, [role=slider], [role=option]"
_SMALL = """targets => [...document.querySelectorAll(targets)]
  .filter(each => each.checkVisibility() && !each.closest('.hidden-visually'))
  .map(each => [each, each.type === 'checkbox' ? each.closest('label') ?? each : each])
  .map(([each, target]) => [each.ariaLabel ?? each.textContent ?? '', target.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([name, box]) => `${name}: ${box.width} × ${box.height}`)"""
_LEFT_EDGES = """() => Object.fromEntries([
  '.overview .frame', '.time-axis .plot', '.spectrogram .frame', '.player .controls', '.threshold input[type=range]',
  '.lane-plot', '.picture-tools',
].map(each => [each, document.querySelector(each).getBoundingClientRect().left]))"""

_MINUTE = "04:30:00 to 04:31:00"


@pytest.fixture(scope="module")
def states(service: Service) -> Iterator[MadeStates]:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        yield MadeStates(service, database)


@pytest.fixture(scope="module")
def sung(states: MadeStates) -> str:
    """A minute with two songs of a robin and one of a wren."""
    made = states.post("sung.flac").do(0, Song(ROBIN, 10.0), Song(WREN, 30.0, score=0.8))
    return str(made.recording_id)


@pytest.fixture(scope="module")
def pair(api: httpx.Client) -> str:
    """Three seconds of two channels."""
    return str(post_sound(api, "pair.wav", noise(3, 16_000, 2) * 50, 16_000)["id"])


def _axis(page: Page, which: str) -> Locator:
    return page.get_by_role("img", name=re.compile(f"^{which} axis"))


def _lane(page: Page, name: str) -> Locator:
    return page.get_by_role("listbox", name="Lanes").get_by_role("option", name=name)


def _said(page: Page) -> Locator:
    """What a screen reader is told of the selected event."""
    return page.get_by_role("status").filter(has_text=re.compile("Robin|Wren"))


def _picture(page: Page) -> Any:
    wait_for_pictures(page)
    return page.evaluate(_PICTURE)


def test_a_copied_address_shows_the_same_picture_in_another_tab(page: Page, pair: str) -> None:
    open_recording(page, pair)
    page.keyboard.press("+")
    page.keyboard.press("f")
    page.keyboard.press("Shift+ArrowUp")
    page.get_by_label("Channel").select_option("Channel 2")
    page.get_by_role("button", name="Contrast").click()
    page.get_by_role("slider", name="Faintest shown").press("Home")
    page.wait_for_url(re.compile(r"^(?=.*hz=1000-5000)(?=.*db=-)(?=.*channel=2).*span=1\.5"))
    address, picture = page.url, _picture(page)
    other = page.context.new_page()
    other.goto(address)
    expect(_axis(other, "Frequency")).to_have_accessible_name("Frequency axis, 1 to 5 kHz")
    expect(other.get_by_label("Channel")).to_have_value("2")
    assert _picture(other) == picture
    assert other.url == address
    other.close()


def test_back_and_forward_bring_the_band_of_frequencies(page: Page, pair: str) -> None:
    open_recording(page, pair, "?hz=2000-6000")
    page.goto(f"/recordings/{pair}?hz=1000-3000&channel=1")
    expect(_axis(page, "Frequency")).to_have_accessible_name("Frequency axis, 1 to 3 kHz")
    page.go_back()
    expect(_axis(page, "Frequency")).to_have_accessible_name("Frequency axis, 2 to 6 kHz")
    expect(page.get_by_label("Channel")).to_have_value("")
    page.go_forward()
    expect(_axis(page, "Frequency")).to_have_accessible_name("Frequency axis, 1 to 3 kHz")


def test_a_link_to_frequencies_that_there_are_not_says_so_and_shows_all(page: Page, pair: str) -> None:
    page.goto(f"/recordings/{pair}?hz=2000-90000", wait_until="commit")  # it is said for a few seconds only
    expect(page.get_by_text("hz=2000-90000 (two frequencies between 0 and 8000, the lower first)")).to_be_visible()
    expect(_axis(page, "Frequency")).to_have_accessible_name("Frequency axis, 0 to 8 kHz")


def test_the_whole_view_goes_by_keyboard_alone(page: Page, sung: str) -> None:
    """From the list to the table: nothing is clicked."""
    page.goto("/")
    page.locator(f"a[href*='{sung}']").first.press("Enter")
    wait_for_pictures(page)
    for does in (_play, _look, _go_through_events, _move_the_threshold, _walk_the_lanes, _switch, _read_the_help):
        does(page)
        page.keyboard.press("Escape")
    tab_to(page, page.get_by_role("button", name="Show as table"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("table")).to_contain_text("Robin")


def _play(page: Page) -> None:
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def _look(page: Page) -> None:
    time, hertz = _axis(page, "Time"), _axis(page, "Frequency")
    for key, shown in (("+", "04:30:00 to 04:30:30"), ("-", _MINUTE), ("+", "04:30:00 to 04:30:30"), ("0", _MINUTE)):
        page.keyboard.press(key)
        expect(time).to_have_accessible_name(f"Time axis, {shown}")
    for key, shown in (
        ("f", "0 to 2 kHz"),
        ("Shift+ArrowUp", "0.5 to 2.5 kHz"),
        ("Shift+ArrowDown", "0 to 2 kHz"),
        ("Shift+f", "0 to 4 kHz"),
    ):
        page.keyboard.press(key)
        expect(hertz).to_have_accessible_name(f"Frequency axis, {shown}")


def _go_through_events(page: Page) -> None:
    for key, name in (("j", "Robin"), ("j", "Wren"), ("k", "Robin")):
        page.keyboard.press(key)
        expect(_said(page)).to_contain_text(name)
    player = page.get_by_label("Player", exact=True)
    for key, second in (("ArrowRight", 11), ("Shift+ArrowRight", 21), ("ArrowLeft", 20), ("Shift+ArrowLeft", 10)):
        page.keyboard.press(key)
        expect(player).to_contain_text(f"04:30:{second}.0")


def _move_the_threshold(page: Page) -> None:
    threshold = page.get_by_role("slider", name="Threshold")
    before = float(threshold.input_value())
    for key, value in (("]", before + 0.05), ("[", before)):
        page.keyboard.press(key)
        expect(threshold).to_have_value(f"{value:g}")


def _walk_the_lanes(page: Page) -> None:
    for key, name in (("ArrowDown", "Robin"), ("ArrowDown", "Wren"), ("ArrowUp", "Robin"), ("ArrowDown", "Wren")):
        page.keyboard.press(key)
        expect(_lane(page, name)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(_said(page)).to_have_text(re.compile("Wren, 04:30:30, 0.80$"))


def _switch(page: Page) -> None:
    loop, gain = page.get_by_role("button", name="Loop"), page.get_by_label("Gain")
    for is_on in ("true", "false"):
        page.keyboard.press("l")
        expect(loop).to_have_attribute("aria-pressed", is_on)
    page.keyboard.press("g")
    expect(gain).to_have_attribute("aria-valuetext", "+6 dB")
    for shown in ("0:00 to 1:00", _MINUTE):
        page.keyboard.press("t")
        expect(_axis(page, "Time")).to_have_accessible_name(f"Time axis, {shown}")


def _read_the_help(page: Page) -> None:
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    for does in ("Zoom in on frequencies", "Show lower frequencies", "Lower the threshold", "Loop on or off"):
        expect(keys).to_contain_text(does)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_frequency_keys_are_left_to_the_browser_to_fields_and_where_they_are_switched_off(
    page: Page, sung: str
) -> None:
    open_recording(page, sung)
    hertz = _axis(page, "Frequency")
    for held in ("Control", "Alt", "Meta"):
        page.keyboard.press(f"{held}+ArrowUp")
        page.keyboard.press(f"{held}+f")
    page.get_by_role("searchbox", name="Find a taxon").press_sequentially("fF")
    expect(page.get_by_role("searchbox", name="Find a taxon")).to_have_value("fF")
    expect(hertz).to_have_accessible_name("Frequency axis, 0 to 4 kHz")
    page.evaluate("() => localStorage.setItem('dawn-chorus.shortcuts', 'false')")
    open_recording(page, sung)
    page.keyboard.press("f")
    page.keyboard.press("]")
    expect(hertz).to_have_accessible_name("Frequency axis, 0 to 4 kHz")
    expect(page.get_by_text("Each taxon’s own")).to_be_visible()


def test_pictures_are_drawn_anew_on_a_screen_with_other_pixels(page: Page, sung: str) -> None:
    open_recording(page, sung)
    canvas = spectrogram(page)
    width = canvas.evaluate("each => each.width")
    devtools = page.context.new_cdp_session(page)
    for ratio, height in ((2, 801), (1.5, 802)):  # of another height, or this Chromium tells its pages nothing
        screen = {"width": 1280, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        devtools.send("Emulation.setDeviceMetricsOverride", screen)
        expect(canvas).to_have_js_property("width", round(ratio * width))
        wait_for_pictures(page)


@pytest.mark.parametrize("width", [1280, 1100, 800, 640])
def test_everything_over_time_begins_at_one_edge(page: Page, sung: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    open_recording(page, sung)
    expect(_lane(page, "Robin")).to_be_visible()
    edges = page.evaluate(_LEFT_EDGES)
    assert len({round(each) for each in edges.values()}) == 1, edges


@pytest.mark.parametrize("is_touch", [False, True])
def test_rows_and_controls_are_large_enough_for_the_pointer(
    browser: Browser, service: Service, sung: str, is_touch: bool
) -> None:
    with watch_page(browser, service.url, has_touch=is_touch, is_mobile=is_touch) as (page, _faults):
        open_recording(page, sung, "?table=1")
        page.get_by_role("button", name="Contrast").press("Enter")
        expect(_lane(page, "Robin")).to_be_visible()
        box = _lane(page, "Robin").bounding_box()
        assert box
        assert box["height"] == (32 if is_touch else 24)
        assert page.evaluate(_SMALL, _TARGETS) == []


def test_of_hidden_voices_nothing_is_shown_or_saved_and_it_is_said(page: Page, states: MadeStates) -> None:
    made = states.post("people.flac").do(0, Song(VOICE))
    page.goto(f"{made.address}?table=1")
    expect(_lane(page, "Human vocal")).to_be_visible()
    expect(page.get_by_role("link", name="CSV", exact=True)).to_be_visible()
    page.evaluate("() => localStorage.setItem('dawn-chorus.voices-hidden', 'true')")
    page.reload()
    expect(page.get_by_text("Only human voices were heard, and they are hidden.")).to_be_visible()
    expect(page.get_by_text("No events were found.")).to_be_visible()
    expect(page.get_by_text("There are no events to save: only human voices")).to_have_count(2)
    expect(_lane(page, "Human vocal")).to_have_count(0)
    assert page.locator("a[href*=detections]").count() == 0


def test_what_was_not_analyzed_is_said_with_the_table(page: Page, states: MadeStates) -> None:
    lost = LostStretch(20.0, 40.0, "the card was full")
    page.goto(f"{states.post('torn.flac').do(0, Song(), lost=[lost]).address}?table=1")
    table = page.get_by_role("region", name="Table of events")
    expect(table).to_contain_text("Not analyzed, so without events: 04:30:20 to 04:30:40 (the card was full).")
