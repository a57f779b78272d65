"""Files that are not what they claim: every second of them is accounted for, and no other recording suffers.

The API refuses most of them at the door. Here they are put into the store behind its back, as if the disk had gone bad
after the upload.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.analyses import create_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place
from tests.end_to_end import recordings
from tests.end_to_end.ledger import find_segments, query
from tests.end_to_end.service import Service

CLAIMED_S = 12.0


@pytest.fixture
def working_service(service: Service) -> Service:
    service.open("relay", "worker")
    return service


def plant(service: Service, path: Path, declared_s: float = CLAIMED_S, *, segment_s: float = 300.0) -> UUID:
    """Put a file into the store and the database as if it were a sound recording of that length."""

    content = path.read_bytes()

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    key = f"{uuid4()}{path.suffix}"
    asyncio.run(open_audio_store(service.store_url).write(key, chunks()))
    audio = AudioFacts("wav/pcm_16", declared_s, recordings.RATE_HZ, 1)
    new = NewRecording(path.name, key, len(content), hashlib.sha256(content).hexdigest(), audio, Place())
    with Database(service.database_url) as database:
        stored = create_recording(database, new, AnalysisRequest("tones", Lane.EXPRESS, segment_s))
    return stored.analyses[0].id


def analyze_again(service: Service, pack: str) -> UUID:
    """Ask for another analysis of the only recording."""
    (recording,) = query(service.database_url, "SELECT id FROM recordings")
    with Database(service.database_url) as database:
        return create_analysis(database, recording["id"], AnalysisRequest(pack, Lane.EXPRESS)).id


def reasons(service: Service, analysis_id: UUID) -> str:
    return " ".join(row["error"] or row["lost"] or "" for row in find_segments(service.database_url, analysis_id))


@pytest.mark.parametrize(
    ("write", "word"),
    [
        (recordings.write_text, "audio"),
        (recordings.write_zip_of_zeros, "audio"),
        (recordings.write_empty, "empty"),
        (recordings.write_wav_without_samples, "no samples"),
    ],
)
def test_a_file_without_sound_fails_with_its_reason_and_the_next_one_is_analyzed(
    working_service: Service, tmp_path: Path, write: Callable[[Path], Path], word: str
) -> None:
    broken_id = plant(working_service, write(tmp_path / "broken.wav"))
    sound_id = plant(working_service, recordings.write_tone(tmp_path / "sound.wav", CLAIMED_S))
    assert working_service.wait_finished(broken_id)["result"] == "failed"
    reason = reasons(working_service, broken_id)
    assert word in reason
    assert "broken.wav" in reason
    assert working_service.wait_finished(sound_id)["result"] == "succeeded"


def test_a_truncated_flac_is_heard_as_far_as_it_goes(working_service: Service, tmp_path: Path) -> None:
    path = recordings.cut_short(recordings.write_tone(tmp_path / "cut.flac", 60.0), 0.5)
    analysis_id = plant(working_service, path, 60.0, segment_s=20.0)
    assert working_service.wait_finished(analysis_id)["result"] == "partial"
    segments = find_segments(working_service.database_url, analysis_id)
    assert [row["state"] for row in segments] == ["done", "done", "failed"]
    assert float(segments[0]["analyzed_s"]) == 20.0
    assert 0 < float(segments[1]["analyzed_s"]) < 20.0
    assert segments[1]["lost"]
    assert segments[2]["error"]


def test_a_wav_that_claims_more_than_it_holds_is_heard_and_the_rest_accounted_for(
    working_service: Service, tmp_path: Path
) -> None:
    path = recordings.claim_length(recordings.write_tone(tmp_path / "boast.wav", 8.0), 14.0)
    analysis_id = plant(working_service, path, 14.0)
    assert working_service.wait_finished(analysis_id)["result"] == "partial"
    (segment,) = find_segments(working_service.database_url, analysis_id)
    assert float(segment["analyzed_s"]) == 8.0
    assert "8.000 s to 14.000 s" in segment["lost"]


def test_a_claim_that_is_off_by_a_few_samples_is_no_loss(working_service: Service, tmp_path: Path) -> None:
    path = recordings.claim_length(recordings.write_tone(tmp_path / "off.wav", 8.0), 8.0 + 22 / recordings.RATE_HZ)
    analysis_id = plant(working_service, path, 8.0 + 22 / recordings.RATE_HZ)
    assert working_service.wait_finished(analysis_id)["result"] == "succeeded"


def test_a_part_that_cannot_be_read_is_lost_between_the_others(working_service: Service, tmp_path: Path) -> None:
    tone = recordings.write_tone(tmp_path / "tone.flac", 20.0).read_bytes()
    path = tmp_path / "parts.flac"
    path.write_bytes(tone + tone[:42] + bytes([0x55]) * (len(tone) - 42) + tone)
    analysis_id = plant(working_service, path, 60.0, segment_s=10.0)
    assert working_service.wait_finished(analysis_id)["result"] == "partial"
    segments = find_segments(working_service.database_url, analysis_id)
    assert [row["state"] for row in segments] == ["done", "done", "failed", "failed", "done", "done"]
    assert "part 2 of 3 of the file cannot be read" in segments[2]["error"]
    assert sum(float(row["analyzed_s"]) for row in segments) == 40.0


def test_a_wav_that_claims_less_than_it_holds_is_heard_to_its_end(working_service: Service, tmp_path: Path) -> None:
    path = recordings.claim_length(recordings.write_tone(tmp_path / "modest.wav", 31.0, onset_s=25.0), 8.0)
    analysis_id = plant(working_service, path, 8.0, segment_s=10.0)
    analysis = working_service.wait_finished(analysis_id)
    assert (analysis["result"], float(analysis["duration_s"])) == ("succeeded", 31.0)
    (detection,) = query(working_service.database_url, "SELECT onset_s, offset_s FROM detections")
    assert (float(detection["onset_s"]), float(detection["offset_s"])) == (25.0, 31.0)


def test_a_recording_that_vanished_from_the_store_fails_and_says_so(working_service: Service, tmp_path: Path) -> None:
    first_id = plant(working_service, recordings.write_tone(tmp_path / "gone.wav", CLAIMED_S))
    assert working_service.wait_finished(first_id)["result"] == "succeeded"
    for path in (working_service.folder / "audio").rglob("*.wav"):
        path.unlink()
    again_id = analyze_again(working_service, "tones")
    assert working_service.wait_finished(again_id)["result"] == "failed"
    assert "removed" in reasons(working_service, again_id)


def test_a_pack_that_is_not_installed_fails_the_analysis_and_names_those_that_are(
    working_service: Service, tmp_path: Path
) -> None:
    first_id = plant(working_service, recordings.write_tone(tmp_path / "dawn.wav", CLAIMED_S))
    assert working_service.wait_finished(first_id)["result"] == "succeeded"
    again_id = analyze_again(working_service, "goshawk")
    assert working_service.wait_finished(again_id)["result"] == "failed"
    assert "installed: tones" in reasons(working_service, again_id)
