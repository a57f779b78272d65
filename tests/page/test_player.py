"""Hearing a recording: what is asked of the service, and what a listener notices."""

import json
import re
import wave
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect

from dawn_chorus.adapters.postgres.database import Database
from tests.page.made_states import MadeStates, Song
from tests.page.watched_page import Faults
from tests.servers.chorus_up import Service
from tests.servers.postgres_fill import WREN

_CLIPS = "**/clip?*"
_IS_HEARD = "s => [...document.querySelectorAll('audio')].some(audio => audio.currentTime > s)"
_IS_BEFORE = "s => [...document.querySelectorAll('audio')].some(audio => audio.currentTime < s)"


@pytest.fixture(scope="module")
def dawn(api: httpx.Client, audio_dir: Path) -> str:
    return _upload(api, audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav", "2026-05-03T04:30:00+02:00")


@pytest.fixture(scope="module")
def bats(api: httpx.Client, service: Service) -> str:
    """Two seconds at 250 kHz."""
    return _upload(api, _write_noise(service.folder / "bats.wav", 250_000, 2))


@pytest.fixture(scope="module")
def long(api: httpx.Client, service: Service) -> str:
    """45 seconds."""
    return _upload(api, _write_noise(service.folder / "long.wav", 16_000, 45))


def _write_noise(path: Path, rate_hz: int, length_s: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(1).integers(-3000, 3000, rate_hz * length_s, np.int16).tobytes())
    return path


def _upload(api: httpx.Client, path: Path, recorded_at: str | None = None) -> str:
    fields = {} if recorded_at is None else {"recorded_at": recorded_at}
    with path.open("rb") as file:
        answer = api.post("/v1/recordings", files={"file": (path.name, file)}, data=fields).raise_for_status()
    return f"/recordings/{answer.json()['id']}"


def _asked(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def _open(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def _wait_until_heard(page: Page, time_s: float) -> None:
    """Wait until so much was played: time only goes on while sound does. An element that fails is replaced."""
    page.wait_for_function(_IS_HEARD, arg=time_s)


def test_play_is_heard_and_pause_stops_it(page: Page, dawn: str) -> None:
    _open(page, dawn)
    with page.expect_request(_CLIPS) as clip:
        page.get_by_role("button", name="Play").click()
    assert _asked(clip.value) == {"start_s": "0", "end_s": "10", "format": "flac"}
    _wait_until_heard(page, 0.2)
    expect(page.get_by_label("Player", exact=True)).to_contain_text(re.compile("04:30:(0[1-9]|10)"))
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("audio")).to_have_js_property("paused", True)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_space_plays_and_pauses_whatever_was_clicked_before(page: Page, dawn: str) -> None:
    _open(page, dawn)
    page.get_by_role("button", name="Play").click()
    _wait_until_heard(page, 0.1)
    page.keyboard.press("Space")
    expect(page.locator("audio")).to_have_js_property("paused", True)
    page.get_by_role("button", name="Zoom in", exact=True).click()
    page.keyboard.press("Space")
    expect(page.locator("audio")).to_have_js_property("paused", False)


def test_space_pressed_twice_at_once_goes_on(page: Page, dawn: str) -> None:
    """Browsers tell that sound was paused later than that a key was pressed."""
    _open(page, dawn)
    page.keyboard.press("Space")
    _wait_until_heard(page, 0.1)
    page.evaluate(
        """() => { for (const again of [0, 1]) document.body.dispatchEvent(
            new KeyboardEvent("keydown", {key: " ", code: "Space", bubbles: true})); }"""
    )
    heard_s = page.locator("audio").evaluate("audio => audio.currentTime")
    _wait_until_heard(page, heard_s + 0.3)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_space_presses_a_button_that_was_reached_by_keyboard(page: Page, dawn: str) -> None:
    _open(page, dawn)
    loop = page.get_by_role("button", name="Loop")
    loop.focus()
    page.keyboard.press("Space")
    expect(loop).to_have_attribute("aria-pressed", "true")
    expect(loop).to_be_focused()
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_bats_are_played_ten_times_slower(page: Page, bats: str) -> None:
    _open(page, bats)
    page.get_by_role("button", name="10× slower").click()
    with page.expect_request(_CLIPS) as clip:
        page.keyboard.press("Space")
    assert _asked(clip.value) == {"start_s": "0", "end_s": "2", "format": "flac", "slow": "10"}
    _wait_until_heard(page, 0.1)
    expect(page.locator("audio")).to_have_js_property("duration", 20)


def test_arrows_move_by_one_and_ten_seconds_and_play_begins_there(page: Page, dawn: str) -> None:
    _open(page, dawn)
    time = page.get_by_label("Player", exact=True)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(time).to_contain_text("04:30:01.0")
    page.keyboard.press("Shift+ArrowRight")
    expect(time).to_contain_text("04:30:10.0")
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    with page.expect_request(_CLIPS) as clip:
        page.keyboard.press("Space")
    assert _asked(clip.value)["start_s"] == "2"
    _wait_until_heard(page, 0.1)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.keyboard.press("t")
    expect(time).to_contain_text(re.compile(r"0:0[2-9]\.\d of 0:10"))


def test_r_plays_again_from_where_it_began(page: Page, dawn: str) -> None:
    _open(page, dawn)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    _wait_until_heard(page, 0.6)
    with page.expect_event("console", lambda said: said.text == "again"):
        page.locator("audio").evaluate(
            "audio => audio.addEventListener('seeking', () => audio.currentTime < 0.3 && console.log('again'))"
        )
        page.keyboard.press("r")
    expect(page.get_by_label("Player", exact=True)).to_contain_text(re.compile("04:30:0[3-9]"))
    expect(page.locator("audio")).to_have_js_property("paused", False)


def test_a_long_recording_goes_on_with_the_next_clip(page: Page, long: str) -> None:
    _open(page, long)
    page.get_by_role("button", name="Play").click()
    with page.expect_request(lambda request: "start_s=29.5" in request.url) as following:
        _wait_until_heard(page, 0.1)
    assert _asked(following.value) == {"start_s": "29.5", "end_s": "45", "format": "flac"}
    page.keyboard.press("Shift+ArrowRight")
    page.locator('audio[src*="start_s=0&"]').evaluate("audio => audio.currentTime = 28.5")
    # For a moment both are there: the one fades out while the other fades in.
    expect(page.locator('audio[src*="start_s=0&"]')).to_have_count(0)
    expect(page.locator("audio")).to_have_attribute("src", re.compile("start_s=29.5"))
    _wait_until_heard(page, 0.6)
    expect(page.get_by_label("Player", exact=True)).to_contain_text(re.compile(r"0:(3\d|4[0-5])\."))
    expect(page.locator("audio")).to_have_count(1)


def test_what_is_shown_is_looped_again_and_again(page: Page, dawn: str) -> None:
    _open(page, f"{dawn}?t=4&span=1")
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "true")
    with page.expect_request(_CLIPS) as clip:
        page.keyboard.press("Space")
    assert _asked(clip.value) == {"start_s": "4", "end_s": "5", "format": "flac"}
    _wait_until_heard(page, 0.7)
    page.wait_for_function(_IS_BEFORE, arg=0.5)
    expect(page.locator("audio")).to_have_js_property("paused", False)
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Loop")).to_have_attribute("aria-pressed", "false")


def test_the_view_turns_the_page_when_the_sound_leaves_it(page: Page, dawn: str) -> None:
    _open(page, f"{dawn}?t=2&span=1")
    page.get_by_role("button", name="Play").click()
    page.wait_for_url(re.compile(r"t=(2\.9|[3-9])"))


def test_gain_and_high_pass_are_said_and_kept(page: Page, dawn: str) -> None:
    _open(page, dawn)
    for _ in range(2):
        page.keyboard.press("g")
    page.get_by_label("High-pass").press("ArrowRight")
    expect(page.get_by_label("High-pass")).to_have_attribute("aria-valuetext", "200 Hz")
    page.reload()
    expect(page.get_by_label("Gain")).to_have_attribute("aria-valuetext", "+12 dB")
    expect(page.get_by_label("High-pass")).to_have_attribute("aria-valuetext", "200 Hz")
    page.keyboard.press("Space")
    _wait_until_heard(page, 0.1)


PROBLEM = "application/problem+json"


def test_a_busy_service_is_asked_again_until_it_plays(page: Page, dawn: str, faults: Faults) -> None:
    _open(page, dawn)
    busy = {"type": "https://chorus/problems#busy", "title": "Busy", "status": 503, "detail": "Others are served first"}
    page.route(
        _CLIPS,
        lambda route: route.fulfill(
            status=503, body=json.dumps(busy), content_type=PROBLEM, headers={"Retry-After": "2"}
        ),
    )
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_text("The service is busy; trying again in 2 s.")).to_be_visible()
    page.unroute(_CLIPS)
    _wait_until_heard(page, 0.1)
    expect(page.get_by_text("The service is busy")).to_be_hidden()
    faults.expect("503")


def test_a_service_that_is_away_is_said_and_play_goes_on_when_it_is_back(page: Page, dawn: str, faults: Faults) -> None:
    _open(page, dawn)
    page.route(_CLIPS, lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Play").click()
    player = page.get_by_label("Player", exact=True)
    expect(player).to_contain_text("The service does not answer")
    page.unroute(_CLIPS)
    _wait_until_heard(page, 0.1)
    faults.expect("ERR_CONNECTION_REFUSED")


def test_audio_that_is_gone_is_told_with_what_to_do(page: Page, dawn: str, faults: Faults) -> None:
    _open(page, dawn)
    gone = {"type": "https://chorus/problems#audio-removed", "title": "Gone", "status": 410, "detail": "…"}
    page.route(_CLIPS, lambda route: route.fulfill(status=410, json=gone))
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_label("Player", exact=True)).to_contain_text("Upload the same file again")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    faults.expect("410")


def test_an_event_is_played_with_two_seconds_around_it_and_the_next_one_after_it(page: Page, service: Service) -> None:
    url = (service.folder / "data" / "database-url").read_text().strip()
    with Database(url) as database:
        songs = Song(onset_s=10.0, length_s=3.0), Song(WREN, onset_s=30.0, length_s=3.0)
        _open(page, MadeStates(service, database).post("songs.flac").do(0, *songs).address)
    expect(page.get_by_role("button", name="Next event")).to_be_enabled()
    page.keyboard.press("j")
    with page.expect_request(_CLIPS) as first:
        page.keyboard.press("Space")
    assert _asked(first.value) == {"start_s": "8", "end_s": "15", "format": "flac"}
    _wait_until_heard(page, 0.1)
    threshold = page.get_by_role("slider", name="Threshold")
    threshold.focus()
    before = threshold.input_value()
    threshold.press("]")
    expect(threshold).not_to_have_value(before)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    audio = page.locator("audio")
    played = audio.get_attribute("src")
    assert played is not None
    with page.expect_request(_CLIPS) as second:
        threshold.press("j")
    assert _asked(second.value) == {"start_s": "28", "end_s": "35", "format": "flac"}
    expect(audio).not_to_have_attribute("src", played)
    _wait_until_heard(page, 0.1)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    with page.expect_request(_CLIPS) as rest:
        page.keyboard.press("Space")
    assert float(_asked(rest.value)["end_s"]) > 35
