"""Puts jobs on RabbitMQ's queues and waits for the confirms."""

from collections.abc import Sequence
from typing import Any

from pika import BasicProperties

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.adapters.queue.rabbitmq.connection import (
    BROKER_ERRORS,
    close_connection,
    describe_error,
    open_channel,
    open_connection,
)
from dawn_chorus.adapters.queue.rabbitmq.topology import JOBS_EXCHANGE, QUEUES, RETRY_EXCHANGE
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.jobs import OutboxEntry

_PERSISTENT = 2
_log = get_logger(__name__)


class RabbitPublisher:
    """A `SegmentPublisher`: persistent, mandatory, confirmed by a quorum; connects when first needed.

    The thread that publishes owns the connection. Nobody reads from it in between, so call `publish` every few
    seconds, with no entries if there are none: heartbeats are answered then, and a dead connection is noticed.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._url, self._name = url, name
        self._connection: Any = None
        self._channel: Any = None

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        """Return the ids confirmed; fewer than all when the broker went away or refused one on the way.

        Raise TransientError when there was something to publish, or nothing, and not even the first step went well.
        """
        confirmed: list[int] = []
        try:
            channel = self._ready_channel()
            for entry in entries:
                _publish_entry(channel, entry)
                confirmed.append(entry.id)
        except BROKER_ERRORS as error:
            # A new connection declares the queues anew, which is the cure for an unroutable message.
            self.close()
            message = f"RabbitMQ did not take a job: {describe_error(error)}; it stays in the outbox"
            if not confirmed:
                raise TransientError(message) from error
            _log.warning(message, confirmed=len(confirmed), waiting=len(entries) - len(confirmed))
        return confirmed

    def count_waiting(self) -> int:
        try:
            channel = self._ready_channel()
            declared = [channel.queue_declare(queue.name, passive=True) for queue in QUEUES]
        except BROKER_ERRORS as error:
            self.close()
            raise TransientError(f"RabbitMQ did not count its messages: {describe_error(error)}") from error
        return sum(each.method.message_count for each in declared)

    def close(self) -> None:
        """Drop the connection; the next `publish` opens another."""
        if self._connection is not None:
            close_connection(self._connection)
        self._connection = self._channel = None

    def _ready_channel(self) -> Any:
        if self._channel is not None and not self._is_alive():
            self.close()
        if self._channel is None:
            self._connection = open_connection(self._url, self._name)
            self._channel = open_channel(self._connection)
            self._channel.confirm_delivery()
        return self._channel

    def _is_alive(self) -> bool:
        """Read what came in meanwhile: heartbeats, or the news that the broker closed."""
        try:
            self._connection.process_data_events(0)
        except BROKER_ERRORS:
            return False
        return bool(self._channel.is_open)


def _publish_entry(channel: Any, entry: OutboxEntry) -> None:
    waits = entry.delay_s > 0
    properties = BasicProperties(
        content_type="application/json",
        delivery_mode=_PERSISTENT,
        message_id=str(entry.id),
        expiration=str(max(1, round(entry.delay_s * 1000))) if waits else None,
    )
    channel.basic_publish(
        RETRY_EXCHANGE if waits else JOBS_EXCHANGE,
        str(entry.job.lane),
        encode_job(entry.job),
        properties,
        mandatory=True,
    )
