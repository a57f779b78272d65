"""Servers go away and processes die at the worst moment; every analysis still ends, and ends right."""

import signal
from pathlib import Path

import pytest

from dawn_chorus.adapters.queue.messages import encode_job
from dawn_chorus.domain.jobs import Lane, SegmentJob
from dawn_chorus.inference.self_test import write_golden
from tests.end_to_end import recordings
from tests.end_to_end.ledger import find_analysis, find_segments, query
from tests.end_to_end.service import Service, wait_until
from tests.integration.queues import publish_raw
from tests.packs import write_tone_pack
from tests.servers.postgres import PostgresNode
from tests.servers.rabbitmq import RabbitNode

LONG_S = 600.0


@pytest.fixture
def long_recording(tmp_path: Path) -> Path:
    """Ten minutes: long enough to be met in the middle."""
    return recordings.write_tone(tmp_path / "long.flac", LONG_S, onset_s=100.0, offset_s=500.0)


def open_all(service: Service) -> Service:
    service.open("api", "relay", "worker", segment_s="60")
    return service


def test_a_worker_killed_in_the_middle_of_a_segment_is_replaced_and_nothing_is_lost(
    service: Service, long_recording: Path
) -> None:
    open_all(service)
    analysis_id = service.submit(long_recording)
    service.wait_running(analysis_id)
    worker = service.find("worker")
    worker.kill()
    assert any(row["state"] == "running" for row in find_segments(service.database_url, analysis_id))
    worker.start()
    assert service.wait_finished(analysis_id)["result"] == "succeeded"
    attempts = [row["attempts"] for row in find_segments(service.database_url, analysis_id)]
    assert max(attempts) == 2


def test_a_segment_that_kills_every_worker_is_given_up_and_takes_no_other_with_it(
    service: Service, tmp_path: Path
) -> None:
    service.open("api", "relay")
    paths = [recordings.write_tone(tmp_path / f"{seconds}.wav", float(seconds)) for seconds in (11, 12, 13, 14, 15)]
    analyses = {path.stem: service.submit(path) for path in paths}
    worker = service.start("worker", module="tests.end_to_end.deadly_worker", ready=False)

    def finished() -> bool:
        if not worker.is_running:
            worker.start()
        return not query(service.database_url, "SELECT 1 FROM analyses WHERE state <> 'finished'")

    wait_until(finished, "all analyses are finished", within_s=120)
    results = {name: find_analysis(service.database_url, each)["result"] for name, each in analyses.items()}
    assert results == {"11": "succeeded", "12": "succeeded", "13": "failed", "14": "succeeded", "15": "succeeded"}
    (segment,) = find_segments(service.database_url, analyses["13"])
    assert "worker lost" in segment["error"]


def test_recordings_are_taken_in_while_rabbitmq_is_down(
    service_with_restartable_servers: Service, restartable_broker: tuple[RabbitNode, str], tmp_path: Path
) -> None:
    service, (broker, _) = open_all(service_with_restartable_servers), restartable_broker
    broker.stop()
    analysis_id = service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0))
    broker.start()
    assert service.wait_finished(analysis_id)["result"] == "succeeded"


def test_rabbitmq_killed_during_an_analysis_costs_nothing(
    service_with_restartable_servers: Service, restartable_broker: tuple[RabbitNode, str], long_recording: Path
) -> None:
    service, (broker, _) = open_all(service_with_restartable_servers), restartable_broker
    analysis_id = service.submit(long_recording)
    service.wait_running(analysis_id)
    broker.kill()
    broker.start()
    assert service.wait_finished(analysis_id)["result"] == "succeeded"


def test_postgresql_restarted_during_an_analysis_costs_nothing(
    service_with_restartable_servers: Service, restartable_postgres: tuple[PostgresNode, str], long_recording: Path
) -> None:
    service, (postgres, _) = open_all(service_with_restartable_servers), restartable_postgres
    analysis_id = service.submit(long_recording)
    service.wait_running(analysis_id)
    postgres.restart()
    assert service.wait_finished(analysis_id)["result"] == "succeeded"


def test_a_worker_that_starts_before_its_servers_waits_for_them(
    service_with_restartable_servers: Service, restartable_postgres: tuple[PostgresNode, str]
) -> None:
    service, (postgres, _) = service_with_restartable_servers, restartable_postgres
    postgres.stop()
    worker = service.start("worker", ready=False)
    wait_until(lambda: "database unavailable" in worker.read_log(), "the worker has missed the database")
    assert worker.is_running
    postgres.start()
    worker.wait_ready()


def test_a_message_of_an_unknown_version_is_kept_and_stops_nobody(service: Service, tmp_path: Path) -> None:
    open_all(service)
    strange = b'{"version": 2, "wish": "sing me a song"}'
    publish_raw(service.broker_url, Lane.EXPRESS, strange)
    wait_until(
        lambda: query(service.database_url, "SELECT 1 FROM dead_letters WHERE body = %s", strange), "the letter is kept"
    )
    analysis_id = service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0))
    assert service.wait_finished(analysis_id)["result"] == "succeeded"


def test_a_segment_delivered_twice_leaves_one_copy(service: Service, tmp_path: Path) -> None:
    open_all(service)
    service.start("worker")
    analysis_id = service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0))
    for _ in range(5):
        publish_raw(service.broker_url, Lane.EXPRESS, encode_job(SegmentJob(analysis_id, 0, Lane.EXPRESS)))
    assert service.wait_finished(analysis_id)["result"] == "succeeded"
    publish_raw(service.broker_url, Lane.EXPRESS, encode_job(SegmentJob(analysis_id, 0, Lane.EXPRESS)))
    other_id = service.submit(recordings.write_tone(tmp_path / "later.flac", 13.0))
    service.wait_finished(other_id)
    rows = query(service.database_url, "SELECT taxon_id FROM timelines WHERE analysis_id = %s", analysis_id)
    assert len(rows) == len({row["taxon_id"] for row in rows})


def test_a_decoder_that_crashes_costs_its_segment_and_not_the_worker(service: Service, tmp_path: Path) -> None:
    service.open("api", "relay", "worker")
    # It runs below the server that forked it.
    (decoder,) = (child for child in service.find("worker").children() if not child.children())
    decoder.suspend()
    deadly_id = service.submit(recordings.write_tone(tmp_path / "deadly.flac", 12.0))
    service.wait_running(deadly_id)
    decoder.send_signal(signal.SIGSEGV)
    decoder.resume()
    assert service.wait_finished(deadly_id)["result"] == "failed"
    (segment,) = find_segments(service.database_url, deadly_id)
    assert "crashed (signal 11)" in segment["error"]
    assert "deadly.flac" in segment["error"]
    sound_id = service.submit(recordings.write_tone(tmp_path / "sound.flac", 14.0))
    assert service.wait_finished(sound_id)["result"] == "succeeded"
    assert segment["worker"] == find_segments(service.database_url, sound_id)[0]["worker"]


def test_a_worker_refuses_to_serve_a_pack_that_computes_something_else(service: Service, tmp_path: Path) -> None:
    service.packs_dir = tmp_path / "packs"
    folder = write_tone_pack(service.packs_dir / "tones")
    manifest = (folder / "pack.toml").read_text()
    (folder / "pack.toml").write_text('golden = "golden.npz"\n' + manifest)
    write_golden(folder, recordings.make_tone(5.0)[:, 0], recordings.RATE_HZ)
    changed = manifest.replace("shift_weights = [0.25, 0.5, 0.25]", "smoothing = [0.2, 0.5, 0.2]")
    (folder / "pack.toml").write_text('golden = "golden.npz"\n' + changed)
    worker = service.start("worker", ready=False)
    assert worker.wait_for_end() == 1
    assert "self-test failed on CPUExecutionProvider" in worker.read_log()


def test_a_worker_refuses_to_start_where_cuda_does_not_run(service: Service) -> None:
    worker = service.start("worker", ready=False, device="cuda")
    assert worker.wait_for_end() == 1
    (line,) = [line for line in worker.read_log().splitlines() if '"level": "critical"' in line]
    assert "cuda" in line


def test_a_worker_refuses_to_start_without_its_default_pack(service: Service) -> None:
    worker = service.start("worker", ready=False, default_pack="goshawk")
    assert worker.wait_for_end() == 1
    assert "installed: tones" in worker.read_log()
