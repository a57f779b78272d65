"""Reviews as CSV: what is sent out comes back in."""

from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.api_keys import create_key
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.api.routes.review.table_rows import MOST_ROWS
from tests.integration.api_checks import problem_of, row_count
from tests.integration.made_up import review, upload, wav_bytes
from tests.servers.api import StartApi

CSV = {"Content-Type": "text/csv; charset=utf-8"}
HEADING = "recording_id,scientific_name,onset_s,offset_s,verdict,reviewer"
ODD = ["=1+1", "'=1+1", "''=1", "-5", "@SUM(A1)", 'a "b", c', "'", "é\N{LINE SEPARATOR}x", "　全"]


@pytest.fixture
def recording(client: httpx.Client) -> str:
    return str(upload(client, wav_bytes(60), "=dawn.wav", site="@marsh")["id"])


def bring_in(client: httpx.Client, text: str | bytes, **headers: str) -> httpx.Response:
    return client.post("/v1/reviews", content=text, headers=CSV | headers)


def rows(client: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get("/v1/reviews", params={"limit": 1000}).json()["items"]
    return sorted(({**each, "id": ""} for each in items), key=lambda each: (each["onset_s"], each["reviewer"]))


@pytest.fixture(autouse=True)
def _taxa(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES "
            "('eurrob1', 'Erithacus rubecula', 'European Robin', 'Aves'), "
            "('winwre4', 'Troglodytes troglodytes', 'Eurasian Wren', 'Aves')"
        )


@pytest.mark.parametrize("bom", ["false", "true"])
def test_the_table_that_is_sent_out_is_taken_back(
    client: httpx.Client, database: Database, recording: str, bom: str
) -> None:
    for second, note in enumerate(ODD):
        said = {"onset_s": second, "offset_s": second + 0.5, "note": note, "reviewer": f"={note}"[:20].strip()}
        review(client, recording, **said, verdict="rejected", corrected_taxon="winwre4", strategy="bands")
    before = rows(client)
    table = client.get("/v1/reviews", params={"format": "csv", "bom": bom})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert not [line for line in table.text.splitlines() if line.startswith(("=", "@", "-"))]
    with database.transaction() as connection:
        connection.execute("DELETE FROM reviews")
    answer = bring_in(client, table.content)
    assert (answer.status_code, answer.json()) == (
        200, {"rows": len(ODD), "created": len(ODD), "replaced": 0, "older": 0}
    )  # fmt: skip
    assert rows(client) == before, "notes, reviewers and times to the microsecond"
    again = bring_in(client, table.content).json()
    assert (again["replaced"], again["older"], rows(client)) == (len(ODD), 0, before)


def test_a_newer_review_stays(client: httpx.Client, recording: str) -> None:
    review(client, recording)
    table = client.get("/v1/reviews?format=csv").text
    review(client, recording, verdict="uncertain")
    assert bring_in(client, table).json() == {"rows": 1, "created": 0, "replaced": 0, "older": 1}
    assert [each["verdict"] for each in rows(client)] == ["uncertain"]


def test_columns_may_come_in_any_order_and_few(client: httpx.Client, recording: str) -> None:
    heading, row = "verdict,offset_s,onset_s,scientific_name,recording_id,reviewer", "confirmed,4,2,EURROB1"
    table = f"\r\n{heading}\r\n{row},{recording},Ada\r\n\r\n"
    assert bring_in(client, table).json()["created"] == 1
    assert rows(client)[0]["scientific_name"] == "Erithacus rubecula"


def test_errors_name_their_lines_and_nothing_is_saved(client: httpx.Client, database: Database, recording: str) -> None:
    good = f"{recording},Erithacus rubecula,2,4,confirmed,Ada"
    unknown = "00000000-0000-7000-8000-000000000000"
    for bad, status, field, told in [
        (good.replace("confirmed", "perhaps"), 422, "line 3, verdict", "uncertain"),
        (good.replace("Erithacus rubecula", "nightingale"), 422, "line 3, scientific_name", "GET /v1/taxa?q="),
        (good.replace("2,4", "2,61"), 422, "line 3, offset_s", "60 s long"),
        (good.replace("2,4", "two,4"), 422, "line 3, onset_s", "number"),
        (good.replace("2,4", ",4"), 422, "line 3, onset_s", "required"),
        (good.replace(recording, unknown), 404, "line 3, recording_id", "no recording"),
        (good.replace("Ada", ""), 422, "line 3, reviewer", "say who reviews"),
        (good + ",x", 422, "body", "line 3: 7 cells"),
        (good + '\n"', 422, "body", "line 4"),
    ]:
        name = "not-found" if status == 404 else "invalid-request"
        problem = problem_of(bring_in(client, f"{HEADING}\n{good}\n{bad}\n"), status, name)
        assert problem["errors"][0]["field"] == field
        assert told in problem["errors"][0]["detail"]
    for table, told in [
        ("", "no rows"),
        (HEADING, "no rows"),
        ("a;b\n1;2", "separate cells by commas"),
        (f"{HEADING},comment\n{good},x", "unknown columns comment"),
        (f"{HEADING},verdict\n{good},x", "twice"),
        (f"{HEADING}\n" + f"{good}\n" * (MOST_ROWS + 1), f"at most {MOST_ROWS} rows"),
    ]:
        assert told in problem_of(bring_in(client, table), 422, "invalid-request")["detail"]
    assert "UTF-8" in problem_of(bring_in(client, b"\xff"), 400, "malformed-request")["detail"]
    problem_of(bring_in(client, b" " * (8 * 2**20 + 1)), 413, "too-large")
    assert row_count(database, "reviews") == 0


def test_ten_thousand_rows_over_a_megabyte_are_taken_at_once(
    client: httpx.Client, database: Database, recording: str
) -> None:
    line = f"{recording},Erithacus rubecula,%.3f,%.3f,confirmed,Ada,{'x' * 60}\n"
    table = f"{HEADING},note\n" + "".join(line % (n * 0.005, n * 0.005 + 0.005) for n in range(MOST_ROWS))
    assert len(table) > 2**20
    assert bring_in(client, table).json()["created"] == MOST_ROWS
    assert row_count(database, "reviews") == MOST_ROWS
    streamed = client.get("/v1/reviews?format=csv").text
    assert streamed.count("\n") == MOST_ROWS + 1


def test_who_may_bring_in_what_others_said(start_api: StartApi, database: Database, recording: str) -> None:
    client = start_api().client

    def key(name: str, *scopes: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_key(database, name, scopes)[1]}"}

    ada, boss = key("Ada", "review"), key("boss", "admin", "read")
    table = f"{HEADING},reviewed_at\n" + "".join(
        f"{recording},eurrob1,{onset},{onset + 1},confirmed,{name},2026-05-04T09:12:44Z\n"
        for onset, name in ((2, "Ada"), (4, "Grace"), (6, ""))
    )
    problem = problem_of(bring_in(client, table, **ada), 422, "invalid-request")
    assert [each["field"] for each in problem["errors"]] == ["line 3, reviewer"]
    assert bring_in(client, table.replace("Grace", ""), **ada).json()["created"] == 3
    listed = client.get("/v1/reviews", headers=boss).json()["items"]
    assert {each["reviewer"] for each in listed} == {"Ada"}
    assert not any(each["reviewed_at"].startswith("2026-05-04") for each in listed), "signed now"
    assert bring_in(client, table, **boss).json() == {"rows": 3, "created": 2, "replaced": 0, "older": 1}
    kept = {each["reviewer"]: each["reviewed_at"] for each in client.get("/v1/reviews", headers=boss).json()["items"]}
    assert (kept["Grace"], kept["boss"]) == ("2026-05-04T09:12:44Z", "2026-05-04T09:12:44Z")
    problem_of(bring_in(client, table, **key("reader", "read")), 403, "forbidden")
