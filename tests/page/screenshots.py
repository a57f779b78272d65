"""Pictures of every screen, to be looked at: `python -m tests.page.screenshots FOLDER`, or `--readme` for the README's.

At 1280 and 800 px, light and dark, empty and full: with half a minute of a May dawn, by BirdNET where its pack lies in
CHORUS_PACKS_DIR (else by the synthetic pack), and with a day of fifty taxa.
"""

import argparse
import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.long_day import post_long_day
from tests.page.made_states import post_sound
from tests.page.screens import SCREENS, Filled, fill
from tests.servers.chorus_up import Service, make_service
from tests.servers.programs import find_program

ROOT = Path(__file__).parents[2]
DAWN = ROOT / ".cache" / "sample" / "dawn.wav"
PLACE = {"site": "north marsh", "recorded_at": "2025-05-03T03:14:00+00:00", "latitude": "52.37", "longitude": "4.90"}
README_PICTURE = ROOT / "deploy" / "pictures" / "page.webp"
_SETTLED_MS = 700
"""What appears has appeared: nothing but time tells that a canvas is complete."""
_MOST_MS = 120_000


@contextmanager
def run_service() -> Iterator[tuple[Service, str]]:
    """Yield a service and the pack that it uses."""
    packs = Path(os.environ.get("CHORUS_PACKS_DIR", ROOT / "models" / "packs"))
    pack = "birdnet" if (packs / "birdnet").exists() else "synthetic"
    with make_service(CHORUS_DEFAULT_PACK=pack) as service:
        shutil.copytree(packs / pack, service.folder / "data" / "packs" / pack)
        service.env.pop("CHORUS_PACKS_DIR", None)
        service.start()
        yield service, pack


@contextmanager
def open_page(browser: Browser, service: Service, width: int, scheme: str, height: int = 800) -> Iterator[Page]:
    context = browser.new_context(
        base_url=service.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        device_scale_factor=1,
        reduced_motion="reduce",
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def take_all(browser: Browser, folder: Path) -> None:
    """Write `SCREEN-WIDTH-SCHEME.png` for each."""
    with run_service() as (service, _):
        audio_dir = Path(os.environ.get("CHORUS_AUDIO_DIR", ROOT.parent / "shared" / "audio"))
        for look in _looks():
            with open_page(browser, service, *look) as page:
                page.goto("/")
                _take(page, folder, "empty", look)
        filled = fill(service, DAWN, tuple(sorted((audio_dir / "scikit-maad" / "24h").glob("*.flac"))[:3]), PLACE)
        day = f"/recordings/{post_long_day(service, audio_dir)}"
        for look in _looks():
            with open_page(browser, service, *look) as page:
                _take_screens(page, folder, filled, day, look)


def _take_screens(page: Page, folder: Path, filled: Filled, day: str, look: tuple[int, str]) -> None:
    for name, show in SCREENS.items():
        try:
            show(page, filled)
        except AssertionError as error:
            sys.stderr.write(f"{name}: {str(error).splitlines()[0]}\n")
        _take(page, folder, name, look)
    for name, stretch in (("day", ""), ("day-hour", "?t=16200&span=3600"), ("day-minute", "?t=16260&span=60")):
        page.goto(f"{day}{stretch}")
        _take(page, folder, name, look)


def _looks() -> list[tuple[int, str]]:
    return [(width, scheme) for width in (1280, 800) for scheme in ("light", "dark")]


def _settle(page: Page) -> None:
    """Wait until all is drawn that is on its way."""
    page.wait_for_timeout(_SETTLED_MS)
    for words in ("Drawing", "Counting events", "on their way"):
        expect(page.get_by_text(words)).to_have_count(0, timeout=_MOST_MS)
    page.wait_for_timeout(_SETTLED_MS)


def _take(page: Page, folder: Path, name: str, look: tuple[int, str]) -> None:
    _settle(page)
    page.screenshot(path=folder / f"{name}-{look[0]}-{look[1]}.png", full_page=True)


def take_for_readme(browser: Browser) -> None:
    """Write the README's pictures: the dawn as the page shows it, light and dark."""
    with run_service() as (service, pack):
        with httpx.Client(base_url=service.url, timeout=120) as api:
            found = post_sound(api, "dawn.wav", DAWN.read_bytes(), fields={**PLACE, "pack": pack})
        for scheme in ("light", "dark"):
            with open_page(browser, service, 1280, scheme, height=960) as page:
                page.goto(f"/recordings/{found['id']}")
                expect(page.get_by_role("heading", level=1)).to_be_visible()
                _settle(page)
                page.keyboard.press("j")
                _settle(page)
                _write_webp(page.screenshot(), README_PICTURE.with_stem(f"page-{scheme}"))


def _write_webp(png: bytes, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with av.open(io.BytesIO(png), "r") as source, av.open(path, "w", format="webp") as target:
        (frame,) = source.decode(video=0)
        stream = target.add_stream("libwebp", rate=1, options={"quality": "88"})
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "bgra"
        target.mux(stream.encode(frame.reformat(format="bgra")))
        target.mux(stream.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--readme", action="store_true")
    chosen = parser.parse_args()
    if not DAWN.exists():
        sys.exit(f"the real dawn is not there yet: make {DAWN.relative_to(ROOT)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_program("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        if chosen.readme:
            take_for_readme(browser)
        if chosen.folder is not None:
            chosen.folder.mkdir(parents=True, exist_ok=True)
            take_all(browser, chosen.folder)
        browser.close()


if __name__ == "__main__":
    main()
