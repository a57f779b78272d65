import httpx
import pytest

from dawn_chorus.adapters.audio_store import ObjectAudioStore
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.errors import TransientError
from tests.integration.api_checks import problem_of
from tests.integration.made_up import upload, wav_bytes
from tests.servers.api import StartApi, run_api
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
        assert api.client.get("/health/ready").status_code == 200
        assert upload(api.client)["duplicate"] is False


def test_metrics_count_by_route_and_never_by_id(client: httpx.Client) -> None:
    answer = upload(client)
    client.get(answer["links"]["self"])
    client.get("/v1/nowhere/at/all")
    text = client.get("/metrics").text
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
