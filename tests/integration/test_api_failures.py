"""However many failures and warnings an analysis has: answers carry the first ones and how many there are."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import pytest

from dawn_chorus.adapters.postgres.analyses import cancel_analysis
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.values import StoredRecording
from dawn_chorus.cli.client.http_client import ServiceClient
from dawn_chorus.cli.client.views import show_analysis
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.warnings import AnalysisWarning
from tests.integration.api_checks import problem_of
from tests.servers.api import StartedApi
from tests.servers.postgres_fill import FACTS, job, post, save, start, timeline_of

SEGMENTS = 250
LOST_EACH = 100


@pytest.fixture
def damaged(database: Database) -> StoredRecording:
    """250 segments of 300 s: two are done with 100 short losses each, one is whole, 7 failed, the rest was cancelled.

    In each of the first two, 60 warnings of silence.
    """
    recording = post(database, 300.0 * SEGMENTS)
    ledger, analysis_id = PostgresLedger(database), recording.analyses[0].id
    for index in (0, 1):
        work = start(ledger, analysis_id, index)
        at = work.segment.start_s
        lost = tuple(LostStretch(at + 3 * i, at + 3 * i + 1, f"hole {i}") for i in range(LOST_EACH))
        warnings = tuple(AnalysisWarning("clipped", f"loud {i}", at + 5 * i, at + 5 * i + 1) for i in range(60))
        timeline = timeline_of(work, analyzed_s=200.0)
        ledger.save_timeline(work, replace(timeline, lost=lost, warnings=warnings), FACTS)
    save(ledger, analysis_id, 2)
    for index in range(3, 10):
        start(ledger, analysis_id, index)
        ledger.fail_segment(job(analysis_id, index), f"crash {index}")
    cancel_analysis(database, analysis_id)
    return recording


def pages(client: httpx.Client, url: str, limit: int) -> list[dict[str, Any]]:
    response = client.get(url, params={"limit": limit})
    found: list[dict[str, Any]] = response.json()["items"]
    while "next" in response.links:
        assert len(response.json()["items"]) == limit
        response = client.get(response.links["next"]["url"])
        found += response.json()["items"]
    assert response.json()["next"] is None
    return found


def test_a_status_has_the_first_hundred(client: httpx.Client, damaged: StoredRecording) -> None:
    answer = client.get(f"/v1/analyses/{damaged.analyses[0].id}").json()
    assert (answer["failures_total"], answer["segments_failed"]) == (249, 247)
    assert [failure["segment"] for failure in answer["failures"]] == [0, 1, *range(3, 101)]
    assert [failure["lost_total"] for failure in answer["failures"]] == [100, 100, *[1] * 98]
    assert [len(failure["lost"]) for failure in answer["failures"]] == [100, 0, *[1] * 98]
    assert answer["failures"][0]["lost"][99]["reason"] == "hole 99"
    assert (len(answer["warnings"]), answer["warnings_total"]) == (100, 120)


def test_a_list_of_recordings_has_the_first_ten(client: httpx.Client, damaged: StoredRecording) -> None:
    (analysis,) = client.get("/v1/recordings").json()["items"][0]["analyses"]
    assert (len(analysis["failures"]), analysis["failures_total"]) == (10, 249)
    assert [len(failure["lost"]) for failure in analysis["failures"]] == [10, 0, *[1] * 8]
    assert (len(analysis["warnings"]), analysis["warnings_total"]) == (10, 120)
    (analysis,) = client.get(f"/v1/recordings/{damaged.recording.id}").json()["analyses"]
    assert (len(analysis["failures"]), analysis["failures_total"]) == (100, 249)


def test_an_event_has_the_first_hundred(client: httpx.Client, damaged: StoredRecording) -> None:
    text = client.get(f"/v1/analyses/{damaged.analyses[0].id}/events").text
    document = json.loads(next(line for line in text.splitlines() if line.startswith("data: "))[6:])
    assert (len(document["failures"]), document["failures_total"]) == (100, 249)


@pytest.mark.parametrize("limit", [7, 83, 100, 200])
def test_pages_lead_to_all_failures(client: httpx.Client, damaged: StoredRecording, limit: int) -> None:
    links = client.get(f"/v1/analyses/{damaged.analyses[0].id}").json()["links"]
    found = pages(client, links["failures"], limit)
    assert [failure["segment"] for failure in found] == [0, 1, *range(3, SEGMENTS)]
    assert [len(failure["lost"]) for failure in found] == [failure["lost_total"] for failure in found]
    assert [len(failure["lost"]) for failure in found[:3]] == [100, 100, 1]
    assert sum(failure["failed_s"] for failure in found) == 200.0 + 247 * 300.0
    assert {failure["reason"] for failure in found[2:9]} == {f"crash {index}" for index in range(3, 10)}


@pytest.mark.parametrize("limit", [7, 60, 200])
def test_pages_lead_to_all_warnings(client: httpx.Client, damaged: StoredRecording, limit: int) -> None:
    links = client.get(f"/v1/analyses/{damaged.analyses[0].id}").json()["links"]
    found = pages(client, links["warnings"], limit)
    assert [warning["start_s"] for warning in found] == [at + 5.0 * i for at in (0, 300) for i in range(60)]


@pytest.mark.parametrize("name", ["failures", "warnings"])
def test_an_analysis_without_any_has_an_empty_page(client: httpx.Client, database: Database, name: str) -> None:
    recording = post(database, 300.0)
    assert client.get(f"/v1/analyses/{recording.analyses[0].id}/{name}").json() == {"items": [], "next": None}


@pytest.mark.parametrize("name", ["failures", "warnings"])
@pytest.mark.parametrize("position", [[True], ["1"], [-1], [2**31], [1.5], [None], [], [1, 2], {}, 7])
def test_a_cursor_of_no_page_is_refused(
    client: httpx.Client, damaged: StoredRecording, name: str, position: object
) -> None:
    cursor = urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")
    answer = client.get(f"/v1/analyses/{damaged.analyses[0].id}/{name}", params={"cursor": cursor})
    assert problem_of(answer, 422, "invalid-request")["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("name", ["failures", "warnings"])
def test_limits_and_unknown_analyses_are_refused(client: httpx.Client, damaged: StoredRecording, name: str) -> None:
    url = f"/v1/analyses/{damaged.analyses[0].id}/{name}"
    for limit in ("0", "201", "x"):
        problem_of(client.get(url, params={"limit": limit}), 422, "invalid-request")
    problem_of(client.get(f"/v1/analyses/{uuid4()}/{name}"), 404, "not-found")


def test_the_command_line_shows_all_of_them(
    api: StartedApi, damaged: StoredRecording, capsys: pytest.CaptureFixture[str]
) -> None:
    show_analysis(ServiceClient(api.url, None), str(damaged.recording.id), as_json=False)
    shown = capsys.readouterr().err
    assert shown.count("cancelled") == SEGMENTS - 10
    assert shown.count("(clipped)") == 120
    assert shown.count("crash ") == 7
