"""One user must not take all: limits of length, refused at every door with the setting's name, and the express lane."""

import io
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.integration.made_up import PACK, MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi

NORTH = {"latitude": "52.5", "longitude": "13.4"}


def silence(duration_s: float) -> bytes:
    """Return a FLAC of a few kilobytes."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(round(duration_s * 1000), np.int16), 1000, format="FLAC")
    return file.getvalue()


def test_a_recording_of_too_many_segments_is_refused_by_field_and_setting(
    start_api: StartApi, database: Database, store_dir: Path
) -> None:
    api = start_api(segment_s=10.0, max_segments=3)
    with httpx.Client(base_url=api.url, timeout=60) as client:
        response = client.post("/v1/recordings", files={"file": ("dawn.flac", silence(30.001))})
        problem = problem_of(response, 422, "too-long")
        assert upload(client, silence(30.0))["analyses"][0]["segments_total"] == 3
    assert problem["errors"][0]["field"] == "file"
    assert problem["detail"] == (
        "dawn.flac is 31 s long; this service takes at most 3 segments (CHORUS_MAX_SEGMENTS) of 10 s, and it has 4: "
        "cut it into shorter recordings"
    )
    assert row_count(database, "recordings") == 1
    assert len(stored_files(store_dir)) == 1


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"segment_s": 10.0, "max_segments": 1}, "at most 1 segments (CHORUS_MAX_SEGMENTS) of 10 s"),
        ({"max_duration_s": 19.0}, "at most 19 s (CHORUS_MAX_DURATION_S)"),
    ],
)
def test_a_limit_holds_for_further_analyses_and_for_known_bytes_too(
    client: httpx.Client, start_api: StartApi, database: Database, limits: dict[str, float], words: str
) -> None:
    known = upload(client)
    strict = start_api(**limits)
    with httpx.Client(base_url=strict.url, timeout=60) as later:
        url = known["links"]["analyses"]
        for body in (None, {"floor": 0.2}, {"channels": "each"}):
            problem = problem_of(later.post(url, json=body), 422, "too-long")
            assert problem["errors"][0]["field"] == "recording_id"
            assert problem["detail"].startswith(f"The recording is 20 s long; this service takes {words}")
        problem_of(later.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}), 422, "too-long")
    assert row_count(database, "analyses") == 1


def test_express_is_refused_for_a_long_recording_and_nothing_of_it_is_kept(
    client: httpx.Client, database: Database, store_dir: Path
) -> None:
    files = {"file": ("dawn.flac", silence(600.001))}
    problem = problem_of(
        client.post("/v1/recordings", files=files, data={"priority": "express"}), 422, "invalid-request"
    )
    (error,) = problem["errors"]
    assert error["field"] == "priority"
    assert error["detail"] == (
        "express is for recordings of up to 10 min, so that long ones never hold them up; this one is 10 min 1 s long: "
        "leave priority out"
    )
    assert (row_count(database, "recordings"), stored_files(store_dir)) == (0, [])
    long = upload(client, silence(600.001))
    assert long["analyses"][0]["priority"] == "bulk"
    again = client.post(long["links"]["analyses"], json={"priority": "express"})
    assert problem_of(again, 422, "invalid-request")["errors"][0]["field"] == "priority"
    assert upload(client, silence(600.0), priority="express")["analyses"][0]["priority"] == "express"


def test_an_occurrence_filter_by_a_pack_that_cannot_is_refused(client: httpx.Client, database: Database) -> None:
    worker = MadeUpWorker(database)
    worker.ledger.register_pack(replace(PACK, name="tones", has_occurrence=False))
    fields = {"occurrence_min": "0.03", **NORTH}
    files = {"file": ("dawn.wav", wav_bytes())}
    refused = client.post("/v1/recordings", files=files, data={"pack": "tones", **fields})
    (error,) = problem_of(refused, 422, "invalid-request")["errors"]
    assert error["field"] == "occurrence_min"
    assert (
        error["detail"] == "The pack tones does not know which taxa occur where: leave it out, or choose another pack"
    )
    url = upload(client, **fields)["links"]["analyses"]
    again = client.post(url, json={"pack": "tones", "occurrence_min": 0.03})
    assert problem_of(again, 422, "invalid-request")["errors"][0]["field"] == "occurrence_min"
    assert client.post(url, json={"pack": "tones", "occurrence_min": 0}).status_code == 202, "0 asks for nothing"
    with database.transaction() as connection:
        connection.execute("UPDATE packs SET has_occurrence = NULL")
    assert client.post(url, json={"pack": "tones", "occurrence_min": 0.03}).status_code == 202, "it may know"
