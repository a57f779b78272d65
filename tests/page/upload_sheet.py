"""The sheet of files to upload, as people find it, and files to put there."""

from pathlib import Path

import httpx
from playwright.sync_api import Locator, Page

from tests import recorder_files as files


def choose(page: Page, *paths: Path) -> None:
    page.get_by_label("Choose files").set_input_files(paths)


def sheet(page: Page) -> Locator:
    return page.get_by_role("region", name="Files to upload")


def upload_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Upload")


def row_of(page: Page, name: str) -> Locator:
    """Return the row of a file in the sheet."""
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name))


def named(folder: Path, pcm: bytes, *names: str, shift: int) -> list[Path]:
    """Write files whose clock is in their name, without a zone, and which sound like no others."""
    for number, name in enumerate(names):
        (folder / name).write_bytes(files.wav(rolled(pcm, shift + number)))
    return [folder / name for name in names]


def rolled(pcm: bytes, samples: int) -> bytes:
    return pcm[2 * samples :] + pcm[: 2 * samples]


def recordings(api: httpx.Client, **query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = api.get("/v1/recordings", params={"limit": "500", **query}).json()["items"]
    return found
