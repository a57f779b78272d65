"""What any queue promises: the same tests for RabbitMQ and for the queue of the embedded service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread

import pytest

from dawn_chorus.adapters.queue.in_process import InProcessQueue
from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher, RabbitSource
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, LaneDepth
from dawn_chorus.domain.ports import SegmentPublisher, SegmentSource
from tests.integration.queues import Inbox, entry, number_of, publish_raw, receiving, receiving_dead


@dataclass(frozen=True)
class QueueUnderTest:
    publisher: SegmentPublisher
    open_source: Callable[[], SegmentSource]
    put: Callable[[bytes, Lane], None]
    """Queue bytes that are no job of ours."""


@pytest.fixture(params=["in_process", "rabbitmq"])
def queue(request: pytest.FixtureRequest) -> Iterator[QueueUnderTest]:
    if request.param == "in_process":
        lanes = InProcessQueue()
        yield QueueUnderTest(lanes, lanes.open_source, lanes.put)
        return
    url: str = request.getfixturevalue("broker_url")
    publisher = RabbitPublisher(url, name="test relay")
    publisher.publish([])
    yield QueueUnderTest(
        publisher,
        lambda: RabbitSource(url, name="test worker"),
        lambda body, lane: publish_raw(url, lane, body),
    )
    publisher.close()


def test_a_published_job_is_delivered_once_and_gone_when_acknowledged(queue: QueueUnderTest) -> None:
    assert queue.publisher.publish([entry(1), entry(2, Lane.BULK)]) == [1, 2]
    with receiving(queue.open_source()) as inbox:
        assert sorted(inbox.take_numbers(2)) == [1, 2]
        inbox.expect_silence()
    with receiving(queue.open_source()) as inbox:
        inbox.expect_silence()


def test_jobs_of_one_lane_come_in_the_order_in_which_they_were_published(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number) for number in range(200)])
    with receiving(queue.open_source()) as inbox:
        assert inbox.take_numbers(200) == list(range(200))


def test_a_job_that_is_rejected_too_often_is_dead_and_says_why(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(7)])
    with receiving(queue.open_source()) as inbox, receiving_dead(queue.open_source()) as dead:
        for returns in range(1 + DELIVERY_LIMIT):
            delivery = inbox.take()
            assert (number_of(delivery), delivery.returns) == (7, returns)
            assert delivery.reason == ""
            delivery.reject(requeue=True)
        letter = dead.take()
        assert (number_of(letter), letter.reason) == (7, "delivery_limit")
        letter.ack()
        inbox.expect_silence()
        dead.expect_silence()


def test_a_job_tells_how_often_it_came_back(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(7)])
    with receiving(queue.open_source()) as inbox:
        for returns in range(3):
            delivery = inbox.take()
            assert delivery.returns == returns
            delivery.reject(requeue=True)


def test_a_lane_tells_what_waits_in_it_who_takes_it_and_what_it_was_sent(queue: QueueUnderTest) -> None:
    assert queue.publisher.measure_lanes() == {Lane.EXPRESS: LaneDepth(0, 0), Lane.BULK: LaneDepth(0, 0)}
    with receiving(queue.open_source(), prefetch=1) as inbox:
        queue.publisher.publish([entry(1), entry(2), entry(3), entry(4, Lane.BULK)])
        in_hand = sorted([inbox.take(), inbox.take()], key=number_of)
        assert queue.publisher.measure_lanes() == {Lane.EXPRESS: LaneDepth(2, 1, 3), Lane.BULK: LaneDepth(0, 1, 1)}
        in_hand[1].reject(requeue=False)
        inbox.expect_silence()
        assert queue.publisher.measure_lanes()[Lane.BULK] == LaneDepth(0, 1, 1)


def test_a_job_rejected_for_good_is_dead_at_once(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(7)])
    with receiving(queue.open_source()) as inbox, receiving_dead(queue.open_source()) as dead:
        inbox.take().reject(requeue=False)
        letter = dead.take()
        assert (number_of(letter), letter.reason) == (7, "rejected")
        letter.ack()


@pytest.mark.parametrize("body", [b"", b"\x00\xff not json", b'{"version": 99}', b"x" * 1_000_000])
def test_bytes_that_are_no_job_arrive_and_die_unharmed(queue: QueueUnderTest, body: bytes) -> None:
    queue.put(body, Lane.BULK)
    with receiving(queue.open_source()) as inbox, receiving_dead(queue.open_source()) as dead:
        delivery = inbox.take()
        assert delivery.body == body
        delivery.reject(requeue=False)
        letter = dead.take()
        assert letter.body == body
        letter.ack()


def test_what_a_stopped_source_did_not_acknowledge_comes_again_in_its_old_order(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number) for number in range(4)])
    with receiving(queue.open_source()) as inbox:
        inbox.take().ack()
        held = [inbox.take() for _ in range(3)]
    with receiving(queue.open_source()) as inbox:
        assert inbox.take_numbers(3) == [1, 2, 3]
        # Too late, and known to be: the other source has done the work.
        held[0].ack()
        held[1].reject(requeue=True)
        inbox.expect_silence()


def test_an_acknowledgment_right_before_the_stop_counts(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number) for number in range(50)])
    with receiving(queue.open_source(), prefetch=50) as inbox:
        for delivery in [inbox.take() for _ in range(50)]:
            delivery.ack()
    with receiving(queue.open_source()) as inbox:
        inbox.expect_silence()


def test_a_job_whose_sources_die_too_often_is_dead(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(7)])
    for _ in range(1 + DELIVERY_LIMIT):
        with receiving(queue.open_source()) as inbox:
            inbox.take()
    with receiving(queue.open_source()) as inbox, receiving_dead(queue.open_source()) as dead:
        letter = dead.take()
        assert (number_of(letter), letter.reason) == (7, "delivery_limit")
        letter.ack()
        inbox.expect_silence()


def test_a_dead_letter_not_acknowledged_comes_again_however_often(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(7)])
    with receiving(queue.open_source()) as inbox:
        inbox.take().reject(requeue=False)
        for _ in range(25):
            with receiving_dead(queue.open_source()) as dead:
                assert number_of(dead.take()) == 7


def test_no_more_than_the_prefetch_is_in_hand_by_lane(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number, Lane.BULK) for number in range(10)])
    with receiving(queue.open_source(), prefetch=3) as inbox:
        held = [inbox.take() for _ in range(3)]
        inbox.expect_silence()
        held[0].ack()
        assert number_of(inbox.take()) == 3
        inbox.expect_silence()


def test_an_express_job_overtakes_a_backlog_of_bulk_work(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number, Lane.BULK) for number in range(100)])
    with receiving(queue.open_source(), prefetch=2) as inbox:
        assert [number_of(inbox.take()) for _ in range(2)] == [0, 1]
        queue.publisher.publish([entry(1000)])
        assert number_of(inbox.take()) == 1000


def test_two_sources_share_a_lane(queue: QueueUnderTest) -> None:
    with receiving(queue.open_source(), prefetch=1) as one, receiving(queue.open_source(), prefetch=1) as other:
        queue.publisher.publish([entry(1), entry(2)])
        assert sorted([number_of(one.take()), number_of(other.take())]) == [1, 2]


def test_acknowledgments_come_from_many_threads(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(number) for number in range(300)])
    seen: list[int] = []

    def work(inbox: Inbox) -> None:
        seen.extend(inbox.take_numbers(75))

    with receiving(queue.open_source(), prefetch=8) as inbox:
        threads = [Thread(target=work, args=(inbox,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(seen) == list(range(300))
    with receiving(queue.open_source()) as inbox:
        inbox.expect_silence()


def test_a_source_stopped_before_it_consumes_consumes_nothing(queue: QueueUnderTest) -> None:
    queue.publisher.publish([entry(1)])
    source = queue.open_source()
    source.stop()
    with receiving(source) as inbox:
        inbox.expect_silence()
