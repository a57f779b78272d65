from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest

from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detection_stream import stream_detections
from dawn_chorus.adapters.postgres.detections import DetectionFilter, detections_of, list_detections
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.recut import recut_detections
from dawn_chorus.adapters.postgres.timelines import TimelineFilter, read_timeline
from dawn_chorus.adapters.postgres.values import AnalysisRequest, StoredRecording
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import BelowFloor, InvalidCursor, NotFound
from dawn_chorus.domain.exports.findings import Finding
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from tests.servers.postgres_fill import CRICKET, DAWN, PACK, ROBIN, WREN, new_recording, post, save

SONGS = [(ROBIN, 20.0, 30.0, 0.6), (ROBIN, 295.0, 305.0, 0.9), (WREN, 400.0, 401.0, 0.4)]
Song = tuple[object, float, float, float]


def analyzed(database: Database, place: Place | None = None, songs: list[Song] | None = None) -> StoredRecording:
    recording = post(database, 600.0, place=place)
    for index in (0, 1):
        save(PostgresLedger(database), recording.analyses[0].id, index, songs or SONGS)  # type: ignore[arg-type]
    return recording


def test_a_timeline_gives_taxa_by_peak_with_windows_and_detections(database: Database) -> None:
    analysis = analyzed(database).analyses[0]
    robin, wren = read_timeline(database, analysis.id, TimelineFilter(min_score=0.3))
    assert (robin.taxon, wren.taxon) == (ROBIN, WREN)
    assert [robin.peak, wren.peak] == pytest.approx([0.9, 0.4])
    assert robin.window_start_s.tolist() == [20.0, 25.0, 295.0, 300.0]
    np.testing.assert_allclose(robin.window_scores, [0.6, 0.6, 0.9, 0.9], atol=1e-6)
    assert [(event.onset_s, event.offset_s) for event in robin.detections] == [(20.0, 30.0), (295.0, 305.0)]
    assert wren.detections == ()
    assert len(robin.frame_scores) == 0


def test_frames_come_when_asked_for(database: Database) -> None:
    analysis = analyzed(database).analyses[0]
    (wren,) = read_timeline(database, analysis.id, TimelineFilter(("WINWRE4",), min_score=0.1, frames=True))
    assert (wren.frame_s, wren.frame_start_s.tolist()) == (0.5, [400.0, 400.5])
    np.testing.assert_allclose(wren.frame_scores, 0.4, atol=1e-5)
    (everything,) = read_timeline(database, analysis.id, TimelineFilter(("winwre4",), frames=True))
    # The other segment's wren stayed below the floor: nothing of it was kept.
    assert len(everything.frame_start_s) == 600


@pytest.mark.parametrize("name", ["eurrob1", "Erithacus rubecula", "european robin"])
def test_taxa_are_asked_for_by_any_of_their_names(database: Database, name: str) -> None:
    analysis = analyzed(database).analyses[0]
    assert [found.taxon for found in read_timeline(database, analysis.id, TimelineFilter((name,)))] == [ROBIN]


def test_a_running_analysis_shows_what_is_there_so_far(database: Database) -> None:
    analysis = post(database, 600.0).analyses[0]
    assert list(read_timeline(database, analysis.id, TimelineFilter())) == []
    save(PostgresLedger(database), analysis.id, 0, SONGS)
    (robin,) = read_timeline(database, analysis.id, TimelineFilter())
    assert (len(robin.window_scores), robin.detections) == (60, ())


def test_events_are_cut_anew_from_stored_scores(database: Database) -> None:
    recording = analyzed(database)
    analysis = recording.analyses[0]
    found = list(recut_detections(database, analysis.id, {"onset_threshold": 0.35, "offset_threshold": 0.3}))
    assert [(f.detection.taxon, f.detection.onset_s, f.detection.offset_s) for f in found] == [
        (ROBIN, 20.0, 30.0), (ROBIN, 295.0, 305.0), (WREN, 400.0, 401.0),
    ]  # fmt: skip
    assert found[0].source.recorded_at == DAWN
    strict = recut_detections(database, analysis.id, {"onset_threshold": 0.7, "offset_threshold": 0.7})
    assert [f.detection.onset_s for f in strict] == [295.0]
    joined = recut_detections(
        database, analysis.id, {"onset_threshold": 0.5, "offset_threshold": 0.5, "min_gap_s": 400.0}
    )
    assert [(f.detection.onset_s, f.detection.offset_s) for f in joined] == [(20.0, 305.0)]


def test_a_wish_for_one_part_of_the_event_rule_leaves_the_rest_as_the_pack_has_it(database: Database) -> None:
    settings = AnalysisSettings(event_rule={"min_gap_s": 20.0})
    PostgresLedger(database).register_pack(PACK)
    request = AnalysisRequest(PACK.name, Lane.EXPRESS, settings=settings)
    analysis = create_recording(database, new_recording(300.0), request).analyses[0]
    songs = [
        (ROBIN, 20.0, 30.0, 0.6),
        (ROBIN, 45.0, 50.0, 0.6),
        (CRICKET, 60.0, 70.0, 0.8),
        (CRICKET, 100.0, 110.0, 0.95),
    ]
    save(PostgresLedger(database), analysis.id, 0, songs)
    found = [f.detection for f in detections_of(database, analysis.id)]
    assert [(event.taxon, event.onset_s, event.offset_s) for event in found] == [
        (ROBIN, 20.0, 50.0), (CRICKET, 100.0, 110.0),
    ], "a cricket still begins at its own 0.9"  # fmt: skip


def test_a_gap_is_bridged_over_a_segment_that_was_silent(database: Database) -> None:
    analysis = post(database, 900.0).analyses[0]
    songs = [(ROBIN, 200.0, 290.0, 0.9), (ROBIN, 610.0, 620.0, 0.9)]
    for index in range(3):
        save(PostgresLedger(database), analysis.id, index, songs)
    found = recut_detections(database, analysis.id, {"min_gap_s": 330.0})
    assert [(f.detection.onset_s, f.detection.offset_s) for f in found] == [(200.0, 620.0)]


def test_a_threshold_below_the_floor_is_refused_with_the_floor(database: Database) -> None:
    analysis = analyzed(database).analyses[0]
    with pytest.raises(BelowFloor, match=r"0\.01 is below 0\.05") as refused:
        recut_detections(database, analysis.id, {"offset_threshold": 0.01})
    assert refused.value.field == "offset_threshold"


def test_unknown_analyses_are_not_found_at_the_call(database: Database) -> None:
    with pytest.raises(NotFound):
        read_timeline(database, uuid4(), TimelineFilter())
    with pytest.raises(NotFound):
        recut_detections(database, uuid4(), {})
    with pytest.raises(NotFound):
        detections_of(database, uuid4())


def test_findings_name_their_recording_and_keep_its_time(database: Database) -> None:
    recording = analyzed(database)
    first = next(iter(detections_of(database, recording.analyses[0].id)))
    assert first.source.file == recording.recording.filename
    assert first.source.recorded_at == DAWN
    assert first.source.recorded_at.utcoffset() == timedelta(hours=2)
    assert (first.source.site, first.source.pack, first.source.sample_rate_hz) == ("pond", "woods", 48_000)
    assert (first.source.recording_id, first.source.analysis_id) == (
        str(recording.recording.id),
        str(recording.analyses[0].id),
    )
    with database.transaction() as connection:
        row = connection.execute("SELECT started_at, ended_at FROM detections_named ORDER BY onset_s").fetchone()
    assert row is not None
    assert (row["started_at"], row["ended_at"]) == (DAWN + timedelta(seconds=20), DAWN + timedelta(seconds=30))


def pages(database: Database, wanted: DetectionFilter, limit: int) -> list[Finding]:
    seen: list[Finding] = []
    cursor = None
    while True:
        page = list_detections(database, wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            return seen


def test_pages_cover_every_detection_once_latest_first_undated_last(database: Database) -> None:
    places = [Place("pond", None, None, DAWN), Place("pond"), Place("hill", None, None, DAWN), Place("hill")]
    for place in places:
        analyzed(database, place, [(ROBIN, 10.0 * n, 10.0 * n + 5, 0.9) for n in range(7)])
    everything = pages(database, DetectionFilter(), 1000)
    assert len(everything) == 28
    dated = [finding.source.recorded_at is not None for finding in everything]
    assert dated == [True] * 14 + [False] * 14
    onsets = [finding.detection.onset_s for finding in everything[:14]]
    assert onsets == sorted(onsets, reverse=True)
    for wanted in (DetectionFilter(), DetectionFilter(taxa=("eurrob1",)), DetectionFilter(site="pond")):
        whole = pages(database, wanted, 1000)
        assert [pages(database, wanted, limit) for limit in (1, 5, len(whole))] == [whole] * 3
        assert list(stream_detections(database, wanted)) == whole


def test_detections_are_found_by_taxon_site_time_and_confidence(database: Database) -> None:
    analyzed(database, Place("pond", None, None, DAWN), [(ROBIN, 10, 20, 0.9), (WREN, 30, 40, 0.6)])
    analyzed(database, Place("hill", None, None, DAWN + timedelta(days=1)), [(CRICKET, 10, 20, 0.95)])
    analyzed(database, Place("pond"), [(ROBIN, 10, 20, 0.8)])

    def found(**wanted: object) -> list[str]:
        page = list_detections(database, DetectionFilter(**wanted))  # type: ignore[arg-type]
        return [finding.detection.taxon.code for finding in page.items]

    assert found() == ["cricket", "winwre4", "eurrob1", "eurrob1"]
    assert found(taxa=("European ROBIN", "cricket")) == ["cricket", "eurrob1", "eurrob1"]
    assert found(taxa=("nobody",)) == []
    assert found(site="hill") == ["cricket"]
    assert found(from_time=DAWN + timedelta(seconds=30)) == ["cricket", "winwre4"]
    assert found(to_time=DAWN + timedelta(seconds=30)) == ["eurrob1"]
    assert found(min_confidence=0.85) == ["cricket", "eurrob1"]


@pytest.mark.parametrize("near", [1, 2, 50])
def test_a_class_is_found_whether_it_is_near_or_far(
    database: Database, monkeypatch: pytest.MonkeyPatch, near: int
) -> None:
    monkeypatch.setattr("dawn_chorus.adapters.postgres.detections._NEAR", near)
    monkeypatch.setattr("dawn_chorus.adapters.postgres.detections._FEW", 0)
    songs: list[Song] = [(CRICKET if n % 7 == 3 else ROBIN, 10.0 + 8 * n, 12.0 + 8 * n, 0.95) for n in range(30)]
    for place in (Place("pond", None, None, DAWN), Place("hill", None, None, DAWN), Place("pond")):
        analyzed(database, place, songs)
    for wanted in (
        DetectionFilter(classes=("insecta",)),
        DetectionFilter(classes=("AVES",), site="pond"),
        DetectionFilter(classes=("Aves", "Insecta"), to_time=DAWN + timedelta(seconds=100)),
    ):
        everything = stream_detections(database, replace(wanted, classes=()))
        expected = [
            each for each in everything if each.detection.taxon.taxonomic_class.lower() in str(wanted.classes).lower()
        ]
        assert list(stream_detections(database, wanted)) == expected
        assert [pages(database, wanted, limit) for limit in (1, 4, 100)] == [expected] * 3


def test_a_rare_pack_lists_what_a_common_one_would(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    songs: list[Song] = [(CRICKET if n % 3 else ROBIN, 10.0 + 8 * n, 12.0 + 8 * n, 0.9 + n / 1000) for n in range(30)]
    for place in (Place("pond", None, None, DAWN), Place("hill", None, None, DAWN), Place("pond")):
        analyzed(database, place, songs)
    for wanted in (
        DetectionFilter(pack=PACK.name),
        DetectionFilter(pack=PACK.name, all_analyses=True, site="pond"),
        DetectionFilter(("cricket",), pack=PACK.name, to_time=DAWN + timedelta(seconds=100), min_confidence=0.905),
        DetectionFilter(pack="nobody's"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr("dawn_chorus.adapters.postgres.detections._RARE_DETECTIONS", -1)
            common = pages(database, wanted, 4)
        assert pages(database, wanted, 4) == common
        assert bool(common) == (wanted.pack == PACK.name)
        assert list(stream_detections(database, wanted)) == common


HUGE_ID, ENDLESS_ID = (
    urlsafe_b64encode(place).decode() for place in (b"[null, 9223372036854775808]", b"[null, 1e500]")
)


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "WyJ4IiwgMV0", "W251bGwsICJ4Il0", HUGE_ID, ENDLESS_ID])
def test_a_cursor_that_no_page_gave_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        list_detections(database, DetectionFilter(), cursor=cursor)
