"""What an operator wants to know of the broker; nothing is declared, published or taken."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.utils.connection_workflow import AMQPConnectorException, AMQPConnectorStackTimeout
from pika.exceptions import ChannelClosedByBroker

from dawn_chorus.adapters.queue.rabbitmq.connection import (
    BROKER_ERRORS,
    close_connection,
    connection_parameters,
    describe_error,
)
from dawn_chorus.adapters.queue.rabbitmq.topology import QUEUES
from dawn_chorus.domain.errors import PermanentError, TransientError

_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue, as the broker counts it."""

    messages: int
    """Ready to be taken; those in somebody's hands are not counted."""
    consumers: int


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """The broker and our queues in it."""

    product: str
    """`RabbitMQ 4.3.6`."""
    queues: Mapping[str, QueueFacts | None]
    """By name; None: there is no such queue."""
    latency_s: float
    """How long the broker takes to open a channel."""


def inspect_broker(url: str, *, wait_s: float) -> BrokerFacts:
    """Return how the broker is. Raises TransientError if it does not let us in, PermanentError for what is no URL."""
    try:
        parameters = connection_parameters(url, "chorus doctor", blocked_timeout_s=wait_s)
    except (ValueError, TypeError, AttributeError) as error:  # its message may repeat the URL
        raise PermanentError(
            "CHORUS_BROKER_URL is no URL of RabbitMQ: write amqp://USER:PASSWORD@HOST:5672/%2F"
        ) from error
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = wait_s
    try:
        connection = pika.BlockingConnection(parameters)
        try:
            return _inspect(connection)
        finally:
            close_connection(connection)
    except (*BROKER_ERRORS, AMQPConnectorException) as error:
        raise TransientError(f"RabbitMQ is unavailable: {_describe(error)}") from error


def _inspect(connection: Any) -> BrokerFacts:
    begun_s = time.perf_counter()
    with closing(connection.channel()):
        latency_s = time.perf_counter() - begun_s
    # pika's blocking connection does not pass on what the broker says of itself.
    said = connection._impl.server_properties or {}  # noqa: SLF001
    product = " ".join(_text(said.get(name)) for name in ("product", "version") if said.get(name))
    queues = {queue.name: _count(connection, queue.name) for queue in QUEUES}
    return BrokerFacts(product or "a broker", queues, latency_s)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _count(connection: Any, name: str) -> QueueFacts | None:
    channel = connection.channel()  # one each: a queue that is missing closes it
    try:
        counted = channel.queue_declare(name, passive=True).method
    except ChannelClosedByBroker as error:
        if error.reply_code != _NOT_FOUND:
            raise
        return None
    channel.close()
    return QueueFacts(counted.message_count, counted.consumer_count)


def _describe(error: BaseException) -> str:
    """Return what is behind an error of pika, which wraps the socket's own in several others."""
    while (inner := _inner(error)) is not None:
        error = inner
    if isinstance(error, AMQPConnectorStackTimeout):
        return "it listens, but does not answer in AMQP"
    return (error.strerror if isinstance(error, OSError) else None) or describe_error(error)


def _inner(error: BaseException) -> BaseException | None:
    inner = getattr(error, "exception", None) or next(iter(error.args), None)
    return inner if isinstance(inner, BaseException) else None
