"""How many jobs may wait in the broker: a queue gives them away in the order in which they came, whoever else waits.

So a backlog waits in the outbox, where recordings take turns, and the broker holds little more than what workers take
until the relay looks again.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dawn_chorus.domain.jobs import Lane, LaneDepth

_AHEAD_S = 2.0
"""The broker holds about what workers take in so long."""
_PER_CONSUMER = 2
_LEAST, _MOST = 4, 1000
LEAST_PAUSE_S, MOST_PAUSE_S = 0.05, 1.0
"""Between two looks at the queues while they are full."""


@dataclass(slots=True)
class _Window:
    """Of one lane."""

    limit: int = _LEAST
    """Messages that may wait."""
    ready: int = _MOST
    """Messages that waited at the last look."""
    published: int = 0
    """Messages published since."""

    @property
    def room(self) -> int:
        """So many are free at least: workers may have taken some since the last look."""
        return max(0, self.limit - self.ready - self.published)

    def look(self, depth: LaneDepth, passed_s: float) -> float:
        """Note the depth after `passed_s`; return in how many seconds half the window will be empty, 0 if unknown."""
        taken_per_s = max(0, self.ready + self.published - depth.ready) / passed_s
        ran_dry = self.room == 0 and depth.ready == 0 < self.published
        # Workers that found nothing would have taken more.
        wanted = 2 * self.limit if ran_dry else round(taken_per_s * _AHEAD_S)
        self.limit = min(_MOST, max(_LEAST, _PER_CONSUMER * depth.consumers, wanted))
        self.ready, self.published = depth.ready, 0
        if depth.ready == 0:
            return 0.0
        return self.limit / 2 / taken_per_s if taken_per_s > 0 else MOST_PAUSE_S


class LaneWindows:
    """The windows of all lanes; for one thread."""

    def __init__(self, measure: Callable[[], Mapping[Lane, LaneDepth]]) -> None:
        self._measure = measure
        self._windows = {lane: _Window() for lane in Lane}
        self._pauses_s = dict.fromkeys(Lane, 0.0)
        self._looked_s = float("-inf")

    def find_room(self) -> dict[Lane, int]:
        """Return how many jobs may be published by lane; looks at the queues if one seems full and it is time to."""
        passed_s = time.monotonic() - self._looked_s
        full = [lane for lane, window in self._windows.items() if window.room == 0]
        if full and passed_s >= self.pause_s(full):
            depths = self._measure()
            for lane, window in self._windows.items():
                self._pauses_s[lane] = window.look(depths[lane], passed_s)
            self._looked_s = time.monotonic()
        return {lane: window.room for lane, window in self._windows.items()}

    def note_published(self, lane: Lane, count: int) -> None:
        """Count what was sent to a lane's queue, confirmed or not."""
        self._windows[lane].published += count

    def pause_s(self, full: Collection[Lane]) -> float:
        """Return how long to wait between two looks while these lanes are full."""
        return min(MOST_PAUSE_S, max(LEAST_PAUSE_S, min(self._pauses_s[lane] for lane in full)))
