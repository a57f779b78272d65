"""How often somebody may ask: token buckets, by key or address, within this process."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from dawn_chorus.api.http.problems import TOO_MANY, Problem

_REMEMBERED = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """One bucket for each who asks; those unseen for longest are forgotten first. Thread-safe."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, who: str) -> None:
        """Take one token; raise the 429 that says when the next will be there."""
        with self._lock:
            bucket = self._filled(who)
            if bucket.tokens < 1:
                raise too_many((1 - bucket.tokens) / self._per_s)
            bucket.tokens -= 1

    def _filled(self, who: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(who, _Bucket(float(self._burst), now))
        self._buckets.move_to_end(who)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_s)
        bucket.filled_at = now
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return bucket


def too_many(wait_s: float, detail: str = "Too many requests") -> Problem:
    seconds = max(1, math.ceil(wait_s))
    return Problem(TOO_MANY, f"{detail}; come again in {seconds} s", headers={"Retry-After": str(seconds)})


class Slots:
    """How many may do a costly thing at once; lives on one event loop."""

    def __init__(self, total: int) -> None:
        self._total, self._taken = total, 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot, or raise the 429 that asks to come again."""
        if self._taken >= self._total:
            raise too_many(5, f"{self._total} uploads are running, which is as many as are taken at once")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1
