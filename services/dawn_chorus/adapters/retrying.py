"""The one retry loop: what to do while a server is away."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The process stops while it waits for a server; what is in hand goes back to where it came from."""


@dataclass(slots=True)
class Backoff:
    """Doubling waits with jitter, so that a fleet does not come back in one wave.

    Each wait is drawn evenly from the upper half of its step ("equal jitter"): never next to nothing, never in step
    with the others. One thread uses it.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    _failures: int = field(default=0, init=False)

    def next_s(self) -> float:
        """Return the wait after one more failure, in seconds."""
        step_s = min(self.most_s, self.first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return step_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing

    def reset(self) -> None:
        """Begin anew: the last try succeeded."""
        self._failures = 0


def retry_until_stopped(
    call: Callable[[], T],
    stopping: Event,
    *,
    retry_on: tuple[type[Exception], ...],
    on_failure: Callable[[Exception, float], None],
    backoff: Backoff,
) -> T:
    """Return what `call` returns, after as many failures as it takes; any other error is the caller's.

    `on_failure` is told the error and how many seconds it waits before the next try. Raises Stopped once `stopping` is
    set, before a try or in the middle of a wait.
    """
    while not stopping.is_set():
        try:
            return call()
        except retry_on as error:
            wait_s = backoff.next_s()
            on_failure(error, wait_s)
            stopping.wait(wait_s)
    raise Stopped
