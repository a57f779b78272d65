"""Opening and closing a connection; what counts as "the broker is away"."""

import contextlib
from typing import Any

import pika
from pika.exceptions import AMQPError

from dawn_chorus.adapters.queue.rabbitmq.topology import declare_topology

BROKER_ERRORS = (AMQPError, OSError)
"""What pika raises when a connection or channel cannot be had or is lost; names that do not resolve are OSErrors."""

_HEARTBEAT_S = 60
_BLOCKED_TIMEOUT_S = 60.0
"""A broker short of memory or disk blocks publishers; longer than this is as good as away."""


def open_connection(url: str, name: str) -> Any:
    """Connect once, without retrying; the management UI shows the connection under `name`.

    `heartbeat` and `blocked_connection_timeout` in the URL's query win over the defaults here.
    """
    parameters = pika.URLParameters(url)
    if "heartbeat=" not in url:
        parameters.heartbeat = _HEARTBEAT_S
    if parameters.blocked_connection_timeout is None:
        parameters.blocked_connection_timeout = _BLOCKED_TIMEOUT_S
    parameters.client_properties = {"connection_name": name, "product": "Dawn Chorus"}
    return pika.BlockingConnection(parameters)


def open_channel(connection: Any) -> Any:
    """Open a channel with everything declared."""
    channel = connection.channel()
    declare_topology(channel)
    return channel


def close_connection(connection: Any) -> None:
    """Close; a connection that is lost already is closed enough."""
    with contextlib.suppress(*BROKER_ERRORS):
        connection.close()


def describe_error(error: BaseException) -> str:
    """Say what pika's error means; many of them have no text of their own."""
    return f"{type(error).__name__}: {error}" if str(error) else repr(error)
