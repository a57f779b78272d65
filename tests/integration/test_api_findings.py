"""What a list says of each analysis: how much was found, and the three taxa that are surest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import migrate
from tests.integration.api_checks import row_count
from tests.integration.made_up import FROG, ROBIN, WREN, MadeUpWorker, upload, wav_bytes
from tests.integration.test_postgres_migrate import BEFORE_FIELD, empty_url, migrate_up_to  # noqa: F401 - a fixture

NEW_TAXON = "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES ('x', 'X', 'X', 'Aves')"
ROBIN_SANG = {
    "code": "eurrob1",
    "scientific_name": "Erithacus rubecula",
    "common_name": "European Robin",
    "taxonomic_class": "Aves",
    "confidence": pytest.approx(0.9, abs=1e-5),
    "detections": 1,
}


def analysis_of(client: httpx.Client, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the analysis as the recording, the list and its own address say it, which must agree."""
    (shown,) = client.get(answer["links"]["self"]).json()["analyses"]
    (listed,) = client.get("/v1/recordings").json()["items"][0]["analyses"]
    alone: dict[str, Any] = client.get(shown["links"]["self"]).json()
    assert shown == listed == alone
    return alone


def test_what_was_found_is_said_with_the_recording_once_it_is_finished(
    client: httpx.Client, database: Database
) -> None:
    answer = upload(client)
    assert [(each["detections"], each["top_taxa"]) for each in answer["analyses"]] == [(None, [])]
    waiting = analysis_of(client, answer)
    assert (waiting["detections"], waiting["top_taxa"]) == (None, [])
    MadeUpWorker(database).finish(answer)
    finished = analysis_of(client, answer)
    assert (finished["detections"], finished["top_taxa"]) == (1, [ROBIN_SANG])


def test_an_analysis_that_found_nothing_says_so(client: httpx.Client, database: Database) -> None:
    answer = upload(client)
    MadeUpWorker(database).fail(answer["analyses"][0]["id"])
    failed = analysis_of(client, answer)
    assert (failed["result"], failed["detections"], failed["top_taxa"]) == ("failed", 0, [])


def test_a_retry_takes_back_what_was_said_until_it_is_finished_too(client: httpx.Client, database: Database) -> None:
    answer = upload(client, wav_bytes(700))
    worker, analysis = MadeUpWorker(database), answer["analyses"][0]
    for segment in range(analysis["segments_total"] - 1):
        worker.save(analysis["id"], segment)
    worker.fail(analysis["id"], analysis["segments_total"] - 1)
    partial = analysis_of(client, answer)
    found = partial["detections"]
    assert (partial["result"], found) == ("partial", analysis["segments_total"] - 1)
    client.post(analysis["links"]["retry"]).raise_for_status()
    again = analysis_of(client, answer)
    assert (again["detections"], again["top_taxa"]) == (None, [])
    worker.save(analysis["id"], analysis["segments_total"] - 1)
    assert analysis_of(client, answer)["detections"] == found + 1
    client.delete(answer["links"]["self"])
    assert row_count(database, "findings") == 0


def detect(database: Database, analysis: str, found: Sequence[tuple[str, float]]) -> None:
    """Replace an analysis' detections by these, each of a taxon and as sure as said; then it finishes anew."""
    with database.transaction() as connection:
        connection.execute("UPDATE analyses SET state = 'running', result = NULL, finished_at = NULL")
        connection.execute("DELETE FROM detections")
        for number, (code, confidence) in enumerate(found):
            connection.execute(
                "INSERT INTO detections (analysis_id, recording_id, taxon_id, onset_s, offset_s, confidence) "
                "SELECT a.id, a.recording_id, t.id, %s, %s, %s FROM analyses AS a, taxa AS t "
                "WHERE a.id = %s AND t.code = %s",
                (number, number + 1, confidence, analysis, code),
            )
        connection.execute("UPDATE analyses SET state = 'finished', result = 'succeeded', finished_at = now()")


def test_the_surest_come_first_whatever_there_is_more_of(client: httpx.Client, database: Database) -> None:
    answer = upload(client)
    analysis = MadeUpWorker(database).finish(answer)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES ('x', 'X', 'X', 'Aves')"
        )
    found = [(ROBIN.code, 0.6), (ROBIN.code, 0.7), (WREN.code, 0.99), (FROG.code, 0.7), ("x", 0.5), ("x", 0.5)]
    detect(database, analysis, found)
    said = analysis_of(client, answer)
    assert said["detections"] == 6
    # Of two that are as sure the one that was heard more often.
    assert [(each["code"], each["confidence"], each["detections"]) for each in said["top_taxa"]] == [
        (WREN.code, 0.99, 1), (ROBIN.code, 0.7, 2), (FROG.code, 0.7, 1),
    ]  # fmt: skip


def test_analyses_that_were_finished_before_the_migration_are_in_it(
    empty_url: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    migrate_up_to(empty_url, "0004_unpromised", monkeypatch, tmp_path)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE_FIELD)
        connection.execute(NEW_TAXON)
        connection.execute(
            "INSERT INTO detections (analysis_id, recording_id, taxon_id, onset_s, offset_s, confidence) "
            "SELECT a.id, a.recording_id, t.id, n, n + 1, n / 10.0 "
            "FROM analyses AS a, taxa AS t, generate_series(1, 5) AS n WHERE a.result = 'succeeded'"
        )
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        said = connection.execute(
            "SELECT a.result, f.detections, f.confidences, f.counts "
            "FROM analyses AS a LEFT JOIN findings AS f ON f.analysis_id = a.id"
        ).fetchall()
    assert sorted(said) == [("failed", 0, [], []), ("partial", 0, [], []), ("succeeded", 5, [0.5], [5])]
