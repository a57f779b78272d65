"""What only a real broker can show: it goes away and comes back, it refuses, it is looked at by an operator."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pika
import pytest

from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher, RabbitSource
from dawn_chorus.adapters.queue.rabbitmq.topology import DEAD_QUEUE, JOBS_EXCHANGE, LANE_QUEUES
from dawn_chorus.adapters.retrying import Backoff
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.jobs import Lane
from tests.integration.queues import PATIENCE_S, count_ready, entry, number_of, receiving, wait_until
from tests.servers.rabbitmq import Broker, RabbitNode

DEFINITIONS = Path(__file__).parents[2] / "deploy" / "rabbitmq" / "definitions.json"
NOBODY = "amqp://guest:guest@127.0.0.1:1/"


def publish_patiently(publisher: RabbitPublisher, numbers: range) -> None:
    """Publish as the relay does: what is not confirmed is published again."""
    waiting = [entry(number) for number in numbers]
    while waiting:
        try:
            confirmed = set(publisher.publish(waiting[:10]))
        except TransientError:
            time.sleep(0.2)
        else:
            waiting = [each for each in waiting if each.id not in confirmed]


def eager_source(url: str) -> RabbitSource:
    return RabbitSource(url, name="test worker", backoff=Backoff(0.1, 1.0))


def is_up(source: RabbitSource) -> bool:
    try:
        source.check()
    except TransientError:
        return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize("end", [RabbitNode.stop, RabbitNode.kill])
def test_nothing_is_lost_when_the_broker_goes_away_and_comes_back(
    restartable_broker: tuple[RabbitNode, str], end: Callable[[RabbitNode], None]
) -> None:
    node, url = restartable_broker
    publisher, source = RabbitPublisher(url, name="test relay"), eager_source(url)
    publish_patiently(publisher, range(100))
    publishing = Thread(target=publish_patiently, args=(publisher, range(100, 3000)), daemon=True)
    seen: set[int] = set()
    with receiving(source) as inbox:
        publishing.start()
        held = [inbox.take() for _ in range(5)]
        end(node)
        wait_until(lambda: not is_up(source), "the source notices")
        with pytest.raises(TransientError, match="RabbitMQ is unavailable"):
            source.check()
        for delivery in held:
            delivery.ack()
        node.start()
        # Duplicates may come, gaps may not; the five that were acknowledged too late come again.
        while seen != set(range(3000)):
            delivery = inbox.take()
            seen.add(number_of(delivery))
            delivery.ack()
        publishing.join(PATIENCE_S)
    assert not publishing.is_alive()


# -- Confirms in flight


@pytest.mark.slow
@pytest.mark.parametrize("end", [RabbitNode.kill, RabbitNode.stop])
def test_confirms_in_flight_survive_a_dying_broker(
    restartable_broker: tuple[RabbitNode, str], end: Callable[[RabbitNode], None]
) -> None:
    node, url = restartable_broker
    publisher = RabbitPublisher(url, name="test relay")
    publisher.publish([])
    confirmed: list[int] = []
    interrupted, enough = Event(), Event()

    def publish() -> None:
        # As the relay does: what is not confirmed is published again, and what is confirmed never.
        while True:
            batch = [entry(number) for number in range(len(confirmed), len(confirmed) + 500)]
            try:
                done = publisher.publish(batch)
            except TransientError:
                interrupted.set()
                time.sleep(0.2)
                continue
            # The order of a lane holds: a batch is confirmed from its beginning.
            assert list(done) == [each.id for each in batch[: len(done)]]
            confirmed.extend(done)
            if len(done) == len(batch) and enough.is_set():
                return
            time.sleep(0.02)  # a broker that stops in order takes messages for seconds

    publishing = Thread(target=publish, daemon=True)
    publishing.start()
    wait_until_more(confirmed, 2000)
    end(node)
    assert interrupted.wait(PATIENCE_S)
    node.start()
    wait_until_more(confirmed, 2000)
    enough.set()
    publishing.join(PATIENCE_S)
    assert not publishing.is_alive()
    seen: list[int] = []
    with receiving(eager_source(url), prefetch=1000) as inbox:
        while set(seen) != set(range(len(confirmed))):
            seen += inbox.take_numbers(100 if len(seen) < len(confirmed) - 100 else 1)
    # At most what was in flight came twice.
    assert len(seen) <= len(confirmed) + 500


def wait_until_more(numbers: list[int], more: int) -> None:
    """Wait until the list has so many more than now."""
    wanted, deadline = len(numbers) + more, time.monotonic() + PATIENCE_S
    while len(numbers) < wanted:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_broker_short_of_memory_blocks_the_publisher_which_sends_nothing_twice(
    restartable_broker: tuple[RabbitNode, str],
) -> None:
    node, url = restartable_broker
    publisher = RabbitPublisher(f"{url}?heartbeat=2", name="test relay")
    assert publisher.publish([entry(0)]) == [0]
    node.control("set_vm_memory_high_watermark", "0.00001")
    try:
        for _ in range(5):
            with pytest.raises(TransientError, match="RabbitMQ blocks publishers: low on memory"):
                publisher.publish([entry(number) for number in range(1, 300)])
        # Blocked is not lost: heartbeats go on.
        for _ in range(6):
            time.sleep(1)
            with pytest.raises(TransientError, match="blocks publishers"):
                publisher.publish([])
    finally:
        node.control("set_vm_memory_high_watermark", "0.4")
    confirmed: set[int] = set()
    while len(confirmed) < 299:
        try:
            confirmed |= set(publisher.publish([entry(number) for number in range(1, 300) if number not in confirmed]))
        except TransientError:
            time.sleep(0.2)
    with receiving(eager_source(url)) as inbox:
        assert inbox.take_numbers(300) == list(range(300))
        inbox.expect_silence()


@pytest.mark.slow
def test_a_broker_that_freezes_is_waited_for_and_at_last_connected_to_anew(
    restartable_broker: tuple[RabbitNode, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.adapters.queue.rabbitmq.publisher._CONFIRMS_S", 0.5)
    monkeypatch.setattr("dawn_chorus.adapters.queue.rabbitmq.publisher._SILENT_S", 1.5)
    node, url = restartable_broker
    publisher = RabbitPublisher(url, name="test relay")
    publisher.publish([])
    os.killpg(node.pid, signal.SIGSTOP)
    try:
        for _ in range(2):
            with pytest.raises(TransientError, match="RabbitMQ did not confirm"):
                publisher.publish([entry(number) for number in range(10)])
    finally:
        os.killpg(node.pid, signal.SIGCONT)
    # Awake again, it confirms what it was sent: nothing is sent twice.
    wait_until(lambda: publish_whole(publisher, 10), "the ten are confirmed")
    os.killpg(node.pid, signal.SIGSTOP)
    try:
        while publisher._channel is not None:
            with pytest.raises(TransientError, match="RabbitMQ did not confirm"):
                publisher.publish([entry(number) for number in range(10, 20)])
    finally:
        os.killpg(node.pid, signal.SIGCONT)
    publish_patiently(publisher, range(10, 20))
    with receiving(eager_source(url)) as inbox:
        seen = inbox.take_numbers(20)
        assert seen[:10] == list(range(10))
        while set(seen) != set(range(20)):
            seen += inbox.take_numbers(1)


def publish_whole(publisher: RabbitPublisher, count: int) -> bool:
    try:
        return len(publisher.publish([entry(number) for number in range(count)])) == count
    except TransientError:
        return False


def test_what_a_full_queue_refuses_stays_and_the_rest_is_confirmed(broker: Broker, broker_url: str) -> None:
    vhost = broker_url.rpartition("/")[2]
    publisher = RabbitPublisher(broker_url, name="test relay")
    publisher.publish([])
    policy = {"pattern": "bulk", "definition": {"max-length": 5}, "apply-to": "queues"}
    broker.manage("PUT", f"/api/policies/{vhost}/short", policy)

    def confirm(*numbers: int) -> set[int]:
        try:
            return set(publisher.publish([entry(number, Lane.BULK) for number in numbers]))
        except TransientError:
            return set()

    wait_until(lambda: len(confirm(*range(50))) < 50, "the queue is full")
    with pytest.raises(TransientError, match="refused a job: nack"):
        publisher.publish([entry(100, Lane.BULK)])
    assert publisher.publish([entry(100), entry(101, Lane.BULK), entry(102)]) == [100, 102]
    with receiving(eager_source(broker_url)) as inbox:
        inbox.take_numbers(count_ready(publisher))
        wait_until(lambda: confirm(101) == {101}, "there is room again")


def test_an_archive_of_confirms_comes_in_the_order_of_the_lane(broker_url: str) -> None:
    publisher = RabbitPublisher(broker_url, name="test relay")
    for first in range(0, 3000, 500):
        numbers = range(first, first + 500)
        assert publisher.publish([entry(number, Lane.BULK) for number in numbers]) == list(numbers)
    with receiving(eager_source(broker_url), prefetch=100) as inbox:
        assert inbox.take_numbers(3000) == list(range(3000))


@pytest.mark.slow
def test_a_source_and_a_publisher_may_start_before_the_broker(restartable_broker: tuple[RabbitNode, str]) -> None:
    node, url = restartable_broker
    node.stop()
    publisher = RabbitPublisher(url, name="test relay")
    with pytest.raises(TransientError, match=r"RabbitMQ is unavailable: .*; jobs stay in the outbox"):
        publisher.publish([entry(1)])
    with receiving(eager_source(url)) as inbox:
        node.start()
        assert publisher.publish([entry(1)]) == [1]
        assert inbox.take_numbers(1) == [1]


def test_a_source_can_be_stopped_while_the_broker_is_away() -> None:
    source = eager_source(NOBODY)
    with receiving(source) as inbox:
        inbox.expect_silence()
        with pytest.raises(TransientError, match="RabbitMQ is unavailable"):
            source.check()


def test_a_wrong_password_is_named(broker_url: str) -> None:
    place = urlsplit(broker_url)
    url = place._replace(netloc=f"nobody:wrong@{place.hostname}:{place.port or 5672}").geturl()
    with pytest.raises(TransientError, match="ACCESS_REFUSED"):
        RabbitPublisher(url, name="test relay").publish([entry(1)])


def test_a_job_that_no_queue_takes_is_an_error_and_the_next_try_mends_the_queue(broker_url: str) -> None:
    publisher = RabbitPublisher(broker_url, name="test relay")
    assert publisher.publish([entry(1)]) == [1]
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    connection.channel().queue_delete(LANE_QUEUES[Lane.EXPRESS])
    with pytest.raises(TransientError, match="unroutable"):
        publisher.publish([entry(2)])
    assert publisher.publish([entry(2)]) == [2]
    with receiving(eager_source(broker_url)) as inbox:
        assert inbox.take_numbers(1) == [2]
    connection.close()


def test_what_was_confirmed_before_a_failure_counts(broker_url: str) -> None:
    publisher = RabbitPublisher(broker_url, name="test relay")
    publisher.publish([])
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    connection.channel().queue_delete(LANE_QUEUES[Lane.BULK])
    assert publisher.publish([entry(1), entry(2, Lane.BULK), entry(3)]) == [1, 3]
    assert publisher.publish([entry(2, Lane.BULK)]) == [2]
    connection.close()


def test_a_source_outlives_the_deletion_of_its_queue(broker_url: str) -> None:
    publisher = RabbitPublisher(broker_url, name="test relay")
    publisher.publish([])
    with receiving(eager_source(broker_url)) as inbox:
        publisher.publish([entry(1)])
        assert inbox.take_numbers(1) == [1]
        connection = pika.BlockingConnection(pika.URLParameters(broker_url))
        connection.channel().queue_delete(LANE_QUEUES[Lane.EXPRESS])
        connection.close()
        publish_patiently(publisher, range(2, 3))
        assert inbox.take_numbers(1) == [2]


def test_a_queue_with_other_arguments_is_refused_and_named(broker_url: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    connection.channel().queue_declare(DEAD_QUEUE, durable=True)
    with pytest.raises(TransientError, match=r"inequivalent arg.*chorus\.dead"):
        RabbitPublisher(broker_url, name="test relay").publish([entry(1)])
    connection.close()


def test_the_shipped_definitions_and_the_declarations_are_the_same_to_the_broker(
    broker: Broker, broker_url: str
) -> None:
    vhost = broker_url.rpartition("/")[2]
    definitions = json.loads(DEFINITIONS.read_text())
    broker.manage(
        "POST", f"/api/definitions/{vhost}", {key: definitions[key] for key in ("exchanges", "queues", "bindings")}
    )
    # A difference would be refused: 406, inequivalent arg.
    assert RabbitPublisher(broker_url, name="test relay").publish([entry(1), entry(2, Lane.BULK)]) == [1, 2]


def test_messages_survive_and_say_what_they_are(broker_url: str) -> None:
    RabbitPublisher(broker_url, name="test relay").publish([entry(5)])
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    _, properties, body = connection.channel().basic_get(LANE_QUEUES[Lane.EXPRESS])
    assert (properties.delivery_mode, properties.content_type) == (2, "application/json")
    assert json.loads(body)["version"] == 1
    connection.close()


def test_the_management_ui_shows_connections_by_name(broker: Broker, broker_url: str) -> None:
    vhost = broker_url.rpartition("/")[2]

    def is_shown() -> bool:
        connections = broker.manage("GET", f"/api/vhosts/{vhost}/connections").json()
        return [each["client_properties"]["connection_name"] for each in connections] == ["worker heron-1"]

    with receiving(RabbitSource(broker_url, name="worker heron-1")):
        wait_until(is_shown, "the connection is shown")


def test_heartbeats_flow_while_the_work_takes_long(broker_url: str) -> None:
    RabbitPublisher(broker_url, name="test relay").publish([entry(1)])
    with receiving(eager_source(f"{broker_url}?heartbeat=1")) as inbox:
        delivery = inbox.take()
        time.sleep(5)
        delivery.ack()
        inbox.expect_silence()
    with receiving(eager_source(broker_url)) as inbox:
        inbox.expect_silence()


def test_an_idle_publisher_called_with_nothing_keeps_its_connection(broker_url: str) -> None:
    publisher = RabbitPublisher(f"{broker_url}?heartbeat=2", name="test relay")
    publisher.publish([])
    first = publisher._channel
    for _ in range(6):
        time.sleep(1)
        publisher.publish([])
    assert publisher._channel is first


def test_a_publisher_left_alone_for_long_connects_anew(broker_url: str) -> None:
    publisher = RabbitPublisher(f"{broker_url}?heartbeat=1", name="test relay")
    publisher.publish([])
    time.sleep(4)
    assert publisher.publish([entry(1)]) == [1]


def test_a_second_acknowledgment_costs_the_connection_but_no_job(broker_url: str) -> None:
    publisher = RabbitPublisher(broker_url, name="test relay")
    publisher.publish([entry(1), entry(2)])
    with receiving(eager_source(broker_url), prefetch=1) as inbox:
        first = inbox.take()
        first.ack()
        first.ack()
        assert set(inbox.take_numbers(1)) <= {1, 2}
        publisher.publish([entry(3)])
        seen = set(inbox.take_numbers(1))
        while 3 not in seen:
            seen |= set(inbox.take_numbers(1))


def test_definitions_bind_every_lane_to_the_exchange() -> None:
    bindings = json.loads(DEFINITIONS.read_text())["bindings"]
    keys = {binding["routing_key"] for binding in bindings if binding["source"] == JOBS_EXCHANGE}
    assert keys == {"express", "bulk", "dead"}


def test_its_log_is_json_with_the_fields_of_the_services_and_no_color(rabbit_node: RabbitNode) -> None:
    if not rabbit_node.is_up():
        rabbit_node.start()
    log = (rabbit_node.folder / "output").read_text()
    assert "\x1b" not in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"timestamp", "level", "event", "logger"} <= set(lines[0])
    assert any(line["event"].startswith("Server startup complete") for line in lines)
