"""From files to recordings: dropping, the sheet, clocks and zones, what is there already and what is not audio."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests import recorder_files as files


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    """Three seconds of a loud song."""
    return files.real_pcm(audio_dir, 3.0)


def choose(page: Page, *paths: Path) -> None:
    page.get_by_label("Choose files").set_input_files(paths)


def upload_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Upload")


def moths(folder: Path, pcm: bytes, clocks: list[str], zone: str | None, *, first: int = 0) -> list[Path]:
    """Write files of an AudioMoth, whose sounds differ; `zone` None: their clocks do not say theirs."""
    paths = []
    for number, clock in enumerate(clocks, first):
        comment = files.audiomoth_comment(clock, zone or "")
        if zone is None:
            comment = comment.replace(" (UTC)", "")
        path = folder / f"AM{number:03}.WAV"
        sound = pcm[2 * number + 2 :] + pcm[: 2 * number + 2]
        path.write_bytes(files.wav(sound, [files.info(comment)]))
        paths.append(path)
    return paths


def recordings(api: httpx.Client, **query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = api.get("/v1/recordings", params={"limit": "500", **query}).json()["items"]
    return found


def test_many_files_become_recordings_with_their_own_clocks_and_a_common_site(
    page: Page, api: httpx.Client, pcm: bytes, tmp_path: Path
) -> None:
    clocks = [f"{hour:02}:00:00 04/05/2024" for hour in range(24)]
    page.goto("/")
    choose(page, *moths(tmp_path, pcm, clocks, "+2"))
    page.get_by_label("Site").fill("north-marsh")
    page.get_by_label("Latitude").fill("52,52")
    page.get_by_label("Longitude").fill("13.405")
    button = page.get_by_role("button", name="Upload 24 recordings")
    expect(page.get_by_text("a clock without a zone")).to_have_count(0)
    button.click()
    expect(page.get_by_role("heading", name="24 recordings made.")).to_be_visible()
    made = recordings(api, site="north-marsh")
    assert len(made) == 24
    assert {(each["latitude"], each["longitude"]) for each in made} == {(52.52, 13.405)}
    assert min(str(each["recorded_at"]) for each in made) == "2024-05-04T00:00:00+02:00"
