"""A connection whose messages are confirmed while others are on their way.

pika's BlockingConnection waits for the confirm of each message, and so for the disks of a quorum each time. This one is
a SelectConnection which its owner drives, a stretch of time at a call.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import takewhile
from typing import Any

from pika import BasicProperties, SelectConnection
from pika.exceptions import AMQPConnectionError
from pika.spec import Basic

from dawn_chorus.adapters.queue.rabbitmq.connection import BROKER_ERRORS, connection_parameters
from dawn_chorus.adapters.queue.rabbitmq.topology import declare_topology
from dawn_chorus.domain.jobs import Lane, LaneDepth

_CONNECT_S = 30.0
_CLOSE_S = 5.0


class ConfirmChannel:
    """Publishes on one channel; a message is known by the caller's number, which is its `message_id` too.

    Not thread-safe. Nothing is read from the broker between calls of `run`.
    """

    def __init__(self, url: str, name: str) -> None:
        """Connect and declare the topology. Raises one of BROKER_ERRORS."""
        self._numbers: dict[int, int] = {}
        """Of unconfirmed messages, by delivery tag; in the order in which they were sent."""
        self._last_tag, self._progress_s = 0, time.monotonic()
        self._returned: dict[int, str] = {}
        self.confirmed: set[int] = set()
        """Stored by a quorum and not yet taken by `take_confirmed`."""
        self.refused: dict[int, str] = {}
        """Not stored, and why."""
        self.blocked = ""
        """Why the broker reads nothing from publishers at the moment; empty if it does."""
        self._failure: BaseException | None = None
        self._ready = False
        self._channel: Any = None
        # A blocked connection is kept: what was sent would arrive again with every new one.
        parameters = connection_parameters(url, name, blocked_timeout_s=None)
        self._connection: Any = SelectConnection(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_close,
            on_close_callback=self._on_close,
        )
        self._connection.add_on_connection_blocked_callback(self._on_blocked)
        self._connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._connection.ioloop.activate_poller()
        try:
            self.run(lambda: self._ready, _CONNECT_S)
        except BaseException:
            self.close()
            raise
        if not self._ready:
            self.close()
            raise AMQPConnectionError(f"no answer in {_CONNECT_S:.0f} s")

    @property
    def silent_s(self) -> float:
        """Return for how long confirms were due and none came; 0 if none is due, or while publishers are blocked."""
        return time.monotonic() - self._progress_s if self._numbers and not self.blocked else 0.0

    @property
    def unconfirmed(self) -> set[int]:
        """The numbers of the messages whose confirm is still to come."""
        return set(self._numbers.values())

    def send(self, number: int, exchange: str, routing_key: str, body: bytes, properties: BasicProperties) -> None:
        """Send a persistent message; `run` until its number is in `confirmed` or `refused`."""
        if not self._numbers:
            self._progress_s = time.monotonic()
        self._last_tag += 1
        self._numbers[self._last_tag] = number
        properties.message_id = str(number)
        self._channel.basic_publish(exchange, routing_key, body, properties, mandatory=True)

    def take_confirmed(self, numbers: Sequence[int]) -> list[int]:
        """Return which of the numbers are confirmed, in their order, and forget them."""
        taken = [number for number in numbers if number in self.confirmed]
        self.confirmed.difference_update(taken)
        return taken

    def measure(self, queues: Mapping[Lane, str], most_s: float) -> dict[Lane, LaneDepth]:
        """Return the depth of each lane's queue; fewer if the broker does not answer in time."""
        depths: dict[Lane, LaneDepth] = {}

        def note(lane: Lane, frame: Any) -> None:
            depths[lane] = LaneDepth(frame.method.message_count, frame.method.consumer_count)

        for lane, queue in queues.items():
            self._channel.queue_declare(queue, passive=True, callback=partial(note, lane))
        self.run(lambda: len(depths) == len(queues), most_s)
        return depths

    def run(self, until: Callable[[], bool], most_s: float) -> None:
        """Read and write until the condition holds, at most so long. Raises what ended connection or channel."""
        loop, deadline_s = self._connection.ioloop, time.monotonic() + most_s
        wake_up = loop.call_later(most_s, lambda: None)
        while self._failure is None and not until():
            loop.poll()
            loop.process_timeouts()
            if time.monotonic() >= deadline_s:
                break
        loop.remove_timeout(wake_up)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Close the connection; what is unconfirmed may or may not arrive."""
        self._failure = None
        with suppress(*BROKER_ERRORS):
            if self._connection.is_open:
                self._connection.close()
                self.run(lambda: self._connection.is_closed, _CLOSE_S)
        self._connection.ioloop.deactivate_poller()
        self._connection.ioloop.close()

    def _on_open(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._on_channel)

    def _on_channel(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._on_close)
        channel.add_on_return_callback(self._on_return)
        # Without waiting for answers: a refusal closes the channel.
        declare_topology(channel)
        channel.confirm_delivery(self._on_confirm, callback=self._on_ready)

    def _on_ready(self, _frame: Any) -> None:
        self._ready = True

    def _on_close(self, _closed: Any, reason: BaseException) -> None:
        self._failure = self._failure or reason

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        self.blocked = str(frame.method.reason)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self.blocked, self._progress_s = "", time.monotonic()

    def _on_return(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        """Note that no queue took a message; its confirm comes after this."""
        self._returned[int(properties.message_id)] = f"unroutable, {method.reply_text}"

    def _on_confirm(self, frame: Any) -> None:
        last: int = frame.method.delivery_tag
        self._progress_s = time.monotonic()
        for tag in self._tags_up_to(last) if frame.method.multiple else [last]:
            number = self._numbers.pop(tag)
            if isinstance(frame.method, Basic.Nack):
                self.refused[number] = "nack, the queue is full or has no quorum"
            elif number in self._returned:
                self.refused[number] = self._returned.pop(number)
            else:
                self.confirmed.add(number)

    def _tags_up_to(self, last: int) -> list[int]:
        return list(takewhile(lambda tag: tag <= last, self._numbers))
