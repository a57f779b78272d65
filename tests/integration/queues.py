"""What the queue tests share: jobs to publish, and an inbox that a source fills from its own thread."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Thread
from uuid import UUID

import pika
import pytest

from dawn_chorus.adapters.queue.messages import decode_job
from dawn_chorus.adapters.queue.rabbitmq.topology import JOBS_EXCHANGE
from dawn_chorus.domain.jobs import Lane, OutboxEntry, SegmentJob
from dawn_chorus.domain.ports import Delivery, SegmentPublisher, SegmentSource

ANALYSIS = UUID("0197a000-0000-7000-8000-000000000001")
PATIENCE_S = 60.0
"""For what is to come; passing tests never wait that long."""
SILENCE_S = 0.5
"""For what is not to come."""


def entry(number: int, lane: Lane = Lane.EXPRESS) -> OutboxEntry:
    return OutboxEntry(number, SegmentJob(ANALYSIS, number, lane))


def count_ready(publisher: SegmentPublisher) -> int:
    """Count what waits in both lanes."""
    return sum(depth.ready for depth in publisher.measure_lanes().values())


def number_of(delivery: Delivery) -> int:
    return decode_job(delivery.body).segment_index


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, f"{what}: not in {PATIENCE_S} s"
        time.sleep(0.1)


def publish_raw(url: str, lane: Lane, body: bytes) -> None:
    """Put bytes on RabbitMQ's queue as a stranger would."""
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_publish(JOBS_EXCHANGE, str(lane), body, mandatory=True)
    connection.close()


class Inbox:
    """Deliveries in the order in which they came."""

    def __init__(self) -> None:
        self._deliveries: Queue[Delivery] = Queue()

    def put(self, delivery: Delivery) -> None:
        self._deliveries.put(delivery)

    def take(self) -> Delivery:
        try:
            return self._deliveries.get(timeout=PATIENCE_S)
        except Empty:
            pytest.fail(f"nothing was delivered in {PATIENCE_S} s")

    def take_numbers(self, count: int) -> list[int]:
        """Acknowledge so many deliveries and give their numbers."""
        numbers = []
        for _ in range(count):
            delivery = self.take()
            numbers.append(number_of(delivery))
            delivery.ack()
        return numbers

    def expect_silence(self) -> None:
        with pytest.raises(Empty):
            self._deliveries.get(timeout=SILENCE_S)


@contextmanager
def receiving(source: SegmentSource, prefetch: int = 10) -> Iterator[Inbox]:
    """Consume jobs meanwhile; stops the source."""
    with _receiving(source, lambda inbox: source.consume(inbox.put, prefetch=prefetch)) as inbox:
        yield inbox


@contextmanager
def receiving_dead(source: SegmentSource) -> Iterator[Inbox]:
    with _receiving(source, lambda inbox: source.consume_dead(inbox.put)) as inbox:
        yield inbox


@contextmanager
def _receiving(source: SegmentSource, consume: Callable[[Inbox], None]) -> Iterator[Inbox]:
    inbox = Inbox()
    thread = Thread(target=consume, args=(inbox,), daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        source.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive(), "the source did not stop"
