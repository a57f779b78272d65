"""Clips over HTTP: the recording's own samples, in a file that has a name, in pieces where players ask for them."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import av
import httpx
import numpy as np
import pytest
import soundfile

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, StartedApi
from tests.unit.inference.audio_files import real_sound, stereo, write_as

NOBODY = "0193d0c8-0000-7000-8000-000000000000"
PLACE = {"site": "Große Wiese/Süd", "recorded_at": "2026-05-03T04:25:30+02:00"}


@pytest.fixture(scope="module")
def recording(door: StartedApi) -> dict[str, Any]:
    """20 s of noise in two channels at 8 kHz, at a place and a time."""
    return upload(door.client, wav_bytes(channels=2), "dawn.wav", **PLACE)


def get(
    api: StartedApi, recording: dict[str, Any], headers: dict[str, str] | None = None, **query: Any
) -> httpx.Response:
    span = {"start_s": 1, "end_s": 3}
    return api.client.get(f"/v1/recordings/{recording['id']}/clip", params=span | query, headers=headers)


def decode(content: bytes) -> tuple[Any, int]:
    """Return (n_samples, n_channels) as float32, and the rate."""
    samples, rate_hz = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    return samples, rate_hz


def test_a_clip_is_a_flac_with_the_samples_of_the_recording(door: StartedApi, recording: dict[str, Any]) -> None:
    response = get(door, recording, start_s=1.00013, end_s=3.5)
    assert (response.status_code, response.headers["content-type"]) == (200, "audio/flac")
    samples, rate_hz = decode(response.content)
    whole, _ = decode(wav_bytes(channels=2))
    assert rate_hz == 8000
    np.testing.assert_array_equal(samples, whole[round(1.00013 * 8000) : 28000])
    assert response.headers["content-length"] == str(len(response.content))
    assert (response.headers["chorus-clip-start"], response.headers["chorus-clip-end"]) == ("1.000130", "3.500000")
    assert "chorus-lost" not in response.headers


@pytest.mark.parametrize(
    ("form", "media_type", "rate_hz"),
    [
        ("flac", "audio/flac", 8000),
        ("wav", "audio/wav", 8000),
        ("opus", "audio/ogg", 8000),
        ("mp3", "audio/mpeg", 16000),
    ],
)
def test_each_format_plays_as_long_as_the_stretch(
    door: StartedApi, recording: dict[str, Any], form: str, media_type: str, rate_hz: int
) -> None:
    response = get(door, recording, format=form)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    with av.open(io.BytesIO(response.content), "r") as opened:
        frames = list(opened.decode(audio=0))
        assert opened.streams.audio[0].codec_context.channels == 2
    assert frames[0].sample_rate == (48000 if form == "opus" else rate_hz), "decoders play Opus at 48 kHz"
    n_samples = sum(frame.samples for frame in frames)
    assert n_samples / frames[0].sample_rate == pytest.approx(2, abs=0.1)
    assert get(door, recording, format=form).content == response.content


def test_ten_times_slower_plays_ten_times_as_long_at_a_rate_that_is_played(
    door: StartedApi, recording: dict[str, Any]
) -> None:
    for form in ("flac", "wav"):
        samples, rate_hz = decode(get(door, recording, format=form, slow=10).content)
        assert (samples.shape, rate_hz) == ((160_000, 2), 8000)
    bats = upload(door.client, wav_bytes(3, rate_hz=250_000, seed=7))
    for form in ("flac", "wav"):
        samples, rate_hz = decode(get(door, bats, format=form, slow=10).content)
        assert rate_hz == 25_000
        np.testing.assert_array_equal(samples, decode(wav_bytes(3, rate_hz=250_000, seed=7))[0][250_000:])


def test_one_channel_alone(door: StartedApi, recording: dict[str, Any]) -> None:
    samples, _ = decode(get(door, recording, channel=2).content)
    np.testing.assert_array_equal(samples[:, 0], decode(wav_bytes(channels=2))[0][8000:24000, 1])


def test_long_clips_are_opus_unless_another_format_is_asked_for(door: StartedApi) -> None:
    long = upload(door.client, wav_bytes(65, seed=5))
    assert get(door, long, start_s=0, end_s=30).headers["content-type"] == "audio/flac"
    assert get(door, long, start_s=0, end_s=30.5).headers["content-type"] == "audio/ogg"
    assert get(door, long, start_s=0, end_s=30.5, format="flac").headers["content-type"] == "audio/flac"


def test_a_clip_ends_with_the_recording(door: StartedApi, recording: dict[str, Any]) -> None:
    response = get(door, recording, start_s=19, end_s=25)
    assert response.headers["chorus-clip-end"] == "20.000000"
    assert decode(response.content)[0].shape == (8000, 2)


def test_a_clip_has_a_name_by_which_it_is_found_again(door: StartedApi, recording: dict[str, Any]) -> None:
    response = get(door, recording, taxon="Erithacus rubecula", confidence="0.9364", format="wav")
    plain, _, encoded = response.headers["content-disposition"].partition("; filename*=UTF-8''")
    assert unquote(encoded) == "Große-Wiese-Süd_20260503T042531+0200_erithacus-rubecula_0.94.wav"
    assert plain == 'inline; filename="Gro_e-Wiese-Sud_20260503T042531+0200_erithacus-rubecula_0.94.wav"'


def test_without_site_and_time_the_file_and_the_position_name_it(door: StartedApi) -> None:
    undated = upload(door.client, wav_bytes(seed=3), "card 7.wav")
    assert 'filename="card-7_1.5s.flac"' in get(door, undated, start_s=1.5).headers["content-disposition"]


@pytest.mark.parametrize(
    ("asked", "first", "end"), [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-10", -10, None)]
)
def test_players_get_the_piece_that_they_ask_for(
    door: StartedApi, recording: dict[str, Any], asked: str, first: int, end: int | None
) -> None:
    whole = get(door, recording)
    part = get(door, recording, {"Range": asked})
    assert (part.status_code, part.content) == (206, whole.content[first:end])
    begins = first % len(whole.content)
    assert part.headers["content-range"] == f"bytes {begins}-{begins + len(part.content) - 1}/{len(whole.content)}"
    assert part.headers["etag"] == whole.headers["etag"]


def test_a_piece_of_another_clip_is_answered_by_the_whole(door: StartedApi, recording: dict[str, Any]) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": get(door, recording, end_s=4).headers["etag"]}
    assert get(door, recording, headers).status_code == 200
    headers["If-Range"] = get(door, recording).headers["etag"]
    assert get(door, recording, headers).status_code == 206


def test_a_piece_behind_the_end_is_refused_with_the_size(door: StartedApi, recording: dict[str, Any]) -> None:
    size_bytes = len(get(door, recording).content)
    response = get(door, recording, {"Range": f"bytes={size_bytes}-"})
    problem_of(response, 416, "range-not-satisfiable")
    assert response.headers["content-range"] == f"bytes */{size_bytes}"


def test_a_client_that_has_the_clip_is_told_so(door: StartedApi, recording: dict[str, Any]) -> None:
    response = get(door, recording, {"If-None-Match": get(door, recording).headers["etag"]})
    assert (response.status_code, response.content) == (304, b"")


def test_head_has_the_headers_of_get(door: StartedApi, recording: dict[str, Any]) -> None:
    whole = get(door, recording)
    head = door.client.head(f"/v1/recordings/{recording['id']}/clip?start_s=1&end_s=3")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "accept-ranges", "content-disposition", "content-type"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start_s": 3, "end_s": 3}, "end_s"),
        ({"start_s": 3, "end_s": 1}, "end_s"),
        ({"start_s": 20, "end_s": 21}, "start_s"),
        ({"start_s": 1e300, "end_s": 1.1e300}, "end_s"),
        ({"start_s": 0, "end_s": 300.1}, "end_s"),
        ({"start_s": 1, "end_s": 1.00001}, "end_s"),
        ({"start_s": -1}, "start_s"),
        ({"start_s": "nan"}, "start_s"),
        ({"end_s": "inf"}, "end_s"),
        ({"format": "exe"}, "format"),
        ({"slow": 2}, "slow"),
        ({"slow": 0}, "slow"),
        ({"channel": 0}, "channel"),
        ({"channel": 3}, "channel"),
        ({"confidence": 1.1}, "confidence"),
        ({"taxon": ""}, "taxon"),
        ({"seconds": 1}, "seconds"),
    ],
)
def test_what_no_clip_can_be_is_refused_and_the_field_named(
    door: StartedApi, recording: dict[str, Any], query: dict[str, Any], field: str
) -> None:
    problem = problem_of(get(door, recording, **query), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_nothing_is_known_of_a_recording_that_is_not_there(door: StartedApi) -> None:
    problem_of(get(door, {"id": NOBODY}), 404, "not-found")


def test_audio_that_is_missing_in_the_store_is_not_found(api: StartedApi, store_dir: Path) -> None:
    recording = upload(api.client, wav_bytes(seed=1))
    for path in stored_files(store_dir):
        path.unlink()
    problem_of(get(api, recording), 404, "not-found")


def test_audio_that_retention_removed_is_gone(api: StartedApi, database: Database) -> None:
    recording = upload(api.client, wav_bytes(seed=1))
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = now()")
    problem_of(get(api, recording), 410, "audio-removed")


def test_only_keys_that_may_read_get_clips(start_api: StartApi, database: Database) -> None:
    api = start_api(key_cache_s=0)
    recording = upload(api.client, wav_bytes(seed=1))
    upload_only, reading = (create_key(database, scope, [scope])[1] for scope in ("upload", "read"))
    problem_of(get(api, recording), 401, "unauthenticated")
    problem_of(get(api, recording, {"Authorization": f"Bearer {upload_only}"}), 403, "forbidden")
    assert get(api, recording, {"Authorization": f"Bearer {reading}"}).status_code == 200
    assert row_count(database, "recordings") == 1


def test_more_than_may_wait_are_told_to_come_again(start_api: StartApi) -> None:
    api = start_api(pictures_waiting=0, pictures_at_once=1)
    recording = upload(api.client, wav_bytes(60, rate_hz=48000, seed=1))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: get(api, recording, start_s=n, end_s=n + 40, format="mp3"), range(8)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < 8
    for answer in refused:
        problem_of(answer, 503, "busy")
        assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("name", ["pcm_16.wav", "pcm_24.wav", "pcm_24.flac", "pcm_16.caf", "alac.m4a"])
@pytest.mark.parametrize("form", ["flac", "wav"])
def test_lossless_recordings_keep_each_sample(
    door: StartedApi, audio_dir: Path, tmp_path: Path, name: str, form: str
) -> None:
    samples, rate_hz = real_sound(audio_dir)
    path = write_as(name, tmp_path, samples[: 8 * rate_hz], rate_hz)
    whole = stereo(samples[: 8 * rate_hz]) if name == "alac.m4a" else decode(path.read_bytes())[0]
    clip, _ = decode(get(door, upload(door.client, path.read_bytes(), name), start_s=2.5, end_s=7, format=form).content)
    np.testing.assert_allclose(clip, whole[round(2.5 * rate_hz) : 7 * rate_hz], atol=2**-15 if "alac" in name else 0)
