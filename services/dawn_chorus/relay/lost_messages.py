"""Requeues segments whose messages the broker lost.

A quorum queue survives restarts and lost nodes. It does not survive `purge` in the management UI, a deleted volume or a
restored backup. Its segments would then hang forever: PostgreSQL has them as queued, but no message exists for them.
"""

import time
from collections.abc import Callable, Mapping

from dawn_chorus.domain.jobs import Lane, LaneDepth
from dawn_chorus.domain.ports import SegmentPublisher
from dawn_chorus.relay.publishing import PeriodicTask
from dawn_chorus.relay.settings import RelaySettings

_LOOKS = 3
"""From a mark to the requeuing: it is set, found to have been passed, and given time to be started."""


def lost_messages_task(
    requeue_unfinished: Callable[[Mapping[Lane, float]], int], publisher: SegmentPublisher, settings: RelaySettings
) -> PeriodicTask:
    """Return the task that puts segments back in the outbox of which no queue can have a message any more.

    A segment that a worker has held unacknowledged all that time is published twice: harmless, its result is replaced.
    """
    lanes = {lane: LaneMarks() for lane in Lane}

    def recover() -> int:
        depths = publisher.measure_lanes()
        clear_s = {lane: marks.look(depths[lane]) for lane, marks in lanes.items()}
        untouched_s = {
            lane: passed_s + settings.recover_after_s for lane, passed_s in clear_s.items() if passed_s is not None
        }
        return requeue_unfinished(untouched_s) if untouched_s else 0

    return PeriodicTask("lost segments queued again", settings.recover_every_s / _LOOKS, recover)


class LaneMarks:
    """Finds out since when all that waited in a lane's queue has left it, however much came later.

    A queue gives messages away in order. A mark is a moment and the number of messages published until then; once no
    more wait than were published since, all those before it were given to workers, or lost. Returned messages only make
    the queue longer, and so delay the answer.
    """

    def __init__(self) -> None:
        self._mark: tuple[float, int] | None = None
        self._passed_s: float | None = None

    def look(self, depth: LaneDepth) -> float | None:
        """Return the age in seconds of the mark that an earlier look found passed; None: there was none."""
        now_s, known_s = time.monotonic(), self._passed_s
        if self._mark is not None and depth.published - depth.ready >= self._mark[1]:
            self._passed_s, self._mark = self._mark[0], None
        if self._mark is None:
            self._mark = now_s, depth.published
        return None if known_s is None else now_s - known_s
