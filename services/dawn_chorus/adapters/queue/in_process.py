"""The queue of the embedded service: threads of one process, nothing to install.

It keeps the promises that RabbitMQ keeps, but for one: it forgets with its process. PostgreSQL is what lasts, so the
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
    """A `SegmentPublisher`, safe to call from many threads; `open_source` gives as many sources as are wanted."""

    def __init__(self) -> None:
        self._lanes = _Lanes()

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        for entry in entries:
            self.put(encode_job(entry.job), entry.job.lane, delay_s=entry.delay_s)
        return [entry.id for entry in entries]

    def count_waiting(self) -> int:
        return self._lanes.count_waiting()

    def put(self, body: bytes, lane: Lane, *, delay_s: float = 0.0) -> None:
        """Queue a message as it is, after the delay."""
        self._lanes.put(_Message(body, lane), delay_s)

    def open_source(self) -> "InProcessSource":
        return InProcessSource(self._lanes)


class InProcessSource:
    """A `SegmentSource`."""

    def __init__(self, lanes: "_Lanes") -> None:
        self._lanes, self._hand = lanes, _Hand()

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        """Take jobs until `stop`; at most `prefetch` of each lane are unacknowledged."""
        self._consume_queues(list(Lane), on_delivery, prefetch)

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        self._consume_queues([_DEAD], on_delivery, _DEAD_PREFETCH)

    def stop(self) -> None:
        self._lanes.stop(self._hand)

    def check(self) -> None:
        """Do nothing: a queue in the same process is never away."""

    def _consume_queues(self, queues: Sequence[str], on_delivery: Callable[[Delivery], None], prefetch: int) -> None:
        try:
            while (message := self._lanes.take(self._hand, queues, prefetch)) is not None:
                on_delivery(_InProcessDelivery(self._lanes, self._hand, message))
        finally:
            self._lanes.abandon(self._hand)


@dataclass(eq=False, slots=True)
class _Message:
    body: bytes
    queue: str
    reason: str = ""
    returns: int = 0


@dataclass(eq=False, slots=True)
class _Hand:
    """What one source holds, in the order in which it was taken."""

    held: dict[_Message, None] = field(default_factory=dict)
    stopped: bool = False

    def count(self, queue: str) -> int:
        return sum(message.queue == queue for message in self.held)


@dataclass(order=True, slots=True)
class _Delayed:
    due_s: float
    number: int
    message: _Message = field(compare=False)


class _InProcessDelivery:
    """A `Delivery`. Ending it when its source was stopped does nothing: the message comes again elsewhere."""

    def __init__(self, lanes: "_Lanes", hand: _Hand, message: _Message) -> None:
        self._lanes, self._hand, self._message = lanes, hand, message
        self.body, self.reason, self.returns = message.body, message.reason, message.returns

    def ack(self) -> None:
        self._lanes.end(self._hand, self._message)

    def reject(self, *, requeue: bool) -> None:
        self._lanes.end(self._hand, self._message, self._lanes.give_back if requeue else self._lanes.bury)


class _Lanes:
    """What waits, under one lock: whoever waits, waits for any change."""

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

    def take(self, hand: _Hand, queues: Sequence[str], prefetch: int) -> _Message | None:
        """Wait for a message that there is room for, the first of `queues` first; None once stopped."""
        with self._changed:
            while not hand.stopped:
                self._release_due()
                for queue in queues:
                    if self._waiting[queue] and hand.count(queue) < prefetch:
                        message = self._waiting[queue].popleft()
                        hand.held[message] = None
                        return message
                self._changed.wait(self._next_due_s())
            return None

    def end(self, hand: _Hand, message: _Message, settle: Callable[[_Message], None] | None = None) -> None:
        """Take the message out of the hand, and settle it; one that is no longer there is left alone."""
        with self._changed:
            if message not in hand.held:
                _log.info("the delivery's source was stopped: the message will come again")
                return
            del hand.held[message]
            if settle is not None:
                settle(message)
            self._changed.notify_all()

    def give_back(self, message: _Message) -> None:
        """Count a return: the message comes next, or is dead when it came back too often. Needs the lock."""
        message.returns += 1
        if message.queue != _DEAD and message.returns > DELIVERY_LIMIT:
            self.bury(message, "delivery_limit")
        else:
            self._waiting[message.queue].appendleft(message)

    def bury(self, message: _Message, reason: str = "rejected") -> None:
        """Move a job to the dead letters; a rejected dead letter is gone. Needs the lock."""
        if message.queue != _DEAD:
            self._waiting[_DEAD].append(_Message(message.body, _DEAD, reason))

    def stop(self, hand: _Hand) -> None:
        with self._changed:
            hand.stopped = True
            self._changed.notify_all()

    def abandon(self, hand: _Hand) -> None:
        """Put back all that a hand still holds, in its old order."""
        with self._changed:
            for message in reversed(hand.held):
                self.give_back(message)
            hand.held.clear()
            self._changed.notify_all()

    def _release_due(self) -> None:
        while self._delayed and self._delayed[0].due_s <= time.monotonic():
            message = heapq.heappop(self._delayed).message
            self._waiting[message.queue].append(message)

    def _next_due_s(self) -> float | None:
        return max(0.0, self._delayed[0].due_s - time.monotonic()) if self._delayed else None
