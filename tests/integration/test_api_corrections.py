"""Site, place and start, corrected through HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi, StartedApi

NOBODY = "0193d0c8-0000-7000-8000-000000000000"
MERGE_PATCH = "application/merge-patch+json"
DAWN, DUSK = "2025-05-03T04:30:00+02:00", "2025-05-03T20:15:00+02:00"
POND = {"site": "pond", "latitude": "52.5", "longitude": "13.4", "recorded_at": DAWN}
PLACE = ("site", "latitude", "longitude", "recorded_at")


def place_of(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in PLACE}


def patch(client: httpx.Client, recording: dict[str, Any], **fields: Any) -> httpx.Response:
    return client.patch(recording["links"]["self"], json=fields)


def correct(
    client: httpx.Client, ids: list[str], headers: dict[str, str] | None = None, **fields: Any
) -> httpx.Response:
    return client.post("/v1/recordings/corrections", json={"ids": ids, "fields": fields}, headers=headers)


class TestOne:
    @pytest.mark.parametrize(
        "fields",
        [
            {"site": "hill"},
            {"site": None},
            {"latitude": -33.87, "longitude": 151.2},
            {"latitude": 0, "longitude": 0},
            {"latitude": None, "longitude": None},
            {"recorded_at": DUSK},
            {"recorded_at": None},
            {"site": None, "latitude": None, "longitude": None, "recorded_at": None},
            {"site": "Höhe 3 \u200d", "recorded_at": "2025-05-03T02:30:00Z"},
        ],
    )
    def test_what_is_sent_changes_null_clears_and_the_rest_stays(
        self, client: httpx.Client, fields: dict[str, Any]
    ) -> None:
        recording = upload(client, **POND)
        answer = patch(client, recording, **fields)
        assert answer.status_code == 200, answer.text
        assert answer.json() == client.get(recording["links"]["self"]).json()
        assert place_of(answer.json()) == place_of(recording) | fields

    @pytest.mark.parametrize("content_type", ["application/json", MERGE_PATCH, "Application/JSON; charset=utf-8"])
    def test_json_and_merge_patch_are_taken(self, client: httpx.Client, content_type: str) -> None:
        url = upload(client)["links"]["self"]
        answer = client.patch(url, content=b'{"site": "hill"}', headers={"Content-Type": content_type})
        assert answer.json()["site"] == "hill"

    @pytest.mark.parametrize(
        "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/json-patch+json"]
    )
    @pytest.mark.parametrize("method", ["PATCH", "POST"])
    def test_other_types_are_refused(self, door: StartedApi, content_type: str, method: str) -> None:
        url = "/v1/recordings/" + (NOBODY if method == "PATCH" else "corrections")
        headers = {"Content-Type": content_type} if content_type else {}
        answer = door.client.request(method, url, content=b'{"site": "hill"}', headers=headers)
        problem_of(answer, 415, "unsupported-media-type")
        if method == "PATCH":
            assert answer.headers["accept-patch"] == f"application/json, {MERGE_PATCH}"

    def test_detections_exports_and_timelines_follow(self, client: httpx.Client, database: Database) -> None:
        recording = upload(client, **POND)
        analysis = MadeUpWorker(database).finish(recording)
        patch(client, recording, site="hill", recorded_at=DUSK, latitude=1.5, longitude=2.5)
        (row,) = client.get("/v1/detections", params={"site": "hill"}).json()["items"]
        assert (row["site"], row["started_at"]) == ("hill", "2025-05-03T20:15:02.000+02:00")
        assert client.get("/v1/detections", params={"site": "pond"}).json()["items"] == []
        assert client.get("/v1/detections", params={"to": DUSK}).json()["items"] == []
        table = client.get(f"/v1/analyses/{analysis}/detections", params={"format": "csv"}).text
        assert "hill" in table
        assert "20:15:02" in table
        assert "pond" not in table
        (robin, *_) = client.get(f"/v1/analyses/{analysis}/timeline").json()["taxa"]
        assert robin["detections"][0]["started_at"].startswith("2025-05-03T20:15:02")
        with database.transaction() as connection:
            seen = connection.execute("SELECT site, heard_at_local::text FROM detections_heard").fetchall()
        assert [tuple(each.values()) for each in seen] == [("hill", "2025-05-03 20:15:02")], "dashboards too"

    def test_the_analysis_that_counts_stays_the_one_that_counts(self, client: httpx.Client, database: Database) -> None:
        recording, worker = upload(client, **POND), MadeUpWorker(database)
        worker.finish(recording)
        second = client.post(recording["links"]["analyses"]).json()
        worker.save_all(second)
        patch(client, recording, site="hill")
        assert [row["analysis_id"] for row in client.get("/v1/detections").json()["items"]] == [second["id"]]
        everything = client.get("/v1/detections", params={"analyses": "all"}).json()["items"]
        assert [row["site"] for row in everything] == ["hill", "hill"]

    def test_what_runs_meanwhile_ends_with_the_new_place(self, client: httpx.Client, database: Database) -> None:
        recording = upload(client, **POND)
        worker, analysis = MadeUpWorker(database), recording["analyses"][0]["id"]
        patch(client, recording, site="hill")
        worker.save(analysis)
        assert [row["site"] for row in client.get("/v1/detections").json()["items"]] == ["hill"]

    @pytest.mark.parametrize("found", [f"/v1/recordings/{NOBODY}", "/v1/recordings/nonsense"])
    def test_an_unknown_recording_is_not_found(self, door: StartedApi, found: str) -> None:
        problem_of(door.client.patch(found, json={"site": "hill"}), 404, "not-found")

    @pytest.mark.parametrize(
        ("own", "fields"),
        [
            ({"site": "pond"}, {"site": "hill"}),
            ({"site": "hill", "recorded_at": DAWN}, {"recorded_at": None}),
            ({"site": "pond", "recorded_at": DAWN}, {"site": "hill", "recorded_at": None}),
        ],
    )
    def test_it_does_not_become_a_twin(self, client: httpx.Client, own: dict[str, str], fields: dict[str, Any]) -> None:
        recording, other = upload(client, **own), upload(client, site="nowhere")
        patch(client, other, site="hill").raise_for_status()
        before = client.get(recording["links"]["self"]).json()
        problem = problem_of(patch(client, recording, **fields), 409, "conflict")
        assert other["id"] in problem["detail"]
        assert client.get(recording["links"]["self"]).json() == before

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (b"", "body"),
            (b"{}", "body"),
            (b"[]", "body"),
            (b"null", "body"),
            (b'"hill"', "body"),
            (b'{"site": "hill"', "body"),
            (b'{"sight": "hill"}', "sight"),
            (b'{"id": "x"}', "id"),
            (b'{"site": ""}', "site"),
            (b'{"site": 7}', "site"),
            (b'{"site": "a\\u0000b"}', "site"),
            (b'{"site": "a\\u202eb"}', "site"),
            (b'{"latitude": 1}', "body"),
            (b'{"longitude": null}', "body"),
            (b'{"latitude": 1, "longitude": null}', "body"),
            (b'{"latitude": 91, "longitude": 1}', "latitude"),
            (b'{"latitude": 1, "longitude": -180.1}', "longitude"),
            (b'{"latitude": NaN, "longitude": 1}', "latitude"),
            (b'{"latitude": true, "longitude": 1}', "latitude"),
            (b'{"recorded_at": "2025-05-03T04:30:00"}', "recorded_at"),
            (b'{"recorded_at": "2999-05-03T04:30:00Z"}', "recorded_at"),
            (b'{"recorded_at": "1700-05-03T04:30:00Z"}', "recorded_at"),
            (b'{"recorded_at": 1700000000}', "recorded_at"),
            (b'{"recorded_at": ""}', "recorded_at"),
        ],
    )
    def test_a_wrong_field_is_named(self, door: StartedApi, body: bytes, field: str) -> None:
        answer = door.client.patch(f"/v1/recordings/{NOBODY}", content=body, headers={"Content-Type": MERGE_PATCH})
        problem = problem_of(answer, 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == [field]

    def test_corrections_of_different_fields_at_once_are_all_kept(self, client: httpx.Client) -> None:
        recording = upload(client)
        changes = [{"site": "hill"}, {"latitude": 1.0, "longitude": 2.0}, {"recorded_at": DAWN}]
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda change: patch(client, recording, **change), changes * 2))
        assert [answer.status_code for answer in answers] == [200] * 6
        expected = {"site": "hill", "latitude": 1.0, "longitude": 2.0, "recorded_at": DAWN}
        assert place_of(client.get(recording["links"]["self"]).json()) == expected

    @pytest.mark.parametrize(("scope", "status"), [("read", 403), ("upload", 200), ("admin", 200)])
    def test_it_needs_a_key_that_may_upload(
        self, start_api: StartApi, database: Database, scope: str, status: int
    ) -> None:
        client = start_api().client
        recording = upload(client)
        headers = {"Authorization": f"Bearer {create_key(database, scope, [scope])[1]}"}
        body = {"site": "hill"}
        assert client.patch(recording["links"]["self"], json=body, headers=headers).status_code == status
        assert correct(client, [recording["id"]], headers, **body).status_code == status
        problem_of(client.patch(recording["links"]["self"], json=body), 401, "unauthenticated")
        problem_of(client.patch(recording["links"]["self"], content=b"x"), 401, "unauthenticated")


class TestMany:
    def test_all_get_what_is_sent_in_the_order_asked(self, client: httpx.Client, database: Database) -> None:
        recordings = [upload(client, wav_bytes(seed=seed), **POND) for seed in range(3)]
        MadeUpWorker(database).finish(recordings[1])
        ids = [recording["id"] for recording in recordings[:2]][::-1]
        answer = correct(client, ids, site="hill", latitude=None, longitude=None)
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        assert [item["id"] for item in items] == ids
        expected = {"site": "hill", "latitude": None, "longitude": None, "recorded_at": DAWN}
        assert [place_of(item) for item in items] == [expected] * 2
        assert [place_of(client.get(f"/v1/recordings/{each}").json()) for each in ids] == [expected] * 2
        assert place_of(client.get(recordings[2]["links"]["self"]).json()) == place_of(recordings[2])
        assert [row["site"] for row in client.get("/v1/detections").json()["items"]] == ["hill"]

    def test_an_id_that_is_sent_twice_counts_once(self, client: httpx.Client) -> None:
        recording = upload(client, **POND)
        answer = correct(client, [recording["id"], recording["id"].upper(), recording["id"]], site="hill")
        assert [item["site"] for item in answer.json()["items"]] == ["hill"]

    def test_one_that_is_unknown_leaves_all_as_they_are(self, client: httpx.Client) -> None:
        recording = upload(client, **POND)
        problem = problem_of(correct(client, [recording["id"], NOBODY], site="hill"), 404, "not-found")
        assert NOBODY in problem["detail"]
        assert problem["errors"] == [{"field": "ids.1", "detail": f"no recording {NOBODY}"}]
        assert client.get(recording["links"]["self"]).json()["site"] == "pond"

    def test_a_twin_of_another_recording_leaves_all_as_they_are(self, client: httpx.Client) -> None:
        own = upload(client, site="pond")
        other = upload(client, site="hill")
        alone = upload(client, wav_bytes(seed=1), site="pond")
        problem = problem_of(correct(client, [alone["id"], own["id"]], site="hill"), 409, "conflict")
        assert own["id"] in problem["detail"]
        assert other["id"] in problem["detail"]
        assert [error["field"] for error in problem["errors"]] == ["ids.1"]
        assert client.get(alone["links"]["self"]).json()["site"] == "pond"

    @pytest.mark.parametrize(
        ("places", "fields"),
        [
            (({"site": "pond"}, {"site": "hill"}), {"site": "den"}),
            (({"site": "pond"}, {"site": "hill"}), {"site": None}),
            (({"site": "pond"}, {"site": "hill"}), {"site": "hill"}),
            (({"recorded_at": DAWN}, {"recorded_at": DUSK}), {"recorded_at": DAWN}),
            (({"recorded_at": DAWN}, {"recorded_at": DUSK}), {"recorded_at": None}),
            (
                ({"site": "pond", "recorded_at": DAWN}, {"site": "hill", "recorded_at": DUSK}),
                {"site": "den", "recorded_at": None},
            ),
        ],
    )
    def test_two_of_them_do_not_become_twins_of_each_other(
        self, client: httpx.Client, places: tuple[dict[str, str], ...], fields: dict[str, Any]
    ) -> None:
        recordings = [upload(client, **place) for place in places]
        ids = [recording["id"] for recording in recordings]
        problem = problem_of(correct(client, ids, **fields), 409, "conflict")
        assert all(each in problem["detail"] for each in ids)
        now = [place_of(client.get(recording["links"]["self"]).json()) for recording in recordings]
        assert now == [place_of(recording) for recording in recordings]

    def test_the_same_bytes_may_move_to_one_site_at_different_times(self, client: httpx.Client) -> None:
        ids = [upload(client, site=site, recorded_at=at)["id"] for site, at in (("pond", DAWN), ("hill", DUSK))]
        assert correct(client, ids, site="den").status_code == 200
        assert {item["site"] for item in client.get("/v1/recordings").json()["items"]} == {"den"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "ids"),
            ({"ids": [NOBODY]}, "fields"),
            ({"ids": [], "fields": {"site": "hill"}}, "ids"),
            ({"ids": [NOBODY] * 501, "fields": {"site": "hill"}}, "ids"),
            ({"ids": [NOBODY, "x"], "fields": {"site": "hill"}}, "ids.1"),
            ({"ids": NOBODY, "fields": {"site": "hill"}}, "ids"),
            ({"ids": [NOBODY], "fields": {}}, "fields"),
            ({"ids": [NOBODY], "fields": {"latitude": 1}}, "fields"),
            ({"ids": [NOBODY], "fields": {"sight": "hill"}}, "fields.sight"),
            ({"ids": [NOBODY], "fields": {"latitude": 1, "longitude": 181}}, "fields.longitude"),
            ({"ids": [NOBODY], "fields": {"site": "hill"}, "site": "hill"}, "site"),
        ],
    )
    def test_a_wrong_field_is_named(self, door: StartedApi, body: dict[str, Any], field: str) -> None:
        problem = problem_of(door.client.post("/v1/recordings/corrections", json=body), 422, "invalid-request")
        assert field in [error["field"] for error in problem["errors"]]

    def test_the_same_request_again_gets_the_first_answer(self, client: httpx.Client) -> None:
        recording, key = upload(client, **POND), {"Idempotency-Key": "once"}
        first = correct(client, [recording["id"]], key, site="hill")
        patch(client, recording, site="den")
        again = correct(client, [recording["id"]], key, site="hill")
        assert (again.status_code, again.json()) == (200, first.json())
        assert again.headers["idempotency-replayed"] == "true"
        assert client.get(recording["links"]["self"]).json()["site"] == "den", "and nothing happened"
        problem_of(correct(client, [recording["id"]], key, site="moor"), 422, "idempotency-key-reused")
        # Null clears and absence does not: these are two requests.
        problem_of(
            correct(client, [recording["id"]], key, site="hill", recorded_at=None), 422, "idempotency-key-reused"
        )

    def test_five_hundred_at_once(self, client: httpx.Client, database: Database) -> None:
        first = upload(client, **POND)
        MadeUpWorker(database).finish(first)
        with database.transaction() as connection:
            connection.execute(
                """INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz,
                    channels, site)
                SELECT n || '.wav', n::text, 1, lpad(to_hex(n), 64, '0'), 'wav/pcm_16', 60, 8000, 1, 'pond'
                FROM generate_series(1, 499) AS n"""
            )
            ids = [str(row["id"]) for row in connection.execute("SELECT id FROM recordings ORDER BY random()")]
        assert [item["id"] for item in correct(client, ids, site="hill").json()["items"]] == ids
        assert row_count(database, "recordings WHERE site = 'hill'") == 500
        assert json.dumps(client.get("/v1/detections").json()).count('"hill"') == 1

    def test_bulks_that_overlap_wait_for_each_other(self, client: httpx.Client) -> None:
        ids = [upload(client, wav_bytes(1.0, seed=seed))["id"] for seed in range(8)]
        orders = [ids, ids[::-1], ids[3:] + ids[:3]] * 2
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda order: correct(client, order[1], site=f"s{order[0]}"), enumerate(orders)))
        assert [answer.status_code for answer in answers] == [200] * 6
        assert len({item["site"] for item in client.get("/v1/recordings").json()["items"]}) == 1
