"""Publishes jobs to RabbitMQ and waits for the confirms."""

from collections.abc import Sequence
from typing import Any

from pika import BasicProperties

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.adapters.queue.rabbitmq.connection import (
    BROKER_ERRORS,
    REFUSALS,
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
    """A `SegmentPublisher`: persistent, mandatory, confirmed by a quorum; connects at the first call.

    The thread that publishes owns the connection. Nothing reads from it between calls, so call `publish` every few
    seconds, without entries if there are none: it answers heartbeats and notices a dead connection.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._url, self._name = url, name
        self._connection: Any = None
        self._channel: Any = None

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        """Return the ids that were confirmed; the first of the entries if the broker was lost or refused a job midway.

        Raises TransientError if the broker is unavailable or refused the first job.
        """
        confirmed: list[int] = []
        try:
            channel = self._ready_channel()
            for entry in entries:
                _publish_entry(channel, entry)
                confirmed.append(entry.id)
        except BROKER_ERRORS as error:
            # A new connection declares the queues again, which repairs an unroutable message.
            self.close()
            reason = describe_error(error)
            if not confirmed:
                problem = "refused a job" if isinstance(error, REFUSALS) else "is unavailable"
                raise TransientError(f"RabbitMQ {problem}: {reason}; jobs stay in the outbox") from error
            counts = {"confirmed": len(confirmed), "waiting": len(entries) - len(confirmed)}
            _log.warning("publishing interrupted, jobs stay in the outbox", error=reason, **counts)
        return confirmed

    def count_waiting(self) -> int:
        try:
            channel = self._ready_channel()
            declared = [channel.queue_declare(queue.name, passive=True) for queue in QUEUES]
        except BROKER_ERRORS as error:
            self.close()
            raise TransientError(f"RabbitMQ is unavailable: {describe_error(error)}") from error
        return sum(each.method.message_count for each in declared)

    def close(self) -> None:
        """Close the connection; the next `publish` opens another."""
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
        """Process pending input, such as heartbeats; return whether the connection is still open."""
        try:
            self._connection.process_data_events(0)
        except BROKER_ERRORS:
            return False
        return bool(self._channel.is_open)


def _publish_entry(channel: Any, entry: OutboxEntry) -> None:
    is_delayed = entry.delay_s > 0
    properties = BasicProperties(
        content_type="application/json",
        delivery_mode=_PERSISTENT,
        message_id=str(entry.id),
        expiration=str(max(1, round(entry.delay_s * 1000))) if is_delayed else None,
    )
    channel.basic_publish(
        RETRY_EXCHANGE if is_delayed else JOBS_EXCHANGE,
        str(entry.job.lane),
        encode_job(entry.job),
        properties,
        mandatory=True,
    )
