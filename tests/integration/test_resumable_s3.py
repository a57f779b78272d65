"""Resumable uploads on a bucket, a real SeaweedFS."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dawn_chorus.adapters.audio_store import CacheOptions, ObjectAudioStore, open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.uploads.resumable.receiving import PART_BYTES
from tests.integration.api_checks import problem_of, row_count, wait_until
from tests.integration.made_up import wav_bytes
from tests.servers.api import StartedApi, run_api
from tests.servers.seaweedfs import S3Server
from tests.servers.tus import begin, checksum, send


@pytest.fixture
def store_url(s3_server: S3Server) -> str:
    return s3_server.make_store_url()


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> ObjectAudioStore:
    return open_audio_store(store_url, cache=CacheOptions(tmp_path / "cache"))


@pytest.fixture
def apis(database: Database, store: ObjectAudioStore) -> Iterator[list[StartedApi]]:
    with run_api(database, store) as one, run_api(database, store) as other:
        yield [one, other]


def test_a_large_file_is_joined_in_the_bucket_and_its_parts_are_deleted(
    apis: list[StartedApi], database: Database, s3_server: S3Server, store_url: str
) -> None:
    one, other = apis
    content = wav_bytes((3 * PART_BYTES + 1000) / 96_000, rate_hz=48_000)
    upload = begin(one.client, len(content))
    first = content[: PART_BYTES + 7]
    assert upload.patch(0, first, **checksum(first)).status_code == 204
    upload.client = other.client
    assert upload.offset == len(first)
    assert upload.patch(len(first), content[len(first) :]).status_code == 204
    answer = upload.become()
    assert answer.status_code == 202, answer.text
    assert one.client.get(f"{answer.json()['links']['self']}/audio").content == content
    wait_until(lambda: len(s3_server.list_everything(store_url)) == 1)
    wait_until(lambda: row_count(database, "audio_to_delete") == row_count(database, "upload_parts") == 0)


@pytest.mark.parametrize("size_bytes", [0, 1, PART_BYTES])
def test_a_file_of_any_size_is_joined_in_the_bucket(
    apis: list[StartedApi], s3_server: S3Server, store_url: str, size_bytes: int
) -> None:
    upload = send(apis[0].client, random.Random(3).randbytes(size_bytes))
    assert upload.become().status_code in (415, 422), "it is no audio"
    wait_until(lambda: len(s3_server.list_everything(store_url)) == 1)
    assert upload.delete().status_code == 204
    wait_until(lambda: s3_server.list_everything(store_url) == [])


def test_what_has_the_wrong_checksum_leaves_nothing_in_the_bucket(
    apis: list[StartedApi], s3_server: S3Server, store_url: str
) -> None:
    upload = begin(apis[0].client, 3 * PART_BYTES)
    content = bytes(PART_BYTES + 5)
    problem_of(upload.patch(0, content, **checksum(b"other")), 460, "checksum-mismatch")
    assert upload.offset == 0
    wait_until(lambda: s3_server.list_everything(store_url) == [])
