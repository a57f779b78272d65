"""Of the review screen: how long it takes from a key to the next event, seen and heard.

From the key to the frame in which the next event's picture is whole on the screen, and to the one in which its sound is
ready to be played: so far as the 16.7 ms between frames tell. Nothing is asserted.
"""

from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Browser, Page, expect
from rich.console import Console
from rich.table import Table

from tests.page.review_screen import open_loop

EVENTS = 200
GOAL_MS = 100
PACES_MS = {"a second for each": 1000, "as fast as they come": 0}
"""How long one looks and listens before the next key."""
TAXON = "Erithacus rubecula"
_WATCH = """() => {
    const label = () => document.querySelector("canvas[aria-label^='Spectrogram: ']")?.ariaLabel;
    const audio = () => document.querySelector(".stage audio");
    const [labelBefore, soundBefore] = [label(), audio()?.src];
    window.nextEvent = new Promise(done => {
        document.addEventListener("keydown", ({timeStamp}) => {
            const found = {seen_ms: null, heard_ms: null};
            const look = () => {
                const now_ms = performance.now() - timeStamp;
                const isWhole = document.querySelector(".picture")?.ariaBusy === "false";
                if (label() !== undefined && label() !== labelBefore && isWhole) found.seen_ms ??= now_ms;
                const isReady = audio()?.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !audio().seeking;
                if (audio()?.src !== soundBefore && isReady) found.heard_ms ??= now_ms;
                if (found.seen_ms !== null && found.heard_ms !== null) done(found);
                else afterFrame();
            };
            // What draws on this frame has drawn by then.
            const afterFrame = () => requestAnimationFrame(() => setTimeout(look));
            afterFrame();
        }, {capture: true, once: true});
    });
}"""


@dataclass(frozen=True)
class Wait:
    """From a key to the next event."""

    seen_ms: float
    heard_ms: float


def measure_next_events(browser: Browser, url: str, console: Console) -> dict[str, Any]:
    """Print the table; return what it was made of."""
    found = {name: _review(browser, url, pace_ms) for name, pace_ms in PACES_MS.items()}
    title = f"from a key to the next of {EVENTS} events, ms (goal: {GOAL_MS})"
    table = Table("a key", "", "median", "95 %", "most", title=title)
    for name, waits in found.items():
        rows = {
            "seen": [each.seen_ms for each in waits],
            "ready to be heard": [each.heard_ms for each in waits],
            "both": [max(each.seen_ms, each.heard_ms) for each in waits],
        }
        for what, times_ms in rows.items():
            figures = (median(times_ms), quantiles(times_ms, n=20)[-1], max(times_ms))
            table.add_row(name, what, *(f"{each:.0f}" for each in figures))
    console.print(table)
    return {name: [[each.seen_ms, each.heard_ms] for each in waits] for name, waits in found.items()}


def _review(browser: Browser, url: str, pace_ms: int) -> list[Wait]:
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    open_loop(page, TAXON, f"Ada, {pace_ms} ms", pack="long-day", strategy="random", seed="7")
    page.keyboard.press("s")  # until the first key a browser is silent
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    waits = [_decide(page, key, pace_ms) for key in "yn" * (EVENTS // 2)]
    context.close()
    return waits


def _decide(page: Page, key: str, pace_ms: int) -> Wait:
    page.wait_for_timeout(pace_ms)
    page.evaluate(_WATCH)
    page.keyboard.press(key)
    return Wait(**page.evaluate("() => window.nextEvent"))
