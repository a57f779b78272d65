"""Ctrl-C and the request to end: a run stops between two pieces, not in the middle of a report's row."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from types import FrameType


@dataclass(slots=True)
class Interrupts:
    """Whether a run is to stop, and which signal said so."""

    stopping: Event = field(default_factory=Event)
    number: int = 0
    """Of the signal; 0: none came."""

    @contextmanager
    def heeded(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; the second one ends the process as usual."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, _frame: FrameType | None) -> None:
            self.number = number
            self.stopping.set()
            signal.signal(number, previous[number] or signal.SIG_DFL)

        previous = {int(number): signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler or signal.SIG_DFL)
