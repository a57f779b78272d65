"""Waits for a service that is away, and says when to give up."""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TypeVar

from dawn_chorus.adapters.retrying import Backoff, Stopped
from dawn_chorus.cli.client.failures import NoService, RequestCut, ServiceAway
from dawn_chorus.domain.errors import PermanentError

T = TypeVar("T")

MOST_CUTS = 10
"""A cut upload is sent again at least so often, and for as long as there is patience."""
_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|sec|s|min|m|h|d)\s*)+")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d)")


class OutOfPatience(NoService):
    """The service was away for too long."""


@dataclass(slots=True)
class Patience:
    """How long one run waits for the service; shared by its threads.

    The time counts from the first failure of a request until it is answered: each outage has the whole patience. Where
    other uploads are answered meanwhile, only this one is given up.
    """

    limit_s: float
    stopping: Event
    on_wait: Callable[[str, float], None]
    """Receives the reason and the seconds until the next try."""
    clock: Callable[[], float] = time.monotonic
    _answered_at: float = field(default=-1.0, init=False)

    def wait_out(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; repeat it while the service is away.

        Raises OutOfPatience, or PermanentError if the service answers others, or Stopped.
        """
        away_since: float | None = None
        backoff = Backoff()
        while not self.stopping.is_set():
            try:
                return call()
            except ServiceAway as error:
                away_since = self.clock() if away_since is None else away_since
                left_s = away_since + self.limit_s - self.clock()
                if left_s <= 0:
                    raise self._give_up(error, away_since) from error
                self.pause(str(error), min(left_s, _wait_s(error, backoff)))
        raise Stopped

    def insist(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; repeat it after a cut, too. Raises PermanentError after too many, or as above."""
        cuts = CutCount(self)
        while True:
            try:
                return self.wait_out(call)
            except RequestCut as error:
                cuts.wait(error)

    def _give_up(self, error: ServiceAway, away_since: float) -> PermanentError:
        tried = f"tried for {show_duration(self.limit_s)}"
        if self._answered_at > away_since:
            return PermanentError(f"{error} ({tried})")
        return OutOfPatience(f"{error} ({tried}; --patience sets how long)")

    def note_answer(self) -> None:
        """Note that the service took or refused an upload: it is not away."""
        self._answered_at = self.clock()

    def pause(self, reason: str, wait_s: float) -> None:
        """Wait; raises Stopped if the run is stopped meanwhile."""
        self.on_wait(reason, wait_s)
        if self.stopping.wait(wait_s):
            raise Stopped


@dataclass(slots=True)
class CutCount:
    """The cuts of one upload."""

    patience: Patience
    _backoff: Backoff = field(default_factory=Backoff, init=False)
    _count: int = field(default=0, init=False)
    _first_at: float = field(default=0.0, init=False)

    def wait(self, error: RequestCut) -> None:
        """Wait before the next try; raises PermanentError after too many."""
        now = self.patience.clock()
        self._first_at = self._first_at if self._count else now
        self._count += 1
        if self._count >= MOST_CUTS and now - self._first_at >= self.patience.limit_s:
            raise PermanentError(f"given up after {self._count} tries: {error}") from error
        self.patience.pause(str(error), self._backoff.next_s())


def _wait_s(error: ServiceAway, backoff: Backoff) -> float:
    """Return the seconds that the service asked for, a little more so that not all come back at once, or a back-off."""
    backoff_s = backoff.next_s()
    if not error.retry_after_s:
        return backoff_s
    return error.retry_after_s + random.uniform(0, min(1.0, error.retry_after_s / 4))  # noqa: S311 - spreads load


def read_duration(text: str) -> float:
    """Return seconds; raises ValueError unless it is written like 90, 30s, 10min, 1h or 1h30min."""
    plain = text.strip().lower()
    if re.fullmatch(r"\d+(?:\.\d+)?", plain) and plain.isascii():
        return float(plain)
    if not plain.isascii() or not _DURATION.fullmatch(plain):
        raise ValueError(f"{text!r} is no length of time: write 90, 30s, 10min, 1h or 1h30min")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(plain))


def show_duration(seconds: float) -> str:
    """Return a length of time for people, in its two largest units: `1 h 30 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.3g} s" if seconds < 10 else f"{whole} s"
    minutes, rest_s = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest_s} s" if rest_s else f"{minutes} min"
    hours, rest_min = divmod(minutes, 60)
    return f"{hours:,} h {rest_min} min" if rest_min else f"{hours:,} h"
