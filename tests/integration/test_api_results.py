import csv
import io
import json
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of
from tests.integration.made_up import FROG, ROBIN, WREN, MadeUpWorker, upload, wav_bytes
from tests.servers.api import StartApi

RECORDED_AT = "2025-05-03T04:30:00+02:00"


@pytest.fixture
def client(start_api: StartApi) -> httpx.Client:
    """A service that cuts recordings into segments of 10 s."""
    return start_api(segment_s=10).client


@pytest.fixture
def worker(database: Database) -> MadeUpWorker:
    return MadeUpWorker(database)


@pytest.fixture
def links(client: httpx.Client, worker: MadeUpWorker) -> dict[str, str]:
    """A finished analysis of 20 s in two segments; in each a robin sings at 2 s to 4 s."""
    answer = upload(client, site="marsh", recorded_at=RECORDED_AT)
    worker.finish(answer)
    found: dict[str, str] = answer["analyses"][0]["links"]
    return found


class TestTimeline:
    def test_it_has_windows_and_events_by_taxon(self, client: httpx.Client, links: dict[str, str]) -> None:
        timeline = client.get(links["timeline"]).json()
        assert (timeline["state"], timeline["result"]) == ("finished", "succeeded")
        assert (timeline["duration_s"], timeline["window_s"], timeline["frame_s"]) == (20.0, 5.0, 0.5)
        assert timeline["pack"]["license"] == "CC-BY-NC-SA-4.0"
        robin, wren = timeline["taxa"]
        assert (robin["scientific_name"], robin["code"]) == (ROBIN.scientific_name, ROBIN.code)
        assert robin["peak"] == pytest.approx(0.9, abs=1e-4)
        assert [(w["start_s"], w["score"]) for w in robin["windows"]] == [(0, 0.9), (5, 0), (10, 0.9), (15, 0)]
        assert [(d["onset_s"], d["offset_s"]) for d in robin["detections"]] == [(2, 4), (12, 14)]
        assert robin["detections"][1]["started_at"] == "2025-05-03T04:30:12.000+02:00"
        assert "frames" not in robin
        assert (wren["common_name"], wren["detections"]) == (WREN.common_name, [])

    def test_frames_are_included_on_request(self, client: httpx.Client, links: dict[str, str]) -> None:
        robin = client.get(links["timeline"], params={"frames": True}).json()["taxa"][0]
        assert len(robin["frames"]) == 40
        assert robin["frames"][4]["start_s"] == 2.0
        assert robin["frames"][4]["score"] == pytest.approx(0.9, abs=1e-4)

    def test_scores_below_the_minimum_are_left_out(self, client: httpx.Client, links: dict[str, str]) -> None:
        taxa = client.get(links["timeline"], params={"min_score": 0.3}).json()["taxa"]
        assert [taxon["code"] for taxon in taxa] == [ROBIN.code]
        assert [window["start_s"] for window in taxa[0]["windows"]] == [0, 10]

    @pytest.mark.parametrize("name", [WREN.code, WREN.scientific_name.upper(), "eurasian wren"])
    def test_a_taxon_is_found_by_any_of_its_names(self, client: httpx.Client, links: dict[str, str], name: str) -> None:
        taxa = client.get(links["timeline"], params={"taxon": name}).json()["taxa"]
        assert [taxon["code"] for taxon in taxa] == [WREN.code]

    def test_several_taxa_can_be_named(self, client: httpx.Client, links: dict[str, str]) -> None:
        taxa = client.get(links["timeline"], params={"taxon": [WREN.code, ROBIN.code, FROG.code]}).json()["taxa"]
        assert {taxon["code"] for taxon in taxa} == {WREN.code, ROBIN.code}

    @pytest.mark.parametrize("resource", ["timeline", "detections"])
    def test_an_unknown_taxon_is_an_error_not_an_absence(
        self, client: httpx.Client, links: dict[str, str], resource: str
    ) -> None:
        url = links[resource] if resource == "timeline" else "/v1/detections"
        problem = problem_of(client.get(url, params={"taxon": "Erithacus rubecla"}), 422, "invalid-request")
        assert problem["errors"][0]["field"] == "taxon"

    def test_windows_show_while_the_analysis_runs(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        analysis = upload(client)["analyses"][0]
        assert client.get(analysis["links"]["timeline"]).json()["taxa"] == []
        worker.save(analysis["id"], 1)
        timeline = client.get(analysis["links"]["timeline"]).json()
        assert timeline["state"] == "running"
        assert [window["start_s"] for window in timeline["taxa"][0]["windows"]] == [10, 15]
        assert timeline["taxa"][0]["detections"] == []


class TestDetections:
    def test_rows_have_all_fields(self, client: httpx.Client, links: dict[str, str]) -> None:
        document = client.get(links["detections"]).json()
        assert document["pack"]["name"] == "birdnet"
        assert [(row["onset_s"], row["offset_s"]) for row in document["items"]] == [(2, 4), (12, 14)]
        row = document["items"][0]
        assert (row["scientific_name"], row["common_name"], row["code"]) == (
            ROBIN.scientific_name,
            ROBIN.common_name,
            ROBIN.code,
        )
        assert row["confidence"] == pytest.approx(0.9, abs=1e-4)
        assert (row["started_at"], row["ended_at"]) == (
            "2025-05-03T04:30:02.000+02:00",
            "2025-05-03T04:30:04.000+02:00",
        )
        assert (row["file"], row["site"]) == ("dawn.wav", "marsh")

    @pytest.mark.parametrize(
        ("accept", "name"),
        [
            ("application/x-ndjson", "ndjson"),
            ("text/csv", "csv"),
            ("text/tab-separated-values", "raven"),
            ("text/plain", "audacity"),
        ],
    )
    def test_the_header_chooses_as_the_parameter_does(
        self, client: httpx.Client, links: dict[str, str], accept: str, name: str
    ) -> None:
        by_header = client.get(links["detections"], headers={"Accept": accept})
        assert by_header.headers["content-type"].startswith(accept)
        assert by_header.text == client.get(links["detections"], params={"format": name}).text

    def test_every_format_holds_every_event(self, client: httpx.Client, links: dict[str, str]) -> None:
        def text(name: str) -> str:
            return client.get(links["detections"], params={"format": name}).text

        assert [json.loads(line)["onset_s"] for line in text("ndjson").splitlines()] == [2, 12]
        assert [float(row["onset_s"]) for row in csv.DictReader(io.StringIO(text("csv")))] == [2, 12]
        raven = list(csv.DictReader(io.StringIO(text("raven")), delimiter="\t"))
        assert [float(row["Begin Time (s)"]) for row in raven] == [2, 12]
        assert raven[0]["High Freq (Hz)"] == "4000.0"
        marked = client.get(links["detections"], params={"format": "csv", "bom": True}).content
        assert marked == b"\xef\xbb\xbf" + text("csv").encode()
        problem_of(client.get(links["detections"], params={"format": "raven", "bom": True}), 422, "invalid-request")
        labels = [line.split("\t")[2] for line in text("audacity-birdnet").splitlines()]
        assert labels == [f"{ROBIN.scientific_name}, {ROBIN.common_name}"] * 2
        birdnet = list(csv.DictReader(io.StringIO(text("birdnet"))))
        assert [(float(row["Start (s)"]), row["Scientific name"]) for row in birdnet] == [
            (2, ROBIN.scientific_name),
            (12, ROBIN.scientific_name),
        ]
        assert [line.split("\t")[2] for line in text("audacity").splitlines()] == [ROBIN.common_name] * 2

    def test_an_unknown_format_is_refused(self, client: httpx.Client, links: dict[str, str]) -> None:
        problem_of(client.get(links["detections"], params={"format": "xlsx"}), 422, "invalid-request")
        problem_of(client.get(links["detections"], headers={"Accept": "image/png"}), 406, "not-acceptable")

    @pytest.mark.parametrize(
        ("rule", "expected"),
        [
            ({"onset_threshold": 0.35}, [(2, 4), (6, 7), (12, 14), (16, 17)]),
            ({"onset_threshold": 0.35, "min_event_s": 1.5}, [(2, 4), (12, 14)]),
            ({"min_gap_s": 9}, [(2, 14)]),
            ({"onset_threshold": 0.95}, []),
        ],
    )
    def test_events_are_cut_anew_without_inference(
        self, client: httpx.Client, links: dict[str, str], rule: dict[str, float], expected: list[tuple[float, float]]
    ) -> None:
        items = client.get(links["detections"], params=rule).json()["items"]
        assert [(row["onset_s"], row["offset_s"]) for row in items] == expected

    def test_the_order_of_time_stays_when_cut_anew(self, client: httpx.Client, links: dict[str, str]) -> None:
        items = client.get(links["detections"], params={"onset_threshold": 0.15}).json()["items"]
        assert {row["code"] for row in items} == {ROBIN.code, WREN.code}
        assert [row["onset_s"] for row in items] == sorted(row["onset_s"] for row in items)

    def test_the_rule_of_the_pack_returns_the_stored_events(self, client: httpx.Client, links: dict[str, str]) -> None:
        again = client.get(links["detections"], params={"onset_threshold": 0.5}).json()
        assert again == client.get(links["detections"]).json()

    @pytest.mark.parametrize("rule", [{"offset_threshold": 0.01}, {"onset_threshold": 0.01}])
    def test_what_was_not_stored_cannot_be_cut(
        self, client: httpx.Client, links: dict[str, str], rule: dict[str, float]
    ) -> None:
        problem = problem_of(client.get(links["detections"], params=rule), 422, "invalid-request")
        assert "0.05" in problem["detail"]
        assert [error["field"] for error in problem["errors"]] == list(rule)


class TestAcrossRecordings:
    @pytest.fixture(autouse=True)
    def three_recordings(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        for seed, (site, recorded_at) in enumerate(
            [("marsh", RECORDED_AT), ("hill", "2025-05-04T04:30:00+02:00"), ("hill", None)]
        ):
            fields = {"site": site} | ({"recorded_at": recorded_at} if recorded_at else {})
            worker.finish(upload(client, wav_bytes(seed=seed), **fields))

    def rows(self, client: httpx.Client, **wanted: Any) -> list[dict[str, Any]]:
        response = client.get("/v1/detections", params=wanted)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    def test_the_latest_come_first_and_the_undated_last(self, client: httpx.Client) -> None:
        times = [row["started_at"] and row["started_at"][:19] for row in self.rows(client)]
        assert times == [
            "2025-05-04T04:30:12",
            "2025-05-04T04:30:02",
            "2025-05-03T04:30:12",
            "2025-05-03T04:30:02",
            None,
            None,
        ]

    def test_filters_narrow(self, client: httpx.Client) -> None:
        assert len(self.rows(client, site="hill")) == 4
        assert len(self.rows(client, **{"from": "2025-05-03T12:00:00Z"})) == 2
        assert len(self.rows(client, **{"from": RECORDED_AT, "to": "2025-05-03T04:30:12+02:00"})) == 1
        assert len(self.rows(client, taxon=ROBIN.common_name)) == 6
        assert self.rows(client, taxon=WREN.code) == []
        assert self.rows(client, min_confidence=0.95) == []
        assert len(self.rows(client, min_confidence=1e-60)) == 6, "less than single precision holds"

    def test_pages_lead_to_all_of_them(self, client: httpx.Client) -> None:
        found: list[Any] = []
        response = client.get("/v1/detections", params={"limit": 4})
        found += response.json()["items"]
        response = client.get(response.links["next"]["url"])
        found += response.json()["items"]
        assert "next" not in response.links
        assert found == self.rows(client)

    def test_all_of_them_come_as_rows(self, client: httpx.Client) -> None:
        lines = client.get("/v1/detections", params={"format": "ndjson"}).text.splitlines()
        assert [json.loads(line) for line in lines] == self.rows(client)
        table = client.get("/v1/detections", headers={"Accept": "text/csv"}).text
        assert [row["file"] for row in csv.DictReader(io.StringIO(table))] == ["dawn.wav"] * 6
        marked = client.get("/v1/detections", params={"format": "csv", "bom": True}).content
        assert marked == b"\xef\xbb\xbf" + table.encode()
        page = client.get("/v1/detections", params={"format": "csv", "limit": 2})
        assert len(page.text.splitlines()) == 3
        assert "next" in page.links

    def test_labels_that_do_not_name_their_recording_are_refused(self, client: httpx.Client) -> None:
        answer = client.get("/v1/detections", params={"format": "audacity-birdnet"})
        problem = problem_of(answer, 422, "invalid-request")
        assert [error["field"] for error in problem["errors"]] == ["format"]


class TestTaxaAndPacks:
    @pytest.fixture(autouse=True)
    def registered(self, worker: MadeUpWorker) -> None:
        """Register a pack."""

    @pytest.mark.parametrize("text", ["robin", "ERITH", "eurrob1"])
    def test_taxa_are_found_by_a_part_of_a_name(self, client: httpx.Client, text: str) -> None:
        items = client.get("/v1/taxa", params={"q": text}).json()["items"]
        assert [item["scientific_name"] for item in items] == [ROBIN.scientific_name]

    def test_those_that_were_heard_come_first(self, client: httpx.Client, worker: MadeUpWorker) -> None:
        def first() -> str:
            items = client.get("/v1/taxa", params={"q": "eur"}).json()["items"]
            return str(items[0]["scientific_name"])

        assert first() == WREN.scientific_name
        worker.finish(upload(client, wav_bytes()))
        assert first() == ROBIN.scientific_name

    def test_sql_wildcards_are_plain_text(self, client: httpx.Client) -> None:
        for text in ("%", "_", "'", "\\", "\0"):
            assert client.get("/v1/taxa", params={"q": text}).json()["items"] == []

    def test_packs_are_listed_with_their_licenses(self, client: httpx.Client) -> None:
        (pack,) = client.get("/v1/packs").json()["items"]
        assert (pack["name"], pack["version"], pack["is_default"], pack["n_taxa"]) == ("birdnet", "2.4.0", True, 3)
        assert (pack["license"], pack["window_s"]) == ("CC-BY-NC-SA-4.0", 5.0)
