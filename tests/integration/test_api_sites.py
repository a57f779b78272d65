"""Sites, read from the recordings that name them."""

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.recordings import create_recording, delete_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, StoredRecording
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import problem_of
from tests.servers.api import StartedApi
from tests.servers.postgres_fill import new_recording

SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=-3, minutes=-30))
MAY, DECEMBER = datetime(2025, 5, 3, 4, 30, tzinfo=SUMMER), datetime(2025, 12, 3, 4, 30, tzinfo=WINTER)


def store(
    database: Database, site: str | None, at: tuple[float, float] | None = None, recorded_at: datetime | None = None
) -> StoredRecording:
    """Store a recording of half an hour."""
    latitude, longitude = at or (None, None)
    new = new_recording(1800.0, Place(site, latitude, longitude, recorded_at))
    return create_recording(database, new, AnalysisRequest("woods", Lane.BULK))


def names(answer: httpx.Response) -> list[str]:
    return [site["name"] for site in answer.json()["items"]]


def test_no_recordings_no_sites(client: httpx.Client) -> None:
    assert client.get("/v1/sites").json() == {"items": [], "next": None, "without_site": 0}


def test_a_site_is_what_its_recordings_say(client: httpx.Client, database: Database) -> None:
    store(database, "pond", (52.5, 13.4), DECEMBER)
    store(database, "pond", (52.6, 13.4), MAY)
    store(database, "pond", (52.6, 13.4))
    store(database, "pond")
    store(database, "hill")
    for _ in range(2):
        store(database, None, (1.0, 2.0), MAY)
    hill, pond = client.get("/v1/sites").json()["items"]
    assert pond == {
        "name": "pond",
        "latitude": 52.6,
        "longitude": 13.4,
        "places": 2,
        "hours": 2.0,
        "first": "2025-05-03T04:30:00+02:00",
        "last": "2025-12-03T04:30:00-03:30",
        "recordings": 4,
    }
    assert hill == {
        "name": "hill",
        "latitude": None,
        "longitude": None,
        "places": 0,
        "hours": 0.5,
        "first": None,
        "last": None,
        "recordings": 1,
    }
    assert client.get("/v1/sites").json()["without_site"] == 2


def test_a_recording_that_is_corrected_or_deleted_is_no_longer_of_its_site(
    client: httpx.Client, database: Database
) -> None:
    pond, hill = store(database, "pond"), store(database, "hill")
    client.patch(f"/v1/recordings/{pond.recording.id}", json={"site": "hill"}).raise_for_status()
    (site,) = client.get("/v1/sites").json()["items"]
    assert (site["name"], site["recordings"]) == ("hill", 2)
    client.patch(f"/v1/recordings/{pond.recording.id}", json={"site": None}).raise_for_status()
    delete_recording(database, hill.recording.id)
    assert client.get("/v1/sites").json() == {"items": [], "next": None, "without_site": 1}


def test_pages_follow_each_other_by_name(client: httpx.Client, database: Database) -> None:
    long = "\N{BIRD}" * 200
    given = ["a", "B", "b", "ß", "site 10", "site 9", "zz", "a b", "a%", long]
    for name in given:
        store(database, name)
    whole = names(client.get("/v1/sites"))
    assert sorted(whole) == sorted(given)
    found, url = [], "/v1/sites?limit=1"
    while url:
        answer = client.get(url)
        found += names(answer)
        url = answer.links["next"]["url"] if answer.json()["next"] else ""
    assert found == whole


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("marsh", ["North-Marsh", "marsh 1"]),
        ("MARSH", ["North-Marsh", "marsh 1"]),
        ("höhe", ["HÖHE"]),
        ("%", ["50%"]),
        ("_", []),
        ("\\", []),
        ("nowhere", []),
        ("\0", []),
        ("", ["50%", "HÖHE", "North-Marsh", "marsh 1"]),
    ],
)
def test_names_are_searched_for_a_part_in_any_case(
    client: httpx.Client, database: Database, q: str, expected: list[str]
) -> None:
    for name in ("North-Marsh", "marsh 1", "HÖHE", "50%"):
        store(database, name)
    assert sorted(names(client.get("/v1/sites", params={"q": q}))) == expected


def cursor_of(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"sight": "x"}, "sight"),
        ({"q": "x" * 201}, "q"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": cursor_of("[7]")}, "cursor"),
        ({"cursor": cursor_of("[null]")}, "cursor"),
        ({"cursor": cursor_of('["a\\u0000"]')}, "cursor"),
        ({"cursor": cursor_of('["\\ud800"]')}, "cursor"),
    ],
)
def test_an_invalid_query_is_refused_and_its_field_named(door: StartedApi, query: dict[str, str], field: str) -> None:
    problem = problem_of(door.client.get("/v1/sites", params=query), 422, "invalid-request")
    assert [error["field"] for error in problem["errors"]] == [field]
