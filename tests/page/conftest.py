"""Debian's Chromium on a service of its own: `chorus up` with the synthetic pack."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.long_day import post_long_day
from tests.page.watched_page import Faults, watch_page
from tests.servers.chorus_up import Service, make_service
from tests.servers.programs import find_program

SYNTHETIC_PACK = Path(__file__).parents[2] / "models" / "packs" / "synthetic"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """The whole service, for the tests of one file."""
    with make_service(CHORUS_DEFAULT_PACK="synthetic") as service:
        shutil.copytree(SYNTHETIC_PACK, service.folder / "data" / "packs" / "synthetic")
        service.start()
        yield service


@pytest.fixture(scope="module")
def api(service: Service) -> Iterator[httpx.Client]:
    """The same service, as a script talks to it."""
    with httpx.Client(base_url=service.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def long_day(service: Service, audio_dir: Path) -> str:
    """The id of a recording of 24 hours and fifty taxa."""
    return post_long_day(service, audio_dir)


@pytest.fixture
def watched(browser: Browser, service: Service) -> Iterator[tuple[Page, Faults]]:
    with watch_page(browser, service.url) as watched:
        yield watched


@pytest.fixture
def page(watched: tuple[Page, Faults]) -> Page:
    """A page at 1280 × 800; the test fails if the browser complains of anything that it did not expect."""
    return watched[0]


@pytest.fixture
def faults(watched: tuple[Page, Faults]) -> Faults:
    return watched[1]
