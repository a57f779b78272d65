"""The same bytes uploaded again: which recording is meant, and whether anything new is asked of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.integration.archive import Archive
from tests.integration.made_up import PACK, MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartedApi, read_metrics

DAWN, NOON = "2025-05-03T04:30:00+02:00", "2025-05-03T12:30:00+02:00"
MARSH = {"site": "marsh", "latitude": "52.5", "longitude": "13.4"}
NEW = (
    {"pack": "perch"}.items(),
    {"pack": "perch", "floor": "0.1"}.items(),
    {"onset_threshold": "0.7"}.items(),
    {"min_gap_s": "2"}.items(),
    {"floor": "0.1"}.items(),
    {"occurrence_min": "0.03"}.items(),
    {"channels": "each"}.items(),
    {"channels": "1"}.items(),
)
"""Questions that differ from each other and from none."""
OTHER_PACK = replace(PACK, name="perch")


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    made_up = MadeUpWorker(database)
    made_up.ledger.register_pack(OTHER_PACK)
    return made_up


def post(client: httpx.Client, **fields: str) -> httpx.Response:
    return client.post("/v1/recordings", files={"file": ("again.wav", wav_bytes())}, data=fields)


def again(client: httpx.Client, status: int, **fields: str) -> dict[str, Any]:
    """Upload the same bytes; check the status, and that the answer is of one piece."""
    response = post(client, **fields)
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    assert answer["duplicate"] is (status == 200)
    assert answer["analysis_id"] in [analysis["id"] for analysis in answer["analyses"]]
    assert response.headers["location"] == answer["links"]["self"]
    return answer


class TestTheQuestion:
    def test_each_new_one_begins_another_analysis_and_is_answered_from_then_on(
        self, client: httpx.Client, worker: MadeUpWorker, database: Database, store_dir: Path
    ) -> None:
        known = upload(client, **MARSH, recorded_at=DAWN)
        worker.finish(known)
        answers = {frozenset(fields): again(client, 202, **MARSH, recorded_at=DAWN, **dict(fields)) for fields in NEW}
        assert {answer["id"] for answer in answers.values()} == {known["id"]}
        assert len({answer["analysis_id"] for answer in answers.values()} | {known["analysis_id"]}) == len(NEW) + 1
        for fields, answer in answers.items():
            assert answer["analyses"][-1]["id"] == answer["analysis_id"]
            assert answer["analyses"][-1]["pack"]["name"] == dict(fields).get("pack", "birdnet")
            repeated = again(client, 200, **MARSH, recorded_at=DAWN, **dict(fields))
            assert repeated["analysis_id"] == answer["analysis_id"]
        assert row_count(database, "analyses") == len(NEW) + 1
        assert len(stored_files(store_dir)) == 1
        assert row_count(database, "audio_to_delete") == 0

    @pytest.mark.parametrize(
        ("first", "then"),
        [
            ({}, {"pack": "birdnet", "floor": "0.05", "channels": "mix", "priority": "bulk"}),
            ({"onset_threshold": "0.70", "min_gap_s": "2"}, {"min_gap_s": "2.0", "onset_threshold": "0.7"}),
            ({"occurrence_min": "0.03", **MARSH}, {"occurrence_min": "3e-2"}),
        ],
    )
    def test_the_same_one_has_its_answer(
        self, client: httpx.Client, worker: MadeUpWorker, first: dict[str, str], then: dict[str, str]
    ) -> None:
        known = upload(client, **first)
        steps: list[Callable[[], object]] = [
            lambda: None,
            lambda: worker.start(known["analysis_id"]),
            lambda: worker.finish(known),
        ]
        for step in steps:
            step()
            answer = again(client, 200, **then)
            assert (answer["id"], answer["analysis_id"]) == (known["id"], known["analysis_id"])
            assert len(answer["analyses"]) == 1

    def test_what_failed_or_was_cancelled_answers_nothing(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        ends: list[Callable[[dict[str, Any]], object]] = [
            lambda analysis: worker.fail(analysis["id"]),
            lambda analysis: client.post(analysis["links"]["cancel"]),
            worker.save_all,
        ]
        upload(client)
        for number, end in enumerate(ends, 1):
            answer = client.get("/v1/recordings").json()["items"][0]
            end(answer["analyses"][-1])
            status = 200 if end is ends[-1] else 202
            assert len(again(client, status)["analyses"]) == number + (status == 202)

    def test_of_several_answers_the_newest_is_named(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        known = upload(client)
        worker.finish(known)
        begun = client.post(known["links"]["analyses"], json={}).json()
        assert again(client, 200)["analysis_id"] == begun["id"] != known["analysis_id"]

    def test_a_newer_version_of_the_pack_is_a_new_question(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        known = upload(client)
        worker.ledger.register_pack(replace(PACK, version="2.4.1", manifest_sha256="1" * 64))
        assert again(client, 200)["analysis_id"] == known["analysis_id"], "it is still to be taken by a worker"
        worker.finish(known)
        newer = again(client, 202)
        assert len(newer["analyses"]) == 2
        worker.ledger.register_pack(PACK)
        again(client, 200), "an old worker that starts again changes nothing"

    def test_the_resource_analyses_always_begins_one(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        known = upload(client)
        worker.finish(known)
        for number in (2, 3):
            assert client.post(known["links"]["analyses"]).status_code == 202
            assert len(client.get(known["links"]["self"]).json()["analyses"]) == number

    def test_an_idempotency_key_replays_the_answer(self, client: httpx.Client, database: Database) -> None:
        upload(client)
        files = {"file": ("again.wav", wav_bytes())}
        key = {"Idempotency-Key": "k"}
        first, second = (
            client.post("/v1/recordings", files=files, data={"floor": "0.1"}, headers=key) for _ in range(2)
        )
        assert (second.status_code, second.json()) == (202, first.json())
        assert row_count(database, "analyses") == 2

    def test_of_uploads_at_once_one_asks_and_one_file_is_kept(
        self, client: httpx.Client, database: Database, store_dir: Path
    ) -> None:
        known = upload(client)
        barrier = Barrier(4)

        def ask(_: int) -> httpx.Response:
            barrier.wait()
            return post(client, floor="0.1")

        with ThreadPoolExecutor(4) as pool:
            responses = list(pool.map(ask, range(4)))
        assert sorted(response.status_code for response in responses) == [200, 200, 200, 202]
        assert {response.json()["id"] for response in responses} == {known["id"]}
        assert len({response.json()["analysis_id"] for response in responses}) == 1
        assert (row_count(database, "analyses"), len(stored_files(store_dir))) == (2, 1)
        assert row_count(database, "audio_to_delete") == 0

    def test_every_second_of_the_new_analysis_is_accounted_for(
        self, client: httpx.Client, worker: MadeUpWorker
    ) -> None:
        worker.finish(upload(client))
        answer = again(client, 202, floor="0.1")
        worker.finish(answer)
        old, new = client.get(answer["links"]["self"]).json()["analyses"]
        for analysis in (old, new):
            assert (analysis["result"], analysis["analyzed_s"], analysis["failed_s"]) == ("succeeded", 20.0, 0.0)

    def test_audio_that_was_removed_comes_back_to_answer_it(
        self, api: StartedApi, database: Database, store_dir: Path
    ) -> None:
        archive = Archive(api.client, database, store_dir.as_uri())
        old = archive.record(100, dated=False)
        content = api.client.get(old["links"]["audio"]).content
        archive.retain(audio_days=90, apply=True)
        files = {"file": ("again.wav", content)}
        response = api.client.post("/v1/recordings", files=files, data={"pack": "woods", "floor": "0.1"})
        assert (response.status_code, response.json()["id"]) == (202, old["id"])
        assert response.json()["audio_removed_at"] is None
        assert archive.has_audio(old)
        assert len(stored_files(store_dir)) == 1
        assert row_count(database, "audio_to_delete") == 0


class TestThePlace:
    @pytest.mark.parametrize(
        ("first", "then"),
        [
            ({}, {**MARSH, "recorded_at": DAWN}),
            ({"site": "marsh"}, {"recorded_at": DAWN}),
            ({"latitude": "52.5", "longitude": "13.4"}, {**MARSH, "latitude": "52.5005"}),
        ],
    )
    def test_what_was_missing_is_taken_over(
        self, client: httpx.Client, worker: MadeUpWorker, first: dict[str, str], then: dict[str, str]
    ) -> None:
        known = upload(client, **first)
        worker.finish(known)
        for _ in range(2):
            answer = again(client, 200, **then)
            assert answer["id"] == known["id"]
            expected = then | first
            assert [answer[name] for name in ("site", "recorded_at")] == [
                expected.get(name) for name in ("site", "recorded_at")
            ]
            assert str(answer["latitude"]) == expected.get("latitude", "None")
            (item,) = client.get("/v1/detections").json()["items"]
            assert item["site"] == answer["site"]
            assert item["started_at"] == ("2025-05-03T04:30:02.000+02:00" if answer["recorded_at"] else None)

    def test_nothing_known_is_taken_away(self, client: httpx.Client) -> None:
        known = upload(client, **MARSH, recorded_at=DAWN)
        for then in ({}, {"site": "marsh"}, {"recorded_at": DAWN}, {"latitude": "52.5008", "longitude": "13.4"}):
            answer = again(client, 200, **then)
            names = ("id", "site", "latitude", "longitude", "recorded_at")
            assert [answer[name] for name in names] == [known[name] for name in names]

    def test_another_site_or_start_is_another_recording(self, client: httpx.Client, store_dir: Path) -> None:
        ids = {upload(client, **MARSH, recorded_at=DAWN)["id"]}
        for then in ({"site": "hill"}, {"site": "pond", "recorded_at": DAWN}, {"site": "marsh", "recorded_at": NOON}):
            answer = again(client, 202, **then)
            assert answer["id"] not in ids
            assert answer["latitude"] is None, "nothing is taken from the other one"
            assert len(answer["analyses"]) == 1
            ids.add(answer["id"])
        assert len(stored_files(store_dir)) == len(ids) == 4

    @pytest.mark.parametrize("elsewhere", [{"latitude": "52.6"}, {"longitude": "-13.4"}])
    def test_the_same_site_elsewhere_is_refused_with_both(
        self, client: httpx.Client, database: Database, store_dir: Path, elsewhere: dict[str, str]
    ) -> None:
        known = upload(client, **MARSH)
        then = MARSH | elsewhere
        problem = problem_of(post(client, **then, floor="0.1"), 409, "conflict")
        for place in (MARSH, then):
            assert f"{float(place['latitude'])}, {float(place['longitude'])}" in problem["detail"]
        assert known["id"] in problem["detail"]
        assert client.get(known["links"]["self"]).json()["analyses"] == known["analyses"]
        assert row_count(database, "recordings") == len(stored_files(store_dir)) == 1
        assert row_count(database, "audio_to_delete") == 0
        assert 'chorus_uploads_total{outcome="conflict"}' in read_metrics()

    @pytest.mark.parametrize("then", [{}, {"recorded_at": DAWN}])
    def test_of_several_that_fit_all_are_named(
        self, client: httpx.Client, database: Database, store_dir: Path, then: dict[str, str]
    ) -> None:
        ids = [upload(client, site=site)["id"] for site in ("marsh", "hill")]
        problem = problem_of(post(client, **then), 409, "conflict")
        assert all(each in problem["detail"] for each in ids)
        assert row_count(database, "recordings") == len(stored_files(store_dir)) == 2
        assert again(client, 200, site="marsh", **then)["id"] == ids[0], "and this says which"

    def test_a_card_submitted_before_its_clocks_were_read_does_not_become_a_second_archive(
        self, client: httpx.Client, database: Database
    ) -> None:
        card = [wav_bytes(2, seed=seed) for seed in range(3)]
        for content in card:
            upload(client, content, site="marsh")
        for number, content in enumerate(card):
            recorded_at = f"2025-05-03T0{number}:30:00+02:00"
            for _ in range(2):
                answer = upload(client, content, site="marsh", recorded_at=recorded_at)
                assert (answer["recorded_at"], answer["duplicate"]) == (recorded_at, True)
        assert row_count(database, "recordings") == row_count(database, "analyses") == 3

    def test_a_clock_that_is_read_later_is_taken_over(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        name = "20250503_043000.wav"
        known = upload(client, wav_bytes(), name, site="marsh")
        worker.finish(known)
        assert known["recorded_at"] is None
        asked = {"site": "marsh", "start": "file", "time_zone": "+02:00"}
        for _ in range(2):
            answer = upload(client, wav_bytes(), name, **asked)
            assert (answer["id"], answer["recorded_at"], answer["duplicate"]) == (known["id"], DAWN, True)
        (item,) = client.get("/v1/detections").json()["items"]
        assert item["started_at"] == "2025-05-03T04:30:02.000+02:00"
        other = upload(client, wav_bytes(), name, **asked | {"time_zone": "+03:00"})
        assert other["id"] != known["id"], "another start is another recording"

    def test_a_filter_by_place_takes_the_place_that_is_known(self, client: httpx.Client) -> None:
        known = upload(client, **MARSH)
        assert again(client, 202, occurrence_min="0.03")["id"] == known["id"]
        elsewhere = post(client, site="hill", occurrence_min="0.03")
        assert problem_of(elsewhere, 422, "invalid-request")["errors"][0]["field"] == "occurrence_min"

    def test_a_place_given_later_is_the_one_a_filter_needs(self, client: httpx.Client) -> None:
        known = upload(client)
        answer = again(client, 202, **MARSH, occurrence_min="0.03")
        assert (answer["id"], answer["latitude"]) == (known["id"], 52.5)

    def test_a_start_taken_over_is_told_where_taxa_were_left_out_by_the_whole_year(
        self, client: httpx.Client, worker: MadeUpWorker
    ) -> None:
        known = upload(client, **MARSH, occurrence_min="0.03")
        worker.finish(known)
        answer = again(client, 200, recorded_at=DAWN, occurrence_min="0.03")
        (warning,) = answer["analyses"][0]["warnings"]
        assert (warning["code"], warning["start_s"], warning["channel"]) == ("place_changed", None, None)
        assert "analyze it again" in warning["detail"]
        assert answer["analyses"][0]["result"] == "succeeded"
        (item,) = client.get("/v1/detections").json()["items"]
        assert item["warnings"] == "place_changed"
