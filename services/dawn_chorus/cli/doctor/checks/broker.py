"""The broker: whether it answers, has our queues, and somebody takes from them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from dawn_chorus.cli.doctor.findings import Finding, ok, skipped, warning, wrong
from dawn_chorus.cli.doctor.installation import WAIT_S, Form, Installation
from dawn_chorus.domain.errors import ChorusError

if TYPE_CHECKING:
    from dawn_chorus.adapters.queue.rabbitmq.inspection import QueueFacts


def look_at_broker(installation: Installation) -> Sequence[Finding]:
    url = installation.settings.broker_url
    if installation.form is not Form.SERVERS:
        return [skipped("broker", "the service on one machine has its queue in memory, and no broker")]
    if url is None:
        return [skipped("broker", "CHORUS_BROKER_URL is not set")]
    from dawn_chorus.adapters.queue.rabbitmq.inspection import inspect_broker

    try:
        facts = inspect_broker(url, wait_s=WAIT_S)
    except ChorusError as error:
        advice = (
            "is it up, and CHORUS_BROKER_URL right? `docker compose ps --all rabbitmq`, `docker compose logs rabbitmq`"
        )
        return [wrong("broker", f"{error}; {advice}")]
    waiting = sum(queue.messages for queue in facts.queues.values() if queue is not None)
    taking = sum(queue.consumers for queue in facts.queues.values() if queue is not None)
    line = f"{facts.product}, {waiting} messages, {taking} consumers, {facts.latency_s * 1000:.1f} ms"
    return [ok("broker", line), *_judge_queues(facts.queues)]


def _judge_queues(queues: Mapping[str, "QueueFacts | None"]) -> Iterator[Finding]:
    from dawn_chorus.adapters.queue.rabbitmq.topology import DEAD_QUEUE, LANE_QUEUES

    if missing := [name for name, queue in queues.items() if queue is None]:
        yield warning("broker", f"no queues {', '.join(missing)}: relay and workers make them when they start")
    for name, queue in queues.items():
        if queue is None:
            continue
        if name in LANE_QUEUES.values() and not queue.consumers:
            yield warning(
                "broker", f"no worker takes from {name} ({queue.messages} messages): `docker compose ps --all worker`"
            )
        if name == DEAD_QUEUE and not queue.consumers:
            yield warning(
                "broker", f"no relay takes from {name} ({queue.messages} messages): `docker compose ps --all relay`"
            )
