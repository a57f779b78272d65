"""What the page costs the browser: a day of fifty taxa opened, its threshold moved, panned, stepped through, reviewed.

By CPU time of the renderer's main thread, from Chromium's own trace (`tdur` of its tasks), beside the figures of the
prototype (PAGE.md, measured on another day and load: constants here). Nothing is asserted.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.bench.next_event import measure_next_events
from tests.bench.settings import BenchSettings
from tests.page.long_day import post_long_day
from tests.servers.chorus_up import make_service
from tests.servers.programs import find_program

PROTOTYPE: dict[str, dict[str, Any]] = {
    "open": {"cpu_ms": 181, "longest_ms": 31, "wall_ms": "342 to 930"},
    "threshold": {"longest_ms": 80},
    "pan": {"longest_ms": 6},
}
TARGETS: dict[str, dict[str, Any]] = {
    "open": {"cpu_ms": 300, "longest_ms": 100, "wall_ms": 1000},
    "next event": {"wall_ms": 100},
}
_MOST_MS = 300_000
_TASK, _CATEGORIES = "RunTask", ["devtools.timeline", "disabled-by-default-devtools.timeline"]
_NEXT_FRAMES = """() => new Promise(done => {
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
})"""
_LANES_DRAWN = """() => new Promise(done => {
    const look = () => {
        const lanes = document.querySelector("[role=listbox][aria-label=Lanes]");
        const plot = document.querySelector("canvas[aria-label^='Lanes of']");
        if (lanes !== null && plot !== null && plot.width > 0) requestAnimationFrame(() => done(performance.now()));
        else requestAnimationFrame(look);
    };
    look();
})"""


@dataclass(frozen=True)
class Cost:
    """Of one act of a person."""

    cpu_ms: float
    """Of all tasks of the renderer's main thread."""
    longest_ms: float
    """Of one task."""
    wall_ms: float


def measure(settings: BenchSettings, console: Console) -> dict[str, Any]:
    """Print the table; return what it was made of."""
    rounds: dict[str, list[Cost]] = {}
    with make_service() as service, _browser() as browser:
        service.start()
        path = f"{service.url}/recordings/{post_long_day(service, settings.audio_dir)}"
        heaps = []
        for _ in range(settings.bench_rounds):
            found, heap_mb = _visit(browser, path)
            heaps.append(heap_mb)
            for name, cost in found.items():
                rounds.setdefault(name, []).append(cost)
        console.print(_table(rounds))
        console.print(f"heap after a collection: {median(heaps):.1f} MB (target: under 100)")
        next_events = measure_next_events(browser, service.url, console)
    costs_of = {name: [asdict(each) for each in costs] for name, costs in rounds.items()}
    return {"rounds": costs_of, "heap_mb": heaps, "next_events_ms": next_events}


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--js-flags=--expose-gc"]
        browser = playwright.chromium.launch(executable_path=find_program("chromium"), args=arguments)
        yield browser
        browser.close()


def _visit(browser: Browser, path: str) -> tuple[dict[str, Cost], float]:
    """Open the day in a browser that knows nothing of it, and do what people do; return costs and the heap in MB."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    acts: dict[str, Callable[[Page], object]] = {
        "open": lambda page: page.goto(path),
        "threshold": lambda page: page.get_by_role("slider", name="Threshold").press("ArrowRight"),
        "zoom": lambda page: page.keyboard.press("+"),
        "pan": _drag,
        "next event": lambda page: page.keyboard.press("j"),
        "lane": lambda page: page.keyboard.press("ArrowDown"),
    }
    found = {name: _trace(browser, page, act, is_opening=name == "open") for name, act in acts.items()}
    session = context.new_cdp_session(page)
    heap_mb = _heap_mb(session)
    context.close()
    return found, heap_mb


def _trace(browser: Browser, page: Page, act: Callable[[Page], object], *, is_opening: bool) -> Cost:
    """Trace an act until what it shows is drawn; opening, until the lanes are."""
    browser.start_tracing(page=page, categories=_CATEGORIES)
    began_ms = 0.0 if is_opening else page.evaluate("() => performance.now()")
    act(page)
    ended_ms = page.evaluate(_LANES_DRAWN if is_opening else _NEXT_FRAMES)
    tasks = list(_main_tasks(json.loads(browser.stop_tracing())["traceEvents"]))
    if is_opening:  # what else is fetched then disturbs the next act
        page.get_by_text("Counting events").wait_for(state="hidden", timeout=_MOST_MS)
    return Cost(sum(tasks), max(tasks, default=0.0), ended_ms - began_ms)


def _main_tasks(events: list[dict[str, Any]]) -> Iterator[float]:
    """Yield the CPU milliseconds of each task of the page's main thread: the one with most of them."""
    threads = {(each["pid"], each["tid"]) for each in events if each.get("args", {}).get("name") == "CrRendererMain"}
    by_thread: dict[tuple[int, int], list[float]] = {thread: [] for thread in threads}
    for each in events:
        if each["name"] == _TASK and (each["pid"], each["tid"]) in threads:
            by_thread[each["pid"], each["tid"]].append(each.get("tdur", 0) / 1000)
    yield from max(by_thread.values(), key=sum, default=[])


def _drag(page: Page) -> None:
    box = page.locator("canvas[aria-label^='Lanes of']").bounding_box()
    assert box is not None
    y = box["y"] + 12
    page.mouse.move(box["x"] + 400, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, y, steps=10)
    page.mouse.up()


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    values = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(values["JSHeapUsedSize"]) / 1e6


def _table(rounds: dict[str, list[Cost]]) -> Table:
    table = Table("", "CPU ms", "longest task ms", "wall ms", "prototype", "target", title="24 h of 50 taxa, medians")
    for name, costs in rounds.items():
        values = [
            f"{median(getattr(each, field) for each in costs):.0f}" for field in ("cpu_ms", "longest_ms", "wall_ms")
        ]
        table.add_row(name, *values, _beside(PROTOTYPE.get(name)), _beside(TARGETS.get(name)))
    return table


def _beside(figures: dict[str, Any] | None) -> str:
    names = {"cpu_ms": "CPU", "longest_ms": "longest", "wall_ms": "wall"}
    return ", ".join(f"{names[field]} {value}" for field, value in (figures or {}).items())
