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


class FakeAnalysis:
    """Records what is analyzed; a job in `held` blocks until `go` is set."""

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
def analysis() -> FakeAnalysis:
    return FakeAnalysis()


@contextmanager
def running(worker: Worker) -> Iterator[Callable[[], bool | None]]:
    """Run the worker on a thread; yield a function that waits for its end and returns the result of `run`."""
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


def make(source: FakeSource, analysis: FakeAnalysis, *, in_flight: int = 2, grace_s: float = 10.0) -> Worker:
    return Worker(source, analysis.analyze, in_flight=in_flight, grace_s=grace_s, stopping=Event())


def test_a_segment_is_acknowledged_after_its_analysis_and_not_before(
    source: FakeSource, analysis: FakeAnalysis
) -> None:
    analysis.held = {0}
    with running(make(source, analysis)):
        delivery = source.put(job(0))
        wait_until(lambda: analysis.started == [0])
        assert delivery.end is None
        analysis.go.set()
        assert delivery.ended.wait(10)
        assert delivery.end == "acked"
        assert analysis.finished == [0]


def test_a_message_of_an_unknown_version_becomes_a_dead_letter_at_once_and_the_next_one_is_analyzed(
    source: FakeSource, analysis: FakeAnalysis
) -> None:
    with running(make(source, analysis)):
        strange = source.put(b'{"version": 99, "command": "sing"}')
        known = source.put(job(1))
        assert strange.ended.wait(10)
        assert known.ended.wait(10)
    assert (strange.end, known.end) == ("dead", "acked")


def test_a_bug_in_the_analysis_requeues_the_segment_and_the_worker_goes_on(
    source: FakeSource, analysis: FakeAnalysis
) -> None:
    analysis.errors = {0: ZeroDivisionError("a bug")}
    with running(make(source, analysis, in_flight=1)):
        failing, fine = source.put(job(0)), source.put(job(1))
        assert failing.ended.wait(10)
        assert fine.ended.wait(10)
    assert (failing.end, fine.end) == ("requeued", "acked")


def test_express_segments_overtake_bulk_ones_that_wait_in_the_worker(
    source: FakeSource, analysis: FakeAnalysis
) -> None:
    analysis.held = {0}
    with running(make(source, analysis, in_flight=1)):
        source.put(job(0))
        wait_until(lambda: analysis.started == [0])
        source.put(job(1, Lane.BULK))
        last = source.put(job(2, Lane.EXPRESS))
        barrier = source.put(b"read after the two before it were queued")
        assert barrier.ended.wait(10)
        analysis.go.set()
        assert last.ended.wait(10)
    assert analysis.started[:2] == [0, 2]


def test_a_short_recording_need_not_wait_until_long_ones_are_done(source: FakeSource, analysis: FakeAnalysis) -> None:
    analysis.held = {0, 1}
    with running(make(source, analysis, in_flight=2)):
        for index in range(8):
            source.put(job(index, Lane.BULK))
        wait_until(lambda: sorted(analysis.started) == [0, 1])
        assert source.put(job(20, Lane.EXPRESS)).ended.wait(30)
        assert sorted(analysis.started) == [0, 1, 20]
        analysis.go.set()


def test_express_segments_that_keep_coming_do_not_starve_bulk_ones(source: FakeSource, analysis: FakeAnalysis) -> None:
    analysis.held = {0}
    with running(make(source, analysis, in_flight=1)):
        source.put(job(0))
        wait_until(lambda: analysis.started == [0])
        for index in range(1, 4):
            source.put(job(index, Lane.BULK))
        express = [source.put(job(index, Lane.EXPRESS)) for index in range(10, 30)]
        barrier = source.put(b"read after those before it were queued")
        assert barrier.ended.wait(10)
        analysis.go.set()
        assert all(delivery.ended.wait(10) for delivery in express)
    assert analysis.started[:16] == [0, 10, 11, 12, 13, 1, 14, 15, 16, 17, 2, 18, 19, 20, 21, 3]


def test_a_segment_redelivered_repeatedly_runs_alone(source: FakeSource, analysis: FakeAnalysis) -> None:
    analysis.held = {0, 1, 2}
    with running(make(source, analysis, in_flight=3)):
        source.put(job(0))
        wait_until(lambda: analysis.started == [0])
        source.put(job(1), returns=2)
        last = source.put(job(2))
        analysis.go.wait(0.1)
        assert analysis.started == [0]
        analysis.go.set()
        assert last.ended.wait(10)
    assert analysis.started == [0, 1, 2]
    assert analysis.finished == [0, 1, 2]


def test_a_stop_finishes_started_segments_and_returns_waiting_ones(source: FakeSource, analysis: FakeAnalysis) -> None:
    analysis.held = {0}
    worker = make(source, analysis, in_flight=1)
    with running(worker) as wait:
        started, waiting = source.put(job(0)), source.put(job(1))
        wait_until(lambda: analysis.started == [0])
        worker.stop()
        analysis.go.set()
        assert wait() is True
    assert started.end == "acked"
    assert waiting.end is None
    assert analysis.started == [0]
    assert source.stopped


def test_a_stop_of_an_idle_worker_is_immediate(source: FakeSource, analysis: FakeAnalysis) -> None:
    worker = make(source, analysis, grace_s=1000)
    with running(worker) as wait:
        worker.stop()
        assert wait() is True


@pytest.mark.parametrize("stops", [1, 2])
def test_after_the_grace_time_or_a_second_stop_unfinished_segments_are_returned(
    source: FakeSource, analysis: FakeAnalysis, stops: int
) -> None:
    analysis.held = {0}
    worker = make(source, analysis, grace_s=0.05 if stops == 1 else 1000)
    with running(worker) as wait:
        delivery = source.put(job(0))
        wait_until(lambda: analysis.started == [0])
        for _ in range(stops):
            worker.stop()
        assert wait() is False
        assert delivery.end is None
        analysis.go.set()


def test_a_segment_interrupted_while_it_waits_for_the_database_is_not_acknowledged(
    source: FakeSource, analysis: FakeAnalysis
) -> None:
    analysis.errors = {0: Stopped()}
    with running(make(source, analysis, in_flight=1)):
        interrupted, fine = source.put(job(0)), source.put(job(1))
        assert fine.ended.wait(10)
    assert interrupted.end is None


def test_the_worker_stops_when_its_source_ends(source: FakeSource, analysis: FakeAnalysis) -> None:
    worker = make(source, analysis)
    with running(worker) as wait:
        wait_until(lambda: worker.alive)
        source.stop()
        assert wait() is True
    assert not worker.alive
