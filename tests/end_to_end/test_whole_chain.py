"""A recording goes in by HTTP, and who sang when comes out."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.end_to_end import recordings
from tests.end_to_end.ledger import find_segments, query
from tests.end_to_end.service import Service
from tests.packs import write_tone_pack
from tests.servers.seaweedfs import S3Server


@pytest.fixture
def running_service(service: Service) -> Service:
    """A service with all its deployables up."""
    service.open("api", "relay", "worker", segment_s="20")
    return service


def detections(service: Service, analysis_id: UUID) -> list[tuple[str, float, float]]:
    rows = query(
        service.database_url,
        "SELECT code, onset_s, offset_s FROM detections_named WHERE analysis_id = %s ORDER BY onset_s",
        analysis_id,
    )
    return [(row["code"], float(row["onset_s"]), float(row["offset_s"])) for row in rows]


def test_a_tone_is_detected_where_it_sounds_across_the_cut_between_segments(
    running_service: Service, tmp_path: Path
) -> None:
    path = recordings.write_tone(tmp_path / "dawn.flac", 45.0, onset_s=18.0, offset_s=23.0)
    analysis_id = running_service.submit(path)
    analysis = running_service.wait_finished(analysis_id)
    assert (analysis["result"], analysis["segments_total"]) == ("succeeded", 3)
    assert analysis["provider"] == "CPUExecutionProvider"
    assert detections(running_service, analysis_id) == [("tone_1000", 18.0, 23.0)]


def test_the_cut_into_segments_shows_nowhere_in_the_timeline(
    running_service: Service, audio_dir: Path, tmp_path: Path
) -> None:
    path = recordings.mix_tone_into(audio_dir / "scikit-maad" / "spinetail.wav", tmp_path / "real.flac", 50.0)
    timelines = []
    for segment_s in ("20", "300"):
        running_service.api.stop()
        running_service.deployables.remove(running_service.api)
        running_service.start("api", segment_s=segment_s)
        analysis_id = running_service.submit(path, site=f"cut at {segment_s}")
        running_service.wait_finished(analysis_id)
        answer = httpx.get(f"{running_service.api.status_url}/v1/analyses/{analysis_id}/timeline?frames=true")
        timelines.append(answer.json())
    assert len(timelines[0]["taxa"]) > 0
    assert timelines[0]["taxa"] == timelines[1]["taxa"]


def test_recordings_in_s3_are_analyzed_like_those_on_disk(
    service: Service, s3_server: S3Server, tmp_path: Path
) -> None:
    service.store_url = s3_server.make_store_url()
    service.open("api", "relay", "worker")
    analysis_id = service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0, onset_s=4.0, offset_s=7.0))
    assert service.wait_finished(analysis_id)["result"] == "succeeded"
    assert detections(service, analysis_id) == [("tone_1000", 4.0, 7.0)]


def test_a_stereo_192_khz_float_recording_is_heard(running_service: Service, tmp_path: Path) -> None:
    analysis_id = running_service.submit(recordings.write_loud_ultrasound(tmp_path / "bats.wav", 10.0))
    assert running_service.wait_finished(analysis_id)["result"] == "succeeded"
    assert detections(running_service, analysis_id) == [("tone_1000", 0.0, 10.0)]


def test_what_was_measured_on_the_way_is_served_as_metrics(running_service: Service, tmp_path: Path) -> None:
    running_service.wait_finished(running_service.submit(recordings.write_tone(tmp_path / "dawn.flac", 45.0)))
    worker = running_service.find("worker")
    metrics = worker.status("/metrics").text
    assert 'chorus_segments_total{outcome="done",pack="tones"} 3.0' in metrics
    assert 'chorus_audio_analyzed_seconds_total{pack="tones"} 45.0' in metrics
    for stage in ("fetch", "decode", "resample", "mel", "inference", "score", "save"):
        assert f'chorus_stage_seconds_count{{stage="{stage}"}} 3.0' in metrics
    assert 'provider="CPUExecutionProvider"' in metrics


def test_every_line_of_a_segment_carries_its_ids(running_service: Service, tmp_path: Path) -> None:
    analysis_id = running_service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0))
    running_service.wait_finished(analysis_id)
    worker = running_service.find("worker")
    (line,) = [line for line in worker.read_log().splitlines() if "segment done" in line]
    assert f'"analysis_id": "{analysis_id}"' in line
    assert '"segment": 0' in line
    assert '"recording_id"' in line


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(running_service: Service, tmp_path: Path) -> None:
    analysis_id = running_service.submit(recordings.write_tone(tmp_path / "long.flac", 600.0))
    running_service.wait_running(analysis_id)
    worker = running_service.find("worker")
    assert worker.stop() == 0
    states = {row["state"] for row in find_segments(running_service.database_url, analysis_id)}
    assert "running" not in states
    running_service.start("worker")
    assert running_service.wait_finished(analysis_id)["result"] == "succeeded"


def test_a_recording_deleted_while_it_is_analyzed_leaves_nothing_and_holds_up_nobody(
    running_service: Service, tmp_path: Path
) -> None:
    doomed = running_service.upload(recordings.write_tone(tmp_path / "doomed.flac", 600.0))
    running_service.wait_running(UUID(doomed["analyses"][0]["id"]))
    answer = httpx.delete(f"{running_service.api.status_url}/v1/recordings/{doomed['id']}", timeout=30)
    assert answer.status_code == 204
    next_id = running_service.submit(recordings.write_tone(tmp_path / "next.flac", 12.0))
    assert running_service.wait_finished(next_id)["result"] == "succeeded"
    assert query(running_service.database_url, "SELECT count(*) AS n FROM recordings") == [{"n": 1}]
    assert query(running_service.database_url, "SELECT count(*) AS n FROM dead_letters") == [{"n": 0}]


def test_every_installed_pack_is_listed_and_can_be_asked_for(service: Service, tmp_path: Path) -> None:
    service.packs_dir = tmp_path / "packs"
    for name in ("tones", "more-tones"):
        write_tone_pack(service.packs_dir / name, name=name)
    service.open("api", "relay", "worker")
    packs = httpx.get(f"{service.api.status_url}/v1/packs").json()["items"]
    assert {pack["name"]: pack["is_default"] for pack in packs} == {"tones": True, "more-tones": False}
    analysis_id = service.submit(recordings.write_tone(tmp_path / "dawn.flac", 12.0), pack="more-tones")
    analysis = service.wait_finished(analysis_id)
    assert (analysis["result"], analysis["pack_name"]) == ("succeeded", "more-tones")
