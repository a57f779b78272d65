"""Spans, taxa, classes and confidences narrow timelines and detections, stored or cut anew, in every format."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.domain.exports.findings import DETECTION_COLUMNS, LATER_COLUMNS, REVIEW_COLUMNS, SOURCE_COLUMNS
from dawn_chorus.domain.exports.selections import BIRDNET_COLUMNS, RAVEN_COLUMNS
from tests.integration.api_checks import problem_of
from tests.integration.made_up import FROG, ROBIN, WREN, MadeUpWorker, upload, wav_bytes
from tests.lane_reading import read_lanes
from tests.servers.api import StartApi

ALL = [(2, 4), (12, 14), (22, 24)]
RECUT = {"onset_threshold": 0.35}


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings into segments of 10 s."""
    return start_api(segment_s=10).client


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


@pytest.fixture
def links(client: httpx.Client, worker: MadeUpWorker) -> dict[str, str]:
    """30 s in three segments; in each a robin sings at 2 s to 4 s, softly at 6 s to 7 s, and a wren hardly."""
    answer = upload(client, wav_bytes(30.0), site="marsh", latitude="52.5", longitude="-0.25")
    worker.finish(answer)
    found: dict[str, str] = answer["analyses"][0]["links"]
    return found


def spans_of(client: httpx.Client, url: str, **wanted: Any) -> list[tuple[float, float]]:
    response = client.get(url, params=wanted)
    assert response.status_code == 200, response.text
    return [(row["onset_s"], row["offset_s"]) for row in response.json()["items"]]


FILTERS: list[tuple[dict[str, Any], list[tuple[int, int]]]] = [
    ({"from_s": 12}, ALL[1:]),
    ({"from_s": 13.99}, ALL[1:]),
    ({"from_s": 14}, ALL[2:]),
    ({"to_s": 12}, ALL[:1]),
    ({"to_s": 12.01}, ALL[:2]),
    ({"from_s": 3, "to_s": 3.5}, ALL[:1]),
    ({"from_s": 1e9}, []),
    ({"min_confidence": 0.95}, []),
    ({"min_confidence": 0.89}, ALL),
    ({"taxon": WREN.code}, []),
    ({"taxon": [WREN.code, ROBIN.scientific_name]}, ALL),
    ({"class": "aves"}, ALL),
    ({"class": "Amphibia"}, []),
    ({"class": ["Amphibia", "AVES"]}, ALL),
    ({"class": "Amphibia", "taxon": ROBIN.code}, []),
]


def test_detections_are_narrowed(client: httpx.Client, links: dict[str, str]) -> None:
    for wanted, expected in FILTERS:
        assert spans_of(client, links["detections"], **wanted) == expected, wanted
        assert spans_of(client, links["detections"], **wanted, onset_threshold=0.5) == expected, wanted


def test_events_that_are_cut_anew_are_narrowed_afterwards(client: httpx.Client, links: dict[str, str]) -> None:
    url = links["detections"]
    assert spans_of(client, url, **RECUT) == [(2, 4), (6, 7), (12, 14), (16, 17), (22, 24), (26, 27)]
    assert spans_of(client, url, **RECUT, from_s=6.5, to_s=13) == [(6, 7), (12, 14)]
    assert spans_of(client, url, **RECUT, min_confidence=0.5) == ALL
    assert spans_of(client, url, **RECUT, taxon=WREN.code) == []
    assert spans_of(client, url, min_gap_s=9, from_s=5, to_s=6) == [(2, 24)], "a joined event reaches over the span"
    assert spans_of(client, url, onset_threshold=0.15, **{"class": "Aves"}, to_s=1) == [(0, 30)]
    assert spans_of(client, url, onset_threshold=0.15, **{"class": "Amphibia"}) == []


def test_rows_have_class_and_place_after_all_other_columns(client: httpx.Client, links: dict[str, str]) -> None:
    for recut in ({}, RECUT):
        check_columns(client, links, recut)


def check_columns(client: httpx.Client, links: dict[str, str], recut: dict[str, float]) -> None:
    def text(name: str) -> str:
        return client.get(links["detections"], params={"format": name, **recut}).text

    expected = {"taxonomic_class": "Aves", "latitude": 52.5, "longitude": -0.25}
    items = client.get(links["detections"], params=recut).json()["items"]
    assert [{name: row[name] for name in LATER_COLUMNS} for row in items] == [expected] * len(items)
    assert [json.loads(line) for line in text("ndjson").splitlines()] == items
    table = list(csv.reader(io.StringIO(text("csv"))))
    assert tuple(table[0]) == (*DETECTION_COLUMNS, *SOURCE_COLUMNS, *LATER_COLUMNS, *REVIEW_COLUMNS, "spread")
    assert {tuple(row[-9:]) for row in table[1:]} == {("Aves", "52.5", "-0.25", *[""] * 6)}
    assert text("raven").splitlines()[0] == "\t".join(RAVEN_COLUMNS)
    assert text("birdnet").splitlines()[0] == ",".join(BIRDNET_COLUMNS)
    assert {len(line.split("\t")) for line in text("audacity").splitlines()} == {3}


def test_a_recording_without_a_place_has_none(client: httpx.Client, worker: MadeUpWorker) -> None:
    links = worker_links(client, worker)
    row = client.get(links["detections"]).json()["items"][0]
    assert (row["latitude"], row["longitude"]) == (None, None)
    line = client.get(links["detections"], params={"format": "csv"}).text.splitlines()[1]
    assert line.endswith(",Aves,,,,,,,,")


def worker_links(client: httpx.Client, worker: MadeUpWorker) -> dict[str, str]:
    answer = upload(client, wav_bytes(10.0, seed=4))
    worker.finish(answer)
    found: dict[str, str] = answer["analyses"][0]["links"]
    return found


def test_every_format_is_narrowed(client: httpx.Client, links: dict[str, str]) -> None:
    for name, header in (
        ("ndjson", 0),
        ("csv", 1),
        ("raven", 1),
        ("audacity", 0),
        ("audacity-birdnet", 0),
        ("birdnet", 1),
    ):
        answer = client.get(links["detections"], params={"format": name, "from_s": 13, "to_s": 20})
        assert len(answer.text.splitlines()) == header + 1, name


def test_a_timeline_is_narrowed_to_a_span(client: httpx.Client, links: dict[str, str]) -> None:
    def robin(**wanted: Any) -> dict[str, Any]:
        (found, _) = client.get(links["timeline"], params=wanted).json()["taxa"]
        assert isinstance(found, dict)
        return found

    part = robin(from_s=11, to_s=16, frames=True)
    assert [window["start_s"] for window in part["windows"]] == [10, 15]
    assert [part["frames"][place]["start_s"] for place in (0, -1)] == [11, 15.5]
    assert [event["onset_s"] for event in part["detections"]] == [12]
    assert part["peak"] == pytest.approx(0.9, abs=1e-4)
    assert [window["start_s"] for window in robin(from_s=9.9, to_s=10)["windows"]] == [5]
    assert robin(min_confidence=0.95)["detections"] == []
    assert len(robin(min_confidence=0.95)["windows"]) == 6
    whole = client.get(links["timeline"], params={"frames": True}).json()
    assert client.get(links["timeline"], params={"frames": True, "from_s": 0, "to_s": 30}).json() == whole
    assert client.get(links["timeline"], params={"from_s": 30}).json()["taxa"] == []


def test_a_timeline_is_narrowed_to_classes(client: httpx.Client, links: dict[str, str]) -> None:
    for name, n in (("AVES", 2), ("amphibia", 0)):
        assert len(client.get(links["timeline"], params={"class": name}).json()["taxa"]) == n
        assert len(read_lanes(client.get(links["lanes"], params={"class": name}).content)[1]) == n


def test_taxa_that_were_heard_elsewhere_only_are_left_out_of_a_span(
    client: httpx.Client, worker: MadeUpWorker, database: Database
) -> None:
    links = worker_links(client, worker)
    answer = upload(client, wav_bytes(30.0, seed=9))
    worker.finish(answer)
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM timelines USING taxa WHERE taxa.id = taxon_id AND code = %s AND segment_index = 1",
            [WREN.code],
        )
    url = answer["analyses"][0]["links"]["timeline"]
    codes = [
        [taxon["code"] for taxon in client.get(url, params=span).json()["taxa"]]
        for span in ({}, {"from_s": 10, "to_s": 20}, {"from_s": 10, "to_s": 20.1})
    ]
    assert codes == [[ROBIN.code, WREN.code], [ROBIN.code], [ROBIN.code, WREN.code]]
    assert client.get(links["timeline"]).status_code == 200


def test_lists_across_recordings_are_narrowed_to_classes(client: httpx.Client, links: dict[str, str]) -> None:
    assert links
    assert spans_of(client, "/v1/detections", **{"class": "aves"}) == ALL[::-1]
    assert spans_of(client, "/v1/detections", **{"class": "Amphibia"}) == []
    assert spans_of(client, "/v1/detections", **{"class": "Aves", "taxon": WREN.code}) == []
    row = client.get("/v1/detections", params={"class": "Aves"}).json()["items"][0]
    assert (row["taxonomic_class"], row["latitude"], row["longitude"]) == ("Aves", 52.5, -0.25)
    first = client.get("/v1/detections", params={"class": "Aves", "limit": 2})
    again = client.get(first.links["next"]["url"])
    assert [row["onset_s"] for row in (*first.json()["items"], *again.json()["items"])] == [22, 12, 2]
    lines = client.get("/v1/detections", params={"class": "Aves", "format": "csv"}).text.splitlines()
    assert [line.rsplit(",", 9)[1:] for line in lines[1:]] == [["Aves", "52.5", "-0.25", *[""] * 6]] * 3


def test_an_unknown_class_is_an_error_not_an_absence(client: httpx.Client, links: dict[str, str]) -> None:
    for url in (links["timeline"], links["detections"], links["lanes"], "/v1/detections"):
        problem = problem_of(client.get(url, params={"class": "Avs"}), 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == ["class"]
        assert FROG.taxonomic_class in problem["detail"]
        assert "Aves" in problem["detail"]


@pytest.mark.parametrize("resource", ["timeline", "detections"])
def test_what_is_no_filter_is_refused(client: httpx.Client, links: dict[str, str], resource: str) -> None:
    for query in (
        *("from_s=-1", "from_s=nan", "to_s=inf", "to_s=5&from_s=5", "min_confidence=1.5"),
        *("taxon=nobody", "class="),
    ):
        problem = problem_of(client.get(f"{links[resource]}?{query}"), 422, "invalid-request")
        assert problem["errors"][0]["field"].startswith(query.partition("=")[0]), query


def test_positions_are_of_one_recording(client: httpx.Client) -> None:
    problem_of(client.get("/v1/detections", params={"from_s": 1}), 422, "invalid-request")
