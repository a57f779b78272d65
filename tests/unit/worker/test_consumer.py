from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread
from uuid import UUID

import pytest

from dawn_chorus.adapters.retrying import Stopped
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.worker.consumer import Worker
from tests.unit.worker.fakes import FakeSource, wait_until

ANALYSIS = UUID("01920000-0000-7000-8000-000000000001")


def job(index: int, lane: Lane = Lane.BULK) -> SegmentJob:
    return SegmentJob(ANALYSIS, index, lane)


class Desk:
    """Records what is analyzed; a job on `held` waits there until it is let go."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.finished: list[int] = []
        self.go = Event()
        self.held: set[int] = set()
        self.errors: dict[int, Exception] = {}
        self._lock = Lock()

    def analyze(self, job: SegmentJob) -> None:
        with self._lock:
            self.started.append(job.segment_index)
        if job.segment_index in self.held:
            assert self.go.wait(10)
        if error := self.errors.get(job.segment_index):
            raise error
        with self._lock:
            self.finished.append(job.segment_index)


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@contextmanager
def running(worker: Worker) -> Iterator[Callable[[], bool | None]]:
    """Run the worker beside the test; gives a function that waits for its end and tells what `run` returned."""
    ends: list[bool] = []
    thread = Thread(target=lambda: ends.append(worker.run()), daemon=True)
    thread.start()

    def wait() -> bool | None:
        thread.join(10)
        return ends[0] if ends else None

    yield wait
    worker.stop()
    worker.stop()
    assert wait() is not None


def make(source: FakeSource, desk: Desk, *, in_flight: int = 2, grace_s: float = 10.0) -> Worker:
    return Worker(source, desk.analyze, in_flight=in_flight, grace_s=grace_s, stopping=Event())


def test_a_segment_is_acknowledged_after_its_analysis_and_not_before(source: FakeSource, desk: Desk) -> None:
    desk.held = {0}
    with running(make(source, desk)):
        delivery = source.put(job(0))
        wait_until(lambda: desk.started == [0])
        assert delivery.end is None
        desk.go.set()
        assert delivery.ended.wait(10)
        assert delivery.end == "acked"
        assert desk.finished == [0]


def test_a_message_of_an_unknown_version_is_dead_at_once_and_the_next_one_is_analyzed(
    source: FakeSource, desk: Desk
) -> None:
    with running(make(source, desk)):
        strange = source.put(b'{"version": 99, "wish": "sing"}')
        known = source.put(job(1))
        assert strange.ended.wait(10)
        assert known.ended.wait(10)
    assert (strange.end, known.end) == ("dead", "acked")


def test_a_bug_in_the_analysis_gives_the_segment_back_and_the_worker_lives_on(source: FakeSource, desk: Desk) -> None:
    desk.errors = {0: ZeroDivisionError("a bug")}
    with running(make(source, desk, in_flight=1)):
        failing, fine = source.put(job(0)), source.put(job(1))
        assert failing.ended.wait(10)
        assert fine.ended.wait(10)
    assert (failing.end, fine.end) == ("requeued", "acked")


def test_express_segments_overtake_bulk_ones_that_wait_in_hand(source: FakeSource, desk: Desk) -> None:
    desk.held = {0}
    with running(make(source, desk, in_flight=1)):
        source.put(job(0))
        wait_until(lambda: desk.started == [0])
        source.put(job(1, Lane.BULK))
        last = source.put(job(2, Lane.EXPRESS))
        barrier = source.put(b"read once the two before it are in hand")
        assert barrier.ended.wait(10)
        desk.go.set()
        assert last.ended.wait(10)
    assert desk.started[:2] == [0, 2]


def test_a_segment_that_came_back_again_and_again_is_tried_alone(source: FakeSource, desk: Desk) -> None:
    desk.held = {0, 1, 2}
    with running(make(source, desk, in_flight=3)):
        source.put(job(0))
        wait_until(lambda: desk.started == [0])
        source.put(job(1), returns=2)
        last = source.put(job(2))
        desk.go.wait(0.1)
        assert desk.started == [0]
        desk.go.set()
        assert last.ended.wait(10)
    assert desk.started == [0, 1, 2]
    assert desk.finished == [0, 1, 2]


def test_a_stop_lets_what_is_in_hand_finish_and_returns_what_waits(source: FakeSource, desk: Desk) -> None:
    desk.held = {0}
    worker = make(source, desk, in_flight=1)
    with running(worker) as wait:
        in_hand, waiting = source.put(job(0)), source.put(job(1))
        wait_until(lambda: desk.started == [0])
        worker.stop()
        desk.go.set()
        assert wait() is True
    assert in_hand.end == "acked"
    assert waiting.end is None
    assert desk.started == [0]
    assert source.stopped


def test_a_stop_of_an_idle_worker_is_immediate(source: FakeSource, desk: Desk) -> None:
    worker = make(source, desk, grace_s=1000)
    with running(worker) as wait:
        worker.stop()
        assert wait() is True


@pytest.mark.parametrize("stops", [1, 2])
def test_the_end_of_the_grace_time_or_a_second_stop_gives_back_what_is_in_hand(
    source: FakeSource, desk: Desk, stops: int
) -> None:
    desk.held = {0}
    worker = make(source, desk, grace_s=0.05 if stops == 1 else 1000)
    with running(worker) as wait:
        delivery = source.put(job(0))
        wait_until(lambda: desk.started == [0])
        for _ in range(stops):
            worker.stop()
        assert wait() is False
        assert delivery.end is None
        desk.go.set()


def test_a_segment_interrupted_while_it_waits_for_the_database_is_not_acknowledged(
    source: FakeSource, desk: Desk
) -> None:
    desk.errors = {0: Stopped()}
    with running(make(source, desk, in_flight=1)):
        interrupted, fine = source.put(job(0)), source.put(job(1))
        assert fine.ended.wait(10)
    assert interrupted.end is None


def test_the_end_of_the_queue_ends_the_worker(source: FakeSource, desk: Desk) -> None:
    worker = make(source, desk)
    with running(worker) as wait:
        wait_until(lambda: worker.alive)
        source.stop()
        assert wait() is True
    assert not worker.alive
