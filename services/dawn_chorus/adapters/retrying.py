"""The retry loop that all services use while a server is unavailable."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The process is stopping while it waits for a server; unfinished work is returned to the queue."""


@dataclass(slots=True)
class Backoff:
    """Doubling waits with jitter, so that many clients do not reconnect at the same moment.

    Each wait is drawn evenly from the upper half of its step ("equal jitter"): never close to 0, and different for
    every client. Not thread-safe.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    _failures: int = field(default=0, init=False)

    def next_s(self) -> float:
        """Count a failure and return the wait after it, in seconds."""
        step_s = min(self.most_s, self.first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return step_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """Forget the failures, after a success: the next wait is the first again."""
        self._failures = 0


def retry_until_stopped(
    call: Callable[[], T],
    stopping: Event,
    *,
    retry_on: tuple[type[Exception], ...],
    on_failure: Callable[[Exception, float], None],
    backoff: Backoff,
) -> T:
    """Return what `call` returns; repeat it while it raises one of `retry_on`, let other errors through.

    `on_failure` receives the error and the seconds until the next try. Raises Stopped once `stopping` is set, before a
    try or during a wait.
    """
    while not stopping.is_set():
        try:
            return call()
        except retry_on as error:
            wait_s = backoff.next_s()
            on_failure(error, wait_s)
            stopping.wait(wait_s)
    raise Stopped
