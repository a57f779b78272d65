"""No input makes the API fail: numbers beyond every type, text that is none, times that no calendar has."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import httpx
import pytest

from dawn_chorus.adapters.audio_store import open_audio_store
from dawn_chorus.adapters.postgres.database import Database
from tests.integration.made_up import MadeUpWorker, upload, wav_bytes
from tests.servers.api import run_api
from tests.servers.postgres import PostgresServer

NUMBERS = [
    "1e-60", "1e-46", "1e-45", "1.1754942e-38", "1e-320", "5e-324", "1e-400", "-0.0", "1e38", "1e39", "1e400", "nan",
    "inf", "-inf", "-1e-60", "0x1", "1_0", "٣", "", "true", "null", "[1]", "9" * 5000, "0." + "0" * 60 + "1",
]  # fmt: skip
WHOLE = ["0", "-1", "1.0", "1e2", "2147483648", "9223372036854775808", "9" * 30, "9" * 5000, "nan", "true", "٣", "+1"]
TEXTS = [
    "\x00",
    "a\x00b",
    "%",
    "_",
    "\\",
    "'",
    "a" * 201,
    "a" * 5000,
    "\u202e",
    "\ufffe",
    "\U0010ffff",
    "\x7f",
    "İ" * 200,
]
BYTES = ["%00", "%ED%A0%80", "%FF", "%C0%80", "%F4%90%80%80", "%E2%28%A1", "%"]
TIMES = [
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2020-02-30T00:00:00Z",
    "2020-01-01T24:00:00Z", "2016-12-31T23:59:60Z", "2020-01-01T00:00:00+99:00", "infinity", "now", "1e10",
    "1577836800",
    "2020-01-01T00:00:00Z\x00", "2020-01-01",
]  # fmt: skip
POSITIONS = [
    True, [True], [None, True], [None, None], [None, 1.5], [None, 2**63], [None, 10**400], [None, "1"], [1, 1], [[], 1],
    {}, [], "a", ["\x00", 1], ["\ud800", 1], ["2020-01-01T00:00:00", 1], ["0001-01-01T00:00:00+23:59", 1],
    ["9999-12-31T23:59:59-23:59", 2**63 - 1], ["infinity", 1], ["\ud800"], ["x"], [1], [None],
]  # fmt: skip
IDS = [
    "0198C0DE-0000-7000-8000-000000000000", "0198c0de000070008000000000000000", "urn:uuid:0198c0de-0000-7000-8000-00",
    "{0198c0de-0000-7000-8000-000000000000}", "00000000-0000-0000-0000-000000000000", "0", *BYTES,
]  # fmt: skip
JSON_NUMBERS = [
    "1e-60",
    "1e-320",
    "1e400",
    "NaN",
    "-Infinity",
    "true",
    "null",
    '"1"',
    "[]",
    "{}",
    "9" * 400,
    "9" * 5000,
]
JSON_TEXTS = ['"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', "1", "1e400", "9" * 5000, "[]", '"９"', "2147483648"]
BODIES = [
    b"\xff", b"[", b"[" * 100_000, b'{"a":' * 50_000, b"null", b"\xef\xbb\xbf{}", b"{}{}", b"\x00",
    "{}".encode("utf-16"),
]  # fmt: skip


@pytest.fixture(scope="module")
def service(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, dict[str, Any]]]:
    """A service with one analyzed recording, and what it answered to it."""
    url = postgres_server.make_database()
    store = open_audio_store(tmp_path_factory.mktemp("store").as_uri())
    with Database(url) as database, run_api(database, store, request_burst=1_000_000) as api:
        answer = upload(api.client, site="marsh", recorded_at="2025-05-03T04:30:00+02:00")
        MadeUpWorker(database).finish(answer)
        yield api.client, answer
    postgres_server.drop_database(url)


Service = tuple[httpx.Client, dict[str, Any]]
LISTS = ("/v1/recordings", "/v1/detections")


def cursor_of(position: Any) -> str:
    return urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def failing(responses: Iterable[httpx.Response]) -> list[tuple[str, int, str]]:
    """Return the responses that are no answer of the API: neither what was asked nor a problem that it can name."""
    return [
        (str(response.url)[:200], response.status_code, response.text[:200])
        for response in responses
        if response.status_code >= 500
        or (response.status_code >= 400 and response.headers["content-type"] != "application/problem+json")
    ]


def test_numbers_in_queries(service: Service) -> None:
    client, answer = service
    analysis = answer["analyses"][0]["links"]["self"]
    asked = [("/v1/detections", "min_confidence"), (f"{analysis}/timeline", "min_score")]
    asked += [
        (f"{analysis}/detections", name) for name in ("onset_threshold", "offset_threshold", "min_event_s", "min_gap_s")
    ]
    assert not failing(client.get(path, params={name: value}) for (path, name), value in product(asked, NUMBERS))
    limits = product((*LISTS, "/v1/taxa"), WHOLE)
    assert not failing(client.get(path, params={"limit": value}) for path, value in limits)


def test_cursors(service: Service) -> None:
    client, _ = service
    assert not failing(client.get(path, params={"cursor": cursor_of(each)}) for path, each in product(LISTS, POSITIONS))
    assert not failing(client.get(path, params={"cursor": text}) for path, text in product(LISTS, TEXTS))


def test_text_and_bytes_that_are_none(service: Service) -> None:
    client, answer = service
    timeline = f"{answer['analyses'][0]['links']['self']}/timeline"
    asked = [
        ("/v1/detections", "taxon"), ("/v1/detections", "site"), ("/v1/detections", "pack"), (timeline, "taxon"),
        ("/v1/recordings", "site"), ("/v1/recordings", "sha256"), ("/v1/recordings", "state"), ("/v1/taxa", "q"),
    ]  # fmt: skip
    assert not failing(client.get(path, params={name: text}) for (path, name), text in product(asked, TEXTS))
    assert not failing(client.get(f"{path}?{name}={raw}") for (path, name), raw in product(asked, BYTES))


def test_times(service: Service) -> None:
    client, _ = service
    asked = [
        ("/v1/detections", "from"), ("/v1/detections", "to"), ("/v1/recordings", "recorded_after"),
        ("/v1/recordings", "recorded_before"),
    ]  # fmt: skip
    assert not failing(client.get(path, params={name: time}) for (path, name), time in product(asked, TIMES))


def test_ids(service: Service) -> None:
    client, _ = service
    paths = ("/v1/recordings/{}", "/v1/recordings/{}/audio", "/v1/analyses/{}", "/v1/analyses/{}/timeline")
    for path, each in product(paths, IDS):
        assert client.get(path.format(each)).status_code == 404, each


def test_bodies(service: Service) -> None:
    client, answer = service
    url = answer["links"]["analyses"]
    numbers = product(("floor", "occurrence_min", "onset_threshold", "min_event_s", "min_gap_s"), JSON_NUMBERS)
    texts = product(("pack", "priority", "channels"), JSON_TEXTS)
    written = [f'{{"{name}": {value}}}'.encode() for name, value in (*numbers, *texts)]
    json_type = {"Content-Type": "application/json"}
    assert not failing(client.post(url, content=body, headers=json_type) for body in (*BODIES, *written))


def test_fields_of_an_upload(service: Service) -> None:
    client, _ = service
    fields: list[dict[str, str]] = [
        *({"latitude": number, "longitude": "0"} for number in NUMBERS),
        *({"latitude": "0", "longitude": number} for number in NUMBERS),
        *({"floor": number} for number in NUMBERS),
        *({name: text} for name, text in product(("site", "pack", "time_zone", "channels"), TEXTS)),
        *({"recorded_at": time} for time in TIMES),
    ]
    files = {"file": ("dawn.wav", wav_bytes())}
    assert not failing(client.post("/v1/recordings", files=files, data=each) for each in fields)
