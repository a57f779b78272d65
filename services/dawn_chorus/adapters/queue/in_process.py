"""The queue of the embedded service, for the threads of one process; nothing to install.

It gives the guarantees that RabbitMQ gives, except one: it is lost when its process ends. PostgreSQL is durable, so the
embedded service puts unfinished segments back in the outbox when it starts (`requeue_unfinished`).
"""

import heapq
import itertools
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, OutboxEntry
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
            self.put(encode_job(entry.job), entry.job.lane, delay_s=entry.delay_s)
        return [entry.id for entry in entries]

    def count_waiting(self) -> int:
        return self._lanes.count_waiting()

    def put(self, body: bytes, lane: Lane, *, delay_s: float = 0.0) -> None:
        """Queue a message unchanged, after the delay."""
        self._lanes.put(_Message(body, lane), delay_s)

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
        try:
            while (message := self._lanes.take(self._unacked, queues, prefetch)) is not None:
                on_delivery(_InProcessDelivery(self._lanes, self._unacked, message))
        finally:
            self._lanes.requeue_all(self._unacked)


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


@dataclass(order=True, slots=True)
class _Delayed:
    due_s: float
    number: int
    message: _Message = field(compare=False)


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
        self._delayed: list[_Delayed] = []
        self._numbers = itertools.count()

    def put(self, message: _Message, delay_s: float) -> None:
        with self._changed:
            if delay_s > 0:
                heapq.heappush(self._delayed, _Delayed(time.monotonic() + delay_s, next(self._numbers), message))
            else:
                self._waiting[message.queue].append(message)
            self._changed.notify_all()

    def count_waiting(self) -> int:
        with self._changed:
            return len(self._delayed) + sum(len(messages) for messages in self._waiting.values())

    def take(self, unacked: _Unacked, queues: Sequence[str], prefetch: int) -> _Message | None:
        """Wait for a message within the prefetch limit, of the first queue that has one; None once stopped."""
        with self._changed:
            while not unacked.stopped:
                self._queue_delayed()
                for queue in queues:
                    if self._waiting[queue] and unacked.count(queue) < prefetch:
                        message = self._waiting[queue].popleft()
                        unacked.messages[message] = None
                        return message
                self._changed.wait(self._next_due_s())
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

    def requeue_all(self, unacked: _Unacked) -> None:
        """Put all unacknowledged messages of a source back, in their old order."""
        with self._changed:
            for message in reversed(unacked.messages):
                self.requeue(message)
            unacked.messages.clear()
            self._changed.notify_all()

    def _queue_delayed(self) -> None:
        """Queue the messages whose delay is over."""
        while self._delayed and self._delayed[0].due_s <= time.monotonic():
            message = heapq.heappop(self._delayed).message
            self._waiting[message.queue].append(message)

    def _next_due_s(self) -> float | None:
        return max(0.0, self._delayed[0].due_s - time.monotonic()) if self._delayed else None
