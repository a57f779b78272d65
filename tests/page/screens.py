"""Every screen of the page, and how one gets there: for the tests of accessibility and for the pictures.

The full screens need `fill`; the recording that they look at is real sound, with what the pack finds in it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from playwright.sync_api import Page, expect

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.lost_audio import LostStretch
from tests.page.made_states import MadeStates, Song, noise, post_sound
from tests.servers.chorus_up import Service


@dataclass(frozen=True, slots=True)
class Filled:
    """Addresses of recordings in some states."""

    real: str
    partial: str
    warned: str
    waiting: str
    quiet: str
    failed: str
    files: tuple[Path, ...]
    """Real recordings, to be uploaded."""


def fill(service: Service, sound: Path, files: tuple[Path, ...], fields: Mapping[str, str]) -> Filled:
    """Post a real recording, and make others in states that take a look of their own."""
    left = noise(8, 48_000)[:, 0] * 50
    left[: 6 * 48_000] = 0
    url = (service.folder / "data" / "database-url").read_text().strip()
    with httpx.Client(base_url=service.url, timeout=120) as api, Database(url) as database:
        states = MadeStates(service, database)
        lost = (LostStretch(90.0, 100.0, "the audio is damaged"),)
        partial = states.post("garden.flac", n_segments=3).do(0, Song()).do(1, Song(), lost=lost).fail(2)
        quiet = states.post("night.flac").do(0)
        failed = states.post("torn.flac").fail(0, "the audio is damaged")
        waiting = states.post("tomorrow.flac")
        states.post("going-on.flac", n_segments=5).do(0, Song()).begin(1)
        warned = post_sound(api, "wired.wav", np.stack([left, -left], axis=1))
        real = post_sound(api, sound.name, sound.read_bytes(), fields=fields)
    return Filled(
        f"/recordings/{real['id']}",
        partial.address,
        f"/recordings/{warned['id']}",
        waiting.address,
        quiet.address,
        failed.address,
        files,
    )


def _recordings(page: Page, _filled: Filled) -> None:
    page.goto("/")
    expect(page.get_by_role("link", name="garden.flac")).to_be_visible()


def _upload(page: Page, filled: Filled) -> None:
    page.goto("/")
    page.get_by_label("Choose files").set_input_files(filled.files)
    expect(page.get_by_role("button", name="Upload")).to_be_visible()


def _view(address: Callable[[Filled], str]) -> Callable[[Page, Filled], None]:
    def show(page: Page, filled: Filled) -> None:
        page.goto(address(filled))
        expect(page.get_by_role("heading", level=1)).to_be_visible()

    return show


def _analyze_again(page: Page, filled: Filled) -> None:
    page.goto(filled.real)
    page.get_by_role("button", name="Analyze again").click()
    expect(page.get_by_role("heading", name="Analyze again")).to_be_visible()


def _edit(page: Page, filled: Filled) -> None:
    page.goto(filled.real)
    page.get_by_role("button", name="Edit site, place and start").click()
    expect(page.get_by_role("button", name="Close")).to_be_visible()


def _edit_many(page: Page, filled: Filled) -> None:
    """With what a shift does, in the list."""
    _recordings(page, filled)
    page.get_by_role("checkbox", name=re.compile("Select all")).check()
    page.get_by_role("button", name="Edit site, place, start").click()
    page.get_by_role("region", name=re.compile("^Edit")).get_by_label("Start").select_option(
        "The clock was fast or slow"
    )
    page.get_by_label("Hours").fill("1")
    expect(page.get_by_text("will be", exact=True)).to_be_visible()


def _settings(page: Page, _filled: Filled) -> None:
    page.goto("/")
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()


def _download(page: Page, filled: Filled) -> None:
    page.goto(filled.real)
    page.get_by_text("Download", exact=True).click()
    page.get_by_text("About this recording").click()


def _event(page: Page, filled: Filled) -> None:
    page.goto(f"{filled.real}?table=1")
    expect(page.get_by_role("table")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("complementary").get_by_role("status")).not_to_be_empty()


def _help(page: Page, filled: Filled) -> None:
    page.goto(filled.real)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def _review(page: Page, _filled: Filled) -> None:
    page.goto("/review")
    expect(page.get_by_role("table")).to_be_visible()


def _review_event(page: Page, filled: Filled) -> None:
    """With the name that is asked for once."""
    _review(page, filled)
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("group", name="Verdict")).to_be_visible()
    page.keyboard.press("y")
    expect(page.get_by_label("Who is reviewing?")).to_be_visible()


SCREENS: Mapping[str, Callable[[Page, Filled], None]] = {
    "recordings": _recordings,
    "upload": _upload,
    "recording": _view(lambda filled: filled.real),
    "moment": _view(lambda filled: f"{filled.real}?t=8&span=6&threshold=0.3"),
    "event-and-table": _event,
    "partial": _view(lambda filled: filled.partial),
    "warned": _view(lambda filled: filled.warned),
    "waiting": _view(lambda filled: filled.waiting),
    "quiet": _view(lambda filled: filled.quiet),
    "failed": _view(lambda filled: filled.failed),
    "analyze-again": _analyze_again,
    "edit": _edit,
    "download": _download,
    "edit-many": _edit_many,
    "settings": _settings,
    "help": _help,
    "review": _review,
    "review-event": _review_event,
    "overview": _view(lambda _filled: "/overview"),
    "taxon": _view(lambda _filled: "/taxa/Vox%20arida"),
    "keys": _view(lambda _filled: "/keys"),
    "no-such-address": _view(lambda _filled: "/nothing-here"),
    "nowhere": _view(lambda _filled: "/recordings/0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a"),
}
