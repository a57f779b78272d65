"""Publishes jobs to RabbitMQ, hundreds at a time, and waits for the confirms."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pika import BasicProperties

from dawn_chorus.adapters.logs import get_logger
from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.adapters.queue.rabbitmq.confirm_channel import ConfirmChannel
from dawn_chorus.adapters.queue.rabbitmq.connection import BROKER_ERRORS, describe_error
from dawn_chorus.adapters.queue.rabbitmq.topology import JOBS_EXCHANGE, LANE_QUEUES
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.jobs import Lane, LaneDepth, OutboxEntry

_PERSISTENT = 2
_CONFIRMS_S = 5.0
"""How long a call waits for confirms and answers; a quorum confirms hundreds of messages within a fraction of it."""
_SILENT_S = 60.0
"""A connection on which no confirm came for so long is given up; what it sent is published again."""
_log = get_logger(__name__)


class RabbitPublisher:
    """A `SegmentPublisher`: persistent, mandatory, confirmed by a quorum; connects at the first call.

    All entries of a call are in flight at once, in their order. What is unconfirmed at its end is not sent again on the
    same connection, however often it is passed: a broker that stores nothing for a while, because it is short of memory
    or lost its quorum, gets no second copies. The thread that publishes owns the connection. Nothing reads from it
    between calls, so call `publish` every few seconds, without entries if there are none: it answers heartbeats and
    notices a dead connection.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._url, self._name = url, name
        self._channel: ConfirmChannel | None = None
        self._published: Counter[Lane] = Counter()

    def publish(self, entries: Sequence[OutboxEntry]) -> Sequence[int]:
        """Return the ids that were confirmed, in the order of the entries.

        Raises TransientError with the reason if none was: the broker is unavailable, blocks publishers or refuses jobs.
        """
        channel = self._ready_channel()
        try:
            _send_new(channel, entries)
            channel.run(lambda: channel.blocked != "" or not channel.unconfirmed, _CONFIRMS_S if entries else 0.0)
            failure = _describe_trouble(channel)
        except BROKER_ERRORS as error:
            failure = f"is unavailable: {describe_error(error)}"
            self.close()
        confirmed = channel.take_confirmed([entry.id for entry in entries])
        stored = set(confirmed)
        self._published.update(entry.job.lane for entry in entries if entry.id in stored)
        if channel.refused or channel.silent_s > _SILENT_S:
            # A new connection declares the queues again, which repairs an unroutable message.
            self.close()
        if failure and not confirmed:
            raise TransientError(f"RabbitMQ {failure}; jobs stay in the outbox")
        if failure:
            counts = {"confirmed": len(confirmed), "waiting": len(entries) - len(confirmed)}
            _log.warning("publishing interrupted, jobs stay in the outbox", error=f"RabbitMQ {failure}", **counts)
        return confirmed

    def measure_lanes(self) -> Mapping[Lane, LaneDepth]:
        channel = self._ready_channel()
        try:
            depths = channel.measure(LANE_QUEUES, _CONFIRMS_S)
        except BROKER_ERRORS as error:
            self.close()
            raise TransientError(f"RabbitMQ is unavailable: {describe_error(error)}") from error
        if missing := LANE_QUEUES.keys() - depths.keys():
            raise TransientError(f"RabbitMQ does not answer for {', '.join(sorted(missing))}")
        return {lane: replace(depth, published=self._published[lane]) for lane, depth in depths.items()}

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def _ready_channel(self) -> ConfirmChannel:
        """Return the open channel, its pending input read, such as heartbeats; a new one if it was lost."""
        if self._channel is not None:
            try:
                self._channel.run(lambda: False, 0.0)
            except BROKER_ERRORS:
                self.close()
        if self._channel is None:
            try:
                self._channel = ConfirmChannel(self._url, self._name)
            except BROKER_ERRORS as error:
                reason = describe_error(error)
                raise TransientError(f"RabbitMQ is unavailable: {reason}; jobs stay in the outbox") from error
        return self._channel


def _send_new(channel: ConfirmChannel, entries: Sequence[OutboxEntry]) -> None:
    """Send what is not on its way already; nothing while the broker blocks publishers."""
    if channel.blocked:
        return
    known = channel.unconfirmed | channel.confirmed
    for entry in entries:
        if entry.id not in known:
            properties = BasicProperties(content_type="application/json", delivery_mode=_PERSISTENT)
            channel.send(entry.id, JOBS_EXCHANGE, str(entry.job.lane), encode_job(entry.job), properties)


def _describe_trouble(channel: ConfirmChannel) -> str:
    """Return why not everything is confirmed; empty if it is."""
    if channel.blocked:
        return f"blocks publishers: {channel.blocked}"
    if channel.refused:
        return f"refused a job: {next(iter(channel.refused.values()))}"
    return f"did not confirm within {_CONFIRMS_S:g} s" if channel.unconfirmed else ""
