"""Which analysis of a recording counts in lists across recordings: of each pack the newest one with results."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import UUID

import httpx
import pytest

from dawn_chorus.adapters.postgres.analyses import create_analysis, retry_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter, list_detections
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.recording_list import list_recordings
from dawn_chorus.adapters.postgres.recordings import delete_recording
from dawn_chorus.adapters.postgres.retention import RetentionRule, plan_retention
from dawn_chorus.adapters.postgres.values import AnalysisRequest, RecordingFilter
from dawn_chorus.domain.jobs import Lane
from tests.integration.api_checks import is_waiting, problem_of, row_count, wait_until
from tests.integration.made_up import PACK, MadeUpWorker, upload, wav_bytes
from tests.servers import postgres_fill
from tests.servers.api import StartApi
from tests.servers.postgres import PostgresServer
from tests.servers.postgres_fill import ROBIN, WREN, job, post, save, start, timeline_of

RECORDED_AT = "2025-05-03T04:30:00+02:00"
OTHER_PACK = replace(PACK, name="perch")
REQUEST = AnalysisRequest(postgres_fill.PACK.name, Lane.EXPRESS)
SONG = [(ROBIN, 2.0, 4.0, 0.9)]


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    made_up = MadeUpWorker(database)
    made_up.ledger.register_pack(OTHER_PACK)
    return made_up


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings of 20 s into two segments."""
    return start_api(segment_s=10).client


@pytest.fixture
def recording(client: httpx.Client, worker: MadeUpWorker) -> dict[str, Any]:
    answer = upload(client, site="marsh", recorded_at=RECORDED_AT)
    worker.finish(answer)
    return answer


def begin(client: httpx.Client, recording: dict[str, Any], **fields: Any) -> dict[str, Any]:
    response = client.post(recording["links"]["analyses"], json=fields)
    assert response.status_code == 202, response.text
    begun: dict[str, Any] = response.json()
    return begun


def counted(client: httpx.Client, **wanted: Any) -> list[str]:
    """Return the analyses whose detections are listed, oldest first; each has one detection in each segment."""
    response = client.get("/v1/detections", params=wanted)
    assert response.status_code == 200, response.text
    return sorted({row["analysis_id"] for row in response.json()["items"]})


def current(database: Database) -> dict[tuple[UUID, str], UUID]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT * FROM current_analyses").fetchall()
    return {(row["recording_id"], row["pack_name"]): row["analysis_id"] for row in rows}


class TestWhatCounts:
    def test_the_newest_that_succeeded_or_is_partial(
        self, client: httpx.Client, worker: MadeUpWorker, recording: dict[str, Any]
    ) -> None:
        first = recording["analysis_id"]
        assert counted(client) == [first]
        partial, failed, cancelled, waiting = (begin(client, recording) for _ in range(4))
        assert counted(client) == [first], "those that are not finished do not count"
        worker.save(partial["id"], 0)
        worker.fail(partial["id"], 1)
        assert counted(client) == [partial["id"]]
        for segment in (0, 1):
            worker.fail(failed["id"], segment)
        worker.save(cancelled["id"], 0)
        client.post(cancelled["links"]["cancel"])
        assert counted(client) == [partial["id"]]
        worker.save_all(waiting)
        assert counted(client) == [waiting["id"]]
        assert len(client.get(cancelled["links"]["detections"]).json()["items"]) == 1, "each has its own still"

    def test_not_the_one_that_was_begun_last_but_the_one_that_ended_last(
        self, client: httpx.Client, worker: MadeUpWorker, recording: dict[str, Any]
    ) -> None:
        early, late = begin(client, recording), begin(client, recording)
        worker.save_all(late)
        worker.save_all(early)
        assert counted(client) == [early["id"]]

    def test_while_it_is_retried_the_one_before_it(
        self, client: httpx.Client, worker: MadeUpWorker, recording: dict[str, Any]
    ) -> None:
        partial = begin(client, recording)
        worker.save(partial["id"], 0)
        worker.fail(partial["id"], 1)
        client.post(partial["links"]["retry"])
        assert counted(client) == [recording["analysis_id"]]
        client.post(partial["links"]["cancel"])
        assert counted(client) == [recording["analysis_id"]], "cancelled, it does not count again"
        client.post(partial["links"]["retry"])
        worker.save(partial["id"], 1)
        assert counted(client) == [partial["id"]]

    def test_one_that_is_alone_counts_again_when_its_retry_has_ended(
        self, client: httpx.Client, worker: MadeUpWorker, database: Database
    ) -> None:
        alone = upload(client)["analyses"][0]
        worker.save(alone["id"], 0)
        worker.fail(alone["id"], 1)
        assert counted(client) == [alone["id"]]
        client.post(alone["links"]["retry"])
        assert (counted(client), current(database)) == ([], {})
        worker.fail(alone["id"], 1)
        assert counted(client) == [alone["id"]]

    def test_of_each_recording_and_pack_one(
        self, client: httpx.Client, worker: MadeUpWorker, recording: dict[str, Any]
    ) -> None:
        other = upload(client, wav_bytes(seed=1), site="hill")
        worker.finish(other)
        perch = begin(client, recording, pack="perch")
        worker.save_all(perch)
        assert counted(client) == sorted([recording["analysis_id"], other["analysis_id"]])
        assert counted(client, pack="any") == sorted([recording["analysis_id"], other["analysis_id"], perch["id"]])

    def test_when_one_is_deleted_the_newest_that_is_left(self, database: Database) -> None:
        ledger = PostgresLedger(database)
        stored = post(database, 20.0)
        key, ids = (stored.recording.id, REQUEST.pack), [stored.analyses[0].id]
        ids += [create_analysis(database, stored.recording.id, REQUEST).id for _ in range(2)]
        for analysis_id in ids:
            save(ledger, analysis_id, 0, SONG)
        for left in (2, 1):
            assert current(database) == {key: ids[left]}
            with database.transaction() as connection:
                connection.execute("DELETE FROM analyses WHERE id = %s", [ids[left]])
        assert current(database) == {key: ids[0]}
        delete_recording(database, stored.recording.id)
        assert current(database) == {}

    def test_one_that_a_worker_of_the_version_before_finishes(self, database: Database) -> None:
        """It knows nothing of the table."""
        stored = post(database, 20.0)
        with database.transaction() as connection:
            for state, result in (("finished", "succeeded"), ("running", None), ("finished", "partial")):
                connection.execute(
                    "UPDATE analyses SET state = %(state)s, result = %(result)s, "
                    "finished_at = CASE WHEN %(result)s::text IS NOT NULL THEN clock_timestamp() END",
                    {"state": state, "result": result},
                )
                assert connection.execute("SELECT FROM current_analyses").rowcount == (result is not None)
        assert list(current(database).values()) == [stored.analyses[0].id]


class TestAtOnce:
    def test_of_analyses_that_finish_together_the_last_counts(self, database: Database) -> None:
        ledger = PostgresLedger(database)
        for _ in range(5):
            stored = post(database, 20.0)
            ids = [stored.analyses[0].id]
            ids += [create_analysis(database, stored.recording.id, REQUEST).id for _ in range(3)]
            works, barrier = [start(ledger, analysis_id, 0) for analysis_id in ids], Barrier(4)

            def finish(work: Any, barrier: Barrier = barrier) -> None:
                barrier.wait()
                ledger.save_timeline(work, timeline_of(work, SONG), postgres_fill.FACTS)

            with ThreadPoolExecutor(4) as pool:
                list(pool.map(finish, works))
            with database.transaction() as connection:
                newest = connection.execute(
                    "SELECT id FROM analyses WHERE recording_id = %s ORDER BY finished_at DESC, id DESC LIMIT 1",
                    [stored.recording.id],
                ).fetchone()
            assert newest is not None
            assert current(database)[stored.recording.id, REQUEST.pack] == newest["id"]

    def test_retries_of_one_recording_do_not_wait_for_each_other_in_a_circle(self, database: Database) -> None:
        ledger = PostgresLedger(database)
        for _ in range(5):
            stored = post(database, 600.0)
            ids = [stored.analyses[0].id]
            ids += [create_analysis(database, stored.recording.id, REQUEST).id for _ in range(3)]
            for analysis_id in ids:
                save(ledger, analysis_id, 0, SONG)
                start(ledger, analysis_id, 1)
                ledger.fail_segment(job(analysis_id, 1), "the decoder crashed")
            barrier = Barrier(4)

            def retry(analysis_id: UUID, barrier: Barrier = barrier) -> None:
                barrier.wait()
                retry_analysis(database, analysis_id)

            with ThreadPoolExecutor(4) as pool:
                list(pool.map(retry, ids))
            assert (stored.recording.id, REQUEST.pack) not in current(database)

    def test_a_deletion_waits_for_an_analysis_that_ceases_to_count(self, database: Database) -> None:
        ledger = PostgresLedger(database)
        stored = post(database, 20.0)
        newer = create_analysis(database, stored.recording.id, REQUEST)
        for analysis in (stored.analyses[0], newer):
            save(ledger, analysis.id, 0, SONG)
        with ThreadPoolExecutor(1) as pool:
            with database.transaction() as connection:
                connection.execute("SELECT FROM analyses WHERE id = %s FOR NO KEY UPDATE", [newer.id])
                deleting = pool.submit(delete_recording, database, stored.recording.id)
                wait_until(lambda: is_waiting(database))
                connection.execute(
                    "UPDATE analyses SET state = 'running', result = NULL, finished_at = NULL WHERE id = %s", [newer.id]
                )
            deleting.result(30)
        assert row_count(database, "current_analyses") == 0


class TestLists:
    @pytest.fixture
    def analyses(
        self, client: httpx.Client, worker: MadeUpWorker, recording: dict[str, Any]
    ) -> dict[str, dict[str, Any]]:
        """One recording, analyzed twice by either pack."""
        found = {"old": recording["analyses"][0]}
        for name, pack in (("new", "birdnet"), ("perch old", "perch"), ("perch new", "perch")):
            found[name] = begin(client, recording, pack=pack)
            worker.save_all(found[name])
        return found

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ({}, ["new"]),
            ({"pack": "birdnet"}, ["new"]),
            ({"pack": "perch"}, ["perch new"]),
            ({"pack": "any"}, ["new", "perch new"]),
            ({"analyses": "current"}, ["new"]),
            ({"analyses": "all"}, ["old", "new", "perch old", "perch new"]),
            ({"analyses": "all", "pack": "any"}, ["old", "new", "perch old", "perch new"]),
            ({"analyses": "all", "pack": "perch"}, ["perch old", "perch new"]),
            ({"analyses": "all", "pack": "birdnet"}, ["old", "new"]),
        ],
    )
    def test_pack_and_analyses_choose(
        self,
        client: httpx.Client,
        analyses: dict[str, dict[str, Any]],
        wanted: dict[str, str],
        expected: list[str],
    ) -> None:
        ids = sorted(analyses[name]["id"] for name in expected)
        items = client.get("/v1/detections", params=wanted).json()["items"]
        narrowed = wanted | {"taxon": ROBIN.code, "site": "marsh", "min_confidence": 0.5, "from": RECORDED_AT}
        assert counted(client, **wanted) == counted(client, **narrowed) == ids
        names = {analysis["id"]: analysis["pack"]["name"] for analysis in analyses.values()}
        assert [item["pack"] for item in items] == [names[item["analysis_id"]] for item in items]
        assert len(items) == 2 * len(expected)
        rows = client.get("/v1/detections", params={**wanted, "format": "ndjson"}).text.splitlines()
        assert [json.loads(row) for row in rows] == items
        table = client.get("/v1/detections", params={**wanted, "format": "csv"}).text
        assert [row["analysis_id"] for row in csv.DictReader(io.StringIO(table))] == [
            item["analysis_id"] for item in items
        ]

    def test_pages_keep_the_choice(self, client: httpx.Client, analyses: dict[str, dict[str, Any]]) -> None:
        found: list[Any] = []
        response = client.get("/v1/detections", params={"limit": 1, "pack": "any"})
        found += response.json()["items"]
        while "next" in response.links:
            response = client.get(response.links["next"]["url"])
            found += response.json()["items"]
        assert found == client.get("/v1/detections", params={"pack": "any"}).json()["items"]
        assert {item["analysis_id"] for item in found} == {analyses["new"]["id"], analyses["perch new"]["id"]}

    def test_an_unknown_pack_is_an_error_not_an_absence(
        self, client: httpx.Client, analyses: dict[str, dict[str, Any]]
    ) -> None:
        problem = problem_of(client.get("/v1/detections", params={"pack": "pirch"}), 422, "unknown-pack")
        assert [error["field"] for error in problem["errors"]] == ["pack"]
        assert all(name in problem["detail"] for name in ("pirch", "birdnet", "perch"))
        problem = problem_of(client.get("/v1/detections", params={"analyses": "some"}), 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == ["analyses"]

    def test_the_default_pack_is_that_of_the_service(
        self, start_api: StartApi, analyses: dict[str, dict[str, Any]]
    ) -> None:
        assert counted(start_api(default_pack="perch").client) == [analyses["perch new"]["id"]]
        assert counted(start_api(default_pack="not-there-yet").client) == []

    @pytest.mark.parametrize("view", ["detections_heard", "detections_named"])
    def test_dashboards_count_the_same(
        self, client: httpx.Client, database: Database, analyses: dict[str, dict[str, Any]], view: str
    ) -> None:
        with database.transaction() as connection:
            connection.execute("SET LOCAL ROLE reader")
            rows = connection.execute(f"SELECT analysis_id FROM {view}").fetchall()  # noqa: S608 - our own names
        assert sorted({str(row["analysis_id"]) for row in rows}) == counted(client, pack="any")
        assert len(rows) == 4
        assert row_count(database, "detections") == 8


def test_the_best_recordings_are_those_of_analyses_that_count(database: Database) -> None:
    ledger = PostgresLedger(database)
    loud_once, steady = post(database, 20.0), post(database, 20.0)
    save(ledger, loud_once.analyses[0].id, 0, [(ROBIN, 2, 8, 0.99)])
    save(ledger, steady.analyses[0].id, 0, [(ROBIN, 2, 8, 0.9), (WREN, 2, 8, 0.9)])
    rule = RetentionRule(audio_days=1, results_days=None, keep_best=1)
    assert plan_retention(database, rule).best == {loud_once.recording.id, steady.recording.id}
    again = create_analysis(database, loud_once.recording.id, REQUEST)
    save(ledger, again.id, 0, [(ROBIN, 2, 8, 0.6)])
    assert plan_retention(database, rule).best == {steady.recording.id}


def fill(database: Database, recordings: int, detections: int) -> None:
    """Have recordings analyzed twice by one pack and once by another, with so many detections of each analysis."""
    with database.transaction() as connection:
        connection.execute(
            """INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class)
            SELECT 't' || i, 'Taxon ' || i, 'Name ' || i, 'Aves' FROM generate_series(1, 50) AS i;
            INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, rules)
            SELECT name, '1', 'CC0-1.0', '', '', 5, '{}' FROM unnest(ARRAY['woods', 'perch']) AS name;"""
        )
        connection.execute(
            """INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz,
                channels, site, recorded_at, recorded_utc_offset_s)
            SELECT 'a.wav', i, 1, lpad(to_hex(i), 64, '0'), 'wav', 600, 48000, 1, 'site ' || i %% 10,
                '2026-01-01'::timestamptz + i * interval '10 min', 0 FROM generate_series(1, %s) AS i""",
            [recordings],
        )
        connection.execute(
            """INSERT INTO analyses (recording_id, state, result, pack_name, settings, lane, segment_s, segments_total,
                finished_at)
            SELECT id, 'finished', 'succeeded', pack, '{}', 'bulk', 300, 2, now() + n * interval '1 s'
            FROM recordings CROSS JOIN (VALUES ('woods', 1), ('woods', 2), ('perch', 1)) AS t (pack, n)"""
        )
        connection.execute(
            """INSERT INTO detections (analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at,
                ended_at, confidence)
            SELECT a.id, r.id, (SELECT min(id) FROM taxa) + (i * 7) %% 50, r.site, i, i + 1,
                r.recorded_at + i * interval '1 s', r.recorded_at + (i + 1) * interval '1 s', 0.3 + 0.6 * (i %% 11) / 11
            FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id CROSS JOIN generate_series(1, %s) AS i""",
            [detections],
        )
    with database.transaction() as connection:
        connection.execute("ANALYZE")


@pytest.fixture(scope="module")
def many(postgres_server: PostgresServer) -> Iterator[Database]:
    url = postgres_server.make_database()
    with Database(url) as database:
        fill(database, recordings=500, detections=70)
        yield database
    postgres_server.drop_database(url)


class TestManyDetections:
    @pytest.mark.parametrize(
        ("query", "filters", "index"),
        [
            ("latest_detections", {}, "detections_time"),
            ("latest_detections", {"site": "site 3"}, "detections_site_time"),
            ("latest_detections_of_taxa", {"taxon_ids": [5]}, "detections_taxon_time"),
        ],
    )
    def test_a_page_reads_no_more_rows_than_it_needs(
        self, many: Database, query: str, filters: dict[str, Any], index: str
    ) -> None:
        names = ("site", "from_time", "to_time", "before_time", "before_id", "saved", "reviewed", "hidden_ids")
        values = dict.fromkeys(names) | {"min_confidence": 0.0, "n": 101, "pack": "woods", "all_analyses": False}
        with many.transaction() as connection:
            if "taxon_ids" in filters:
                lowest = connection.execute("SELECT min(id) AS id FROM taxa").fetchone()
                assert lowest is not None
                filters = {"taxon_ids": [lowest["id"] + 4]}
            statement = "EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) " + getattr(load_queries("detections"), query).sql
            row = connection.execute(statement, values | filters).fetchone()
        assert row is not None
        nodes = list(nodes_of(row["QUERY PLAN"][0]["Plan"]))
        (scan,) = [node for node in nodes if node.get("Relation Name") == "detections"]
        assert (scan["Index Name"], scan["Scan Direction"]) == (index, "Backward")
        assert scan["Actual Rows"] < 1000
        (choice,) = [node for node in nodes if node.get("Relation Name") == "current_analyses"]
        assert choice["Index Name"] == "current_analyses_analysis_id_key"

    def test_a_stream_of_all_pages_has_each_once(self, many: Database) -> None:
        wanted = DetectionFilter(pack="woods")
        streamed = list(stream_detections(many, wanted))
        assert len(streamed) == 500 * 70
        counted_ids = {found.source.analysis_id for found in streamed}
        assert counted_ids == {str(value) for (_, pack), value in current(many).items() if pack == "woods"}
        assert len(set(streamed)) == len(streamed)
        page = list_detections(many, wanted, limit=100)
        assert list(page.items) == streamed[:100]

    def test_bytes_are_found_by_an_index(self, many: Database) -> None:
        sha256 = f"{77:064x}"
        (found,) = list_recordings(many, RecordingFilter(sha256=sha256)).items
        assert found.recording.sha256 == sha256
        names = [
            "site",
            "recorded_after",
            "recorded_before",
            "q",
            "q_apart",
            "state",
            "result",
            "before_id",
            "has_reviews",
        ]
        with many.transaction() as connection:
            statement = "EXPLAIN (FORMAT JSON) " + load_queries("recording_list").list_recordings.sql
            row = connection.execute(statement, dict.fromkeys(names) | {"sha256": sha256, "n": 51}).fetchone()
        assert row is not None
        indexes = {node.get("Index Name") for node in nodes_of(row["QUERY PLAN"][0]["Plan"])}
        assert "recordings_same_sound" in indexes


def test_an_analysis_that_finishes_during_a_stream_is_not_mixed_into_it(database: Database) -> None:
    fill(database, recordings=30, detections=50)
    before = {str(analysis) for (_, pack), analysis in current(database).items() if pack == "woods"}
    stream = stream_detections(database, DetectionFilter(pack="woods"))
    streamed = [next(stream)]
    with database.transaction() as connection:
        connection.execute(
            "UPDATE analyses SET finished_at = now() + interval '1 h' "
            "WHERE id NOT IN (SELECT analysis_id FROM current_analyses)"
        )
    assert before.isdisjoint(map(str, current(database).values()))
    streamed += stream
    assert len(streamed) == len(set(streamed)) == 30 * 50
    assert {found.source.analysis_id for found in streamed} == before


def nodes_of(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)
