"""The setting `channels` and the warnings of analyses, as clients of the API meet them."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode
from tests.integration.made_up import FACTS, MadeUpWorker, made_up_timeline, upload, wav_bytes

CLIPPED = AnalysisWarning(WarningCode.CLIPPED, "3 % of the samples of channel 2 are at full scale", 0.0, 20.0, 2)
EDGE = AnalysisWarning(WarningCode.SILENCE, "digital silence", 19.5, 20.0)


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


def errors_of(response: httpx.Response) -> list[dict[str, str]]:
    assert response.status_code == 422, response.text
    errors: list[dict[str, str]] = response.json()["errors"]
    return errors


def post(client: httpx.Client, channels: str, n_channels: int = 2) -> httpx.Response:
    files = {"file": ("dawn.wav", wav_bytes(5.0, channels=n_channels))}
    return client.post("/v1/recordings", files=files, data={"channels": channels})


@pytest.mark.parametrize(("sent", "kept"), [("mix", "mix"), ("each", "each"), ("1", 1), ("2", 2), ("02", 2)])
def test_a_form_chooses_the_channels(client: httpx.Client, sent: str, kept: object) -> None:
    response = post(client, sent)
    assert response.status_code == 202, response.text
    assert response.json()["analyses"][0]["settings"]["channels"] == kept
    assert response.json()["channels"] == 2


@pytest.mark.parametrize("sent", ["0", "-1", "3", "1.5", "both", "", "²", "true", str(10**30)])
def test_channels_that_are_none_are_refused_and_named(client: httpx.Client, sent: str) -> None:
    response = post(client, sent)
    (error,) = errors_of(response)
    assert error["field"] == "channels"


def test_a_missing_channel_is_told_with_how_many_there_are(client: httpx.Client) -> None:
    (error,) = errors_of(post(client, "3"))
    assert error["detail"] == "The recording has 2 channels: there is no channel 3"
    (error,) = errors_of(post(client, "2", n_channels=1))
    assert error["detail"] == "The recording has 1 channel: there is no channel 2"


def test_each_takes_32_channels_and_no_more(client: httpx.Client) -> None:
    assert post(client, "each", n_channels=32).status_code == 202
    assert "33 channels" in errors_of(post(client, "each", n_channels=33))[0]["detail"]
    assert post(client, "33", n_channels=33).status_code == 202


@pytest.mark.parametrize(
    ("sent", "status"),
    [("each", 202), ("mix", 202), (2, 202), (3, 422), (True, 422), (1.0, 422), ([1], 422), (None, 422)],
)
def test_another_analysis_chooses_other_channels(client: httpx.Client, sent: Any, status: int) -> None:
    url = upload(client, wav_bytes(5.0, channels=2))["links"]["analyses"]
    response = client.post(url, json={"channels": sent})
    assert response.status_code == status, response.text
    if status == 202:
        assert response.json()["settings"]["channels"] == sent


def test_settings_that_were_stored_before_there_was_a_choice_mean_the_mix(
    client: httpx.Client, database: Database
) -> None:
    analysis = upload(client)["analyses"][0]
    with database.transaction() as connection:
        (row,) = connection.execute("SELECT settings FROM analyses").fetchall()
        # Nor does a worker of an older version meet a field that it does not know.
        assert "channels" not in row["settings"]
    assert client.get(analysis["links"]["self"]).json()["settings"]["channels"] == "mix"


def save(
    worker: MadeUpWorker, analysis: dict[str, Any], *warnings: AnalysisWarning, channel: int | None = None
) -> None:
    work = worker.start(analysis["id"])
    timeline = replace(made_up_timeline(work), warnings=warnings)
    worker.ledger.save_timeline(work, timeline if channel is None else heard_in(timeline, channel), FACTS)


def heard_in(timeline: SegmentTimeline, channel: int) -> SegmentTimeline:
    rows = [
        replace(
            row,
            window_channels=np.full(len(row.window_scores), channel, np.uint8),
            frame_channels=np.full(len(row.frame_steps), channel, np.uint8),
        )
        for row in timeline.rows
    ]
    return replace(timeline, rows=tuple(rows))


def test_warnings_are_there_from_the_start_and_named_once_saved(client: httpx.Client, worker: MadeUpWorker) -> None:
    answer = upload(client)
    analysis = answer["analyses"][0]
    assert analysis["warnings"] == []
    save(worker, analysis, CLIPPED, EDGE)
    found = client.get(analysis["links"]["self"]).json()
    assert found["result"] == "succeeded"
    assert found["warnings"] == [
        {"code": "clipped", "detail": CLIPPED.detail, "start_s": 0.0, "end_s": 20.0, "channel": 2}
    ], "half a second of silence at an edge is none"
    listed = client.get(answer["links"]["self"]).json()
    assert listed["analyses"][0]["warnings"] == found["warnings"]


def test_saving_again_replaces_the_warnings(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = upload(client, wav_bytes(700.0, rate_hz=500))["analyses"][0]
    assert analysis["segments_total"] > 1
    work = worker.start(analysis["id"])
    for _ in range(2):
        worker.ledger.save_timeline(work, replace(made_up_timeline(work), warnings=(CLIPPED,)), FACTS)
    assert len(client.get(analysis["links"]["self"]).json()["warnings"]) == 1


def test_detections_say_which_channel_and_which_warnings(client: httpx.Client, worker: MadeUpWorker) -> None:
    analysis = upload(client, wav_bytes(20.0, channels=2), channels="each")["analyses"][0]
    save(worker, analysis, CLIPPED, channel=2)
    links = client.get(analysis["links"]["self"]).json()["links"]
    for query in ({}, {"min_gap_s": "0.1"}):
        items = client.get(links["detections"], params=query).json()["items"]
        assert {(row["channel"], row["warnings"]) for row in items} == {(2, "clipped")}
    table = client.get(links["detections"], params={"format": "csv"}).text
    assert {(row["channel"], row["warnings"]) for row in csv.DictReader(io.StringIO(table))} == {("2", "clipped")}
    lines = client.get(links["detections"], params={"format": "ndjson"}).text.splitlines()
    assert {(json.loads(line)["channel"], json.loads(line)["warnings"]) for line in lines} == {(2, "clipped")}
    raven = client.get(links["detections"], params={"format": "raven"}).text
    assert {row["Channel"] for row in csv.DictReader(io.StringIO(raven), delimiter="\t")} == {"2"}
    across = client.get("/v1/detections").json()["items"]
    assert {(row["channel"], row["warnings"]) for row in across} == {(2, "clipped")}
    timeline = client.get(links["timeline"]).json()
    assert {event["channel"] for taxon in timeline["taxa"] for event in taxon["detections"]} == {2}


@pytest.mark.parametrize(("channels", "expected"), [("mix", None), ("1", 1)])
def test_of_the_mix_no_channel_is_named_and_of_one_channel_that_one(
    client: httpx.Client, worker: MadeUpWorker, channels: str, expected: int | None
) -> None:
    analysis = upload(client, wav_bytes(20.0, channels=2), channels=channels)["analyses"][0]
    save(worker, analysis)
    items = client.get(analysis["links"]["detections"]).json()["items"]
    assert {row["channel"] for row in items} == {expected}
    assert {row["warnings"] for row in items} == {""}


def test_the_document_of_the_api_says_what_may_be_chosen(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    form = schema["paths"]["/v1/recordings"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    schemas = schema["components"]["schemas"]
    for fields in (form, schemas["AnalysisFields"]):
        field = fields["properties"]["channels"]
        assert {"mix", "each"} == set(field["anyOf"][0]["enum"])
        assert (field["anyOf"][1]["type"], field["anyOf"][1]["minimum"], field["default"]) == ("integer", 1, "mix")
    assert "warnings" in schemas["AnalysisOut"]["required"]
    assert set(schemas["WarningOut"]["properties"]) == {
        "code", "detail", "start_s", "end_s", "channel",
    }  # fmt: skip
