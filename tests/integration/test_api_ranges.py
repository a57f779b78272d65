"""Pictures and clips of recordings in a bucket read ranges of them, never more than it takes, and fail aloud."""

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from dawn_chorus.adapters.audio_store import CacheOptions, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording
from dawn_chorus.api.decoders import lending
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import AudioFacts, Place
from dawn_chorus.inference.audio.opening import open_source
from tests.integration.api_checks import problem_of
from tests.integration.made_up import upload
from tests.servers.api import StartedApi, run_api
from tests.servers.buckets import WatchedBucket
from tests.servers.seaweedfs import S3Server
from tests.unit.inference.audio_files import Samples, real_sound, write_as

StartInBucket = Callable[[], StartedApi]


@pytest.fixture
def bucket(s3_server: S3Server, tmp_path: Path) -> WatchedBucket:
    return WatchedBucket(open_audio_store(s3_server.make_store_url(), cache=CacheOptions(tmp_path / "copies")))


@pytest.fixture
def start(database: Database, bucket: WatchedBucket, tmp_path: Path) -> Iterator[StartInBucket]:
    """Start APIs on one bucket, each with pictures of its own."""
    with ExitStack() as running:
        yield lambda: running.enter_context(
            run_api(database, bucket, cache_dir=tmp_path / f"cache{time.monotonic_ns()}", pictures_waiting=100)
        )


def clip(client: httpx.Client, recording: dict[str, Any], start_s: float, end_s: float) -> httpx.Response:
    wanted: dict[str, str | float] = {"start_s": start_s, "end_s": end_s, "format": "wav"}
    return client.get(f"/v1/recordings/{recording['id']}/clip", params=wanted)


def samples_of(response: httpx.Response) -> Samples:
    """Return (n_samples, n_channels) of a clip."""
    assert response.status_code == 200, response.text
    samples: Samples = soundfile.read(io.BytesIO(response.content), dtype="float32", always_2d=True)[0]
    return samples


def decode(path: Path, start_s: float, end_s: float) -> Samples:
    with open_source(path) as source:
        first, end = (round(at_s * source.sample_rate_hz) for at_s in (start_s, end_s))
        return np.concatenate([piece.samples for piece in source.read_pieces(first, end)])


FORMATS = (
    "pcm_16.wav", "pcm_24.flac", "vorbis.ogg", "opus.opus", "alac.m4a", "mp3.mp3", "adts.aac", "pcm_24.aiff",
    "pcm_16.caf", "rf64.wav", "opus.webm", "wma.wma",
)  # fmt: skip


def test_clips_from_a_bucket_are_what_the_files_hold(
    start: StartInBucket, bucket: WatchedBucket, audio_dir: Path, tmp_path: Path
) -> None:
    client = start().client
    for name in FORMATS:
        path = write_as(name, tmp_path, *real_sound(audio_dir))
        recording = upload(client, path.read_bytes(), name)
        bucket.forget()
        made, expected = samples_of(clip(client, recording, 1.5, 2.5)), decode(path, 1.5, 2.5)
        if name == "adts.aac":  # its encoder stores an order to make noise in the place of noise
            assert np.corrcoef(made[:, 0], expected[:, 0])[0, 1] > 0.9
        else:
            np.testing.assert_allclose(made, expected, atol=1 / 32768, err_msg=name)
        assert bucket.ranges, name
        assert not bucket.copies, name


def write_long_wav(path: Path, size_bytes: int) -> AudioFacts:
    """Write a WAV that takes no space on the disk but for one second of a tone, at an hour and a half."""
    rate_hz = 48000
    n_samples = (size_bytes - 44) // 2
    header = io.BytesIO()
    soundfile.write(header, np.zeros(1), rate_hz, format="WAV", subtype="PCM_16")
    with path.open("wb") as file:
        start = bytearray(header.getvalue()[:44])
        start[4:8], start[40:44] = (36 + 2 * n_samples).to_bytes(4, "little"), (2 * n_samples).to_bytes(4, "little")
        file.write(start)
        file.truncate(44 + 2 * n_samples)
        file.seek(44 + 2 * 5400 * rate_hz)
        file.write((16000 * np.sin(2 * np.pi * 6000 * np.arange(rate_hz) / rate_hz)).astype("<i2").tobytes())
    return AudioFacts("wav/pcm_16", round(n_samples / rate_hz, 6), rate_hz, 1)


def test_a_tile_of_two_gigabytes_reads_kilobytes(database: Database, tmp_path: Path) -> None:
    store = WatchedBucket(open_audio_store((tmp_path / "store").as_uri()))
    path = tmp_path / "store" / "long.wav"
    audio = write_long_wav(path, 2_000_000_000)
    new = NewRecording("long.wav", "long.wav", path.stat().st_size, "0" * 64, audio, Place())
    recording = create_recording(database, new, AnalysisRequest("birdnet", Lane.BULK)).recording
    with run_api(database, store, cache_dir=tmp_path / "cache") as api:
        tile = api.client.get(f"/v1/recordings/{recording.id}/spectrogram/4/1350.webp")
        assert (tile.status_code, tile.headers["content-type"]) == (200, "image/webp")
        assert store.bytes_read < 1_100_000, store.ranges
        assert len(store.ranges) <= 4
        store.forget()
        made = samples_of(clip(api.client, {"id": recording.id}, 5400.25, 5400.75))
    assert np.abs(made).max() > 0.4
    assert store.bytes_read < 600_000, store.ranges
    assert not store.copies


def test_the_header_of_a_large_upload_is_read_by_ranges_where_that_goes(
    start: StartInBucket, bucket: WatchedBucket, audio_dir: Path, tmp_path: Path
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    client = start().client
    for name, is_cheap in (("pcm_24.wav", True), ("pcm_24.flac", False)):
        path = write_as(name, tmp_path, np.tile(samples, 8), rate_hz)
        bucket.forget()
        assert upload(client, path.read_bytes(), name)["duration_s"] == pytest.approx(160.0)
        assert bool(bucket.copies) != is_cheap
        assert 0 < bucket.bytes_read < (1_000_000 if is_cheap else 9_000_000)
    bucket.forget()
    bad = bytes(9 << 20)
    problem_of(client.post("/v1/recordings", files={"file": ("noise.wav", bad)}), 415, "not-audio")


def test_a_bucket_that_does_not_answer_is_said_and_asked_again(
    start: StartInBucket, bucket: WatchedBucket, audio_dir: Path, tmp_path: Path
) -> None:
    path = write_as("pcm_16.flac", tmp_path, *real_sound(audio_dir))
    client = start().client
    recording = upload(client, path.read_bytes(), "dawn.flac")
    bucket.is_away = True
    tile = f"/v1/recordings/{recording['id']}/spectrogram/4/1.webp"
    for response in (client.get(tile), clip(client, recording, 1.0, 2.0)):
        assert "the bucket does not answer" in problem_of(response, 503, "unavailable")["detail"]
        assert int(response.headers["retry-after"]) > 0
    bucket.is_away = False
    assert client.get(tile).status_code == 200
    np.testing.assert_allclose(samples_of(clip(client, recording, 1.0, 2.0)), decode(path, 1.0, 2.0), atol=1e-6)


def test_audio_that_the_bucket_lost_is_not_found(
    start: StartInBucket,
    bucket: WatchedBucket,
    database: Database,
    audio_dir: Path,
    tmp_path: Path,
) -> None:
    client = start().client
    for name in ("pcm_16.wav", "mp3.mp3"):
        recording = upload(client, write_as(name, tmp_path, *real_sound(audio_dir)).read_bytes(), name)
        with database.transaction() as connection:
            row = connection.execute("SELECT store_key FROM recordings WHERE id = %s", [recording["id"]]).fetchone()
        assert row is not None
        bucket.delete(row["store_key"])
        problem_of(clip(client, recording, 1.0, 2.0), 404, "not-found")
        problem_of(client.get(f"/v1/recordings/{recording['id']}/spectrogram/4/1.webp"), 404, "not-found")


def test_an_mp3_is_read_through_once_by_whichever_api_is_asked_first(
    start: StartInBucket, bucket: WatchedBucket, audio_dir: Path, tmp_path: Path
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_as("mp3.mp3", tmp_path, np.tile(samples, 15), rate_hz)
    first, second = start().client, start().client
    recording = upload(first, path.read_bytes(), "dawn.mp3")
    bucket.forget()
    samples_of(clip(first, recording, 200.0, 201.0))
    assert bucket.bytes_read > path.stat().st_size
    for client in (first, second):
        bucket.forget()
        made = samples_of(clip(client, recording, 250.0, 252.0))
        np.testing.assert_allclose(made, decode(path, 250.0, 252.0), atol=1 / 32768)
        assert bucket.bytes_read < 1_000_000
        assert not bucket.copies


def test_a_large_file_that_no_range_leads_into_is_fetched_once_and_then_shown(
    start: StartInBucket,
    bucket: WatchedBucket,
    audio_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("WHOLE_BYTES", 1000), ("MORE_BYTES", 300_000), ("TIMES", 0)):
        monkeypatch.setattr(lending, name, value)
    path = write_as("pcm_16.flac", tmp_path, *real_sound(audio_dir))
    path.write_bytes(path.read_bytes() * 2)
    client = start().client
    recording = upload(client, path.read_bytes(), "twice.flac")
    bucket.forget()
    response = clip(client, recording, 25.0, 26.0)
    assert "fetched" in problem_of(response, 503, "unavailable")["detail"]
    assert int(response.headers["retry-after"]) > 0
    while (response := clip(client, recording, 25.0, 26.0)).status_code == 503:
        time.sleep(0.1)
    np.testing.assert_allclose(samples_of(response), decode(path, 25.0, 26.0), atol=1e-6)
    assert bucket.copies
    read = bucket.bytes_read
    samples_of(clip(client, recording, 30.0, 31.0))
    assert bucket.bytes_read == read


def test_the_api_answers_others_while_a_bucket_takes_its_time(
    start: StartInBucket, bucket: WatchedBucket, audio_dir: Path, tmp_path: Path
) -> None:
    path = write_as("pcm_16.wav", tmp_path, *real_sound(audio_dir))
    client = start().client
    recording = upload(client, path.read_bytes(), "dawn.wav")
    bucket.let_through.clear()
    with ThreadPoolExecutor(20) as threads:
        waiting = [threads.submit(clip, client, recording, 1.0 + at / 10, 2.0 + at / 10) for at in range(20)]
        bucket.waiting.acquire(timeout=60)
        for _ in range(10):
            assert client.get("/v1/recordings").status_code == 200
        bucket.let_through.set()
        assert {each.result().status_code for each in waiting} == {200}
