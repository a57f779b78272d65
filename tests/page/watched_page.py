"""A page of the browser in which nothing goes wrong unseen: console errors, requests elsewhere, breaches of the CSP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

_PATIENCE_MS = 30_000
_LOOK_AGAIN_MS = 20
_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective}`))"


class Faults(list[str]):
    """What went wrong so far on a page; a test that causes some on purpose removes them by `expect`."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._expected: list[str] = []

    def note(self, fault: str) -> None:
        if not any(part in fault for part in self._expected):
            self.append(fault)

    def expect(self, part: str) -> None:
        """Wait until one of them has this part, and drop all that have it, and those that are on their way."""
        until = time.monotonic() + _PATIENCE_MS / 1000
        while not any(part in fault for fault in self):
            assert time.monotonic() < until, f"nothing said {part!r}: {self}"
            self._page.wait_for_timeout(_LOOK_AGAIN_MS)
        self._expected.append(part)
        self[:] = [fault for fault in self if part not in fault]


@contextmanager
def watch_page(browser: Browser, url: str, **context: object) -> Iterator[tuple[Page, Faults]]:
    """Open a page in a context of its own; fail at the end with what the browser complained of."""
    made = browser.new_context(base_url=url, **{"viewport": {"width": 1280, "height": 800}, **context})  # type: ignore[arg-type]
    made.set_default_timeout(_PATIENCE_MS)
    made.add_init_script(_VIOLATIONS)
    page = made.new_page()
    faults = Faults(page)

    def note_console(said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"}:
            faults.note(f"console: {said.text} {said.location.get('url', '')}")

    def note_request(request: Request) -> None:
        if urlsplit(request.url).netloc not in {urlsplit(url).netloc, ""}:
            faults.note(f"request elsewhere: {request.url}")

    page.on("request", note_request)
    page.on("pageerror", lambda error: faults.note(f"page error: {error}"))
    page.on("console", note_console)
    try:
        yield page, faults
    finally:
        made.close()
    assert not faults, list(faults)
