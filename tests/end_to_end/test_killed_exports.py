"""APIs that are killed while they make an export: another takes it over, and one file is left."""

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.export_making import MOST_ATTEMPTS
from tests.end_to_end.service import Deployable, Service, wait_until
from tests.integration.api_checks import stored_files
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes

SEGMENTS, SEGMENT_S = 300, 5
LEASE_AND_LOOKS_S = 60.0


@pytest.fixture
def apis(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    service = Service(tmp_path, database_url, "amqp://127.0.0.1:1", packs_dir, f"file://{tmp_path}/audio")
    yield service
    service.close()


@pytest.fixture
def first(apis: Service, database: Database) -> Deployable:
    """An API with one recording, in which a robin sings every 5 s."""
    worker, api = MadeUpWorker(database), apis.start("api", segment_s=str(SEGMENT_S))
    with client_of(api) as client:
        worker.finish(upload(client, wav_bytes(SEGMENT_S * SEGMENTS), site="marsh", pack="birdnet"))
    return api


def client_of(api: Deployable) -> httpx.Client:
    return httpx.Client(base_url=api.status_url, timeout=60)


def ask(api: Deployable) -> str:
    with client_of(api) as client:
        answer = client.post(
            "/v1/exports", json={"format": "clips", "pack": "birdnet", "clips": {"before_s": 12, "after_s": 12}}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["links"]["self"])


def read(api: Deployable, link: str) -> dict[str, Any]:
    with client_of(api) as client:
        shown: dict[str, Any] = client.get(link).json()
        return shown


def test_a_killed_api_is_taken_over_and_one_file_is_left(
    apis: Service, first: Deployable, database: Database, tmp_path: Path
) -> None:
    link = ask(first)
    wait_until(lambda: read(first, link)["items_done"], "some clips are made")
    assert read(first, link)["state"] == "running", "it was too fast for this test"
    first.kill()
    second, third = (apis.start("api") for _ in range(2))
    wait_until(lambda: read(second, link)["state"] == "ready", "another made it", LEASE_AND_LOOKS_S)
    export = read(third, link)
    assert (export["items_done"], export["items_left_out"]) == (SEGMENTS, 0)
    with client_of(third) as client:
        content = client.get(export["links"]["file"]).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        rows = list(csv.DictReader(io.StringIO(archive.read("clips.csv").decode())))
        assert len({row["clip"] for row in rows}) == len(rows) == SEGMENTS
    with database.transaction() as connection:
        (row,) = connection.execute("SELECT attempts, store_key FROM exports")
    assert row["attempts"] == 2
    assert [path.name for path in stored_files(tmp_path / "audio") if "exports" in path.parts] == [
        row["store_key"].partition("/")[2]
    ]


def test_an_export_that_kills_its_api_each_time_fails(apis: Service, first: Deployable, database: Database) -> None:
    link = ask(first)
    wait_until(lambda: read(first, link)["state"] == "running", "it is made")
    first.kill()
    with database.transaction() as connection:
        connection.execute("UPDATE exports SET attempts = %s, lease_until = now()", [MOST_ATTEMPTS])
    second = apis.start("api")
    wait_until(lambda: read(second, link)["state"] == "failed", "it is given up")
    assert "3 attempts" in read(second, link)["error"]


def test_an_api_that_is_told_to_end_leaves_its_work_to_the_next_at_once(
    apis: Service, first: Deployable, database: Database
) -> None:
    link = ask(first)
    wait_until(lambda: read(first, link)["items_done"], "some clips are made")
    assert first.stop() in (0, -15)
    with database.transaction() as connection:
        (row,) = connection.execute("SELECT state, attempts, lease_until FROM exports")
    assert (row["state"], row["attempts"], row["lease_until"]) == ("waiting", 0, None), "no attempt is counted"
    second = apis.start("api")
    wait_until(lambda: read(second, link)["state"] == "ready", "another made it")
