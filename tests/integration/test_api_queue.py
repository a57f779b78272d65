"""What waits, who is there to do it, and how many come before."""

from uuid import uuid4

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.workers import PostgresPresence
from tests.integration.api_checks import problem_of, row_count
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes


def queue(client: httpx.Client, *analysis_ids: str) -> dict[str, object]:
    response = client.get("/v1/queue", params={"analysis_id": analysis_ids})
    assert response.status_code == 200, response.text
    found: dict[str, object] = response.json()
    return found


NOTHING = {"analyses": 0, "segments": 0}


def test_of_an_idle_service_without_workers_nothing_is_said_but_that(client: httpx.Client) -> None:
    assert queue(client) == {"workers": 0, "waiting": NOTHING, "running": NOTHING, "ahead": []}


def test_what_waits_and_what_runs_is_counted(client: httpx.Client, database: Database) -> None:
    PostgresPresence(database, "attic", "birdnet").note()
    first, second = upload(client, wav_bytes(700)), upload(client, wav_bytes(10, seed=1))
    total = first["analyses"][0]["segments_total"]
    assert total > 1
    MadeUpWorker(database).start(first["analyses"][0]["id"])
    found = queue(client)
    assert found["workers"] == 1
    assert found["running"] == {"analyses": 1, "segments": 1}
    assert found["waiting"] == {"analyses": 1, "segments": total}
    MadeUpWorker(database).finish(second)
    assert queue(client)["waiting"] == {"analyses": 0, "segments": total - 1}


def test_those_before_an_analysis_are_counted_by_its_priority(client: httpx.Client, database: Database) -> None:
    long = [upload(client, wav_bytes(20, seed=seed), priority="bulk")["analyses"][0]["id"] for seed in range(2)]
    short = [upload(client, wav_bytes(20, seed=seed), priority="express")["analyses"][0]["id"] for seed in range(2, 4)]
    last = upload(client, wav_bytes(20, seed=4), priority="bulk")["analyses"][0]["id"]
    done = MadeUpWorker(database).finish(upload(client, wav_bytes(20, seed=5)))
    asked = [last, *short, *long, done, str(uuid4()), last]
    assert queue(client, *asked)["ahead"] == [
        {"analysis_id": last, "analyses": 4},
        {"analysis_id": short[0], "analyses": 0},
        {"analysis_id": short[1], "analyses": 1},
        {"analysis_id": long[0], "analyses": 0},
        {"analysis_id": long[1], "analyses": 1},
    ]
    MadeUpWorker(database).save(short[0])
    assert queue(client, last)["ahead"] == [{"analysis_id": last, "analyses": 3}]


def silence(database: Database, seconds: int) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE workers SET seen_at = now() - make_interval(secs => %s)", (seconds,))


def test_a_worker_that_went_silent_counts_no_more_and_is_forgotten(client: httpx.Client, database: Database) -> None:
    here, gone = PostgresPresence(database, "attic", "birdnet"), PostgresPresence(database, "attic", "birdnet")
    here.note()
    gone.note()
    assert queue(client)["workers"] == 2, "they share a name only"
    silence(database, 70)
    here.note()
    assert queue(client)["workers"] == 1
    silence(database, 3700)
    here.note()
    assert row_count(database, "workers") == 1
    here.forget()
    assert queue(client)["workers"] == 0
    assert row_count(database, "workers") == 0


def test_a_worker_that_says_nothing_is_not_taken_for_none(client: httpx.Client, database: Database) -> None:
    """One of a version before 0008: it works, and so nobody can say that there is none."""
    answer = upload(client)
    assert queue(client)["workers"] == 0
    MadeUpWorker(database).start(answer["analyses"][0]["id"])
    assert queue(client)["workers"] is None
    with database.transaction() as connection:
        connection.execute("UPDATE segments SET started_at = now() - interval '11 minutes'")
    assert queue(client)["workers"] == 0, "it was killed"


@pytest.mark.parametrize("wrong", ["analysis_id=seven", "id=7", "&".join(f"analysis_id={uuid4()}" for _ in range(101))])
def test_what_cannot_be_asked_is_refused(client: httpx.Client, wrong: str) -> None:
    problem_of(client.get(f"/v1/queue?{wrong}"), 422, "invalid-request")
