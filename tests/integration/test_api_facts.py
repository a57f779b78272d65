"""What a file says of itself while it is being uploaded, and that the recording then says the same."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import wav_bytes
from tests.recorder_files import audiomoth_comment, bext, chunk, guano, info, real_pcm, wav
from tests.servers.api import StartApi, StartedApi
from tests.servers.tus import TusUpload, begin
from tests.unit.inference.audio_files import WRITERS, real_sound, stereo

MIB = 1 << 20
NOBODY = "0193d0c8-0000-4000-8000-000000000000"
AUDIO = ("format", "duration_s", "sample_rate_hz", "channels")
CLOCK = "04:30:00 04/05/2024"


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    return real_pcm(audio_dir, 19)


def facts_of(upload: TusUpload) -> dict[str, Any]:
    response = upload.client.get(f"{upload.path}/facts")
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    facts: dict[str, Any] = response.json()
    return facts


def start_sending(client: httpx.Client, content: bytes, name: str = "dawn.wav", n_bytes: int = MIB) -> TusUpload:
    upload = begin(client, len(content), name)
    assert upload.patch(0, content[:n_bytes]).status_code == 204
    return upload


def whole_facts(upload: TusUpload) -> dict[str, Any]:
    """Return the facts once the parts are joined."""
    deadline = time.monotonic() + 30
    while not (facts := facts_of(upload))["complete"]:
        assert time.monotonic() < deadline, "it was not joined within 30 s"
    return facts


def test_they_come_with_the_first_mib_and_the_recording_says_the_same(door: StartedApi, pcm: bytes) -> None:
    content = wav(pcm, [info(audiomoth_comment(CLOCK, "+5:45"))], [guano("Loc Position: 27.7 85.3")])
    upload = begin(door.client, len(content), "20240504_101112.WAV")
    problem = problem_of(door.client.get(f"{upload.path}/facts"), 409, "too-early")
    assert str(MIB) in problem["detail"]
    assert upload.patch(0, content[: MIB - 1]).status_code == 204
    problem_of(door.client.get(f"{upload.path}/facts"), 409, "too-early")
    assert upload.patch(MIB - 1, content[MIB - 1 : MIB]).status_code == 204
    early = facts_of(upload)
    assert early == {
        "filename": "20240504_101112.WAV",
        "complete": False,
        "format": "wav/pcm_16",
        "duration_s": 19.0,
        "sample_rate_hz": 44100,
        "channels": 1,
        "recorder": {
            "make": "Open Acoustic Devices",
            "model": "AudioMoth",
            "serial": "24F319055FDF2902",
            "temperature_c": 11.8,
            "battery_v": 4.1,
        },
        "start_candidates": [
            {"local": "2024-05-04T04:30:00", "offset": "+05:45", "source": "header", "certain": True},
            {"local": "2024-05-04T10:11:12", "offset": None, "source": "name", "certain": False},
        ],
        "place": None,
    }
    assert upload.patch(MIB, content[MIB:]).status_code == 204
    assert whole_facts(upload) == early | {"complete": True, "place": {"latitude": 27.7, "longitude": 85.3}}
    recording = upload.become(start="file").json()
    assert {name: recording[name] for name in AUDIO} == {name: early[name] for name in AUDIO}
    assert recording["recorded_at"] == "2024-05-04T04:30:00+05:45"
    assert (recording["latitude"], recording["longitude"]) == (27.7, 85.3)
    gone = problem_of(door.client.get(f"{upload.path}/facts"), 410, "upload-gone")
    assert gone["recording_id"] == recording["id"]


def test_a_small_file_is_read_whole(door: StartedApi) -> None:
    content = wav_bytes()
    upload = start_sending(door.client, content, n_bytes=len(content) - 1)
    problem_of(door.client.get(f"{upload.path}/facts"), 409, "too-early")
    upload.patch(len(content) - 1, content[-1:])
    facts = whole_facts(upload)
    assert (facts["duration_s"], facts["recorder"], facts["place"], facts["start_candidates"]) == (20.0, None, None, [])


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_of_every_format_the_recording_says_what_the_facts_said(
    door: StartedApi, audio_dir: Path, tmp_path: Path, name: str
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    content = WRITERS[name](tmp_path / name, stereo(samples), 48000 if "opus" in name else rate_hz).read_bytes()
    n_bytes = min(MIB, len(content) - 1)
    upload = start_sending(door.client, content, name, n_bytes)
    early = door.client.get(f"{upload.path}/facts")
    if n_bytes < MIB or name == "alac.m4a":
        problem_of(early, 409, "too-early")
    upload.patch(n_bytes, content[n_bytes:])
    facts = whole_facts(upload)
    if early.status_code == 200:
        assert early.json()["duration_s"] in (None, facts["duration_s"])
        assert early.json() | {"duration_s": facts["duration_s"], "complete": True} == facts
    recording = upload.become().json()
    assert {each: recording[each] for each in AUDIO} == {each: facts[each] for each in AUDIO}


@pytest.mark.parametrize(
    ("name", "chunks", "expected"),
    [
        ("5E90A4D4.WAV", [], [("2020-04-10T16:54:44", "+00:00", "name", True)]),
        ("SITE_20240504T043000+1000.wav", [], [("2024-05-04T04:30:00", "+10:00", "name", True)]),
        ("SM4_20240504_043000.wav", [], [("2024-05-04T04:30:00", None, "name", False)]),
        ("dawn.wav", [info(audiomoth_comment("00:03:12 01/01/1970"))], []),
        ("dawn.wav", [bext("2024-05-04", "04:30:00")], [("2024-05-04T04:30:00", None, "header", False)]),
        ("19700101_000000.wav", [], []),
        ("20990504_043000.wav", [], []),
        (
            "20240504_101112.wav",
            [info(audiomoth_comment("00:03:12 01/01/1970")), bext("2024-05-04", "04:30:00")],
            [("2024-05-04T04:30:00", None, "header", False), ("2024-05-04T10:11:12", None, "name", False)],
        ),
        (
            "x_20240504T043000+1000.wav",
            [bext("2024-05-04", "04:31:00"), guano("Timestamp: 2024-05-04T04:32:00-03:30")],
            [
                ("2024-05-04T04:32:00", "-03:30", "header", True),
                ("2024-05-04T04:31:00", None, "header", False),
                ("2024-05-04T04:30:00", "+10:00", "name", True),
            ],
        ),
        ("dawn.wav", [info(b"Recorded at 99:99:99 77/88/2024 (UTC+2) by AudioMoth")], []),
        ("dawn.wav", [chunk(b"guan", bytes(range(256)) * 8)], []),
    ],
)
def test_clocks_are_listed_the_best_first(
    door: StartedApi, pcm: bytes, name: str, chunks: list[bytes], expected: list[tuple[object, ...]]
) -> None:
    upload = start_sending(door.client, wav(pcm, chunks), name)
    assert [tuple(candidate.values()) for candidate in facts_of(upload)["start_candidates"]] == expected


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (b"a field diary\n" * 100_000, 415, "not-audio"),
        (b"a field diary\n", 415, "not-audio"),
        (b"", 422, "undecodable-audio"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt " + b"\x10\0\0\0" + bytes(200), 422, "undecodable-audio"),
    ],
)
def test_what_is_no_sound_is_refused(door: StartedApi, content: bytes, status: int, problem: str) -> None:
    upload = begin(door.client, len(content), "dawn.wav")
    if content:
        upload.patch(0, content[:MIB])
    problem_of(door.client.get(f"{upload.path}/facts"), status, problem)


def test_a_header_behind_a_long_picture_is_read_once_it_is_here(door: StartedApi, pcm: bytes) -> None:
    content = wav(pcm * 3, [chunk(b"JUNK", bytes(2 * MIB))])
    upload = start_sending(door.client, content)
    problem_of(door.client.get(f"{upload.path}/facts"), 409, "too-early")
    upload.patch(MIB, content[MIB : 3 * MIB])
    facts = facts_of(upload)
    assert (facts["complete"], facts["duration_s"]) == (False, 57.0)


def test_an_unknown_upload_is_not_found(door: StartedApi) -> None:
    problem_of(door.client.get(f"/v1/uploads/{NOBODY}/facts"), 404, "not-found")
    problem_of(door.client.get("/v1/uploads/nonsense/facts"), 404, "not-found")


def test_a_deleted_upload_is_gone(door: StartedApi) -> None:
    upload = start_sending(door.client, wav_bytes())
    upload.delete()
    problem_of(door.client.get(f"{upload.path}/facts"), 410, "upload-gone")


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("upload", 404)])
def test_it_needs_a_key_that_may_upload(start_api: StartApi, database: Database, scope: str, status: int) -> None:
    client = start_api().client
    headers = {"Authorization": f"Bearer {create_key(database, scope, [scope])[1]}"}
    assert client.get(f"/v1/uploads/{NOBODY}/facts", headers=headers).status_code == status
    problem_of(client.get(f"/v1/uploads/{NOBODY}/facts"), 401, "unauthenticated")
