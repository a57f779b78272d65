import json
from pathlib import Path

from dawn_chorus.adapters.queue.rabbitmq.topology import (
    DEAD_QUEUE,
    LANE_QUEUES,
    QUEUES,
    RETRY_QUEUE,
    export_definitions,
)
from dawn_chorus.domain.jobs import DELIVERY_LIMIT

DEFINITIONS = Path(__file__).parents[5] / "deploy" / "rabbitmq" / "definitions.json"


def test_the_shipped_definitions_are_the_declared_topology() -> None:
    shipped = json.loads(DEFINITIONS.read_text())
    assert shipped == export_definitions(), (
        "python -m dawn_chorus.adapters.queue.rabbitmq > deploy/rabbitmq/definitions.json"
    )


def test_every_queue_is_a_quorum_queue() -> None:
    assert {queue.name for queue in QUEUES} == {*LANE_QUEUES.values(), RETRY_QUEUE, DEAD_QUEUE}
    assert all(queue.arguments["x-queue-type"] == "quorum" for queue in QUEUES)


def test_lanes_state_their_limit_and_lose_no_dead_letter() -> None:
    for queue in QUEUES:
        if queue.name in LANE_QUEUES.values():
            assert queue.arguments["x-delivery-limit"] == DELIVERY_LIMIT
        if "x-dead-letter-exchange" in queue.arguments:
            assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"
            assert queue.arguments["x-overflow"] == "reject-publish"
