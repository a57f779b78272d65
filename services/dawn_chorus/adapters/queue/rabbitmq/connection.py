"""Opens and closes connections, and lists the errors that the broker and the way to it can cause."""

import contextlib
from typing import Any

import pika
from pika.exceptions import AMQPError

from dawn_chorus.adapters.queue.rabbitmq.topology import declare_topology

BROKER_ERRORS = (AMQPError, OSError)
"""Raised by pika if a connection or channel cannot be opened or is lost.

A name that does not resolve is an OSError.
"""

_HEARTBEAT_S = 60
_BLOCKED_TIMEOUT_S = 60.0
"""A broker short of memory or disk blocks publishers; after this time the connection counts as lost."""


def connection_parameters(url: str, name: str, *, blocked_timeout_s: float | None = _BLOCKED_TIMEOUT_S) -> Any:
    """Return pika's parameters; the management UI shows the connection as `name`.

    `heartbeat` and `blocked_connection_timeout` in the URL's query override the defaults here.
    """
    parameters = pika.URLParameters(url)
    if "heartbeat=" not in url:
        parameters.heartbeat = _HEARTBEAT_S
    if parameters.blocked_connection_timeout is None:
        parameters.blocked_connection_timeout = blocked_timeout_s
    parameters.client_properties = {"connection_name": name, "product": "Dawn Chorus"}
    return parameters


def open_connection(url: str, name: str) -> Any:
    """Connect once, without retrying."""
    return pika.BlockingConnection(connection_parameters(url, name))


def open_channel(connection: Any) -> Any:
    """Open a channel and declare the topology on it."""
    channel = connection.channel()
    declare_topology(channel)
    return channel


def close_connection(connection: Any) -> None:
    """Close the connection; one that is lost already is not an error."""
    with contextlib.suppress(*BROKER_ERRORS):
        connection.close()


def describe_error(error: BaseException) -> str:
    """Return the error's class and text; many errors of pika have no text."""
    return f"{type(error).__name__}: {error}" if str(error) else repr(error)
