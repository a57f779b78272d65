"""Lists of detections by the review that they show, and without human voices."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest

from dawn_chorus.adapters.postgres import reviewed_detections
from dawn_chorus.adapters.postgres.corrections import correct_recording
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter, detections_of, list_detections
from dawn_chorus.adapters.postgres.events import EventFilter
from dawn_chorus.adapters.postgres.packs import find_voice_ids
from dawn_chorus.adapters.postgres.surest import list_surest
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.review.matching import Reviewed
from tests.integration.api_checks import problem_of
from tests.integration.made_up import MadeUpWorker, upload

MONDAY = datetime(2026, 5, 4, 4, tzinfo=UTC)
VERDICTS = ("confirmed", "rejected", "uncertain")
NAMES = ("Erithacus rubecula", "Troglodytes troglodytes", "Human vocal")


def fill(connection: Connection, seed: int) -> None:
    """Make recordings of two sites that overlap in time, some undated, with events and reviews of all lengths."""
    random = np.random.default_rng(seed)
    connection.execute("INSERT INTO packs (name, version, license, attribution, manifest_sha256, window_s, rules) "
                       "VALUES ('p', '1', 'MIT', 'x', repeat('0', 64), 3, '{}')")  # fmt: skip
    for name in NAMES:
        connection.execute(
            "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES (%s, %s, '', 'Aves')",
            [name[:4], name],
        )
    taxa = [row["id"] for row in connection.execute("SELECT id FROM taxa ORDER BY id")]
    for number in range(8):
        site = ("marsh", "wood", None)[number % 3]
        at = None if number % 4 == 3 else MONDAY + timedelta(seconds=int(random.integers(0, 900)))
        recording = connection.execute(
            "INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz, "
            "channels, site, recorded_at, recorded_utc_offset_s) VALUES "
            "('a.wav', %s, 1, %s, 'wav', 600, 48000, 1, %s, %s, %s) RETURNING id",
            [f"{number}", f"{number:064x}", site, at, None if at is None else 7200],
        ).fetchone()
        assert recording
        for pack in ("p", "q"):
            analysis = connection.execute(
                "INSERT INTO analyses (recording_id, pack_name, settings, lane, segment_s, segments_total, state, "
                "result, finished_at) VALUES (%s, %s, '{}', 'bulk', 300, 2, 'finished', 'succeeded', now()) "
                "RETURNING id",
                [recording["id"], pack],
            ).fetchone()
            assert analysis
            for _ in range(30):
                onset_s = round(float(random.uniform(0, 590)), 3)
                length_s = float(random.choice([0.5, 3.0, 9.5, 200.0], p=[0.4, 0.4, 0.15, 0.05]))
                offset_s = min(600.0, onset_s + length_s)
                connection.execute(
                    "INSERT INTO detections (analysis_id, recording_id, taxon_id, site, onset_s, offset_s, started_at, "
                    "ended_at, confidence) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                    [
                        analysis["id"],
                        recording["id"],
                        taxa[int(random.integers(0, 3))],
                        site,
                        onset_s,
                        offset_s,
                        at and at + timedelta(seconds=onset_s),
                        at and at + timedelta(seconds=offset_s),
                        float(random.uniform(0, 1)),
                    ],
                )
        for order in range(25):
            onset_ms, length_ms = int(random.integers(0, 590_000)), int(random.choice([400, 3000, 8000, 120_000]))
            name, verdict = NAMES[int(random.integers(0, 3))], VERDICTS[int(random.integers(0, 3))]
            connection.execute(
                "INSERT INTO reviews (recording_id, scientific_name, onset_ms, offset_ms, verdict, corrected_taxon, "
                "reviewer) VALUES (%s, %s, %s, %s, %s, %s, 'Ada')",
                [
                    recording["id"],
                    name,
                    onset_ms,
                    onset_ms + length_ms,
                    verdict,
                    "Turdus merula" if verdict == "rejected" and order % 2 else None,
                ],
            )


@pytest.fixture(params=range(2))
def filled(request: pytest.FixtureRequest, database: Database) -> Database:
    with database.transaction() as connection:
        fill(connection, request.param)
    return database


def pages(database: Database, wanted: DetectionFilter, limit: int) -> Iterator[Finding]:
    cursor = None
    while True:
        page = list_detections(database, wanted, limit=limit, cursor=cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return


def shown(findings: Iterator[Finding]) -> list[tuple[object, ...]]:
    return [
        (each.source.analysis_id, each.detection.taxon.scientific_name, each.detection.onset_s, each.detection.offset_s)
        for each in findings
    ]


FILTERS: list[dict[str, Any]] = [
    {},
    {"pack": "q"},
    {"site": "marsh"},
    {"taxa": ("erithacus rubecula",)},
    {"taxa": ("eri", "human vocal"), "site": "wood"},
    {"from_time": MONDAY + timedelta(minutes=8)},
    {"to_time": MONDAY + timedelta(minutes=8)},
    {"min_confidence": 0.6},
    {"hides_voices": True},
]


@pytest.mark.parametrize("limit", [3, 1000])
@pytest.mark.parametrize("reviewed", list(Reviewed))
def test_lists_hold_what_is_wanted_in_the_order_of_the_whole(
    filled: Database, monkeypatch: pytest.MonkeyPatch, reviewed: Reviewed, limit: int
) -> None:
    """The list of all, of which Python selects by the rule of `Reviews.find`, says what it must be."""
    monkeypatch.setattr("dawn_chorus.adapters.postgres.detections._RARE_DETECTIONS", 0)
    for given in FILTERS:
        everything = pages(filled, DetectionFilter(**{**given, "hides_voices": False}), 1000)
        expected = shown(
            each
            for each in everything
            if reviewed.selects(each.review) and not ("hides_voices" in given and each.detection.taxon.is_human_voice)
        )
        wanted = DetectionFilter(**given, reviewed=reviewed)
        assert shown(pages(filled, wanted, limit)) == expected, given
        assert expected, "it is a test of something"


@pytest.mark.parametrize("reviewed", list(Reviewed))
def test_a_rare_pack_is_read_whole_and_a_stream_holds_the_same(filled: Database, reviewed: Reviewed) -> None:
    wanted = DetectionFilter(pack="p", reviewed=reviewed)
    expected = shown(each for each in pages(filled, DetectionFilter(pack="p"), 1000) if reviewed.selects(each.review))
    assert shown(pages(filled, wanted, 7)) == expected
    assert shown(stream_detections(filled, wanted)) == expected


def test_voices_that_only_reviewers_heard_are_left_out_too(filled: Database) -> None:
    with filled.transaction() as connection:
        connection.execute("UPDATE reviews SET corrected_taxon = 'Homo sapiens' WHERE corrected_taxon IS NOT NULL")
    wanted = DetectionFilter(taxa=NAMES[:1], reviewed=Reviewed.IDENTIFIED)
    hidden = replace(wanted, hides_voices=True)
    for read in (partial(pages, limit=5), stream_detections, lambda *asked: list_surest(*asked, limit=1000).items):
        every, found = list(read(filled, wanted)), list(read(filled, hidden))
        assert {each.review.corrected_taxon for each in every if each.review} == {None, "Homo sapiens"}
        assert [each for each in every if not each.is_human_voice] == found != []
    events = EventFilter(reviewed=Reviewed.REJECTED)
    of_one = [
        partial(detections_of, filled, UUID(str(each.source.analysis_id))) for each in every if each.is_human_voice
    ]
    assert all(any(each.is_human_voice for each in read(events)) for read in of_one)
    assert not any(each.is_human_voice for read in of_one for each in read(replace(events, hides_voices=True)))


def test_reviews_move_with_their_recording(filled: Database) -> None:
    with filled.transaction() as connection:
        row = connection.execute("SELECT recording_id FROM reviews WHERE started_at IS NOT NULL LIMIT 1").fetchone()
    assert row
    recording: UUID = row["recording_id"]
    later = MONDAY + timedelta(days=30)
    correct_recording(filled, recording, {"site": "fen", "recorded_at": later})
    wanted = DetectionFilter(site="fen", reviewed=Reviewed.ANY)
    found = list(pages(filled, wanted, 1000))
    assert {each.source.recording_id for each in found} == {str(recording)}
    expected = [each for each in pages(filled, DetectionFilter(site="fen"), 1000) if each.review]
    assert shown(iter(found)) == shown(iter(expected))


def test_many_parts_are_read_where_few_reviews_show(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviewed_detections, "_MOST_AT_ONCE", 3)
    wanted = DetectionFilter(min_confidence=0.9, reviewed=Reviewed.CONFIRMED, pack=None)
    expected = shown(
        each
        for each in pages(filled, DetectionFilter(min_confidence=0.9), 1000)
        if Reviewed.CONFIRMED.selects(each.review)
    )
    assert shown(pages(filled, wanted, 1)) == expected


def test_over_http(client: httpx.Client, database: Database) -> None:
    recording = upload(client, recorded_at="2026-05-03T04:30:00+02:00")
    MadeUpWorker(database).finish(recording)
    analysis = f"/v1/analyses/{recording['analyses'][0]['id']}/detections"
    said = {"recording_id": recording["id"], "taxon": "eurrob1", "onset_s": 2, "offset_s": 4, "reviewer": "Ada"}
    assert client.post("/v1/reviews", json={**said, "verdict": "confirmed"}).status_code == 201
    for path in ("/v1/detections", analysis):
        for query, count in [
            ({"reviewed": "confirmed"}, 1),
            ({"reviewed": "any"}, 1),
            ({"reviewed": "rejected"}, 0),
            ({"reviewed": "none"}, 0),
            ({"voices": "hide"}, 1),
        ]:
            assert len(client.get(path, params=query).json()["items"]) == count, query
            lines = client.get(path, params={**query, "format": "csv"}).text.splitlines()
            assert len(lines) == 1 + count
        problem_of(client.get(path, params={"reviewed": "perhaps"}), 422, "invalid-request")
    again = {"onset_threshold": 0.35, "offset_threshold": 0.3}
    items = client.get(analysis, params={**again, "reviewed": "none"}).json()["items"]
    assert [(each["onset_s"], each["offset_s"]) for each in items] == [(6.0, 7.0)]
    (confirmed,) = client.get(analysis, params={**again, "reviewed": "confirmed"}).json()["items"]
    assert confirmed["onset_s"] == 2.0
    surest = {"taxon": "eurrob1", "order": "confidence"}
    for reviewed, count in (("confirmed", 1), ("none", 0)):
        assert len(client.get("/v1/detections", params={**surest, "reviewed": reviewed}).json()["items"]) == count
    for has, count in (("true", 1), ("false", 0)):
        assert len(client.get("/v1/recordings", params={"has_reviews": has}).json()["items"]) == count
        listed = client.get("/v1/recordings", params={"has_reviews": has, "min_confidence": 0.5}).json()["items"]
        assert len(listed) == count


def test_the_index_of_voices_misses_none(database: Database) -> None:
    """Of all names that the rule is tried on, the database's candidates hold those that are voices."""
    golden = json.loads((Path(__file__).parents[1] / "unit" / "domain" / "human_voices.json").read_text())
    with database.transaction() as connection:
        for number, name in enumerate([*golden["voices"], *golden["others"]]):
            for names in ((name, "-"), ("-", name)):
                row = [f"{number} {names}", *names, ""]
                connection.execute(
                    "INSERT INTO taxa (code, scientific_name, common_name, taxonomic_class) VALUES (%s, %s, %s, %s)",
                    row,
                )
        hidden = find_voice_ids(connection)
        found = connection.execute(
            "SELECT trim('-' FROM scientific_name || common_name) AS name FROM taxa WHERE id = ANY(%s)", [hidden]
        )
        assert sorted(row["name"] for row in found) == sorted(2 * golden["voices"])
