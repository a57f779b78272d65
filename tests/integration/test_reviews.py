"""Reviews over HTTP: made, replaced, listed, removed."""

from threading import Thread
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.integration.test_postgres_migrate import wait_for_a_waiter
from tests.servers.api import StartApi

UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def recording(client: httpx.Client, database: Database) -> dict[str, Any]:
    answer = upload(client, site="north-marsh", recorded_at="2026-05-03T04:30:00+02:00")
    MadeUpWorker(database).finish(answer)
    return answer


def fields(recording: dict[str, Any], **changed: Any) -> dict[str, Any]:
    sent = {"taxon": "eurrob1", "onset_s": 2.0, "offset_s": 4.0, "verdict": "confirmed", "reviewer": "Ada"}
    return {"recording_id": recording["id"], **sent, **changed}


def post(client: httpx.Client, recording: dict[str, Any], status: int = 201, **changed: Any) -> dict[str, Any]:
    response = client.post("/v1/reviews", json=fields(recording, **changed))
    assert response.status_code == status, response.text
    answer: dict[str, Any] = response.json()
    return answer


def events(client: httpx.Client, recording: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    analysis = recording["analyses"][-1]["id"]
    items: list[dict[str, Any]] = client.get(f"/v1/analyses/{analysis}/detections", params=query).json()["items"]
    return items


def test_a_review_shows_on_its_event(client: httpx.Client, recording: dict[str, Any]) -> None:
    made = post(client, recording, note="close by", strategy="random")
    assert {name: made[name] for name in ("scientific_name", "common_name", "file", "site", "started_at")} == {
        "scientific_name": "Erithacus rubecula",
        "common_name": "European Robin",
        "file": "dawn.wav",
        "site": "north-marsh",
        "started_at": "2026-05-03T04:30:02.000+02:00",
    }
    assert (made["onset_s"], made["offset_s"], made["replaced"], made["also_replaced"]) == (2.0, 4.0, None, [])
    (event,) = events(client, recording)
    assert event["review"] == {
        name: made[name] for name in ("id", "verdict", "corrected_taxon", "reviewer", "reviewed_at", "note")
    }
    one = client.get(f"/v1/reviews/{made['id']}").json()
    assert one == {name: each for name, each in made.items() if "replaced" not in name}
    assert client.get("/v1/reviews").json()["items"] == [one]


def test_the_same_reviewer_replaces_and_can_take_it_back(client: httpx.Client, recording: dict[str, Any]) -> None:
    first = post(client, recording)
    second = post(client, recording, 200, verdict="rejected", corrected_taxon="TROGLODYTES troglodytes", onset_s=3.0)
    assert (second["id"], second["corrected_taxon"]) == (first["id"], "Troglodytes troglodytes")
    assert second["replaced"] == {name: each for name, each in first.items() if "replaced" not in name}
    back = {name: second["replaced"][name] for name in ("onset_s", "offset_s", "verdict", "reviewer")}
    undone = post(client, recording, 200, **back)
    assert (undone["verdict"], undone["onset_s"], undone["corrected_taxon"]) == ("confirmed", 2.0, None)
    assert len(client.get("/v1/reviews").json()["items"]) == 1


def test_one_that_overlaps_several_replaces_all_of_them(client: httpx.Client, recording: dict[str, Any]) -> None:
    post(client, recording, onset_s=0, offset_s=3)
    larger = post(client, recording, onset_s=3, offset_s=8)
    over = post(client, recording, 200, onset_s=0, offset_s=10, verdict="uncertain")
    assert (over["id"], over["replaced"]["onset_s"]) == (larger["id"], 3.0)
    assert [each["onset_s"] for each in over["also_replaced"]] == [0.0]
    assert [each["id"] for each in client.get("/v1/reviews").json()["items"]] == [over["id"]]


def test_others_taxa_and_stretches_stand_beside(client: httpx.Client, recording: dict[str, Any]) -> None:
    post(client, recording)
    post(client, recording, reviewer="Grace", verdict="rejected")
    post(client, recording, taxon="Troglodytes troglodytes")
    post(client, recording, onset_s=3.001, offset_s=5.001)
    assert len(client.get("/v1/reviews").json()["items"]) == 4
    (event,) = events(client, recording)
    assert event["review"]["reviewer"] == "Grace", "the newest of equal overlaps"


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"taxon": "nightingale"}, "taxon", "GET /v1/taxa?q="),
        ({"verdict": "rejected", "corrected_taxon": "nightingale"}, "corrected_taxon", "GET /v1/taxa?q="),
        ({"corrected_taxon": "eurrob1"}, "corrected_taxon", "with the verdict rejected"),
        ({"offset_s": 2.0004}, "offset_s", "a millisecond after"),
        ({"offset_s": 20.002}, "offset_s", "after the end of the recording, which is 20 s long"),
        ({"offset_s": 1e308}, "offset_s", "less than or equal to 2000000"),
        ({"onset_s": -1}, "onset_s", "greater than or equal to 0"),
        ({"note": "a\nb"}, "note", "U+000A"),
        ({"note": "x" * 2001}, "note", "2000"),
        ({"reviewer": "Ada\0"}, "reviewer", "U+0000"),
        ({"reviewer": " "}, "reviewer", "blank"),
        ({"reviewer": None}, "reviewer", "say who reviews"),
        ({"verdict": "maybe"}, "verdict", "confirmed"),
        ({"strategy": "luck"}, "strategy", "random"),
        ({"comment": "x"}, "comment", "not permitted"),
    ],
    ids=str,
)
def test_refuses_what_it_cannot_keep(
    client: httpx.Client, database: Database, recording: dict[str, Any], changed: dict[str, Any], field: str, told: str
) -> None:
    problem = problem_of(client.post("/v1/reviews", json=fields(recording, **changed)), 422, "invalid-request")
    (error,) = problem["errors"]
    assert error["field"] == field
    assert told in error["detail"]
    assert row_count(database, "reviews") == 0


def test_a_span_may_end_a_rounding_after_the_recording(client: httpx.Client, recording: dict[str, Any]) -> None:
    assert post(client, recording, offset_s=20.001)["offset_s"] == 20.001


def test_a_span_may_be_a_millisecond_long(client: httpx.Client, recording: dict[str, Any]) -> None:
    assert post(client, recording, onset_s=1.0, offset_s=1.001)["offset_s"] == 1.001


def test_unknown_recordings_and_reviews_are_not_found(client: httpx.Client, recording: dict[str, Any]) -> None:
    sent = fields(recording, recording_id=UNKNOWN)
    assert problem_of(client.post("/v1/reviews", json=sent), 404, "not-found")["errors"][0]["field"] == "recording_id"
    for method in ("GET", "DELETE"):
        problem_of(client.request(method, f"/v1/reviews/{UNKNOWN}"), 404, "not-found")


@pytest.mark.parametrize(
    ("content", "kind", "status", "name"),
    [
        (b"{", "application/json", 400, "malformed-request"),
        (b'{"taxon": "\xff"}', "application/json", 400, "malformed-request"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b"{}", "", 415, "unsupported-media-type"),
        (b"[]", "application/json", 422, "invalid-request"),
        (b" " * (2**20 + 1), "application/json", 413, "too-large"),
    ],
)
def test_refuses_other_bodies(client: httpx.Client, content: bytes, kind: str, status: int, name: str) -> None:
    problem_of(client.post("/v1/reviews", content=content, headers={"Content-Type": kind}), status, name)


def test_many_are_saved_all_or_none(client: httpx.Client, database: Database, recording: dict[str, Any]) -> None:
    good, bad = fields(recording), fields(recording, taxon="nightingale", onset_s=8, offset_s=9)
    problem = problem_of(client.post("/v1/reviews/batch", json={"items": [good, bad]}), 422, "invalid-request")
    assert [each["field"] for each in problem["errors"]] == ["items.1.taxon"]
    beyond = fields(recording, onset_s=19, offset_s=21)
    problem = problem_of(client.post("/v1/reviews/batch", json={"items": [beyond, good]}), 422, "invalid-request")
    assert [each["field"] for each in problem["errors"]] == ["items.0.offset_s"]
    assert row_count(database, "reviews") == 0
    items = [good, fields(recording, onset_s=8, offset_s=9), fields(recording, verdict="uncertain")]
    response = client.post("/v1/reviews/batch", json={"items": items})
    assert response.status_code == 201
    saved = response.json()["items"]
    assert [each["verdict"] for each in saved] == ["confirmed", "confirmed", "uncertain"]
    assert (saved[2]["id"], saved[2]["replaced"]["verdict"]) == (saved[0]["id"], "confirmed")
    assert row_count(database, "reviews") == 2


def test_what_a_later_one_of_a_batch_replaces_is_in_the_answer_too(
    client: httpx.Client, database: Database, recording: dict[str, Any]
) -> None:
    spans = [(0, 3), (3, 8), (0, 10)]
    sent = [fields(recording, onset_s=onset_s, offset_s=offset_s) for onset_s, offset_s in spans]
    saved = client.post("/v1/reviews/batch", json={"items": sent}).json()["items"]
    assert [(each["onset_s"], each["offset_s"]) for each in saved] == spans
    assert row_count(database, "reviews") == 1


def test_a_batch_has_at_most_500(client: httpx.Client, recording: dict[str, Any]) -> None:
    for items in ([], [fields(recording)] * 501):
        problem_of(client.post("/v1/reviews/batch", json={"items": items}), 422, "invalid-request")


def test_filters_and_pages(client: httpx.Client, database: Database, recording: dict[str, Any]) -> None:
    other = upload(client, wav_bytes(seed=1))
    MadeUpWorker(database).finish(other)
    made = [
        post(client, recording),
        post(client, recording, taxon="winwre4", verdict="rejected", strategy="bands"),
        post(client, other, reviewer="Grace", verdict="uncertain"),
    ]
    newest_first = [each["id"] for each in reversed(made)]
    for query, expected in [
        ({}, [0, 1, 2]),
        ({"recording_id": other["id"]}, [2]),
        ({"taxon": "winwre4"}, [1]),
        ({"taxon": ["European Robin", "winwre4"]}, [0, 1, 2]),
        ({"site": "north-marsh"}, [0, 1]),
        ({"verdict": "rejected"}, [1]),
        ({"reviewer": "Grace"}, [2]),
        ({"strategy": "bands"}, [1]),
        ({"from": "2026-05-03T02:30:02Z", "to": "2026-05-03T02:30:02.001Z"}, [0, 1]),
        ({"from": "2026-05-03T02:30:02.001Z"}, []),
    ]:
        items = client.get("/v1/reviews", params=query).json()["items"]
        assert [each["id"] for each in items] == [made[place]["id"] for place in reversed(expected)], query
    page = client.get("/v1/reviews", params={"limit": 2})
    assert [each["id"] for each in page.json()["items"]] == newest_first[:2]
    rest = client.get(page.links["next"]["url"]).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (newest_first[2:], None)
    for refused in ({"taxon": "nightingale"}, {"verdicts": "rejected"}, {"cursor": "x"}, {"format": "raven"}):
        problem_of(client.get("/v1/reviews", params=refused), 422, "invalid-request")


def test_a_review_is_removed_and_goes_with_its_recording(
    client: httpx.Client, database: Database, recording: dict[str, Any]
) -> None:
    made = post(client, recording)
    assert client.delete(f"/v1/reviews/{made['id']}").status_code == 204
    assert events(client, recording)[0]["review"] is None
    post(client, recording)
    assert client.delete(f"/v1/recordings/{recording['id']}").status_code == 204
    assert row_count(database, "reviews") == 0


def test_to_remove_a_review_waits_for_who_has_its_recording(
    client: httpx.Client, database: Database, recording: dict[str, Any]
) -> None:
    made = post(client, recording)
    answers: list[httpx.Response] = []
    removing = Thread(target=lambda: answers.append(client.delete(f"/v1/reviews/{made['id']}")))
    with database.statement() as watching, database.transaction() as connection:
        connection.execute("SELECT FROM recordings FOR NO KEY UPDATE")
        removing.start()
        wait_for_a_waiter(watching)
        connection.execute("UPDATE recordings SET site = 'ridge'")
    removing.join()
    assert [each.status_code for each in answers] == [204]


def test_two_posts_at_once_leave_one(client: httpx.Client, database: Database, recording: dict[str, Any]) -> None:
    def send(onset_s: float) -> None:
        post_until_saved = client.post("/v1/reviews", json=fields(recording, onset_s=onset_s, offset_s=onset_s + 2))
        assert post_until_saved.status_code in (200, 201)

    threads = [Thread(target=send, args=(2 + number / 100,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert row_count(database, "reviews") == 1


def test_an_idempotency_key_saves_once(client: httpx.Client, database: Database, recording: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "review 1"}
    first, again = (client.post("/v1/reviews", json=fields(recording), headers=headers) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/v1/reviews", json=fields(recording, verdict="rejected"), headers=headers)
    problem_of(other, 422, "idempotency-key-reused")
    assert row_count(database, "reviews") == 1


def test_keys_name_the_reviewer_and_bound_what_is_done(
    start_api: StartApi, database: Database, recording: dict[str, Any]
) -> None:
    client = start_api().client

    def key(name: str, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_key(database, name, scopes)[1]}"}

    ada, grace, boss = key("Ada", "read", "review"), key("Grace", "review"), key("boss", "admin")
    reads, uploads = key("reader", "read"), key("recorder", "upload")
    sent = fields(recording)
    for headers in (reads, uploads):
        problem_of(client.post("/v1/reviews", json=sent, headers=headers), 403, "forbidden")
        problem_of(client.post("/v1/reviews/batch", json={"items": [sent]}, headers=headers), 403, "forbidden")
        problem_of(client.delete(f"/v1/reviews/{UNKNOWN}", headers=headers), 403, "forbidden")
    for path in ("/v1/reviews", f"/v1/reviews/{UNKNOWN}"):
        problem_of(client.get(path, headers=grace), 403, "forbidden")
        problem_of(client.get(path), 401, "unauthenticated")
    problem_of(client.post("/v1/reviews", json=sent), 401, "unauthenticated")
    problem = problem_of(client.post("/v1/reviews", json=sent, headers=grace), 422, "invalid-request")
    assert "the key's name" in problem["detail"]
    del sent["reviewer"]
    made = [client.post("/v1/reviews", json=sent, headers=headers) for headers in (ada, grace)]
    assert [(each.status_code, each.json()["reviewer"]) for each in made] == [(201, "Ada"), (201, "Grace")]
    assert client.get("/v1/reviews", headers=reads).json()["items"][0]["reviewer"] == "Grace"
    of_ada, of_grace = (f"/v1/reviews/{each.json()['id']}" for each in made)
    assert "Ada" in problem_of(client.delete(of_ada, headers=grace), 403, "forbidden")["detail"]
    assert client.delete(of_grace, headers=grace).status_code == 204
    assert client.delete(of_ada, headers=boss).status_code == 204
