"""Reviews outlive the analysis that they were made on; and PostgreSQL shows the review that Python shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.migrate import migrate
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review, Verdict
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection
from tests.integration import made_up
from tests.integration.made_up import MadeUpWorker, review, upload, wav_bytes
from tests.integration.test_postgres_migrate import migrate_up_to
from tests.servers.postgres import PostgresServer

AGAIN = {"onset_threshold": "0.35", "offset_threshold": "0.3"}
SECOND_NAME = Taxon("robin-9", "Erithacus rubecula", "Rouge-gorge", "Aves")
NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def reviews_on(client: httpx.Client, analysis: str, **query: str) -> dict[float, str | None]:
    """Return the verdict that each of the robin's events shows, by its onset."""
    items = client.get(f"/v1/analyses/{analysis}/detections", params={"taxon": "Erithacus rubecula", **query}).json()
    return {each["onset_s"]: each["review"] and each["review"]["verdict"] for each in items["items"]}


def test_events_of_a_recut_a_retry_and_another_pack_show_them(
    client: httpx.Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = MadeUpWorker(database)
    recording = upload(client, wav_bytes(700), pack="birdnet")
    first = recording["analyses"][0]
    for segment in range(first["segments_total"] - 1):
        worker.save(first["id"], segment)
    worker.fail(first["id"], first["segments_total"] - 1)
    for onset_s, offset_s, verdict in ((2.2, 3.9, "confirmed"), (6.1, 7.0, "rejected"), (302.0, 304.0, "uncertain")):
        review(client, recording["id"], onset_s=onset_s, offset_s=offset_s, verdict=verdict)
    expected: dict[float, str | None] = {2.0: "confirmed", 302.0: "uncertain"}
    assert reviews_on(client, first["id"]) == expected
    recut = reviews_on(client, first["id"], **AGAIN)
    assert recut == expected | {6.0: "rejected", 306.0: None}
    assert reviews_on(client, first["id"], **AGAIN, reviewed="rejected") == {6.0: "rejected"}
    assert reviews_on(client, first["id"], **AGAIN, reviewed="none") == {306.0: None}
    timeline = client.get(f"/v1/analyses/{first['id']}/timeline", params={"taxon": "eurrob1"}).json()["taxa"][0]
    assert [each["review"]["verdict"] for each in timeline["detections"]] == ["confirmed", "uncertain"]

    assert client.post(f"/v1/analyses/{first['id']}/retry").status_code == 202
    worker.save(first["id"], first["segments_total"] - 1)
    retried = reviews_on(client, first["id"])
    assert retried == expected | {602.0: None}

    other = PackFacts(**{
        **{name: getattr(made_up.PACK, name) for name in made_up.PACK.__dataclass_fields__},
        "name": "other", "manifest_sha256": "1" * 64, "taxa": (SECOND_NAME, made_up.WREN, made_up.FROG),
    })  # fmt: skip
    monkeypatch.setattr(made_up, "PACK", other)
    monkeypatch.setattr(made_up, "ROBIN", SECOND_NAME)
    worker = MadeUpWorker(database)
    second = client.post(f"/v1/recordings/{recording['id']}/analyses", json={"pack": "other"}).json()
    worker.save_all(second)
    assert reviews_on(client, second["id"]) == retried
    for query in ({"pack": "birdnet"}, {"pack": "other"}):
        listed = client.get("/v1/detections", params={**query, "reviewed": "confirmed"}).json()["items"]
        assert [each["onset_s"] for each in listed] == [2.0], query


@pytest.fixture(scope="module")
def connection(postgres_server: PostgresServer) -> Iterator[psycopg.Connection[Any]]:
    url = postgres_server.make_database()
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute(
            "INSERT INTO recordings (id, filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, "
            "channels) VALUES (%s, 'a', 'a', 1, repeat('0', 64), 'wav', 1000, 8000, 1)",
            [UUID(int=1)],
        )
        yield opened
    postgres_server.drop_database(url)


spans = st.tuples(st.integers(0, 40), st.integers(1, 40)).map(lambda each: (each[0], each[0] + each[1]))
microseconds = st.integers(0, 60_000)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(spans, st.integers(0, 2)), max_size=8),
    st.lists(st.tuples(microseconds, st.integers(1, 40_000)), min_size=1, max_size=5),
)
def test_postgresql_shows_the_review_that_python_shows(
    connection: psycopg.Connection[Any],
    said: list[tuple[tuple[int, int], int]],
    heard: list[tuple[int, int]],
) -> None:
    """Spans of some milliseconds, events to the microsecond: halves and equal overlaps are frequent."""
    reviews = [
        Review(UUID(int=n + 1), UUID(int=1), "x", *span, Verdict.CONFIRMED, f"{n}", NOON + timedelta(seconds=age))
        for n, (span, age) in enumerate(said)
    ]
    with connection.transaction(force_rollback=True):
        for each in reviews:
            connection.execute(
                "INSERT INTO reviews (id, recording_id, scientific_name, onset_ms, offset_ms, verdict, reviewer, "
                "reviewed_at) VALUES (%s, %s, 'x', %s, %s, 'confirmed', 'Ada', %s)",
                [each.id, each.recording_id, each.onset_ms, each.offset_ms, each.reviewed_at],
            )
        for onset_us, length_us in heard:
            onset_s, offset_s = onset_us / 1e6, (onset_us + length_us) / 1e6
            row = connection.execute(
                "SELECT id FROM review_of(%s, 'x', %s::numeric(14, 6), %s::numeric(14, 6))",
                [UUID(int=1), onset_s, offset_s],
            ).fetchone()
            found = Reviews(reviews).find(Detection(Taxon("", "x", "", ""), onset_s, offset_s, 0.5), UUID(int=1))
            assert (found and found.id) == (row and row[0])


FILLED = """
INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, channels)
VALUES ('a.wav', 'a', 1, repeat('0', 64), 'wav', 1500, 48000, 1);
INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, rules)
VALUES ('woods', '1', 'CC0-1.0', '', '', 5, '{}');
INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES ('a', 'Turdus merula', '', 'Aves');
INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total, state, result, finished_at)
SELECT id, 'woods', '{}', 'bulk', 300, 5, 'finished', 'succeeded', now() FROM recordings;
INSERT INTO detections (analysis_id, recording_id, taxon_id, onset_s, offset_s, confidence)
SELECT a.id, recording_id, x.id, n, n + 2, 0.7 FROM analyses AS a, taxa AS x, generate_series(1, 1000, 10) AS n;
INSERT INTO api_keys (name, prefix, sha256, scopes) VALUES ('k', 'chorus_x', decode(repeat('00', 32), 'hex'), '{read}');
"""


def test_the_migration_runs_on_a_filled_database(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = postgres_server.make_database(empty=True)
    migrate_up_to(url, "0008_page", monkeypatch, tmp_path)
    with psycopg.connect(url, autocommit=True) as filled:
        filled.execute(FILLED)
        assert migrate(url)[0] == "0009_review"
        filled.execute(
            "INSERT INTO reviews (recording_id, scientific_name, onset_ms, offset_ms, verdict, reviewer) "
            "SELECT id, 'Turdus merula', 11000, 13000, 'confirmed', 'Ada' FROM recordings"
        )
        shown = filled.execute(
            "SELECT d.onset_s FROM detections AS d "
            "CROSS JOIN LATERAL review_of(d.recording_id, 'Turdus merula', d.onset_s, d.offset_s)"
        ).fetchall()
        assert [float(onset_s) for (onset_s,) in shown] == [11.0]
        for table in ("reviews", "thresholds"):
            filled.execute("SET ROLE reader")
            filled.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
            filled.execute("RESET ROLE")
    postgres_server.drop_database(url)


def test_what_is_found_after_it_was_reviewed_shows_it(client: httpx.Client, database: Database) -> None:
    worker = MadeUpWorker(database)
    recording = upload(client)
    review(client, recording["id"])
    worker.finish(recording)
    assert reviews_on(client, recording["analyses"][0]["id"]) == {2.0: "confirmed"}
