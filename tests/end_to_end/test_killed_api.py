"""What becomes of an Idempotency-Key when the API dies that was running its request."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import psycopg
import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.idempotency import LEASE_S
from tests.end_to_end.service import Deployable, Service, wait_until
from tests.integration.api_checks import row_count
from tests.integration.made_up import wav_bytes
from tests.servers.api import run_api

KEY = {"Idempotency-Key": "card-7"}
NO_BROKER = "amqp://127.0.0.1:1"


@pytest.fixture
def apis(tmp_path: Path, database_url: str, packs_dir: Path) -> Iterator[Service]:
    service = Service(tmp_path, database_url, NO_BROKER, packs_dir, f"file://{tmp_path}/audio")
    yield service
    service.close()


def post(url: str) -> httpx.Response:
    return httpx.post(f"{url}/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}, headers=KEY, timeout=60)


@contextmanager
def held_table(database_url: str) -> Iterator[None]:
    """Let nobody write recordings: a request waits after it has claimed its key."""
    with psycopg.connect(database_url) as connection:
        connection.execute("LOCK TABLE recordings IN ACCESS EXCLUSIVE MODE")
        yield


def wait_claimed(database: Database) -> None:
    wait_until(lambda: row_count(database, "idempotency_keys") == 1, "the key is claimed")


def url_of(api: Deployable) -> str:
    return f"http://127.0.0.1:{api.port}"


def test_a_key_is_free_soon_after_its_api_was_killed(apis: Service, database: Database, database_url: str) -> None:
    first = apis.start("api")
    with held_table(database_url):
        sending = Thread(target=suppressed_post, args=(url_of(first),))
        sending.start()
        wait_claimed(database)
        first.kill()
        sending.join()
    killed_at = time.monotonic()
    second = apis.start("api")
    answer = post(url_of(second))
    while answer.status_code == 409:
        assert answer.json()["type"] == "urn:dawn-chorus:problem:request-in-progress"
        assert time.monotonic() - killed_at < LEASE_S + 30
        time.sleep(int(answer.headers["retry-after"]))
        answer = post(url_of(second))
    assert answer.status_code == 202, answer.text
    assert (row_count(database, "recordings"), row_count(database, "analyses")) == (1, 1)
    again = post(url_of(second))
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", answer.json())


def suppressed_post(url: str) -> None:
    with pytest.raises(httpx.HTTPError):
        post(url)


def test_a_running_request_keeps_its_key_beyond_the_lease(
    database: Database, database_url: str, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.api.idempotency.LEASE_S", 1.0)
    monkeypatch.setattr("dawn_chorus.api.idempotency.RENEW_EVERY_S", 0.1)
    answers: list[httpx.Response] = []
    with run_api(database, store) as one, run_api(database, store) as other:
        with held_table(database_url):
            sending = Thread(target=lambda: answers.append(post(one.url)))
            sending.start()
            wait_claimed(database)
            begun = database_clock(database)
            while database_clock(database) - begun < 3.0:
                assert post(other.url).status_code == 409
        sending.join()
        assert answers[0].status_code == 202
        assert post(other.url).json() == answers[0].json()


def database_clock(database: Database) -> float:
    """Return the seconds by the clock that leases are measured with."""
    with database.transaction() as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float AS at").fetchone()
    assert row is not None
    return float(row["at"])
