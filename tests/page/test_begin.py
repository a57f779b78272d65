"""The first thing that anybody sees."""

from pathlib import Path

import httpx
from playwright.sync_api import Page


def test_a_recording_is_listed_by_its_name_and_leads_to_its_view(
    page: Page, api: httpx.Client, audio_dir: Path
) -> None:
    path = audio_dir / "powdermill" / "Recording_1_Segment_07-snippet.wav"
    with path.open("rb") as file:
        api.post("/v1/recordings", files={"file": (path.name, file)}).raise_for_status()
    page.goto("/")
    page.get_by_role("link", name=path.name).click()
    page.wait_for_url("**/recordings/*")
