"""How far an export is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dawn_chorus.cli.output import print_note, progress_bar

LINE_EVERY_S = 30.0
Show = Callable[[str, int, int | None], None]
"""Receives what is done, how much of it, and of how much: None where that is not known."""


@contextmanager
def open_display(clock: Callable[[], float] = time.monotonic) -> Iterator[Show]:
    """Yield what shows it; call it as often as you like."""
    with progress_bar() as bar:
        if bar.disable:
            yield _lines(clock)
            return
        task = bar.add_task("", total=1, rate="")

        def show(what: str, done: int, total: int | None) -> None:
            bar.update(task, description=what, completed=done if total else 0, total=total or 1)

        yield show


def _lines(clock: Callable[[], float]) -> Show:
    printed_at = clock()

    def show(what: str, _done: int, _total: int | None) -> None:
        nonlocal printed_at
        if clock() - printed_at >= LINE_EVERY_S:
            printed_at = clock()
            print_note(what)

    return show


def show_bytes(size_bytes: int) -> str:
    """Return a size for people: `48.2 MB`."""
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes >= 1e5 else f"{size_bytes / 1e3:.1f} kB"
