"""Something to review: real sound with what the synthetic pack finds in it; and how one gets about on the screen."""

import re
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.page.made_states import post_sound

SOUNDS = (
    ("powdermill/Recording_1_Segment_07-snippet.wav", "NORTH-MARSH"),
    ("bird-guess/american_avocet.mp3", "pond"),
    ("bird-guess/american_kestrel.mp3", "NORTH-MARSH"),
    ("bird-guess/american_tree_sparrow.mp3", "pond"),
    ("opensoundscape/birds_10s.wav", "NORTH-MARSH"),
)


def post_sounds(api: httpx.Client, audio_dir: Path) -> None:
    """Have the recordings analyzed: a day each, from 04:00 on."""
    for day, (name, site) in enumerate(SOUNDS, 1):
        sound = audio_dir / name
        fields = {"site": site, "recorded_at": f"2026-05-{day:02d}T04:00:00+02:00"}
        post_sound(api, sound.name, sound.read_bytes(), fields=fields)


def open_loop(page: Page, taxon: str, name: str = "Ada", **parts: str) -> None:
    """Go to a taxon's first event, as somebody who has said who reviews."""
    # Not by `evaluate`: for the browser, that is somebody who clicked, and sound may begin.
    page.add_init_script(f"localStorage.setItem('dawn-chorus.reviewer', JSON.stringify('{name}'))")
    page.goto(f"/review?{httpx.QueryParams({'taxon': taxon, **parts})}")
    expect(verdicts(page)).to_be_visible()


def verdicts(page: Page) -> Locator:
    return page.get_by_role("group", name="Verdict")


def event_now(page: Page) -> str:
    """Return which event is looked at, as it is read aloud."""
    picture = page.get_by_role("img", name=re.compile("^Spectrogram: "))
    return (picture.get_attribute("aria-label") or "").removeprefix("Spectrogram: ")


def expect_other_event(page: Page, before: str) -> None:
    expect(page.get_by_role("img", name=f"Spectrogram: {before}")).to_have_count(0)
    expect(page.get_by_role("img", name=re.compile("^Spectrogram: "))).to_be_visible()


def reviews_of(api: httpx.Client, taxon: str) -> list[dict[str, Any]]:
    """Return what the service knows, the oldest first."""
    found = api.get("/v1/reviews", params={"taxon": taxon, "limit": 500}).raise_for_status().json()["items"]
    # Those that were sent together are of the same moment; their ids are in the order in which they were said.
    return sorted(found, key=lambda review: (str(review["reviewed_at"]), str(review["id"])))


def queue_of(api: httpx.Client, taxon: str, **parts: str | int) -> list[dict[str, Any]]:
    asked = {"taxon": taxon, "limit": 200, **parts}
    items: list[dict[str, Any]] = api.get("/v1/review-queue", params=asked).raise_for_status().json()["items"]
    return items
