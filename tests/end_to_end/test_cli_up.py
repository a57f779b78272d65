"""`chorus up` and the commands that talk to it: one machine, one command, and nothing lost when it is killed."""

import json
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.end_to_end.test_cli_analyze import write_tones
from tests.servers.chorus_up import PATIENCE_S, Service, make_service


@pytest.fixture
def service() -> Iterator[Service]:
    """A service of a test's own, not started yet."""
    with make_service() as own:
        yield own


@pytest.fixture(scope="module")
def running_service() -> Iterator[Service]:
    """A service that is up, shared by tests that leave it up and need no keys."""
    with make_service() as shared:
        shared.start()
        yield shared


def test_a_submitted_recording_becomes_a_timeline_to_look_at(running_service: Service, tmp_path: Path) -> None:
    service = running_service
    recording = write_tones(tmp_path / "dawn.wav", 20.0, (1000, 2.0, 4.0), (4000, 6.0, 9.0))
    submitted = service.chorus("submit", recording, "--recorded-at", "2026-05-01T04:30:00+02:00", "--wait")
    assert submitted.returncode == 0, submitted.stderr
    analysis_id = submitted.stdout.strip()

    drawn = service.chorus("timeline", analysis_id)
    assert drawn.returncode == 0, drawn.stderr
    assert re.search(r"1000 Hz tone .*█.* 1×, best 1\.00", drawn.stdout)
    assert "04:30:00" in drawn.stdout
    assert "CC0-1.0" in drawn.stdout

    listed = service.chorus("status")
    assert listed.returncode == 0, listed.stderr
    assert re.search(rf"{analysis_id} +dawn\.wav .*succeeded", listed.stdout)

    with psycopg.connect((service.folder / "data" / "database-url").read_text().strip()) as connection:
        rows = connection.execute(
            "SELECT code, onset_s::float, offset_s::float FROM detections_named ORDER BY 2"
        ).fetchall()
    assert rows == [("tone_1000", 2.0, 4.0), ("tone_4000", 6.0, 9.0)]


def test_nothing_to_submit_is_no_success(running_service: Service, tmp_path: Path) -> None:
    nothing = running_service.chorus("submit", tmp_path)
    assert (nothing.returncode, nothing.stderr.strip()) == (1, f"error: no recordings in {tmp_path}")
    missing = running_service.chorus("submit", tmp_path / "gone.wav")
    assert (missing.returncode, missing.stderr.strip()) == (1, f"error: {tmp_path}/gone.wav: No such file or directory")


def test_the_service_and_the_command_line_cut_the_same_events(running_service: Service, tmp_path: Path) -> None:
    service = running_service
    recording = write_tones(tmp_path / "long.wav", 610.0, (1000, 298.0, 302.0), (2000, 600.0, 610.0))
    submitted = service.chorus("submit", recording, "--wait", "--json")
    assert submitted.returncode == 0, submitted.stderr
    (answer,) = json.loads(submitted.stdout)
    rows = httpx.get(f"{service.url}/v1/analyses/{answer['analyses'][0]['id']}/detections?format=ndjson", timeout=30)
    analyzed = json.loads(service.chorus("analyze", recording).stdout)

    def essence(row: dict[str, Any]) -> tuple[object, ...]:
        return tuple(row[key] for key in ("code", "onset_s", "offset_s", "confidence"))

    assert [essence(json.loads(line)) for line in rows.text.splitlines()] == [
        essence(row) for row in analyzed["detections"]
    ]
    assert analyzed["detections"]


def test_a_service_killed_at_work_finishes_after_its_next_start(service: Service, tmp_path: Path) -> None:
    service.start()
    recording = write_tones(tmp_path / "night.flac", 3600.0, (1000, 3500.0, 3510.0))
    submitted = service.chorus("submit", recording)
    assert submitted.returncode == 0, submitted.stderr
    service.end(signal.SIGKILL)

    service.start()
    analysis_id = submitted.stdout.strip()
    deadline = time.monotonic() + PATIENCE_S
    state: dict[str, Any] = {"terminal": False}
    while not state["terminal"] and time.monotonic() < deadline:
        time.sleep(0.2)
        state = httpx.get(f"{service.url}/v1/analyses/{analysis_id}", timeout=30).json()
    assert state["result"] == "succeeded"
    assert (state["analyzed_s"], state["failed_s"]) == (3600.0, 0.0)
    assert "1000 Hz tone" in service.chorus("timeline", analysis_id).stdout


def test_a_first_job_is_drawn_and_the_service_stays_up_until_told_to_end(service: Service, tmp_path: Path) -> None:
    recording = write_tones(tmp_path / "first.wav", 12.0, (500, 2.0, 4.0))
    service.start("--first", recording, "--recorded-at", "2026-05-01T04:30:00+02:00")
    deadline = time.monotonic() + PATIENCE_S
    while "best" not in service.printed and time.monotonic() < deadline:
        time.sleep(0.1)
    assert re.search(r"500 Hz tone .*█", service.printed)
    assert httpx.get(f"{service.url}/health/ready", timeout=30).status_code == 200
    assert service.end(signal.SIGTERM) == 0
    assert not (service.folder / "data" / "database-url").exists()


def test_it_listens_on_one_port_which_serves_no_metrics(running_service: Service) -> None:
    assert running_service.listening_on() == {httpx.URL(running_service.url).port}
    assert "metrics" not in running_service.said
    assert httpx.get(f"{running_service.url}/metrics", timeout=30).status_code == 404


def test_the_api_has_a_process_of_its_own_that_shows_no_secrets(running_service: Service) -> None:
    api = running_service.find_api()
    assert "-P" in api.cmdline()
    password = (running_service.folder / "data" / "postgres" / "password").read_text()
    assert password not in " ".join(api.cmdline())
    assert httpx.URL(running_service.url).port in {each.laddr.port for each in api.net_connections("inet")}


def test_the_service_ends_when_its_api_dies(service: Service) -> None:
    service.start()
    service.find_api().kill()
    assert service.wait() == 1
    assert "the API stopped unexpectedly" in service.said


def test_the_api_does_not_outlive_a_service_that_is_killed(service: Service) -> None:
    service.start()
    api, port = service.find_api(), httpx.URL(service.url).port
    service.end(signal.SIGKILL)
    psutil.wait_procs([api], timeout=PATIENCE_S)
    assert not api.is_running()
    service.start("--port", port)
    assert httpx.get(f"{service.url}/health/ready", timeout=30).status_code == 200


def test_ctrl_c_in_a_terminal_lets_an_upload_in_progress_end_in_its_time(service: Service) -> None:
    """A terminal sends it to all processes of the group."""
    service.start()
    with socket.create_connection(("127.0.0.1", httpx.URL(service.url).port), timeout=30) as connection:
        connection.sendall(b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        assert service.end_group(signal.SIGINT) == 0
    assert "Traceback" not in service.said
    assert "stopped" in service.said


def test_metrics_are_served_on_a_port_of_their_own_where_that_is_asked_for(service: Service) -> None:
    service.start("--status-port", 0)
    (url,) = re.findall(r"metrics are at (http://127\.0\.0\.1:\d+)/metrics", service.said)
    assert service.listening_on() == {httpx.URL(service.url).port, httpx.URL(url).port}
    assert httpx.get(f"{service.url}/metrics", timeout=30).status_code == 404
    assert httpx.get(f"{url}/health/ready", timeout=30).json() == {"status": "ready", "down": {}}
    metrics = httpx.get(f"{url}/metrics", timeout=30).text
    assert 'chorus_api_requests_total{method="GET",route="unmatched",status="404"}' in metrics
    assert "chorus_outbox_waiting 0.0" in metrics
    assert service.end(signal.SIGTERM) == 0


def test_old_audio_makes_room_and_its_timeline_can_still_be_drawn(service: Service, tmp_path: Path) -> None:
    service.start()
    recording = write_tones(tmp_path / "dawn.wav", 12.0, (1000, 2.0, 4.0))
    submitted = service.chorus("submit", recording, "--wait")
    assert submitted.returncode == 0, submitted.stderr
    with psycopg.connect((service.folder / "data" / "database-url").read_text().strip()) as connection:
        connection.execute("UPDATE recordings SET created_at = created_at - interval '100 days'")
        connection.execute("UPDATE analyses SET finished_at = finished_at - interval '100 days'")
    kept = service.chorus("retention", "--audio-days", 90, "--apply")
    assert "kept, one of the 3 best of some species: 1 recording (" in kept.stderr
    removed = service.chorus("retention", "--audio-days", 90, "--keep-best", 0, "--apply")
    assert removed.returncode == 0, removed.stderr
    assert "removed the audio of 1 recording: " in removed.stderr
    assert [path for path in (service.folder / "data" / "audio").rglob("*") if path.is_file()] == []
    assert "1000 Hz tone" in service.chorus("timeline", submitted.stdout.strip()).stdout


def test_a_data_directory_belongs_to_one_service(running_service: Service) -> None:
    second = running_service.chorus("up", "--port", 0)
    assert second.returncode == 1
    assert "in use by another process" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_told_before_anything_starts(running_service: Service) -> None:
    port = running_service.url.rpartition(":")[2]
    second = running_service.chorus("up", "--port", port)
    assert second.returncode == 1
    assert "choose another --port" in second.stderr
    assert "PostgreSQL" not in second.stderr
    third = running_service.chorus("up", "--port", 0, "--status-port", port)
    assert third.returncode == 1
    assert "choose another --status-port" in third.stderr
    assert "PostgreSQL" not in third.stderr


def test_keys_are_made_asked_for_and_revoked(service: Service, tmp_path: Path) -> None:
    service.start()
    made = service.chorus("keys", "create", "field-station", "--scope", "upload", "--scope", "read", "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    recording = write_tones(tmp_path / "dawn.wav", 6.0, (1000, 2.0, 4.0))

    without = service.chorus("submit", recording)
    assert without.returncode == 1
    assert "--key or CHORUS_KEY" in without.stderr
    assert service.chorus("submit", recording, "--key", key["key"]).returncode == 0

    assert key["key"] not in service.chorus("keys", "list").stdout
    assert service.chorus("keys", "revoke", key["id"]).returncode == 0
    assert json.loads(service.chorus("keys", "list", "--json").stdout)[0]["revoked"]


def test_operations_say_how_to_reach_a_database_that_is_not_there(tmp_path: Path) -> None:
    service = Service(tmp_path)
    for words in (("keys", "list"), ("dead-letters", "list"), ("retention", "--audio-days", "1"), ("migrate",)):
        result = service.chorus(*words)
        assert result.returncode == 1
        assert "CHORUS_DATABASE_URL" in result.stderr
        assert "Traceback" not in result.stderr


def test_nothing_waits_among_the_dead_letters_of_a_fresh_service(running_service: Service) -> None:
    listed = running_service.chorus("dead-letters", "list", "--json")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, [])
    for act in ("requeue", "discard"):
        assert running_service.chorus("dead-letters", act, "--all").returncode == 0
