"""A readers-writer lock: many holders share it, or one holds it alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SharedLock:
    """A readers-writer lock that prefers writers: later sharers wait for an earlier exclusive caller."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._holders = 0
        self._exclusive = False
        """Whether one caller holds it alone, or waits to."""

    @contextmanager
    def hold(self, *, exclusive: bool) -> Iterator[None]:
        """Wait for the lock and hold it for the duration of the context."""
        with self._changed:
            self._changed.wait_for(lambda: not self._exclusive)
            self._exclusive = exclusive
            if exclusive:
                self._changed.wait_for(lambda: self._holders == 0)
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._exclusive = self._exclusive and not exclusive
                self._changed.notify_all()
