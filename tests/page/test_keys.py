"""Single keys, the help that lists them, and the settings: all of it without a mouse."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect


@pytest.fixture(scope="module")
def song(api: httpx.Client, audio_dir: Path) -> str:
    path = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    with path.open("rb") as file:
        answer = api.post("/v1/recordings", files={"file": (path.name, file)}).raise_for_status()
    return f"/recordings/{answer.json()['id']}"


def _open(page: Page, address: str) -> None:
    page.goto(address)
    expect(_loop(page)).to_be_visible()


def _help(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keyboard")


def _settings(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Settings")


def _loop(page: Page) -> Locator:
    return page.get_by_role("button", name="Loop")


def _background(page: Page) -> str:
    color: str = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    return color


def test_question_mark_lists_the_keys_of_the_view_and_they_work_meanwhile(page: Page, song: str) -> None:
    _open(page, song)
    page.keyboard.press("?")
    expect(_help(page)).to_contain_text("Play or pause")
    expect(_help(page)).to_contain_text("Zoom in")
    page.keyboard.press("l")
    expect(_loop(page)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(_help(page)).to_be_hidden()
    page.goto("/")
    page.get_by_role("button", name="Keyboard help").press("Enter")
    expect(_help(page)).to_be_visible()
    expect(_help(page)).not_to_contain_text("Play or pause")
    _help(page).get_by_role("button", name="Close").press("Enter")
    expect(page.get_by_role("button", name="Keyboard help")).to_be_focused()


def test_help_closed_as_soon_as_it_is_drawn_gives_the_focus_back(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Keyboard help")
    expect(button).to_be_visible()
    closed = page.evaluate("""() => new Promise((done) => {
        const button = document.querySelector("header button[aria-expanded]");
        new MutationObserver((_, drawn) => {
            const close = document.querySelector("[role=dialog].help button");
            if (close === null) return;
            drawn.disconnect();
            close.focus();
            close.click();
            done(close.textContent);
        }).observe(document.body, { childList: true, subtree: true });
        button.focus();
        button.click();
    })""")
    assert closed == "Close"
    expect(_help(page)).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.usefixtures("song")
def test_typing_in_the_search_does_nothing_else(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("searchbox")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("j l z ?")
    expect(page.get_by_role("searchbox")).to_have_value("j l z ?")
    expect(_help(page)).to_be_hidden()


def test_with_ctrl_alt_or_meta_keys_are_left_to_the_browser(page: Page, song: str) -> None:
    _open(page, song)
    for held in ("Control", "Alt", "Meta"):
        page.keyboard.press(f"{held}+l")
    page.keyboard.press("g")
    expect(page.get_by_label("Gain")).to_have_attribute("aria-valuetext", "+6 dB")
    expect(_loop(page)).to_have_attribute("aria-pressed", "false")


def test_a_slider_keeps_its_arrows_and_leaves_the_other_keys(page: Page, song: str) -> None:
    _open(page, song)
    gain = page.get_by_label("Gain")
    gain.press("ArrowRight")
    gain.press("ArrowRight")
    expect(gain).to_have_attribute("aria-valuetext", "+12 dB")
    expect(page.get_by_label("Player", exact=True)).to_contain_text("0:00.0")
    gain.press("l")
    expect(_loop(page)).to_have_attribute("aria-pressed", "true")
    gain.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_single_keys_can_be_switched_off_for_good(page: Page, song: str) -> None:
    _open(page, song)
    page.keyboard.press("?")
    _help(page).get_by_label("Shortcuts by single keys").uncheck()
    expect(_help(page)).to_contain_text("switched off")
    page.keyboard.press("Escape")
    page.reload()
    expect(_loop(page)).to_be_visible()
    for key in ("?", "l", " "):
        page.keyboard.press(key)
    expect(_loop(page)).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Settings").press("Enter")
    _settings(page).get_by_label("Shortcuts by single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(_loop(page)).to_have_attribute("aria-pressed", "true")


def test_settings_open_and_close_by_keys_and_are_kept(page: Page) -> None:
    page.goto("/")
    light = _background(page)
    button = page.get_by_role("button", name="Settings")
    button.press("Enter")
    _settings(page).get_by_label("Dark").check()
    _settings(page).get_by_label("Viridis").check()
    _settings(page).get_by_label("Position").check()
    _settings(page).get_by_label("Hide detections of human voices").check()
    dark = _background(page)
    assert dark != light
    page.keyboard.press("Escape")
    expect(_settings(page)).to_be_hidden()
    expect(button).to_be_focused()
    page.reload()
    button.click()
    for name in ("Dark", "Viridis", "Position", "Hide detections of human voices"):
        expect(_settings(page).get_by_label(name)).to_be_checked()
    assert _background(page) == dark
    page.get_by_role("heading").first.click()
    expect(_settings(page)).to_be_hidden()


def test_the_header_leads_everywhere_and_says_where_one_is(page: Page, song: str) -> None:
    _open(page, song)
    views = page.get_by_role("navigation", name="Views")
    views.get_by_role("link", name="Keys").click()
    page.wait_for_url("**/keys")
    expect(views.get_by_role("link", name="Keys")).to_have_attribute("aria-current", "page")
    views.get_by_role("link", name="Recordings").click()
    expect(views.get_by_role("link", name="Recordings")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="Settings").click()
    expect(_settings(page).get_by_role("link", name="API")).to_have_attribute("href", "/docs")
