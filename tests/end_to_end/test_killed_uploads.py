"""APIs that are killed while they take a file in parts and join it: nothing is lost, nothing is left."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.orphaned_audio import delete_orphans
from tests.end_to_end.service import Deployable, Service, wait_until
from tests.integration.api_checks import row_count, stored_files
from tests.integration.made_up import wav_bytes
from tests.servers.tus import TusUpload, begin

PIECE = 5_000_000
N_KILLS = 3


@pytest.fixture
def apis(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    service = Service(tmp_path, database_url, "amqp://127.0.0.1:1", packs_dir, f"file://{tmp_path}/audio")
    yield service
    service.close()


class Tormented:
    """An upload whose API is killed in the middle of every few requests, at another moment each time."""

    def __init__(self, apis: Service, content: bytes) -> None:
        self._apis, self._content, self._api = apis, content, apis.start("api")
        self.kills = 0
        self._moments = random.Random(7)
        self.path = begin(self._client(), len(content)).path

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self._api.status_url, timeout=60)

    @property
    def upload(self) -> TusUpload:
        return TusUpload(self._client(), self.path)

    def send(self) -> None:
        """Send all bytes; the last ones are followed by a kill, too."""
        while (offset := self.upload.offset) < len(self._content):
            try:
                self.upload.patch(offset, self._pieces(offset))
            except httpx.HTTPError:
                self._api = self._apis.start("api")
        self.kill()
        self._api = self._apis.start("api")

    def _pieces(self, offset: int) -> Iterator[bytes]:
        fatal = self._moments.randrange(3, 12) if self.kills < N_KILLS else None
        for number, start in enumerate(range(offset, len(self._content), PIECE // 4)):
            if number == fatal:
                self.kill()
            yield self._content[start : start + PIECE // 4]

    def kill(self) -> None:
        self.kills += 1
        self._api.kill()

    @property
    def api(self) -> Deployable:
        return self._api


def test_an_upload_outlives_any_number_of_killed_apis(apis: Service, database: Database, tmp_path: Path) -> None:
    content = wav_bytes(600, rate_hz=48_000)
    tormented = Tormented(apis, content)
    tormented.send()
    assert tormented.kills == N_KILLS + 1
    answer = tormented.upload.become()
    while answer.status_code == 503:
        answer = tormented.upload.become()
    assert (answer.status_code, answer.json()["sha256"]) == (202, hashlib.sha256(content).hexdigest())
    store_dir = tmp_path / "audio"
    listed = listed_keys(database)
    assert {str(path.relative_to(store_dir)).removesuffix("#1") for path in stored_files(store_dir)} <= listed
    with database.transaction() as connection:
        connection.execute("UPDATE audio_to_delete SET due_at = now()")  # a day later
    delete_orphans(database, open_audio_store(store_dir.as_uri()).delete)
    wait_until(lambda: len(stored_files(store_dir)) == 1, "only the recording is left")
    assert row_count(database, "audio_to_delete") == row_count(database, "upload_parts") == 0


def listed_keys(database: Database) -> set[str]:
    with psycopg.connect(database.url) as connection:
        rows = connection.execute("SELECT store_key FROM audio_to_delete UNION SELECT store_key FROM recordings")
        return {store_key for (store_key,) in rows}
