"""Exchanges, queues and bindings, declared in one place.

`python -m dawn_chorus.adapters.queue.rabbitmq` prints them as RabbitMQ definitions; `deploy/rabbitmq/definitions.json`
is its output. Every connection declares them too, so that an empty broker is enough.

Nothing is published to `chorus.retry` any more: retries wait in the outbox until they are due, each on its own. The
exchange and its queue stay for relays of before, and for what these left there: when a message's time to live is over,
the retry queue dead-letters it to `chorus` with the same key, and so to its lane.
"""

from dataclasses import dataclass, field
from typing import Any

from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane

JOBS_EXCHANGE = "chorus"
RETRY_EXCHANGE = "chorus.retry"
LANE_QUEUES = {lane: f"chorus.segments.{lane}" for lane in (Lane.EXPRESS, Lane.BULK)}
RETRY_QUEUE = "chorus.segments.retry"
DEAD_QUEUE = "chorus.dead"
DEAD_KEY = "dead"

# At-least-once dead-lettering requires reject-publish: a dead letter is moved with confirms and never dropped.
_SAFE_DEAD_LETTERS = {
    "x-dead-letter-exchange": JOBS_EXCHANGE,
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
}
_NO_LIMIT = 1_000_000
"""RabbitMQ 4 drops a message after 20 returns by default, and a dropped dead letter is a lost segment."""


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue and the routing keys that lead to it."""

    name: str
    exchange: str
    routing_keys: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def arguments(self) -> dict[str, Any]:
        return {"x-queue-type": "quorum", **self.options}


EXCHANGES = (JOBS_EXCHANGE, RETRY_EXCHANGE)
"""Durable and direct."""

QUEUES = (
    *(
        Queue(
            name,
            JOBS_EXCHANGE,
            (str(lane),),
            {"x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-routing-key": DEAD_KEY, **_SAFE_DEAD_LETTERS},
        )
        for lane, name in LANE_QUEUES.items()
    ),
    Queue(RETRY_QUEUE, RETRY_EXCHANGE, tuple(str(lane) for lane in LANE_QUEUES), _SAFE_DEAD_LETTERS),
    Queue(DEAD_QUEUE, JOBS_EXCHANGE, (DEAD_KEY,), {"x-delivery-limit": _NO_LIMIT}),
)


def declare_topology(channel: Any) -> None:
    """Declare everything on a pika channel; what exists already stays unchanged.

    If a queue exists with other arguments, the broker refuses it (406) and closes the channel.
    """
    for exchange in EXCHANGES:
        channel.exchange_declare(exchange, exchange_type="direct", durable=True)
    for queue in QUEUES:
        channel.queue_declare(queue.name, durable=True, arguments=queue.arguments)
        for key in queue.routing_keys:
            channel.queue_bind(queue.name, queue.exchange, routing_key=key)


def export_definitions(vhost: str = "/") -> dict[str, Any]:
    """Return the topology as RabbitMQ definitions, without users and permissions."""
    place = {"vhost": vhost}
    return {
        "vhosts": [{"name": vhost}],
        "exchanges": [
            {**place, "name": name, "type": "direct", "durable": True, "auto_delete": False, "arguments": {}}
            for name in EXCHANGES
        ],
        "queues": [
            {**place, "name": queue.name, "durable": True, "auto_delete": False, "arguments": queue.arguments}
            for queue in QUEUES
        ],
        "bindings": [
            {
                **place,
                "source": queue.exchange,
                "destination": queue.name,
                "destination_type": "queue",
                "routing_key": key,
                "arguments": {},
            }
            for queue in QUEUES
            for key in queue.routing_keys
        ],
    }
