"""The queue of the embedded service, for the threads of one process; nothing to install.

It gives the guarantees that RabbitMQ gives, except one: it is lost when its process ends. PostgreSQL is durable, so the
embedded service puts unfinished segments back in the outbox when it starts (`requeue_unfinished`).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Condition

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, LaneDepth, OutboxEntry
from dawn_chorus.domain.ports import Delivery

_DEAD = "dead"
_DEAD_PREFETCH = 20
_log = get_logger(__name__)


class InProcessQueue:
    """A `SegmentPublisher`, safe to call from many threads; `open_source` returns any number of sources."""

    def __init__(self) -> None:
        self._lanes = _Lanes()

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        for entry in entries:
            self.put(encode_job(entry.job), entry.job.lane)
        return [entry.id for entry in entries]

    def measure_lanes(self) -> Mapping[Lane, LaneDepth]:
        return self._lanes.measure()

    def put(self, body: bytes, lane: Lane) -> None:
        """Queue a message unchanged."""
        self._lanes.put(_Message(body, lane))

    def open_source(self) -> "InProcessSource":
        return InProcessSource(self._lanes)


class InProcessSource:
    """A `SegmentSource`."""

    def __init__(self, lanes: "_Lanes") -> None:
        self._lanes, self._unacked = lanes, _Unacked()

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        """Take jobs until `stop`; at most `prefetch` of each lane are unacknowledged."""
        self._consume_queues(list(Lane), on_delivery, prefetch)

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        self._consume_queues([_DEAD], on_delivery, _DEAD_PREFETCH)

    def stop(self) -> None:
        self._lanes.stop(self._unacked)

    def check(self) -> None:
        """Do nothing: a queue in the same process is always available."""

    def _consume_queues(self, queues: Sequence[str], on_delivery: Callable[[Delivery], None], prefetch: int) -> None:
        self._lanes.begin_consuming(queues)
        try:
            while (message := self._lanes.take(self._unacked, queues, prefetch)) is not None:
                on_delivery(_InProcessDelivery(self._lanes, self._unacked, message))
        finally:
            self._lanes.end_consuming(self._unacked, queues)


@dataclass(eq=False, slots=True)
class _Message:
    body: bytes
    queue: str
    reason: str = ""
    returns: int = 0


@dataclass(eq=False, slots=True)
class _Unacked:
    """The unacknowledged messages of one source, in the order in which it took them."""

    messages: dict[_Message, None] = field(default_factory=dict)
    stopped: bool = False
    """The source takes no more messages."""

    def count(self, queue: str) -> int:
        return sum(message.queue == queue for message in self.messages)


class _InProcessDelivery:
    """A `Delivery`. Ending it after its source was stopped does nothing: the message is redelivered to another."""

    def __init__(self, lanes: "_Lanes", unacked: _Unacked, message: _Message) -> None:
        self._lanes, self._unacked, self._message = lanes, unacked, message
        self.body, self.reason, self.returns = message.body, message.reason, message.returns

    def ack(self) -> None:
        self._lanes.end(self._unacked, self._message)

    def reject(self, *, requeue: bool) -> None:
        self._lanes.end(self._unacked, self._message, self._lanes.requeue if requeue else self._lanes.dead_letter)


class _Lanes:
    """The waiting messages, under one lock; threads that wait are notified of every change."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: dict[str, deque[_Message]] = {name: deque() for name in (*Lane, _DEAD)}
        self._consumers = dict.fromkeys(self._waiting, 0)
        self._published = dict.fromkeys(self._waiting, 0)

    def put(self, message: _Message) -> None:
        with self._changed:
            self._waiting[message.queue].append(message)
            self._published[message.queue] += 1
            self._changed.notify_all()

    def measure(self) -> Mapping[Lane, LaneDepth]:
        with self._changed:
            return {
                lane: LaneDepth(len(self._waiting[lane]), self._consumers[lane], self._published[lane]) for lane in Lane
            }

    def begin_consuming(self, queues: Sequence[str]) -> None:
        with self._changed:
            for queue in queues:
                self._consumers[queue] += 1

    def take(self, unacked: _Unacked, queues: Sequence[str], prefetch: int) -> _Message | None:
        """Wait for a message within the prefetch limit, of the first queue that has one; None once stopped."""
        with self._changed:
            while not unacked.stopped:
                for queue in queues:
                    if self._waiting[queue] and unacked.count(queue) < prefetch:
                        message = self._waiting[queue].popleft()
                        unacked.messages[message] = None
                        return message
                self._changed.wait()
            return None

    def end(self, unacked: _Unacked, message: _Message, then: Callable[[_Message], None] | None = None) -> None:
        """Remove an unacknowledged message and call `then` with it; do nothing if it was requeued already."""
        with self._changed:
            if message not in unacked.messages:
                _log.info("source stopped before the message was acknowledged, it will be redelivered")
                return
            del unacked.messages[message]
            if then is not None:
                then(message)
            self._changed.notify_all()

    def requeue(self, message: _Message) -> None:
        """Count a return; put the message first in its queue, or dead-letter it at the limit. Needs the lock."""
        message.returns += 1
        if message.queue != _DEAD and message.returns > DELIVERY_LIMIT:
            self.dead_letter(message, "delivery_limit")
        else:
            self._waiting[message.queue].appendleft(message)

    def dead_letter(self, message: _Message, reason: str = "rejected") -> None:
        """Move a job to the dead letters; a rejected dead letter is dropped. Needs the lock."""
        if message.queue != _DEAD:
            self._waiting[_DEAD].append(_Message(message.body, _DEAD, reason))

    def stop(self, unacked: _Unacked) -> None:
        with self._changed:
            unacked.stopped = True
            self._changed.notify_all()

    def end_consuming(self, unacked: _Unacked, queues: Sequence[str]) -> None:
        """Put all unacknowledged messages of a source back, in their old order."""
        with self._changed:
            for queue in queues:
                self._consumers[queue] -= 1
            for message in reversed(unacked.messages):
                self.requeue(message)
            unacked.messages.clear()
            self._changed.notify_all()
