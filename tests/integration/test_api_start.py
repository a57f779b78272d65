"""Where the start of an uploaded recording comes from."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from tests.integration.api_checks import problem_of, row_count, stored_files
from tests.recorder_files import audiomoth_comment, guano, info, real_pcm, wav, write_card

CLOCK = "04:30:00 04/05/2024"


@pytest.fixture(scope="module")
def pcm(audio_dir: Path) -> bytes:
    return real_pcm(audio_dir, 1.0)


def send(client: httpx.Client, name: str, content: bytes, **fields: str) -> dict[str, Any]:
    response = client.post("/v1/recordings", files={"file": (name, content)}, data=fields)
    assert response.status_code == 202, response.text
    answer: dict[str, Any] = response.json()
    assert client.get(answer["links"]["self"]).json()["recorded_at"] == answer["recorded_at"]
    return answer


def test_the_plain_upload_stores_what_it_stored_before(client: httpx.Client, pcm: bytes) -> None:
    content = wav(pcm, [info(audiomoth_comment(CLOCK, "+2"))], [guano("Loc Position: 52.5 13.4")])
    answer = send(client, "20240504_043000.WAV", content)
    assert (answer["recorded_at"], answer["latitude"]) == (None, None)
    assert (answer["start"]["source"], answer["start"]["certain"]) == (None, False)
    assert "start=file" in answer["start"]["reason"]


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("", "Z"), ("+2", "+02:00"), ("+10", "+10:00"), ("+5:45", "+05:45"), ("-3:30", "-03:30")],
)
def test_an_audiomoth_needs_no_option(client: httpx.Client, pcm: bytes, zone: str, offset: str) -> None:
    answer = send(client, "5E90A4D4.WAV", wav(pcm, [info(audiomoth_comment(CLOCK, zone))]), start="file")
    assert answer["recorded_at"] == f"2024-05-04T04:30:00{offset}"
    assert (answer["start"]["source"], answer["start"]["certain"]) == ("header", True)


def test_guano_says_time_and_place(client: httpx.Client, pcm: bytes) -> None:
    content = wav(pcm, after=[guano("Timestamp: 2024-05-04T04:30:00+02:00", "Loc Position: 52.52 13.405")])
    answer = send(client, "a.wav", content, start="file", occurrence_min="0.03")
    assert answer["recorded_at"] == "2024-05-04T04:30:00+02:00"
    assert (answer["latitude"], answer["longitude"]) == (52.52, 13.405)


def test_a_place_that_is_sent_counts_before_the_headers(client: httpx.Client, pcm: bytes) -> None:
    content = wav(pcm, after=[guano("Loc Position: 52.52 13.405")])
    answer = send(client, "a.wav", content, start="file", latitude="1", longitude="2")
    assert (answer["latitude"], answer["longitude"]) == (1, 2)


def test_a_name_alone_is_stored_without_a_time_and_says_so(client: httpx.Client, pcm: bytes) -> None:
    answer = send(client, "SM4_20240504_043000.wav", wav(pcm), start="file")
    assert answer["recorded_at"] is None
    assert (answer["start"]["source"], answer["start"]["certain"]) == (None, False)
    assert "time zone" in answer["start"]["reason"]


@pytest.mark.parametrize(
    ("zone", "offset"), [("Europe/Amsterdam", "+02:00"), ("+10:00", "+10:00"), ("UTC", "Z"), ("-03:30", "-03:30")]
)
def test_a_zone_speaks_for_a_clock_without_one(client: httpx.Client, pcm: bytes, zone: str, offset: str) -> None:
    answer = send(client, "SM4_20240504_043000.wav", wav(pcm), start="file", time_zone=zone)
    assert answer["recorded_at"] == f"2024-05-04T04:30:00{offset}"
    assert (answer["start"]["source"], answer["start"]["certain"]) == ("name", False)


@pytest.mark.parametrize(
    ("name", "both"),
    [
        ("20241027_023000.wav", ("2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00")),
        ("20240331_023000.wav", ("2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00")),
    ],
)
def test_an_unclear_hour_is_refused_with_both_instants(
    client: httpx.Client, database: Database, store_dir: Path, pcm: bytes, name: str, both: tuple[str, str]
) -> None:
    fields = {"start": "file", "time_zone": "Europe/Amsterdam"}
    response = client.post("/v1/recordings", files={"file": (name, wav(pcm))}, data=fields)
    problem = problem_of(response, 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == ["time_zone"]
    assert all(instant in problem["detail"] for instant in both)
    assert stored_files(store_dir) == []
    assert row_count(database, "recordings") == 0


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"start": "file", "recorded_at": "2024-05-04T04:30:00Z"}, "start"),
        ({"start": "header"}, "start"),
        ({"time_zone": "Europe/Amsterdam"}, "time_zone"),
        ({"start": "none", "time_zone": "Europe/Amsterdam"}, "time_zone"),
        ({"start": "file", "time_zone": "Europe/Amsterdm"}, "time_zone"),
        ({"start": "file", "time_zone": "CEST"}, "time_zone"),
        ({"start": "file", "time_zone": "+25:00"}, "time_zone"),
    ],
)
def test_fields_that_contradict_each_other_are_refused(
    client: httpx.Client, store_dir: Path, pcm: bytes, fields: dict[str, str], field: str
) -> None:
    response = client.post("/v1/recordings", files={"file": ("a.wav", wav(pcm))}, data=fields)
    problem = problem_of(response, 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert stored_files(store_dir) == []


@pytest.mark.parametrize("spelling", ["20240504T043000+0200", "2024-05-04T04-30-00+0200", "2024-05-04 04:30:00+02"])
def test_a_time_is_understood_as_recorders_write_it(client: httpx.Client, pcm: bytes, spelling: str) -> None:
    answer = send(client, "a.wav", wav(pcm), recorded_at=spelling)
    assert answer["recorded_at"] == "2024-05-04T04:30:00+02:00"
    assert answer["start"] == {"source": "recorded_at", "certain": True, "reason": "The time was given."}


@pytest.mark.parametrize("spelling", ["20240504T043000", "2024-05-04T04:30:00", "1714789800", "soon", "2024-05-04"])
def test_a_time_that_is_refused_is_told_how_to_write_it(client: httpx.Client, pcm: bytes, spelling: str) -> None:
    response = client.post("/v1/recordings", files={"file": ("a.wav", wav(pcm))}, data={"recorded_at": spelling})
    problem = problem_of(response, 422, "invalid-request")
    assert "write the time as RFC 3339, with its offset" in problem["detail"]


def test_the_same_card_sent_twice_is_a_duplicate(client: httpx.Client, pcm: bytes) -> None:
    content = wav(pcm, [info(audiomoth_comment(CLOCK, "+2"))])
    first = send(client, "5E90A4D4.WAV", content, start="file")
    again = client.post("/v1/recordings", files={"file": ("5E90A4D4.WAV", content)}, data={"start": "file"})
    assert again.status_code == 200, again.text
    assert (again.json()["id"], again.json()["duplicate"]) == (first["id"], True)
    assert again.json()["start"] == first["start"]


@pytest.mark.slow
def test_a_card_of_three_recorders(client: httpx.Client, tmp_path: Path, pcm: bytes) -> None:
    card = write_card(tmp_path / "card", pcm)
    answers = {
        recorder: [
            send(client, path.name, path.read_bytes(), start="file", site=recorder)
            for path in sorted((card / recorder).iterdir())
        ]
        for recorder in ("MOTH", "GUANO", "NAMES")
    }
    times = [f"2024-05-04T{number // 2:02}:{number % 2 * 30:02}:00+02:00" for number in range(24)]
    assert [each["recorded_at"] for each in answers["MOTH"]] == times
    assert [each["recorded_at"] for each in answers["GUANO"]] == times
    assert {each["latitude"] for each in answers["GUANO"]} == {52.37}
    assert {each["recorded_at"] for each in answers["NAMES"]} == {None}
    assert all("time zone" in each["start"]["reason"] for each in answers["NAMES"])
    named = sorted((card / "NAMES").iterdir())[3]
    again = send(client, named.name, named.read_bytes(), start="file", site="dune", time_zone="Europe/Amsterdam")
    assert (again["recorded_at"], again["start"]["certain"]) == (times[3], False)
