from collections.abc import Mapping

import pytest

from dawn_chorus.domain.jobs import Lane, LaneDepth
from dawn_chorus.relay.lane_windows import LEAST_PAUSE_S, MOST_PAUSE_S, LaneWindows


class Queues:
    """Two queues, whose workers take so many messages a second, and a clock that only moves when told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ready: dict[Lane, float] = dict.fromkeys(Lane, 0.0)
        self.per_s: dict[Lane, float] = dict.fromkeys(Lane, 0.0)
        self.consumers = 1
        self.looks = 0
        self.now_s = 1000.0
        monkeypatch.setattr("dawn_chorus.relay.lane_windows.time.monotonic", lambda: self.now_s)
        self.windows = LaneWindows(self.measure)

    def measure(self) -> Mapping[Lane, LaneDepth]:
        self.looks += 1
        return {lane: LaneDepth(int(self.ready[lane]), self.consumers) for lane in Lane}

    def fill(self, *lanes: Lane) -> dict[Lane, int]:
        """Publish what there is room for."""
        room = self.windows.find_room()
        for lane in lanes:
            self.ready[lane] += room[lane]
            self.windows.note_published(lane, room[lane])
        return room

    def run(self, seconds: float, *lanes: Lane) -> None:
        """Fill lanes again and again, as often as is asked for, while workers take from them."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.fill(*lanes)
            pause_s = self.windows.pause_s(lanes)
            for lane in Lane:
                self.ready[lane] = max(0.0, self.ready[lane] - pause_s * self.per_s[lane])
            self.now_s += pause_s


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    return Queues(monkeypatch)


def test_without_workers_a_queue_is_given_little_and_then_nothing(queues: Queues) -> None:
    queues.consumers = 0
    queues.run(60.0, *Lane)
    assert queues.ready == {Lane.EXPRESS: 4, Lane.BULK: 4}
    # And hardly anybody is asked.
    assert queues.looks < 80


def test_every_worker_finds_something(queues: Queues) -> None:
    queues.consumers = 20
    assert queues.fill(Lane.BULK)[Lane.BULK] == 40


@pytest.mark.parametrize("per_s", [0.5, 5.0, 50.0, 400.0])
def test_a_queue_holds_about_two_seconds_of_work(queues: Queues, per_s: float) -> None:
    queues.per_s[Lane.BULK] = per_s
    queues.run(60.0, Lane.BULK)
    queues.fill(Lane.BULK)
    assert max(4, per_s) <= queues.ready[Lane.BULK] <= max(5, 4 * per_s)


def test_quick_workers_are_kept_busy_after_a_moment(queues: Queues) -> None:
    queues.per_s[Lane.BULK] = 5000.0
    queues.run(2.0, Lane.BULK)
    room = 0
    for _ in range(20):
        room += queues.fill(Lane.BULK)[Lane.BULK]
        queues.ready[Lane.BULK] = 0
        queues.now_s += queues.windows.pause_s([Lane.BULK])
    assert room >= 10_000


def test_a_window_that_quick_workers_opened_closes_when_they_slow_down(queues: Queues) -> None:
    queues.per_s[Lane.BULK] = 400.0
    queues.run(10.0, Lane.BULK)
    queues.per_s[Lane.BULK] = 1.0
    queues.run(2000.0, Lane.BULK)
    assert queues.ready[Lane.BULK] <= 8


def test_a_full_lane_says_nothing_of_the_other(queues: Queues) -> None:
    queues.fill(Lane.BULK)
    assert queues.fill() == {Lane.EXPRESS: 4, Lane.BULK: 0}


def test_what_was_there_before_is_counted(queues: Queues) -> None:
    queues.ready[Lane.BULK] = 13_000
    assert queues.fill(*Lane) == {Lane.EXPRESS: 4, Lane.BULK: 0}


def test_as_long_as_there_is_room_nobody_is_asked(queues: Queues) -> None:
    for _ in range(4):
        queues.windows.find_room()
        queues.windows.note_published(Lane.EXPRESS, 1)
    assert queues.looks == 1


@pytest.mark.parametrize("per_s", [0.0, 0.1, 10.0, 10_000.0])
def test_pauses_are_bounded(queues: Queues, per_s: float) -> None:
    queues.per_s[Lane.BULK] = per_s
    queues.run(20.0, Lane.BULK)
    assert LEAST_PAUSE_S <= queues.windows.pause_s([Lane.BULK]) <= MOST_PAUSE_S
