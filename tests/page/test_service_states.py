"""What the page says of the service itself, with nothing pretended: a worker that stands still, an API that is gone.

One `chorus up` goes through all of it, so the order counts: first it is empty, at last it was killed and is back.
"""

import io
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
import soundfile
from playwright.sync_api import Browser, Locator, Page, expect

from tests.page.made_states import noise
from tests.page.watched_page import Faults, watch_page
from tests.servers.api import StartedApi
from tests.servers.chorus_up import Service

NOBODY = re.compile("No worker is running")


def row_of(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


@contextmanager
def worker_stopped(service: Service) -> Iterator[None]:
    """The worker's process stands still and says nothing more; the API and PostgreSQL, which have their own, go on."""
    process = service.find_worker()
    process.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def upload(api: httpx.Client, name: str, length_s: float) -> str:
    """Return the id of a recording, whose analysis is not waited for."""
    file = io.BytesIO()
    soundfile.write(file, noise(length_s), 48_000, format="WAV", subtype="PCM_16")
    made = api.post("/v1/recordings", files={"file": (name, file.getvalue())}).raise_for_status().json()
    return str(made["id"])


def forget_for_a_minute(service: Service) -> None:
    """Have the last word of each worker be older: whoever still lives says another one."""
    url = (service.folder / "data" / "database-url").read_text().strip()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE workers SET seen_at = seen_at - interval '1 minute'")


def test_no_recordings(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("There are no recordings yet.")).to_be_visible()
    expect(page.get_by_label("Choose files")).to_be_attached()
    expect(page.get_by_role("searchbox")).to_have_count(0)


def test_no_pack_is_installed(browser: Browser, door: StartedApi) -> None:
    """An API that no worker ever told of a pack, as on a server where the first one is not started yet."""
    with watch_page(browser, door.url) as (page, faults):
        page.goto("/")
        expect(page.get_by_text("No pack is installed")).to_be_visible()
        expect(page.get_by_text("chorus models install synthetic")).to_be_visible()
        faults.clear()


def test_what_waits_says_behind_how_many_and_that_nobody_works(page: Page, service: Service, api: httpx.Client) -> None:
    with worker_stopped(service):
        upload(api, "first.wav", 2)
        second = upload(api, "second.wav", 3)
        page.goto("/")
        expect(row_of(page, "second.wav")).to_contain_text("Waiting behind 1")
        forget_for_a_minute(service)
        page.reload()
        expect(page.get_by_text(NOBODY)).to_be_visible()
        page.goto(f"/recordings/{second}")
        expect(page.get_by_text(NOBODY)).to_be_visible()
    expect(page.get_by_role("listbox", name="Lanes")).to_be_visible()
    page.goto("/")
    for name in ("first.wav", "second.wav"):
        expect(row_of(page, name)).to_contain_text("Analyzed")
    expect(page.get_by_text(NOBODY)).to_have_count(0)


def test_a_service_that_was_killed_is_missed_and_goes_on_by_itself(
    page: Page, faults: Faults, service: Service, api: httpx.Client
) -> None:
    with worker_stopped(service):
        upload(api, "survivor.wav", 4)
        page.goto("/")
        row = row_of(page, "survivor.wav")
        expect(row).to_contain_text("Waiting")
        service.end(signal.SIGKILL)
    banner = page.get_by_role("status").filter(has_text="has not answered since")
    expect(banner).to_be_visible()
    expect(row).to_be_visible()
    service.start("--port", urlsplit(service.url).port)
    expect(row).to_contain_text("Analyzed")
    expect(banner).to_have_count(0)
    faults.expect("")  # what the browser says of requests that were refused differs, and some may still come
