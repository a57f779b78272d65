"""Detections as files of every format, of one analysis and across recordings: names, licenses, what is left out."""

import csv
import io
import sys
import zipfile
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.exports.formats import FILES, WRITERS, ExportFormat
from tests.integration.api_checks import problem_of
from tests.integration.made_up import ROBIN, MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi

PLACE = {"site": "marsh", "latitude": "52.5", "longitude": "-0.25"}
HERE = [each for each in ExportFormat if each is not ExportFormat.PARQUET]
ACROSS = [each for each in HERE if each is not ExportFormat.AUDACITY_BIRDNET]


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    return start_api(segment_s=10).client


@pytest.fixture
def links(client: httpx.Client, database: Database) -> dict[str, str]:
    """Three recordings of 20 s, in each a robin at 2 s and at 12 s; of the first the links. The last has no place."""
    worker = MadeUpWorker(database)
    later = upload(client, wav_bytes(20.0), "b.wav", recorded_at="2026-05-03T04:31:00+02:00", **PLACE)
    sooner = upload(client, wav_bytes(20.0, seed=1), "a.wav", recorded_at="2026-05-03T04:30:00+02:00", **PLACE)
    nowhere = upload(client, wav_bytes(20.0, seed=2), "c.wav")
    for answer in (later, sooner, nowhere):
        worker.finish(answer)
    found: dict[str, str] = later["analyses"][0]["links"]
    return found


def fetched(client: httpx.Client, url: str, export_format: str, **wanted: Any) -> httpx.Response:
    answer = client.get(url, params={"format": export_format, **wanted})
    assert answer.status_code == 200, answer.text
    return answer


def test_every_format_has_a_telling_name_and_its_license(client: httpx.Client, links: dict[str, str]) -> None:
    for export_format in HERE:
        answer = fetched(client, links["detections"], export_format, taxon=ROBIN.scientific_name)
        assert answer.headers["content-type"] == FILES[export_format].media_type
        assert "https://spdx.org/licenses/CC-BY-NC-SA-4.0.html" in answer.headers["link"]
        assert "Cornell%20and%20Chemnitz" in answer.headers["link"]
        if export_format is ExportFormat.JSON:
            assert "content-disposition" not in answer.headers, "a document for programs, not a file to save"
            continue
        stem = "b" if "birdnet" in export_format else "marsh_20260503T043100+0200_erithacus-rubecula"
        expected = f'attachment; filename="{stem}{FILES[export_format].suffix}"; filename*='
        assert answer.headers["content-disposition"].startswith(expected)


@pytest.mark.usefixtures("links")
def test_names_of_files_across_recordings_tell_site_and_span(client: httpx.Client) -> None:
    wanted = {"site": "marsh", "from": "2026-05-03T00:00:00+02:00", "to": "2026-05-04T00:00:00+02:00"}
    answer = fetched(client, "/v1/detections", "csv", **wanted)
    assert 'filename="marsh_20260503.csv"' in answer.headers["content-disposition"]


@pytest.mark.usefixtures("links")
def test_across_recordings_selections_are_in_the_order_of_the_starts(client: httpx.Client) -> None:
    table = csv.DictReader(io.StringIO(fetched(client, "/v1/detections", "raven").text), delimiter="\t")
    assert [(row["Begin File"], float(row["Begin Time (s)"])) for row in table] == [
        ("a.wav", 2.0),
        ("a.wav", 12.0),
        ("b.wav", 22.0),
        ("b.wav", 32.0),
        ("c.wav", 42.0),
        ("c.wav", 52.0),
    ]
    labels = fetched(client, "/v1/detections", "audacity").text.splitlines()
    assert labels[2] == "2.000\t4.000\tEuropean Robin (b.wav)"
    results = csv.DictReader(io.StringIO(fetched(client, "/v1/detections", "birdnet").text))
    assert [row["File"] for row in results] == ["a.wav", "a.wav", "b.wav", "b.wav", "c.wav", "c.wav"]


@pytest.mark.usefixtures("links")
def test_a_page_of_rows_can_be_had_in_every_format(client: httpx.Client) -> None:
    for export_format in ACROSS:
        answer = fetched(client, "/v1/detections", export_format, limit=1)
        assert 'rel="next"' in answer.headers["link"], export_format
        if export_format in WRITERS:
            assert answer.text.count("European Robin") in (1, 2), "Raven names it twice"


@pytest.mark.usefixtures("links")
def test_an_archive_tells_what_it_leaves_out(client: httpx.Client) -> None:
    answer = fetched(client, "/v1/detections", "camtrap-dp")
    assert answer.headers["chorus-left-out"] == "1 recording: no time; 2 detections: no time"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "2 detections: no time" in archive.read("README.txt").decode()
        media = list(csv.DictReader(io.StringIO(archive.read("media.csv").decode())))
    assert [row["fileName"] for row in media] == ["a.wav", "b.wav"]
    audio = client.get(media[0]["filePath"])
    assert audio.content == wav_bytes(20.0, seed=1), "the address leads to the recording"
    assert "chorus-left-out" not in fetched(client, "/v1/detections", "dwca").headers


@pytest.mark.usefixtures("links")
def test_what_was_listened_to_in_vain_is_in_the_package(client: httpx.Client, database: Database) -> None:
    """Also what was analyzed in part, and what only reaches into the span; not what nobody analyzed."""
    part = upload(client, wav_bytes(20.0, seed=3), "part.wav", recorded_at="2026-05-03T04:32:00+02:00", **PLACE)
    MadeUpWorker(database).save(part["analyses"][0]["id"])
    MadeUpWorker(database).fail(part["analyses"][0]["id"], 1)
    upload(client, wav_bytes(20.0, seed=4), "waits.wav", recorded_at="2026-05-03T04:33:00+02:00", **PLACE)

    def media(**wanted: str) -> dict[str, str]:
        answer = fetched(client, "/v1/detections", "camtrap-dp", taxon="Rana temporaria", **wanted)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.read("observations.csv").decode().count("\n") == 1
            rows = list(csv.DictReader(io.StringIO(archive.read("media.csv").decode())))
        return {row["fileName"]: row["mediaComments"].partition(", ")[2] for row in rows}

    whole = "lasts 20.000 s, 20.000 s of it analyzed"
    assert media() == {"a.wav": whole, "b.wav": whole, "part.wav": "lasts 20.000 s, 10.000 s of it analyzed"}
    assert media(site="elsewhere") == {}
    assert list(media(**{"from": "2026-05-03T04:30:10+02:00", "to": "2026-05-03T04:32:00+02:00"})) == ["a.wav", "b.wav"]


def test_a_package_of_one_analysis_has_its_recording_whatever_is_asked_for(
    client: httpx.Client, links: dict[str, str]
) -> None:
    content = fetched(client, links["detections"], "camtrap-dp", min_confidence=1).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("observations.csv").decode().count("\n") == 1
        assert "recordings:1 | recorded_s:20.000 | analyzed_s:20.000" in archive.read("deployments.csv").decode()


def test_the_darwin_core_archive_links_to_what_is_heard(client: httpx.Client, links: dict[str, str]) -> None:
    content = fetched(client, links["detections"], "dwca").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = io.StringIO(archive.read("occurrence.txt").decode())
    rows = list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 2
    assert client.get(rows[0]["associatedMedia"]).headers["chorus-clip-start"] == "2.000000"


def test_events_that_are_cut_anew_are_exported_too(client: httpx.Client, links: dict[str, str]) -> None:
    answer = fetched(client, links["detections"], "dwca", onset_threshold=0.35)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("occurrence.txt").decode().count("\n") == 5
        assert "onset_threshold: 0.35" in archive.read("README.txt").decode()


def test_labels_for_birdnet_analyzer_are_refused_across_recordings(client: httpx.Client) -> None:
    problem = problem_of(client.get("/v1/detections", params={"format": "audacity-birdnet"}), 422, "invalid-request")
    assert "is for one analysis only" in problem["detail"]


def test_without_pyarrow_parquet_is_501_and_names_the_extra(
    client: httpx.Client, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for url in (links["detections"], "/v1/detections"):
        problem = problem_of(client.get(url, params={"format": "parquet"}), 501, "missing-extra")
        assert "the extra `parquet`" in problem["detail"]
