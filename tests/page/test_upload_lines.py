"""Uploads from the page over lines that are cut, by a browser that is closed and opened again."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests import recorder_files as files
from tests.page.watched_page import watch_page
from tests.servers import gate as lines
from tests.servers.chorus_up import Service
from tests.servers.gate import Gate, Reply, open_gate
from tests.servers.programs import find_program

SIZE_BYTES = 60 * 10**6
CUT_BYTES = 25 * 10**6
PART_BYTES = 8 << 20
OTHERS_BYTES = 100_000
"""At most, of all requests but those that bring the file."""


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    with open_gate(urlsplit(service.url).port or 0) as gate:
        yield gate


def write_recording(path: Path, seed: int, size_bytes: int = SIZE_BYTES) -> str:
    """Write noise, of which no two stretches are alike; return its SHA-256."""
    content = files.wav(np.random.default_rng(seed).bytes(size_bytes // 2 * 2))
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def watch_offsets(page: Page) -> list[int]:
    """Return a list that grows with the offset of each PATCH."""
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return offsets


def choose(page: Page, path: Path) -> None:
    page.get_by_label("Choose files").set_input_files(path)


def press_upload_and_wait(page: Page) -> None:
    page.get_by_role("button", name="Upload 1 recording").click()
    expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible(timeout=120_000)


def hashes(api: httpx.Client, name: str) -> list[str]:
    return [each["sha256"] for each in api.get("/v1/recordings", params={"q": name}).json()["items"]]


def test_a_line_that_is_cut_at_25_mb_leads_to_one_whole_recording(
    browser: Browser, api: httpx.Client, gate: Gate, tmp_path: Path
) -> None:
    sha256 = write_recording(tmp_path / "cut.wav", seed=1)

    def cuts_after(request: lines.Request) -> int | None:
        left = CUT_BYTES - gate.body_bytes
        return left if request.method == "PATCH" and not gate.refused and left <= PART_BYTES else None

    gate.cuts_after = cuts_after
    with watch_page(browser, gate.url) as (page, faults):
        offsets = watch_offsets(page)
        page.goto("/")
        choose(page, tmp_path / "cut.wav")
        press_upload_and_wait(page)
        faults.expect("ERR_")
    assert len(gate.refused) == 1
    assert SIZE_BYTES < gate.body_bytes < SIZE_BYTES + PART_BYTES + OTHERS_BYTES, "what had arrived is not sent again"
    assert offsets == sorted(offsets)
    assert hashes(api, "cut.wav") == [sha256]


@contextmanager
def opened(browser: Browser, profile: Path) -> Iterator[Page]:
    """Open a browser that remembers what it had when it was closed."""
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=find_program("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    context.set_default_timeout(30_000)
    yield context.pages[0]
    context.close()


def test_a_browser_that_was_closed_goes_on_when_the_same_file_is_chosen(
    browser: Browser, api: httpx.Client, gate: Gate, tmp_path: Path
) -> None:
    sha256 = write_recording(tmp_path / "closed.wav", seed=2)
    busy = Reply(503, ("Retry-After: 1",))
    gate.plan = lambda request: busy if request.method == "PATCH" and gate.body_bytes > CUT_BYTES else None
    with opened(browser, tmp_path / "profile") as page:
        page.goto(gate.url)
        choose(page, tmp_path / "closed.wav")
        expect(page.get_by_role("cell", name="Held up")).to_be_visible()
    gate.plan = lines.no_trouble
    with opened(browser, tmp_path / "profile") as page:
        offsets = watch_offsets(page)
        page.goto(gate.url)
        choose(page, tmp_path / "closed.wav")
        press_upload_and_wait(page)
    assert min(offsets) >= CUT_BYTES
    assert gate.body_bytes < SIZE_BYTES + PART_BYTES + OTHERS_BYTES
    assert hashes(api, "closed.wav") == [sha256]


def test_what_is_dropped_while_the_service_is_away_goes_once_it_is_back(
    browser: Browser, api: httpx.Client, gate: Gate, tmp_path: Path
) -> None:
    sha256 = write_recording(tmp_path / "away.wav", seed=3, size_bytes=300_000)
    with watch_page(browser, gate.url) as (page, faults):
        page.goto("/")
        expect(page.get_by_label("Choose files")).to_be_attached()
        gate.shut()
        choose(page, tmp_path / "away.wav")
        expect(page.get_by_text("The line was cut. It goes on by itself.")).to_be_visible()
        gate.open()
        press_upload_and_wait(page)
        faults.expect("ERR_")
    assert hashes(api, "away.wav") == [sha256]
