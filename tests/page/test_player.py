"""Hearing a recording: what is asked of the service, and what a listener notices."""

import wave
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect

from tests.servers.chorus_up import Service

_CLIPS = "**/clip?*"
_UNTIL = (
    "(audio, s) => new Promise(done => audio.addEventListener('timeupdate', () => audio.currentTime > s && done()))"
)


@pytest.fixture(scope="module")
def dawn(api: httpx.Client, audio_dir: Path) -> str:
    return _upload(api, audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav", "2026-05-03T04:30:00+02:00")


@pytest.fixture(scope="module")
def bats(api: httpx.Client, service: Service) -> str:
    """Two seconds at 250 kHz."""
    path = service.folder / "bats.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 250_000, 0, "NONE", ""))
        file.writeframes(np.random.default_rng(1).integers(-3000, 3000, 500_000, np.int16).tobytes())
    return _upload(api, path)


def _upload(api: httpx.Client, path: Path, recorded_at: str | None = None) -> str:
    fields = {} if recorded_at is None else {"recorded_at": recorded_at}
    with path.open("rb") as file:
        answer = api.post("/v1/recordings", files={"file": (path.name, file)}, data=fields).raise_for_status()
    return f"/recordings/{answer.json()['id']}"


def _asked(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def _wait_until_heard(page: Page, time_s: float) -> None:
    """Wait until the element has played so much; its time only goes on while the sound does."""
    page.locator("audio").evaluate(_UNTIL, time_s)


def test_play_is_heard_and_pause_stops_it(page: Page, dawn: str) -> None:
    page.goto(dawn)
    with page.expect_request(_CLIPS) as clip:
        page.get_by_role("button", name="Play").click()
    assert _asked(clip.value) == {"start_s": "0", "end_s": "10", "format": "flac"}
    _wait_until_heard(page, 0.2)
    expect(page.get_by_label("Player", exact=True)).to_contain_text("04:30:01")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("audio")).to_have_js_property("paused", True)
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_space_after_a_click_on_play_pauses_and_plays_once_each(page: Page, dawn: str) -> None:
    page.goto(dawn)
    page.get_by_role("button", name="Play").click()
    _wait_until_heard(page, 0.1)
    page.keyboard.press("Space")
    expect(page.locator("audio")).to_have_js_property("paused", True)
    page.keyboard.press("Space")
    expect(page.locator("audio")).to_have_js_property("paused", False)


def test_bats_are_played_ten_times_slower(page: Page, bats: str) -> None:
    page.goto(bats)
    page.get_by_role("button", name="10× slower").click()
    with page.expect_request(_CLIPS) as clip:
        page.keyboard.press("Space")
    assert _asked(clip.value) == {"start_s": "0", "end_s": "2", "format": "flac", "slow": "10"}
    _wait_until_heard(page, 0.1)
    expect(page.locator("audio")).to_have_js_property("duration", 20)
