import asyncio
import time
from pathlib import Path
from threading import Event

import httpx
import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.readiness import FRESH_S
from dawn_chorus.domain.errors import TransientError
from tests.integration.api_checks import problem_of, wait_until
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, read_metrics, run_api
from tests.servers.postgres import PostgresNode, PostgresServer


def test_a_service_with_all_it_needs_is_ready(client: httpx.Client) -> None:
    assert client.get("/health/ready").json()["status"] == "ready"
    assert client.get("/health/live").json() == {"status": "live"}


def test_ready_names_a_store_that_is_down(
    start_api: StartApi, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise TransientError("the disk is full")

    monkeypatch.setattr(store, "check", refuse)
    problem = problem_of(start_api().client.get("/health/ready"), 503, "unavailable")
    assert problem["checks"]["store"] == {"ok": False, "detail": "the disk is full"}
    assert problem["checks"]["database"]["ok"] is True


def test_ready_names_a_schema_that_is_missing(postgres_server: PostgresServer, store: ObjectAudioStore) -> None:
    url = postgres_server.make_database(empty=True)
    with Database(url) as database, run_api(database, store) as api:
        problem = problem_of(api.client.get("/health/ready"), 503, "unavailable")
        assert "chorus migrate" in problem["checks"]["migrations"]["detail"]
        response = api.client.get("/v1/recordings")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.status_code in (500, 503)
    postgres_server.drop_database(url)


def test_an_unavailable_database_is_reported_until_it_is_back(
    restartable_postgres: tuple[PostgresNode, str], store: ObjectAudioStore
) -> None:
    node, url = restartable_postgres
    with Database(url, wait_s=2) as database, run_api(database, store) as api:
        assert api.client.get("/v1/recordings").status_code == 200
        node.stop()
        assert api.client.get("/health/live").status_code == 200
        assert problem_of(api.client.get("/health/ready"), 503, "unavailable")["checks"]["database"]["ok"] is False
        for response in (
            api.client.get("/v1/recordings"),
            api.client.post("/v1/recordings", files={"file": ("dawn.wav", wav_bytes())}),
        ):
            problem_of(response, 503, "unavailable")
            assert int(response.headers["retry-after"]) > 0
        node.start()
        wait_until(lambda: api.client.get("/health/ready").status_code == 200)
        assert upload(api.client)["duplicate"] is False


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/v1/metrics", "/health/metrics", "//metrics", "/METRICS"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_metrics_are_not_on_the_port_of_the_api(client: httpx.Client, method: str, path: str) -> None:
    # As it is: joined to the address of the client, two slashes would begin a host.
    response = client.request(method, client.base_url.copy_with(raw_path=path.encode()))
    assert response.status_code == 404
    assert b"chorus_" not in response.content


def test_the_schema_does_not_speak_of_metrics(client: httpx.Client) -> None:
    assert "metrics" not in client.get("/openapi.json").text.lower()


def test_a_flood_of_questions_costs_one_check(
    start_api: StartApi, store: ObjectAudioStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, go = [], Event()

    def check() -> None:
        checked.append(1)
        go.wait(60)

    monkeypatch.setattr(store, "check", check)
    api = start_api()

    async def ask_often() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=api.url, timeout=60, limits=limits) as client:
            asked = [asyncio.create_task(client.get("/health/ready")) for _ in range(200)]
            # All threads of the API are free, though 200 wait for one check.
            assert (await client.get("/health/live")).status_code == 200
            assert (await client.get("/v1/recordings")).status_code == 200
            go.set()
            return [(await each).status_code for each in asked]

    assert asyncio.run(ask_often()) == [200] * 200
    began = time.monotonic()
    for _ in range(200):
        assert api.client.get("/health/ready").status_code == 200
    assert len(checked) <= 2 + (time.monotonic() - began) / FRESH_S


def test_the_store_is_written_to_once_for_many_questions(client: httpx.Client, store_dir: Path) -> None:
    assert client.get("/health/ready").status_code == 200
    changed_ns = store_dir.stat().st_mtime_ns
    began = time.monotonic()
    answers = {client.get("/health/ready").status_code for _ in range(50)}
    assert time.monotonic() - began >= FRESH_S or store_dir.stat().st_mtime_ns == changed_ns
    assert answers == {200}


def test_metrics_count_by_route_and_never_by_id(client: httpx.Client) -> None:
    answer = upload(client)
    client.get(answer["links"]["self"])
    client.get("/v1/nowhere/at/all")
    text = read_metrics()
    assert 'chorus_api_requests_total{method="GET",route="/v1/recordings/{recording_id}",status="200"}' in text
    assert 'route="unmatched",status="404"' in text
    assert 'chorus_uploads_total{outcome="accepted"}' in text
    assert answer["id"] not in text
    assert "nowhere" not in text


def test_an_api_starts_while_its_database_is_unavailable(store: ObjectAudioStore) -> None:
    with (
        Database("postgresql://127.0.0.1:1/nowhere", wait_s=0.5) as database,
        run_api(database, store) as api,
    ):
        assert api.client.get("/health/live").status_code == 200
        problem_of(api.client.get("/health/ready"), 503, "unavailable")
