"""Lets many work side by side, or one alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turnstile:
    """A lock that many share or one has; who wants it alone is not kept waiting by those who come later."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._occupied = False
        """By one alone, or kept free for one."""

    @contextmanager
    def enter(self, *, alone: bool) -> Iterator[None]:
        """Wait for the turn; it lasts as long as the context."""
        with self._changed:
            self._changed.wait_for(lambda: not self._occupied)
            self._occupied = alone
            if alone:
                self._changed.wait_for(lambda: self._inside == 0)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._occupied = self._occupied and not alone
                self._changed.notify_all()
