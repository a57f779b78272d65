"""Limits requests within this process: token buckets by key or address."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from dawn_chorus.api.http.problems import TOO_MANY, Problem

_MAX_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """One token bucket for each caller; the least recently used buckets are dropped first. Thread-safe."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def take(self, caller: str) -> None:
        """Take one token; if there is none, raise a 429 Problem that says when to retry."""
        with self._lock:
            bucket = self._filled(caller)
            if bucket.tokens < 1:
                raise too_many((1 - bucket.tokens) / self._per_s)
            bucket.tokens -= 1

    def _filled(self, caller: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(caller, _Bucket(float(self._burst), now))
        self._buckets.move_to_end(caller)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled_at) * self._per_s)
        bucket.filled_at = now
        if len(self._buckets) > _MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


def too_many(wait_s: float, detail: str = "Too many requests") -> Problem:
    seconds = max(1, math.ceil(wait_s))
    return Problem(TOO_MANY, f"{detail}; retry in {seconds} s", headers={"Retry-After": str(seconds)})
