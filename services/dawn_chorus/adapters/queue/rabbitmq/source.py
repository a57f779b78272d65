"""Consumes jobs and dead letters from RabbitMQ."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any

from pika.exceptions import ChannelWrongStateError, ConnectionWrongStateError

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.rabbitmq.connection import (
    BROKER_ERRORS,
    close_connection,
    describe_error,
    open_channel,
    open_connection,
)
from dawn_chorus.adapters.queue.rabbitmq.topology import DEAD_QUEUE, LANE_QUEUES
from dawn_chorus.adapters.retrying import Backoff, Stopped, retry_until_stopped
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.ports import Delivery

_DEAD_PREFETCH = 20
_IDLE_S = 1.0
_log = get_logger(__name__)


class RabbitSource:
    """A `SegmentSource`. The thread that calls `consume` owns connection and channel; no other thread uses them.

    It only reads and writes, so heartbeats are sent however long the work takes; calls of `ack` and `reject` from other
    threads are passed to it. Each lane has its own prefetch: a backlog of bulk work takes no room from express jobs.
    """

    def __init__(self, url: str, *, name: str, backoff: Backoff | None = None) -> None:
        self._url, self._name = url, name
        self._backoff = backoff or Backoff()
        self._stopping = Event()
        self._connection: Any = None
        self._problem = "not connected yet"

    def consume(self, on_delivery: Callable[[Delivery], None], *, prefetch: int) -> None:
        """Take jobs until `stop`; at most `prefetch` of each lane are unacknowledged."""
        self._consume_queues(list(LANE_QUEUES.values()), on_delivery, prefetch)

    def consume_dead(self, on_delivery: Callable[[Delivery], None]) -> None:
        self._consume_queues([DEAD_QUEUE], on_delivery, _DEAD_PREFETCH)

    def stop(self) -> None:
        """End `consume`, from any thread; acknowledgements made before are sent first."""
        self._stopping.set()
        connection = self._connection
        if connection is not None:
            _call_on_owner(connection, _wake, "connection lost, nothing to stop")

    def check(self) -> None:
        """Raise TransientError with the cause unless deliveries can arrive now; from any thread."""
        if self._problem:
            raise TransientError(f"RabbitMQ is unavailable: {self._problem}")

    def _consume_queues(self, queues: Sequence[str], on_delivery: Callable[[Delivery], None], prefetch: int) -> None:
        with suppress(Stopped):
            retry_until_stopped(
                lambda: self._consume_once(queues, on_delivery, prefetch),
                self._stopping,
                retry_on=BROKER_ERRORS,
                on_failure=self._report,
                backoff=self._backoff,
            )
        self._problem = "stopped"

    def _report(self, error: Exception, wait_s: float) -> None:
        self._problem = describe_error(error)
        _log.warning("RabbitMQ connection lost, retrying", error=self._problem, retry_in_s=round(wait_s, 1))

    def _consume_once(self, queues: Sequence[str], on_delivery: Callable[[Delivery], None], prefetch: int) -> None:
        """Connect and take deliveries until `stop` or until the connection, the channel or a queue is lost."""
        connection = open_connection(self._url, self._name)
        try:
            channel = open_channel(connection)
            channel.add_on_cancel_callback(partial(_on_cancel, channel))
            for queue in queues:
                # Not global: it applies to each consumer that follows separately.
                channel.basic_qos(prefetch_count=prefetch)
                channel.basic_consume(queue, partial(_on_message, connection, on_delivery))
            self._connection, self._problem = connection, ""
            self._backoff.reset()
            while not self._stopping.is_set() and channel.is_open:
                connection.process_data_events(_IDLE_S)
            if not channel.is_open:
                raise ChannelWrongStateError("the broker closed the channel or deleted a queue")
            connection.process_data_events(0)
        finally:
            self._connection = None
            close_connection(connection)


class RabbitDelivery:
    """A `Delivery`. Ending it after its connection was lost does nothing: the message is redelivered to another."""

    def __init__(self, connection: Any, channel: Any, tag: int, body: bytes, headers: dict[str, Any] | None) -> None:
        self._connection, self._channel, self._tag = connection, channel, tag
        self.body, self.reason = body, read_death_reason(headers)
        # Quorum queues count; RabbitMQ 4 omits the header at the first delivery.
        self.returns = int((headers or {}).get("x-delivery-count", 0))

    def ack(self) -> None:
        self._end(partial(self._channel.basic_ack, self._tag))

    def reject(self, *, requeue: bool) -> None:
        # Never nack: from RabbitMQ 4.3 a nack no longer counts towards the delivery limit.
        self._end(partial(self._channel.basic_reject, self._tag, requeue=requeue))

    def _end(self, call: Callable[[], None]) -> None:
        _call_on_owner(self._connection, partial(self._end_if_open, call), _REDELIVERED)

    def _end_if_open(self, call: Callable[[], None]) -> None:
        if self._channel.is_open:
            call()
        else:
            _log.info(_REDELIVERED)


_REDELIVERED = "connection lost before the message was acknowledged, it will be redelivered"


def _call_on_owner(connection: Any, call: Callable[[], None], if_closed: str) -> None:
    """Make the call on the thread that owns the connection, as pika requires; log `if_closed` if it is closed."""
    try:
        connection.add_callback_threadsafe(call)
    except ConnectionWrongStateError:
        _log.info(if_closed)


def _wake() -> None:
    """Do nothing: the call itself ends the wait for events."""


def _on_message(
    connection: Any, on_delivery: Callable[[Delivery], None], channel: Any, method: Any, properties: Any, body: bytes
) -> None:
    on_delivery(RabbitDelivery(connection, channel, method.delivery_tag, body, properties.headers))


def _on_cancel(channel: Any, _method: Any) -> None:
    """Close the channel if a consumed queue was deleted: the next channel declares the queue again."""
    channel.close()


def read_death_reason(headers: dict[str, Any] | None) -> str:
    """Return the broker's reason for the latest dead-lettering from a lane's queue; empty if there was none.

    A job that waited in the retry queue was dead-lettered from there too, because its time to live was over; that does
    not count.
    """
    deaths = (headers or {}).get("x-death") or ()
    lanes = set(LANE_QUEUES.values())
    return next((str(death["reason"]) for death in deaths if death.get("queue") in lanes), "")
