"""Everybody can use it: axe's default rules on every screen, zoomed to 200 %, and without motion."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.integration.api_checks import wait_until
from tests.page.screens import SCREENS, Filled, fill
from tests.page.watched_page import watch_page
from tests.servers.chorus_up import Service

AXE = Path(__file__).parents[2] / "services" / "page" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 800)]
_MOVING = """() => [...document.querySelectorAll('*')].filter(each => {
  const style = getComputedStyle(each);
  return `${style.transitionDuration}, ${style.animationDuration}`.split(',').some(one => parseFloat(one) > 0);
}).map(each => each.outerHTML.slice(0, 80))"""
_TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 80))"""

_OVER_ITS_NEIGHBOR = "cells => cells.filter(each => each.scrollWidth > each.clientWidth).map(each => each.textContent)"

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture(scope="module")
def filled(service: Service, audio_dir: Path) -> Filled:
    sound = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    cards = sorted((audio_dir / "scikit-maad" / "24h").glob("*.flac"))[:3]
    fields = {"site": "north marsh", "recorded_at": "2026-05-03T04:30:00+02:00"}
    return fill(service, sound, tuple(cards), fields)


@pytest.fixture(scope="module")
def looked_at(browser: Browser, service: Service) -> Iterator[Page]:
    """One page for all screens: what it caches, it fetches once. A color on its way to another is none to be judged."""
    with watch_page(browser, service.url, reduced_motion="reduce") as (page, faults):
        yield page
        faults.expect("404")


def find_violations(page: Page) -> list[str]:
    """Return what axe's default rules find, each with its places."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found: dict[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"]
    return [
        f"{each['impact']}: {each['id']}, {each['help']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def find_violations_of_all_looks(page: Page) -> list[str]:
    found = []
    for scheme, width in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += [f"{scheme} at {width}: {each}" for each in find_violations(page)]
    return found


def too_wide_at_200_percent(page: Page) -> list[str]:
    page.set_viewport_size({"width": 640, "height": 400})
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(looked_at: Page, filled: Filled, screen: str) -> None:
    SCREENS[screen](looked_at, filled)
    assert find_violations_of_all_looks(looked_at) == []


def test_axe_finds_nothing_in_an_empty_list(looked_at: Page) -> None:
    looked_at.route("**/v1/recordings?*", lambda route: route.fulfill(json={"items": [], "next": None}))
    looked_at.goto("/")
    expect(looked_at.get_by_text("There are no recordings yet.")).to_be_visible()
    assert find_violations_of_all_looks(looked_at) == []
    looked_at.unroute("**/v1/recordings?*")


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_lost_at_200_percent(looked_at: Page, filled: Filled, screen: str) -> None:
    looked_at.set_viewport_size({"width": 640, "height": 400})
    SCREENS[screen](looked_at, filled)
    expect(looked_at.get_by_role("heading", level=1)).to_be_visible()
    assert too_wide_at_200_percent(looked_at) == []


@pytest.mark.parametrize("screen", ["recordings", "recording", "upload"])
def test_nothing_moves_where_less_motion_is_wanted(looked_at: Page, filled: Filled, screen: str) -> None:
    SCREENS[screen](looked_at, filled)
    assert looked_at.evaluate(_MOVING) == []
    looked_at.emulate_media(reduced_motion="no-preference")
    assert looked_at.evaluate(_MOVING) != []
    looked_at.emulate_media(reduced_motion="reduce")


def test_axe_finds_nothing_where_one_signs_in_and_where_a_key_is_shown(
    browser: Browser, service: Service, filled: Filled, looked_at: Page
) -> None:
    """From the first key on everybody needs one: so this comes last."""
    looked_at.goto("about:blank")
    key = service.chorus("keys", "create", "admin", "--scope", "admin").stdout.split()[-1]
    wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
    with watch_page(browser, service.url, reduced_motion="reduce") as (page, faults):
        page.goto(filled.real)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert find_violations_of_all_looks(page) == []
        assert too_wide_at_200_percent(page) == []
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Keys").click()
        page.get_by_label("Who or what is it for?").fill("Recorder 7")
        page.get_by_role("button", name="Make key").click()
        expect(page.get_by_label("Key for Recorder 7", exact=True)).to_be_visible()
        expect(page.get_by_role("table").get_by_role("row").filter(has_text="Recorder 7")).to_be_visible()
        assert find_violations_of_all_looks(page) == []
        assert too_wide_at_200_percent(page) == []
        assert page.get_by_role("table").locator("td, th").evaluate_all(_OVER_ITS_NEIGHBOR) == []
        faults.expect("401")
