"""A readers-writer lock: many work side by side, or one alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SharedLock:
    """A lock that many share or one has; who wants it alone is not kept waiting by those who come later."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._holders = 0
        self._exclusive = False
        """Held by one alone, or kept free for one."""

    @contextmanager
    def hold(self, *, exclusive: bool) -> Iterator[None]:
        """Wait for the lock; it is held as long as the context."""
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
