"""Files of many detections, made in the background: asked for, followed, fetched, removed, expired."""

import csv
import io
import sys
import time
import zipfile
from typing import Any

import httpx
import pytest
import soundfile

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.exports import expire_exports
from dawn_chorus.adapters.postgres.orphaned_audio import delete_orphans
from dawn_chorus.api.routes.exports import count
from dawn_chorus.domain.ports import AudioStore
from tests.integration.api_checks import problem_of, row_count, wait_until
from tests.integration.made_up import MadeUpWorker, review, upload, wav_bytes
from tests.integration.test_api_events import following, until
from tests.servers.api import StartApi

PLACE = {"site": "marsh", "recorded_at": "2026-05-03T04:30:00+02:00"}
ENDED = ("ready", "failed", "expired")


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


def ask(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = client.post("/v1/exports", json=fields)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    assert response.headers["location"] == answer["links"]["self"]
    return answer


def ended(client: httpx.Client, export: dict[str, Any]) -> dict[str, Any]:
    """Return the export once it has ended."""
    while (shown := client.get(export["links"]["self"]).json())["state"] not in ENDED:
        time.sleep(0.05)
    answer: dict[str, Any] = shown
    return answer


def unzip(content: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return archive


def rows_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_it_is_said_before_how_many_rows_there_are_and_when_that_is_only_a_bound(
    client: httpx.Client, worker: MadeUpWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.finish(upload(client, **PLACE))
    wanted: dict[str, Any] = {"site": "marsh", "min_confidence": 0.5}
    rows = client.get("/v1/detections", params={**wanted, "limit": 1000}).json()["items"]
    assert rows
    assert counted(client, **wanted) == (len(rows), True)
    assert counted(client, site="fen") == (0, True)
    problem_of(client.get("/v1/detections/count", params={"sites": "fen"}), 422, "invalid-request")
    monkeypatch.setattr(count, "MOST_COUNTED", len(rows) - 1)
    assert counted(client, **wanted) == (len(rows) - 1, False)


def counted(client: httpx.Client, **wanted: Any) -> tuple[int, bool]:
    answer = client.get("/v1/detections/count", params=wanted).json()
    return answer["count"], answer["is_exact"]


def test_it_is_said_before_why_a_package_would_hold_less(client: httpx.Client, worker: MadeUpWorker) -> None:
    """A robin in each recording: of the first one it is rejected; of the second one nobody knows the place."""
    here = upload(client, wav_bytes(20.0), **PLACE, latitude="52.5", longitude="-0.25")
    for answer in (here, upload(client, wav_bytes(20.0, seed=1), **PLACE)):
        worker.finish(answer)
    review(client, here["id"], verdict="rejected")
    answer = client.get("/v1/detections/count").json()
    assert (answer["count"], answer["packages"]) == (
        2,
        {
            "camtrap-dp": {"count": 0, "left_out": {"rejected in review": 1, "no place": 1}},
            "dwca": {"count": 1, "left_out": {"rejected in review": 1}},
        },
    )


def test_a_table_is_what_the_list_says(client: httpx.Client, worker: MadeUpWorker) -> None:
    worker.finish(upload(client, **PLACE))
    export = ask(client, format="csv", taxon=["Erithacus rubecula"], site="marsh")
    assert (export["state"], export["items_total"], export["error"]) == ("waiting", None, None)
    ready = ended(client, export)
    assert (ready["state"], ready["items_total"], ready["items_done"], ready["items_left_out"]) == ("ready", 1, 1, 0)
    file = client.get(ready["links"]["file"])
    query = {"format": "csv", "taxon": "Erithacus rubecula", "site": "marsh"}
    assert file.text == client.get("/v1/detections", params=query).text
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"].startswith('attachment; filename="marsh_erithacus-rubecula.csv"')
    assert "CC-BY-NC-SA-4.0" in file.headers["link"]
    assert ready["filename"] == "marsh_erithacus-rubecula.csv"
    assert ready["size_bytes"] == len(file.content)
    assert [each["id"] for each in client.get("/v1/exports").json()["items"]] == [export["id"]]


def test_every_format_is_made_as_it_is_answered(client: httpx.Client, worker: MadeUpWorker) -> None:
    worker.finish(upload(client, latitude="52.5", longitude="13.4", **PLACE))
    for form in ("json", "ndjson", "raven", "audacity", "birdnet", "camtrap-dp", "dwca"):
        ready = ended(client, ask(client, format=form))
        assert (ready["state"], ready["items_done"]) == ("ready", 1), ready
        file = client.get(ready["links"]["file"])
        assert len(file.content) == ready["size_bytes"]
        answered = client.get("/v1/detections", params={"format": form})
        assert file.headers["content-type"] == answered.headers["content-type"]
        if form in ("camtrap-dp", "dwca"):
            made, asked = unzip(file.content), unzip(answered.content)
            assert made.namelist() == asked.namelist()
            table = "media.csv" if form == "camtrap-dp" else "occurrence.txt"
            assert made.read(table) == asked.read(table)
            assert f"{client.base_url}/v1/recordings/".encode() in made.read(table)
        elif form == "json":
            assert file.json() == answered.json()["items"]
        else:
            assert file.content == answered.content
        assert client.delete(ready["links"]["self"]).status_code == 204


def test_a_format_that_needs_what_is_not_installed_is_refused_at_once(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    problem_of(client.post("/v1/exports", json={"format": "parquet"}), 501, "missing-extra")


def test_only_what_was_confirmed_is_exported(client: httpx.Client, worker: MadeUpWorker) -> None:
    recordings = [upload(client, wav_bytes(seed=seed), f"{seed}.wav", **PLACE)["id"] for seed in range(2)]
    for each in client.get("/v1/recordings").json()["items"]:
        worker.finish(each)
    said = {"taxon": "Erithacus rubecula", "onset_s": 2, "offset_s": 4, "verdict": "confirmed", "reviewer": "Ada"}
    assert client.post("/v1/reviews", json={"recording_id": recordings[0], **said}).status_code == 201
    ready = ended(client, ask(client, format="clips", reviewed="confirmed"))
    archive = unzip(client.get(ready["links"]["file"]).content)
    (row,) = rows_of(archive, "clips.csv")
    assert (row["recording_id"], row["verdict"], row["reviewer"]) == (recordings[0], "confirmed", "Ada")
    assert "reviewed: confirmed" in archive.read("README.txt").decode()


def test_what_people_identified_is_exported_as_what_they_named(client: httpx.Client, worker: MadeUpWorker) -> None:
    places = {"latitude": "52.5", "longitude": "13.4", **PLACE}
    recordings = [upload(client, wav_bytes(seed=seed), f"{seed}.wav", **places)["id"] for seed in range(3)]
    for each in client.get("/v1/recordings").json()["items"]:
        worker.finish(each)
    taxa = [each["scientific_name"] for each in client.get("/v1/taxa").json()["items"]]
    other = next(each for each in taxa if each != "Erithacus rubecula")
    said = {"taxon": "Erithacus rubecula", "onset_s": 2, "offset_s": 4, "reviewer": "Ada"}
    verdicts = ({"verdict": "confirmed"}, {"verdict": "rejected", "corrected_taxon": other}, {"verdict": "rejected"})
    for recording_id, verdict in zip(recordings, verdicts, strict=True):
        assert client.post("/v1/reviews", json={"recording_id": recording_id, **said, **verdict}).status_code == 201
    ready = ended(client, ask(client, format="camtrap-dp", reviewed="identified"))
    archive = unzip(client.get(ready["links"]["file"]).content)
    observed = {row["scientificName"] for row in rows_of(archive, "observations.csv") if row["scientificName"]}
    assert observed == {"Erithacus rubecula", other}
    ready = ended(client, ask(client, format="clips", reviewed="identified"))
    rows = rows_of(unzip(client.get(ready["links"]["file"]).content), "clips.csv")
    shown = {row["corrected_taxon"]: (row["recording_id"], row["clip"].partition("+0200_")[2]) for row in rows}
    assert shown == {
        "": (recordings[0], "erithacus-rubecula_0.90.flac"),
        other: (recordings[1], f"{other.lower().replace(' ', '-')}.flac"),
    }


def test_clips_are_the_sound_of_the_events(client: httpx.Client, worker: MadeUpWorker) -> None:
    content = wav_bytes()
    worker.finish(upload(client, content, **PLACE))
    ready = ended(client, ask(client, format="clips", clips={"before_s": 0.5, "after_s": 0.25}))
    assert (ready["state"], ready["items_done"], ready["items_left_out"]) == ("ready", 1, 0), ready
    archive = unzip(client.get(ready["links"]["file"]).content)
    name = "marsh_20260503T043001+0200_erithacus-rubecula_0.90.flac"
    assert sorted(archive.namelist()) == ["README.txt", "clips.csv", name]
    assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
    (row,) = rows_of(archive, "clips.csv")
    assert (row["clip"], row["clip_start_s"], row["clip_end_s"]) == (name, "1.500", "4.250")
    assert (row["scientific_name"], row["onset_s"], row["verdict"]) == ("Erithacus rubecula", "2.000", "")
    samples, rate_hz = soundfile.read(io.BytesIO(archive.read(name)), dtype="int16")
    whole, _ = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate_hz == 8000
    assert (samples == whole[12_000:34_000]).all()
    readme = archive.read("README.txt").decode()
    assert "license CC-BY-NC-SA-4.0" in readme
    assert "Cornell and Chemnitz" in readme
    assert "clips: before_s 0.5, after_s 0.25" in readme


def test_what_has_no_sound_is_left_out_counted_and_named(
    client: httpx.Client, worker: MadeUpWorker, database: Database
) -> None:
    kept, removed = upload(client, **PLACE), upload(client, wav_bytes(seed=1), "other.wav", **PLACE)
    worker.finish(kept)
    worker.finish(removed)
    with database.transaction() as connection:
        connection.execute("UPDATE recordings SET audio_removed_at = now() WHERE id = %s", [removed["id"]])
    ready = ended(client, ask(client, format="clips"))
    assert (ready["state"], ready["items_total"], ready["items_done"], ready["items_left_out"]) == ("ready", 2, 2, 1)
    archive = unzip(client.get(ready["links"]["file"]).content)
    (left_out,) = rows_of(archive, "left_out.csv")
    assert left_out["recording_id"] == removed["id"]
    assert "removed" in left_out["reason"]
    assert [row["recording_id"] for row in rows_of(archive, "clips.csv")] == [kept["id"]]
    assert "Left out: 1" in archive.read("README.txt").decode()


def test_a_download_goes_on_where_it_stopped(client: httpx.Client, worker: MadeUpWorker) -> None:
    worker.finish(upload(client, **PLACE))
    url = ended(client, ask(client, format="clips"))["links"]["file"]
    whole = client.get(url)
    part = client.get(url, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[100:])
    assert part.headers["content-range"] == f"bytes 100-{len(whole.content) - 1}/{len(whole.content)}"
    assert client.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    problem_of(client.get(url, headers={"Range": "bytes=99999999-"}), 416, "range-not-satisfiable")


def test_the_stream_tells_of_an_export_from_question_to_removal(client: httpx.Client, worker: MadeUpWorker) -> None:
    worker.finish(upload(client, **PLACE))
    with following(client) as events:
        export = ask(client, format="ndjson")
        told: dict[str, Any] = {}
        while told.get("state") != "ready":
            (*_, (_, told)) = until(events, "export", export["id"])
        assert told == client.get(export["links"]["self"]).json()
        assert client.delete(export["links"]["self"]).status_code == 204
        (*_, (_, told)) = until(events, "export", export["id"])
        assert told == {"id": export["id"], "state": "removed"}


def test_a_removed_export_leaves_nothing(client: httpx.Client, worker: MadeUpWorker, database: Database) -> None:
    worker.finish(upload(client, **PLACE))
    ready = ended(client, ask(client, format="csv"))
    assert client.delete(ready["links"]["self"]).status_code == 204
    problem_of(client.get(ready["links"]["file"]), 404, "not-found")
    problem_of(client.delete(ready["links"]["self"]), 404, "not-found")
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)


def test_a_file_expires_and_is_deleted_later_not_earlier(
    client: httpx.Client, worker: MadeUpWorker, database: Database, store: AudioStore
) -> None:
    worker.finish(upload(client, **PLACE))
    ready = ended(client, ask(client, format="csv"))
    assert delete_orphans(database, store.delete).files == 0, "it is listed, and not due"
    assert client.get(ready["links"]["file"]).status_code == 200
    with database.transaction() as connection:
        connection.execute("UPDATE exports SET expires_at = now()")
    assert expire_exports(database) == 1
    gone = client.get(ready["links"]["self"]).json()
    assert (gone["state"], "file" in gone["links"]) == ("expired", False)
    problem_of(client.get(ready["links"]["file"]), 410, "export-gone")
    with database.transaction() as connection:
        connection.execute("UPDATE audio_to_delete SET due_at = now()")
    assert delete_orphans(database, store.delete).files == 1


def test_an_export_can_be_removed_while_it_is_made(
    client: httpx.Client, worker: MadeUpWorker, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dawn_chorus.api.exports.jobs.making.RENEW_EVERY_S", 0.05)
    worker.finish(upload(client, **PLACE))
    with database.transaction() as connection:
        # Whoever wants to read which analyses count waits.
        connection.execute("LOCK TABLE detections IN ACCESS EXCLUSIVE MODE")
        export = ask(client, format="csv")
        wait_until(lambda: client.get(export["links"]["self"]).json()["state"] == "running")
        problem = problem_of(client.get(f"{export['links']['self']}/file"), 409, "export-not-ready")
        assert "running" in problem["detail"]
        assert client.delete(export["links"]["self"]).status_code == 204
    for gone in (export["links"]["self"], f"{export['links']['self']}/file"):
        problem_of(client.get(gone), 404, "not-found")
    wait_until(lambda: row_count(database, "audio_to_delete") == 0)


def test_a_key_may_have_only_so_many_made(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO exports (format, request, asked_by, state, lease_until, maker)"
            " SELECT 'csv', '{\"format\": \"csv\"}', 'address 127.0.0.1', 'running', now() + interval '1 h', uuidv7()"
            " FROM generate_series(1, 5)"
        )
    response = client.post("/v1/exports", json={"format": "csv"})
    problem = problem_of(response, 429, "too-many-requests")
    assert "remove it" in problem["detail"]
    with database.transaction() as connection:
        connection.execute("UPDATE exports SET asked_by = 'another'")
        connection.execute(
            "INSERT INTO exports (format, request, asked_by) SELECT 'csv', '{\"format\": \"csv\"}', 'others'"
            " FROM generate_series(1, 25)"
        )
    problem_of(client.post("/v1/exports", json={"format": "csv"}), 503, "busy")


def test_only_who_asked_or_an_admin_ends_an_export(start_api: StartApi, database: Database) -> None:
    client = start_api().client
    keys = {name: create_key(database, name, [scope])[1] for name, scope in
            (("one", "read"), ("other", "read"), ("boss", "admin"), ("field", "upload"))}  # fmt: skip
    bearer = {name: {"Authorization": f"Bearer {key}"} for name, key in keys.items()}
    problem_of(client.post("/v1/exports", json={"format": "csv"}, headers=bearer["field"]), 403, "forbidden")
    export = client.post("/v1/exports", json={"format": "csv"}, headers=bearer["one"]).json()
    assert client.get(export["links"]["self"], headers=bearer["other"]).status_code == 200
    problem_of(client.delete(export["links"]["self"], headers=bearer["other"]), 403, "forbidden")
    assert client.delete(export["links"]["self"], headers=bearer["boss"]).status_code == 204


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "format"),
        ({"format": "pdf"}, "format"),
        ({"format": "csv", "taxon": ["Nessie"]}, "taxon"),
        ({"format": "csv", "clips": {}}, "clips"),
        ({"format": "clips", "bom": True}, "bom"),
        ({"format": "clips", "clips": {"before_s": 31}}, "clips.before_s"),
        ({"format": "clips", "clips": {"most": 10_001}}, "clips.most"),
        ({"format": "csv", "limit": 3}, "limit"),
    ],
)
def test_what_is_wrong_is_refused_at_once(client: httpx.Client, fields: dict[str, Any], field: str) -> None:
    problem = problem_of(client.post("/v1/exports", json=fields), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_file_that_would_be_too_large_fails_in_words(start_api: StartApi, worker: MadeUpWorker) -> None:
    client = start_api(export_max_bytes=100).client
    worker.finish(upload(client, **PLACE))
    for form in ("ndjson", "clips"):
        failed = ended(client, ask(client, format=form))
        assert (failed["state"], failed["filename"]) == ("failed", None)
        assert "CHORUS_EXPORT_MAX_BYTES" in failed["error"]
        assert failed["error"] in problem_of(client.get(f"{failed['links']['self']}/file"), 409, "conflict")["detail"]


def test_the_same_question_with_the_same_key_is_asked_once(client: httpx.Client, database: Database) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = (client.post("/v1/exports", json={"format": "csv"}, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert row_count(database, "exports") == 1
