import hashlib
import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest
import soundfile

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.cli.client.http_client import ServiceClient
from dawn_chorus.domain.errors import TransientError
from tests.integration.api_checks import problem_of, row_count, stored_files, wait_until
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi, StartedApi, read_metrics


def test_curl_with_only_a_file_is_enough(api: StartedApi, audio_dir: Path, database: Database) -> None:
    path = audio_dir / "bird-guess" / "blue_jay.mp3"
    command = ["curl", "-sS", "-w", "%{http_code}", "-F", f"file=@{path}", f"{api.url}/v1/recordings"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert printed.endswith("202")
    assert '"filename":"blue_jay.mp3"' in printed.replace(" ", "")
    assert row_count(database, "outbox") == 1


def test_a_recording_is_accepted_with_its_facts(client: httpx.Client, audio_dir: Path, store_dir: Path) -> None:
    content = (audio_dir / "bird-guess" / "blue_jay.mp3").read_bytes()
    fields = {
        "site": "north marsh",
        "latitude": "52.5",
        "longitude": "13.4",
        "recorded_at": "2025-05-03T04:30:00+02:00",
        "priority": "bulk",
    }
    response = client.post("/v1/recordings", files={"file": ("blue jay.mp3", content)}, data=fields)
    assert response.status_code == 202, response.text
    answer = response.json()
    assert answer["filename"] == "blue jay.mp3"
    assert answer["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer["size_bytes"] == len(content)
    assert answer["duration_s"] > 5
    assert answer["format"].startswith("mp3")
    assert (answer["site"], answer["latitude"], answer["longitude"]) == ("north marsh", 52.5, 13.4)
    assert answer["recorded_at"] == "2025-05-03T04:30:00+02:00"
    assert answer["duplicate"] is False
    analysis = answer["analyses"][0]
    assert (analysis["state"], analysis["result"], analysis["priority"]) == ("queued", None, "bulk")
    assert analysis["pack"]["name"] == "birdnet"
    assert response.headers["location"] == answer["links"]["self"]
    assert client.get(response.headers["location"]).json()["id"] == answer["id"]
    assert [path.read_bytes() for path in stored_files(store_dir)] == [content]


@pytest.mark.parametrize(
    "name",
    ["bird-guess/american_avocet.mp3", "esc10", "insects", "bats", "birdvox"],
)
def test_real_recordings_of_many_kinds_are_accepted(client: httpx.Client, audio_dir: Path, name: str) -> None:
    path = audio_dir / name
    if path.is_dir():
        path = min(found for found in path.rglob("*") if found.is_file())
    with path.open("rb") as file:
        response = client.post("/v1/recordings", files={"file": (path.name, file)})
    assert response.status_code == 202, response.text


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (b"r\xe9veil.wav", "r\ufffdveil.wav"),
        ("می\u200cخواهم \u00a0\u00ad👩\u200d🔬.wav".encode(), "می\u200cخواهم \u00a0\u00ad👩\u200d🔬.wav"),
        (b"a:b.wav", "a:b.wav"),
        (b'say "dawn".wav', 'say "dawn".wav'),
    ],
)
def test_curl_uploads_a_file_of_any_name(api: StartedApi, tmp_path: Path, name: bytes, kept: str) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(path)).write_bytes(wav_bytes())
    form = b'file=@"' + path.replace(b'"', b'\\"') + b'"'
    command = [b"curl", b"-sS", b"-F", form, f"{api.url}/v1/recordings".encode()]
    printed = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    answer = json.loads(printed)
    assert answer["filename"] == kept
    stored = httpx.get(f"{api.url}/v1/recordings/{answer['id']}/audio")
    assert stored.headers["content-disposition"] == f"inline; filename*=utf-8''{quote(kept, safe='')}"


@pytest.mark.parametrize(
    "name", [b"r\xe9veil.wav", b"a:b.wav", b"a\\b.wav", b'say "dawn".wav', "👩\u200d🔬\u00a0.wav".encode()]
)
def test_submit_uploads_a_file_of_any_name(api: StartedApi, tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(wav_bytes())
    answer = ServiceClient(api.url, None).upload(path, {})
    assert answer["filename"] == name.decode(errors="replace")


@pytest.mark.parametrize("site", ["North\u00a03", "می\u200cخواهم", "Nord\u00adsee", "Ho\u0308he"])
def test_a_site_is_found_by_the_name_that_it_was_given(client: httpx.Client, site: str) -> None:
    assert upload(client, site=site)["site"] == site
    found = client.get("/v1/recordings", params={"site": site}).json()["items"]
    assert [each["site"] for each in found] == [site]


@pytest.mark.parametrize("name", ["..", ".", "a\x1b[31m.wav", "dawn\u202evaw.exe"])
def test_a_name_that_is_none_is_refused(client: httpx.Client, store_dir: Path, name: str) -> None:
    problem = problem_of(client.post("/v1/recordings", files={"file": (name, wav_bytes())}), 422, "invalid-request")
    assert problem["errors"][0]["field"] == "file"
    assert stored_files(store_dir) == []


def test_a_recording_takes_the_settings_it_was_sent_with(client: httpx.Client) -> None:
    answer = upload(
        client, floor="0.1", occurrence_min="0.03", onset_threshold="0.2", latitude="52.5", longitude="13.4"
    )
    settings = answer["analyses"][0]["settings"]
    assert (settings["floor"], settings["occurrence_min"]) == (0.1, 0.03)
    assert settings["event_rule"] == {"onset_threshold": 0.2}, "the rest stays as the pack has it"


def test_an_occurrence_filter_without_coordinates_is_refused(client: httpx.Client, store_dir: Path) -> None:
    files = {"file": ("dawn.wav", wav_bytes())}
    response = client.post("/v1/recordings", files=files, data={"occurrence_min": "0.03"})
    assert problem_of(response, 422, "invalid-request")["errors"][0]["field"] == "occurrence_min"
    assert stored_files(store_dir) == []
    url = upload(client)["links"]["analyses"]
    again = client.post(url, json={"occurrence_min": 0.03})
    assert problem_of(again, 422, "invalid-request")["errors"][0]["field"] == "occurrence_min"
    assert client.post(url, json={"occurrence_min": 0}).status_code == 202, "0 asks for no coordinates: it keeps all"


def test_the_same_bytes_again_return_the_existing_recording(client: httpx.Client, store_dir: Path) -> None:
    first = upload(client, site="marsh", recorded_at="2025-05-03T04:30:00+02:00")
    files = {"file": ("another name.wav", wav_bytes())}
    # The same instant with another offset.
    again = client.post("/v1/recordings", files=files, data={"site": "marsh", "recorded_at": "2025-05-03T02:30:00Z"})
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["duplicate"]) == (first["id"], True)
    assert again.headers["location"] == first["links"]["self"]
    assert len(stored_files(store_dir)) == 1


def test_the_same_bytes_of_another_time_or_site_are_another_recording(client: httpx.Client, store_dir: Path) -> None:
    start = {"recorded_at": "2025-05-03T04:30:00+02:00"}
    ids = {
        upload(client, site="marsh")["id"],
        upload(client, site="hill", **start)["id"],
        upload(client, site="pond", **start)["id"],
        upload(client, site="pond", recorded_at="2025-05-03T04:30:00+03:00")["id"],
    }
    assert len(ids) == len(stored_files(store_dir)) == 4


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"recorded_at": "2025-05-03T04:30:00"}, "recorded_at"),
        ({"recorded_at": "2999-05-03T04:30:00Z"}, "recorded_at"),
        ({"recorded_at": "1746239400"}, "recorded_at"),
        ({"recorded_at": "yesterday"}, "recorded_at"),
        ({"latitude": "90.1", "longitude": "0"}, "latitude"),
        ({"latitude": "0", "longitude": "-180.5"}, "longitude"),
        ({"latitude": "nan", "longitude": "0"}, "latitude"),
        ({"site": ""}, "site"),
        ({"site": "a\x00b"}, "site"),
        ({"priority": "urgent"}, "priority"),
        ({"floor": "2"}, "floor"),
        ({"lat": "3"}, "lat"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    client: httpx.Client, store_dir: Path, database: Database, fields: dict[str, str], field: str
) -> None:
    response = client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}, data=fields)
    problem = problem_of(response, 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert stored_files(store_dir) == []
    assert row_count(database, "recordings") == 0


def test_an_unknown_pack_is_refused_with_the_available_ones(client: httpx.Client, database: Database) -> None:
    MadeUpWorker(database)
    response = client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}, data={"pack": "perch"})
    assert "birdnet" in problem_of(response, 422, "unknown-pack")["detail"]


@pytest.mark.parametrize(
    ("content", "name", "status", "kind"),
    [
        (b"dear diary\n" * 400, "notes.wav", 415, "not-audio"),
        (b"PK\x03\x04" + bytes(4000), "archive.zip", 415, "not-audio"),
        (bytes(100_000), "zeros.wav", 415, "not-audio"),
        (b"", "empty.wav", 422, "undecodable-audio"),
        (wav_bytes(0), "silent.wav", 422, "undecodable-audio"),
    ],
)
def test_a_file_that_is_not_audio_is_refused_by_its_own_name(
    client: httpx.Client, store_dir: Path, database: Database, content: bytes, name: str, status: int, kind: str
) -> None:
    problem = problem_of(client.post("/v1/recordings", files={"file": (name, content)}), status, kind)
    assert str(store_dir) not in problem["detail"]
    assert stored_files(store_dir) == []
    assert row_count(database, "recordings") == 0


def test_a_missing_file_is_named(client: httpx.Client) -> None:
    response = client.post("/v1/recordings", files={"site": (None, "marsh")})
    assert problem_of(response, 422, "invalid-request")["errors"][0]["field"] == "file"


def test_a_body_of_another_kind_is_refused(client: httpx.Client) -> None:
    problem_of(client.post("/v1/recordings", json={"file": "dawn.wav"}), 415, "unsupported-media-type")


@pytest.mark.parametrize("name", ["long.wav", "long.flac"])
def test_a_recording_beyond_the_longest_duration_is_refused_in_one_sentence(
    start_api: StartApi, database: Database, store_dir: Path, tmp_path: Path, name: str
) -> None:
    api = start_api(max_duration_s=3600.0)
    path = tmp_path / name
    soundfile.write(path, np.zeros(3601 * 1000, np.int16), 1000)
    with httpx.Client(base_url=api.url, timeout=60) as client:
        refused = client.post("/v1/recordings", files={"file": (name, path.read_bytes())})
        detail = problem_of(refused, 422, "too-long")["detail"]
        soundfile.write(path, np.zeros(3600 * 1000, np.int16), 1000)
        assert client.post("/v1/recordings", files={"file": (name, path.read_bytes())}).status_code == 202
    assert detail == (
        f"{name} is 1 h 1 s long; this service takes at most 1 h (CHORUS_MAX_DURATION_S): "
        "cut it into shorter recordings"
    )
    assert row_count(database, "recordings") == 1
    assert len(stored_files(store_dir)) == 1


def test_a_body_announced_too_large_is_refused_before_it_is_sent(start_api: StartApi) -> None:
    api = start_api(max_upload_bytes=100_000)
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(
            b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert "application/problem+json" in answer
    assert "connection: close" in answer.lower()


def test_a_body_that_grows_too_large_is_read_no_further(start_api: StartApi, store_dir: Path) -> None:
    api = start_api(max_upload_bytes=1_000_000)
    head = (
        b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    opening = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(head + chunk(opening))
        sent_bytes = 0
        try:
            while sent_bytes < 500_000_000:
                connection.sendall(chunk(bytes(50_000)))
                sent_bytes += 50_000
        except OSError:
            pass
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 413")
    assert sent_bytes < 100_000_000
    wait_until(lambda: stored_files(store_dir) == [])


def test_a_json_body_that_grows_too_large_is_refused(client: httpx.Client) -> None:
    url = upload(client)["links"]["analyses"]
    headers = {"Content-Type": "application/json"}
    response = client.post(url, content=(b" " * 65536 for _ in range(32)), headers=headers)
    problem_of(response, 413, "too-large")


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def test_a_client_that_goes_away_leaves_nothing_behind(api: StartedApi, store_dir: Path, database: Database) -> None:
    content = wav_bytes(60)
    head = (
        f"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content) + 500}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    )
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(head.encode() + content[: len(content) // 2])
        wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
    wait_until(lambda: 'chorus_uploads_total{outcome="disconnected"}' in read_metrics())
    assert stored_files(store_dir) == []
    assert row_count(database, "recordings") == 0


def test_more_concurrent_uploads_than_allowed_are_refused_with_retry_after(start_api: StartApi) -> None:
    api = start_api(uploads_at_once=1)
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as slow:
        slow.sendall(
            b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        wait_until(lambda: "chorus_uploads_in_flight 1.0" in read_metrics())
        response = api.client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())})
    problem_of(response, 429, "too-many-requests")
    assert int(response.headers["retry-after"]) > 0


def test_a_stalled_upload_is_aborted(start_api: StartApi, store_dir: Path) -> None:
    api = start_api(upload_idle_s=0.2)
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as connection:
        connection.sendall(
            b"POST /v1/recordings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'
        )
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 408")
    assert stored_files(store_dir) == []


def test_an_unavailable_store_is_reported_with_retry_after(start_api: StartApi, store: ObjectAudioStore) -> None:
    async def refuse(_key: str, _chunks: object) -> int:
        raise TransientError("the audio store does not answer")

    def refuse_small(_key: str, _content: bytes) -> None:
        raise TransientError("the audio store does not answer")

    store.write = refuse  # type: ignore[method-assign, assignment]
    store.put = refuse_small  # type: ignore[method-assign, assignment]
    client = start_api().client
    for seconds in (20, 600):
        response = client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes(seconds))})
        problem_of(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0


def test_an_upload_survives_in_full_through_many_small_chunks(client: httpx.Client) -> None:
    content = wav_bytes(30)
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + content + b"\r\n--x--\r\n"
    pieces = (body[start : start + 997] for start in range(0, len(body), 997))
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/v1/recordings", content=pieces, headers=headers)
    assert response.status_code == 202, response.text
    assert response.json()["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_commit_whose_response_is_lost_loses_no_recording(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit_and_break(*args: Any, **settings: Any) -> Any:
        create_recording(*args, **settings)
        raise TransientError("the connection broke")

    monkeypatch.setattr("dawn_chorus.api.uploads.intake.create_recording", commit_and_break)
    files = {"file": ("dawn.wav", wav_bytes())}
    problem_of(client.post("/v1/recordings", files=files), 503, "unavailable")
    monkeypatch.undo()
    again = client.post("/v1/recordings", files=files).json()
    assert again["duplicate"] is True
    assert client.get(again["links"]["audio"]).content == wav_bytes()
