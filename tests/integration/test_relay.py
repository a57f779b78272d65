"""The relay between a real PostgreSQL and both queues; where it matters, with real restarts."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import httpx
import pika
import pytest
from prometheus_client import REGISTRY

from dawn_chorus.adapters.postgres.analyses import get_status, lock_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.dead_letters import PostgresDeadLetters
from dawn_chorus.adapters.postgres.idempotency import Claim, claim_key, prune_responses
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.lost_messages import _requeue, requeue_unfinished
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.queue.in_process import InProcessQueue
from dawn_chorus.adapters.queue.messages import decode_job
from dawn_chorus.adapters.queue.rabbitmq import RabbitPublisher, RabbitSource
from dawn_chorus.adapters.queue.rabbitmq.topology import LANE_QUEUES
from dawn_chorus.adapters.retrying import Backoff
from dawn_chorus.domain.analysis import AnalysisResult
from dawn_chorus.domain.errors import TransientError
from dawn_chorus.domain.jobs import DELIVERY_LIMIT, Lane, OutboxEntry
from dawn_chorus.domain.ports import SegmentPublisher, SegmentSource
from dawn_chorus.relay.app import Relay, open_relay, prune_responses_task
from dawn_chorus.relay.lost_messages import lost_messages_task
from dawn_chorus.relay.queue_metrics import QueueMetrics
from dawn_chorus.relay.settings import RelaySettings
from tests.integration.api_checks import row_count
from tests.integration.queues import PATIENCE_S, Inbox, count_ready, publish_raw, receiving, wait_until
from tests.servers.ports import find_free_ports
from tests.servers.postgres import PostgresNode
from tests.servers.postgres_fill import job, post, start
from tests.servers.rabbitmq import RabbitNode

LOST = "dawn_chorus.adapters.postgres.lost_messages"


@dataclass(frozen=True)
class QueueUnderTest:
    publisher: SegmentPublisher
    """The relay's, for its thread alone."""
    open_source: Callable[[], SegmentSource]
    observer: SegmentPublisher
    """Another, to look at the queues meanwhile."""


@pytest.fixture(params=["in_process", "rabbitmq"])
def queue(request: pytest.FixtureRequest) -> QueueUnderTest:
    if request.param == "in_process":
        lanes = InProcessQueue()
        return QueueUnderTest(lanes, lanes.open_source, lanes)
    return rabbit_queue(request.getfixturevalue("broker_url"))


def rabbit_queue(url: str) -> QueueUnderTest:
    return QueueUnderTest(
        RabbitPublisher(url, name="test relay"),
        lambda: RabbitSource(url, name="test", backoff=Backoff(0.1, 1.0)),
        RabbitPublisher(url, name="test observer"),
    )


@contextmanager
def relaying(database: Database, queue: QueueUnderTest, **options: Any) -> Iterator[Relay]:
    outbox = PostgresOutbox(database)
    measures = QueueMetrics(database, every_s=0.5)
    relay = open_relay(
        outbox,
        queue.publisher,
        PostgresDeadLetters(database),
        queue.open_source(),
        measures,
        **{"poll_s": 0.5, "tasks": (), **options},
    )
    ended: list[bool] = []
    thread = Thread(target=lambda: ended.append(relay.run()), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        relay.stop()
        thread.join(PATIENCE_S)
        outbox.close()
    assert ended == [True]


def post_many(database: Database, count: int) -> set[tuple[UUID, int]]:
    """Post recordings of three segments each."""
    analyses = [post(database, 700.0).analyses[0].id for _ in range(count)]
    return set(product(analyses, range(3)))


def take_segments(inbox: Inbox, count: int) -> list[tuple[UUID, int]]:
    segments = []
    for _ in range(count):
        delivery = inbox.take()
        taken = decode_job(delivery.body)
        segments.append((taken.analysis_id, taken.segment_index))
        delivery.ack()
    return segments


def is_well(relay: Relay) -> bool:
    try:
        for check in relay.checks.values():
            check()
    except TransientError:
        return False
    return True


def test_what_is_posted_is_on_the_queue_soon_and_once(database: Database, queue: QueueUnderTest) -> None:
    with relaying(database, queue) as relay, receiving(queue.open_source()) as inbox:
        analysis = post(database, 700.0).analyses[0]
        assert take_segments(inbox, 3) == [(analysis.id, 0), (analysis.id, 1), (analysis.id, 2)]
        inbox.expect_silence()
        assert PostgresOutbox(database).lag().waiting == 0
        assert is_well(relay)


def test_what_waited_before_the_relay_started_is_published(database: Database, queue: QueueUnderTest) -> None:
    posted = post_many(database, 200)
    with relaying(database, queue), receiving(queue.open_source()) as inbox:
        assert set(take_segments(inbox, len(posted))) == posted
        inbox.expect_silence()


def test_a_segment_to_be_tried_later_comes_later(database: Database, queue: QueueUnderTest) -> None:
    ledger = PostgresLedger(database)
    with relaying(database, queue), receiving(queue.open_source()) as inbox:
        analysis = post(database, 100.0).analyses[0]
        take_segments(inbox, 1)
        start(ledger, analysis.id, 0)
        ledger.retry_segment(job(analysis.id, 0), "the store was away", 1.0)
        inbox.expect_silence()
        assert take_segments(inbox, 1) == [(analysis.id, 0)]


def test_retry_delays_do_not_wait_for_each_other(database: Database, queue: QueueUnderTest) -> None:
    ledger = PostgresLedger(database)
    # Far apart, so that only the relay's own wake-up can bring them in time.
    with relaying(database, queue, poll_s=3600.0), receiving(queue.open_source()) as inbox:
        analysis = post(database, 1500.0).analyses[0]
        take_segments(inbox, 5)
        for index, delay_s in ((0, 3600.0), (1, 2.0), (2, 0.5), (3, 1800.0), (4, 1.0)):
            start(ledger, analysis.id, index)
            ledger.retry_segment(job(analysis.id, index), "the store was away", delay_s)
        assert [index for _, index in take_segments(inbox, 3)] == [2, 4, 1]
        inbox.expect_silence()


@pytest.mark.parametrize("lane", Lane)
def test_an_archive_does_not_block_the_next_upload(database: Database, queue: QueueUnderTest, lane: Lane) -> None:
    archive = post(database, 5000.0, segment_s=1.0, lane=lane).analyses[0].id
    with relaying(database, queue), receiving(queue.open_source(), prefetch=2) as inbox:
        take_segments(inbox, 20)
        late = post(database, 5.0, segment_s=1.0, lane=lane).analyses[0].id
        taken: list[tuple[UUID, int]] = []
        while len([1 for analysis, _ in taken if analysis == late]) < 5:
            taken += take_segments(inbox, 1)
        # What the queue holds comes first, then the two take turns.
        assert len(taken) < 1000
        assert {analysis for analysis, _ in taken} == {archive, late}


def test_the_queue_holds_little_of_a_backlog_and_is_filled_as_it_empties(
    database: Database, queue: QueueUnderTest
) -> None:
    posted = {(post(database, 300.0, segment_s=1.0, lane=lane).analyses[0].id, lane) for lane in Lane}
    with relaying(database, queue):
        wait_until(lambda: min(depth.ready for depth in queue.observer.measure_lanes().values()) == 4, "they are full")
        assert PostgresOutbox(database).lag().waiting == 592
        with receiving(queue.open_source()) as inbox:
            expected = {(analysis, index) for analysis, _ in posted for index in range(300)}
            assert set(take_segments(inbox, 600)) == expected
            inbox.expect_silence()
    assert PostgresOutbox(database).lag().waiting == 0


def test_a_backlog_that_waits_for_workers_is_no_lag(database: Database, queue: QueueUnderTest) -> None:
    post(database, 300.0, segment_s=1.0)
    with database.transaction() as connection:
        connection.execute("UPDATE outbox SET created_at = now() - interval '2 h'")
    with relaying(database, queue) as relay:
        wait_until(lambda: PostgresOutbox(database).lag().waiting == 296, "the queue is full")
        wait_until(lambda: 0 < (REGISTRY.get_sample_value("chorus_outbox_lag_seconds") or 0) < 60, "no lag")
        assert is_well(relay)


def test_two_relays_publish_everything_once(database: Database, broker_url: str) -> None:
    with relaying(database, rabbit_queue(broker_url)), relaying(database, rabbit_queue(broker_url)):
        posted = post_many(database, 60)
        with receiving(RabbitSource(broker_url, name="test")) as inbox:
            assert set(take_segments(inbox, len(posted))) == posted
            inbox.expect_silence()


def test_a_segment_that_no_worker_survives_is_failed_and_its_letter_kept(
    database: Database, queue: QueueUnderTest
) -> None:
    ledger = PostgresLedger(database)
    with relaying(database, queue), receiving(queue.open_source()) as inbox:
        analysis = post(database, 100.0).analyses[0]
        for _ in range(1 + DELIVERY_LIMIT):
            delivery = inbox.take()
            start(ledger, analysis.id, 0)
            delivery.reject(requeue=True)
        wait_until(lambda: get_status(database, analysis.id).analysis.result is not None, "the analysis is finished")
    status = get_status(database, analysis.id)
    assert status.analysis.result is AnalysisResult.FAILED
    assert status.failures[0].reason.startswith("worker lost 6 times")
    (letter,) = PostgresDeadLetters(database).list_dead_letters()
    assert decode_job(letter.body) == job(analysis.id, 0)
    assert count_ready(queue.publisher) == 0


def test_a_segment_that_others_took_down_is_called_for_again_and_not_for_ever(
    database: Database, queue: QueueUnderTest
) -> None:
    ledger = PostgresLedger(database)
    with relaying(database, queue), receiving(queue.open_source()) as inbox:
        analysis = post(database, 100.0).analyses[0]
        for _ in range(2):
            delivery = inbox.take()
            start(ledger, analysis.id, 0)
            delivery.reject(requeue=True)
        for _ in range(DELIVERY_LIMIT - 1):
            inbox.take().reject(requeue=True)
        for _ in range(1 + DELIVERY_LIMIT):
            inbox.take().reject(requeue=True)
        wait_until(lambda: get_status(database, analysis.id).analysis.result is not None, "the analysis is finished")
    assert len(PostgresDeadLetters(database).list_dead_letters()) == 1


def test_a_message_nobody_can_read_is_kept_as_it_is(database: Database, broker_url: str) -> None:
    body = b'{"version": 99}'
    queue = rabbit_queue(broker_url)
    queue.publisher.publish(())
    publish_raw(broker_url, Lane.BULK, body)
    letters = PostgresDeadLetters(database)
    with relaying(database, queue), receiving(queue.open_source()) as inbox:
        inbox.take().reject(requeue=False)
        wait_until(lambda: len(letters.list_dead_letters()) > 0, "the letter is kept")
    (letter,) = letters.list_dead_letters()
    assert letter.body == body
    assert "version" in letter.reason


# -- What a queue forgot


def test_what_an_embedded_service_left_unfinished_is_called_for_at_its_next_start(database: Database) -> None:
    ledger = PostgresLedger(database)
    first_life = InProcessQueue()
    with relaying(database, QueueUnderTest(first_life, first_life.open_source, first_life)):
        analysis = post(database, 1200.0).analyses[0]
        wait_until(lambda: count_ready(first_life) == 4, "all is on the queue that will be forgotten")
    start(ledger, analysis.id, 0)
    start(ledger, analysis.id, 1)
    ledger.fail_segment(job(analysis.id, 1), "undecodable")
    start(ledger, analysis.id, 2)
    ledger.retry_segment(job(analysis.id, 2), "the store was away", 3600.0)
    # Segment 2 has a row in the outbox: nothing is to be done for it.
    assert requeue_unfinished(database) == 2
    assert requeue_unfinished(database) == 0
    second_life = InProcessQueue()
    with (
        relaying(database, QueueUnderTest(second_life, second_life.open_source, second_life)),
        receiving(second_life.open_source()) as inbox,
    ):
        assert sorted(take_segments(inbox, 2)) == [(analysis.id, 0), (analysis.id, 3)]
        inbox.expect_silence()


def test_a_segment_that_kills_the_whole_service_is_given_up_at_last(database: Database) -> None:
    ledger = PostgresLedger(database)
    queue = InProcessQueue()
    analysis = post(database, 100.0).analyses[0]
    with relaying(database, QueueUnderTest(queue, queue.open_source, queue)):
        wait_until(lambda: count_ready(queue) == 1, "the segment is on the queue")
    for _ in range(1 + DELIVERY_LIMIT):
        start(ledger, analysis.id, 0)
    assert requeue_unfinished(database) == 0
    status = get_status(database, analysis.id)
    assert (status.analysis.result, status.failures[0].reason) == (AnalysisResult.FAILED, "worker lost 6 times")


def test_segments_of_a_purged_queue_are_called_for_again_once_nobody_has_touched_them_for_long(
    database: Database, broker_url: str
) -> None:
    queue = rabbit_queue(broker_url)
    settings = RelaySettings(recover_every_s=0.2, recover_after_s=1.0)
    lost_messages = lost_messages_task(partial(requeue_unfinished, database), queue.publisher, settings)
    with relaying(database, queue):
        analysis = post(database, 100.0).analyses[0]
        wait_until(lambda: PostgresOutbox(database).lag().waiting == 0, "all is published")
    with receiving(queue.open_source()) as inbox:
        # An operator's purge: taken off the queue, and never worked on.
        take_segments(inbox, 1)
    with relaying(database, queue, tasks=[lost_messages]), receiving(queue.open_source()) as inbox:
        assert take_segments(inbox, 1) == [(analysis.id, 0)]


def test_expired_answers_to_idempotency_keys_do_not_pile_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.relay.app._PRUNE_EVERY_S", 0.0)
    claim_key(database, "yesterday", "print", ttl_s=0)
    claim_key(database, "today", "print")
    lanes, forget = InProcessQueue(), prune_responses_task(lambda: prune_responses(database))
    with relaying(database, QueueUnderTest(lanes, lanes.open_source, lanes), tasks=[forget]):
        wait_until(lambda: row_count(database, "idempotency_keys") == 1, "the expired one is gone")
    assert not isinstance(claim_key(database, "today", "print"), Claim)


def purge(broker_url: str, lane: Lane) -> None:
    """Empty a lane's queue as an operator does in the management UI."""
    connection = pika.BlockingConnection(pika.URLParameters(broker_url))
    connection.channel().queue_purge(LANE_QUEUES[lane])
    connection.close()


@pytest.mark.parametrize("lane", Lane)
def test_a_purge_is_noticed_on_a_station_that_is_never_idle(database: Database, broker_url: str, lane: Lane) -> None:
    queue, ledger = rabbit_queue(broker_url), PostgresLedger(database)
    settings = RelaySettings(recover_every_s=1.0, recover_after_s=3.0)
    lost_messages = lost_messages_task(partial(requeue_unfinished, database), queue.publisher, settings)
    with relaying(database, queue, tasks=[lost_messages]):
        lost = post(database, 3.0, segment_s=1.0, lane=lane).analyses[0].id
        wait_until(lambda: PostgresOutbox(database).lag().waiting == 0, "all is published")
        purge(broker_url, lane)
        # From here on both lanes always have work: more comes whenever some is done.
        others = [post(database, 200.0, segment_s=1.0, lane=each).analyses[0].id for each in Lane]
        seen: Counter[tuple[UUID, int]] = Counter()
        with receiving(queue.open_source(), prefetch=2) as inbox:
            while {(lost, index) for index in range(3)} - seen.keys():
                delivery = inbox.take()
                taken = decode_job(delivery.body)
                seen[taken.analysis_id, taken.segment_index] += 1
                ledger.start_segment(taken, "worker-1")
                ledger.fail_segment(taken, "done with")
                delivery.ack()
                if taken.analysis_id != lost and taken.segment_index % 100 == 50:
                    others.append(post(database, 200.0, segment_s=1.0, lane=taken.lane).analyses[0].id)
    # What was not lost came once.
    assert set(seen.values()) == {1}


def test_while_jobs_wait_on_the_queue_none_counts_as_lost(database: Database, broker_url: str) -> None:
    queue = rabbit_queue(broker_url)
    settings = RelaySettings(recover_after_s=0.001)
    lost_messages = lost_messages_task(partial(requeue_unfinished, database), queue.publisher, settings)
    with relaying(database, queue):
        post(database, 100.0)
        wait_until(lambda: PostgresOutbox(database).lag().waiting == 0, "all is published")
    assert [lost_messages.work() for _ in range(5)] == [0] * 5


def test_what_workers_gave_back_waits_on_the_queue_and_is_not_lost(database: Database, broker_url: str) -> None:
    queue = rabbit_queue(broker_url)
    settings = RelaySettings(recover_after_s=0.001)
    lost_messages = lost_messages_task(partial(requeue_unfinished, database), queue.publisher, settings)
    with relaying(database, queue):
        analysis = post(database, 900.0).analyses[0].id
        with receiving(queue.open_source()) as inbox:
            held = [inbox.take() for _ in range(3)]
            for delivery in held[:2]:
                start(PostgresLedger(database), analysis, decode_job(delivery.body).segment_index)
        # All workers stop, with what they had in hand.
    assert [lost_messages.work() for _ in range(5)] == [0] * 5


def test_many_lost_segments_are_queued_again_in_short_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{LOST}._A_TRANSACTION", 10)
    monkeypatch.setattr(f"{LOST}._A_SEARCH", 20)
    post(database, 45.0, segment_s=1.0)
    with closing(PostgresOutbox(database)) as outbox:
        outbox.publish_waiting(InProcessQueue().publish)
    assert requeue_unfinished(database, {Lane.BULK: 0.0}) == 0
    assert requeue_unfinished(database, dict.fromkeys(Lane, 3600.0)) == 0
    assert requeue_unfinished(database) == 45
    assert requeue_unfinished(database) == 0
    assert PostgresOutbox(database).lag().waiting == 45


def lose_an_archive(database: Database) -> UUID:
    archive = post(database, 45.0, segment_s=1.0).analyses[0].id
    with closing(PostgresOutbox(database)) as outbox:
        outbox.publish_waiting(InProcessQueue().publish)
    return archive


def test_a_lost_archive_takes_turns_like_any_other(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{LOST}._A_TRANSACTION", 10)
    lose_an_archive(database)
    assert requeue_unfinished(database) == 45
    late = post(database, 5.0, segment_s=1.0).analyses[0].id
    seen: list[UUID] = []

    def note(entries: Sequence[OutboxEntry]) -> list[int]:
        seen.extend(entry.job.analysis_id for entry in entries)
        return [entry.id for entry in entries]

    with closing(PostgresOutbox(database)) as outbox:
        outbox.publish_waiting(note, 10)
    assert seen.count(late) == 5


def test_what_is_touched_while_lost_segments_are_sought_is_left_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, ledger, requeue = lose_an_archive(database), PostgresLedger(database), _requeue

    def requeue_late(database: Database, idle: Sequence[Any]) -> int:
        start(ledger, archive, 7)
        return requeue(database, idle)

    monkeypatch.setattr(f"{LOST}._requeue", requeue_late)
    assert requeue_unfinished(database) == 44


def test_an_analysis_that_somebody_is_changing_is_not_waited_for(database: Database) -> None:
    archive = lose_an_archive(database)
    with database.transaction() as connection:
        lock_analysis(connection, archive)
        assert requeue_unfinished(database) == 0
    assert requeue_unfinished(database) == 45


# -- Servers that go away


@pytest.mark.slow
def test_a_relay_outlives_both_servers(
    restartable_postgres: tuple[PostgresNode, str], restartable_broker: tuple[RabbitNode, str]
) -> None:
    (postgres, database_url), (broker, broker_url) = restartable_postgres, restartable_broker
    queue = rabbit_queue(broker_url)
    with (
        Database(database_url, wait_s=1.0) as database,
        relaying(database, queue) as relay,
        receiving(queue.open_source()) as inbox,
    ):
        wait_until(lambda: is_well(relay), "the relay works")
        broker.stop()
        first = post(database, 100.0).analyses[0]
        wait_until(lambda: not is_well(relay), "the relay misses the broker")
        postgres.stop()
        broker.start()
        postgres.start()
        second = post_patiently(database)
        # What was in the relay's hands when the broker went may come twice.
        seen: set[UUID] = set()
        while seen != {first.id, second}:
            seen |= {taken for taken, _ in take_segments(inbox, 1)}
        wait_until(lambda: is_well(relay), "the relay works again")


def post_patiently(database: Database) -> UUID:
    posted: list[UUID] = []

    def try_to_post() -> bool:
        try:
            posted.append(post(database, 100.0).analyses[0].id)
        except TransientError:
            return False
        return True

    wait_until(try_to_post, "the database takes a recording")
    return posted[0]


# -- The process


@contextmanager
def relay_process(database_url: str, broker_url: str, log: Path) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    (port,) = find_free_ports(1, range(7000, 8000))
    environment = {
        "PATH": os.environ["PATH"],
        "CHORUS_DATABASE_URL": database_url,
        "CHORUS_BROKER_URL": broker_url,
        "CHORUS_STATUS_PORT": str(port),
    }
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "dawn_chorus.relay"], env=environment, stderr=output)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def answers(url: str, status: int) -> bool:
    try:
        return httpx.get(url).status_code == status
    except httpx.TransportError:
        return False


def test_the_process_serves_health_and_metrics_and_ends_in_order(
    database: Database, database_url: str, broker_url: str, tmp_path: Path
) -> None:
    with (
        relay_process(database_url, broker_url, tmp_path / "log") as (process, url),
        receiving(RabbitSource(broker_url, name="test")) as inbox,
    ):
        wait_until(lambda: answers(f"{url}/health/ready", 200), "the relay is ready")
        post(database, 700.0)
        take_segments(inbox, 3)
        wait_until(lambda: "chorus_outbox_published_total 3.0" in httpx.get(f"{url}/metrics").text, "it is counted")
        metrics = httpx.get(f"{url}/metrics").text
        assert "chorus_outbox_waiting 0.0" in metrics
        assert "chorus_outbox_lag_seconds 0.0" in metrics
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert '"cause": "SIGTERM"' in (tmp_path / "log").read_text()


def test_a_process_without_its_servers_lives_says_what_is_missing_and_ends_in_order(tmp_path: Path) -> None:
    nowhere = "127.0.0.1:1"
    with relay_process(f"postgresql://{nowhere}/x", f"amqp://{nowhere}/", tmp_path / "log") as (process, url):
        wait_until(lambda: answers(f"{url}/health/live", 200), "the relay lives")
        wait_until(lambda: answers(f"{url}/health/ready", 503), "the relay is not ready")
        answer = httpx.get(f"{url}/health/ready", timeout=30)
        assert set(answer.json()["down"]) == {"database", "broker", "publishing"}
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
