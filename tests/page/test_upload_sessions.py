"""Uploads where keys are asked for: who may not, and what happens to them when a session ends."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests import recorder_files as files
from tests.integration.api_checks import wait_until
from tests.page.watched_page import watch_page
from tests.servers import gate as lines
from tests.servers.chorus_up import Service
from tests.servers.gate import Gate, Reply, open_gate


@pytest.fixture(scope="module")
def keys(service: Service) -> dict[str, str]:
    """A key that may look, and one that may upload too."""
    scopes = {"looker": ["read"], "field": ["read", "upload"]}
    made = {name: make_key(service, name, granted) for name, granted in scopes.items()}
    wait_until(lambda: httpx.get(f"{service.url}/v1/session").status_code == 401)
    return made


def make_key(service: Service, name: str, scopes: list[str]) -> str:
    words = [word for scope in scopes for word in ("--scope", scope)]
    made = service.chorus("keys", "create", name, *words, "--json")
    return str(json.loads(made.stdout)["key"])


@pytest.fixture
def gate(service: Service) -> Iterator[Gate]:
    with open_gate(urlsplit(service.url).port or 0) as gate:
        yield gate


def sheet(page: Page) -> Locator:
    return page.get_by_role("region", name="Files to upload")


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_key_that_may_not_upload_is_told_so(browser: Browser, service: Service, keys: dict[str, str]) -> None:
    with watch_page(browser, service.url) as (page, faults):
        page.goto("/")
        sign_in(page, keys["looker"])
        expect(page.get_by_text("Your key may look and listen, but not upload.")).to_be_visible()
        expect(page.get_by_label("Choose files")).to_have_count(0)
        faults.expect("401")


def test_an_upload_waits_for_a_sign_in_and_goes_on_where_it_was(
    browser: Browser, keys: dict[str, str], gate: Gate, tmp_path: Path
) -> None:
    path, busy = tmp_path / "signed.wav", Reply(503, ("Retry-After: 1",))
    path.write_bytes(files.wav(np.random.default_rng(4).bytes(20 * 10**6)))
    gate.plan = lambda request: busy if request.method == "PATCH" and gate.body_bytes > 5 * 10**6 else None
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    with watch_page(browser, gate.url) as (page, faults):
        page.goto("/")
        sign_in(page, keys["field"])
        page.get_by_label("Choose files").set_input_files(path)
        sheet(page).get_by_label("Site").fill("north-marsh")
        expect(page.get_by_role("cell", name="Held up")).to_be_visible()
        page.on("request", note)
        page.context.clear_cookies()
        sign_in(page, keys["field"])
        expect(page.get_by_role("dialog")).to_have_count(0)
        gate.plan = lines.no_trouble  # not before: bytes that come without a session would be counted twice
        expect(sheet(page).get_by_label("Site")).to_have_value("north-marsh")
        page.get_by_role("button", name="Upload 1 recording").click()
        expect(page.get_by_role("heading", name="1 recording made.")).to_be_visible()
        faults.expect("401")
        faults.expect("503")
    assert min(offsets) > 5 * 10**6
    assert gate.body_bytes < 21 * 10**6
