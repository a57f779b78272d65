"""An analysis of one segment brings its events along when it is saved, and must end as one of several segments does."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from dawn_chorus.adapters.postgres.analyses import get_status
from dawn_chorus.adapters.postgres.corrections import correct_recording
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import detections_of
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording
from dawn_chorus.adapters.postgres.stitching import cut_events, find_scored_analysis
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisSettings, AnalysisState, Channels
from dawn_chorus.domain.errors import PermanentError, TransientError
from dawn_chorus.domain.jobs import Lane, SegmentWork
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.timeline import Detection, Grid, SegmentTimeline
from tests.servers.postgres_fill import CRICKET, FACTS, PACK, ROBIN, WREN, new_recording, post, start, timeline_of

SONGS = [(WREN, 1.0, 9.0, 0.9), (ROBIN, 20.0, 30.0, 0.7), (ROBIN, 31.0, 33.0, 0.8), (CRICKET, 2.0, 4.0, 0.8)]
BY_WINDOWS = replace(PACK, name="windows", grid=Grid(window_s=3.0, frame_s=None), manifest_sha256="c" * 64)


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


def with_channels(timeline: SegmentTimeline) -> SegmentTimeline:
    """Return the timeline as if every other window and frame came from the second channel."""
    rows = [
        replace(
            row,
            window_channels=(np.arange(len(row.window_scores)) % 2 + 1).astype(np.uint8),
            frame_channels=(np.arange(len(row.frame_steps)) % 2 + 1).astype(np.uint8),
            window_spread=np.arange(len(row.window_scores), dtype=np.uint8),
        )
        for row in timeline.rows
    ]
    return replace(timeline, rows=tuple(rows))


def as_stored(event: Detection) -> Detection:
    """Return the event with its confidence and its spread in single precision."""
    spread = None if event.spread is None else float(np.float32(event.spread))
    return replace(event, confidence=float(np.float32(event.confidence)), spread=spread)


def begin(database: Database, ledger: PostgresLedger, pack: PackFacts, settings: AnalysisSettings) -> SegmentWork:
    ledger.register_pack(pack)
    request = AnalysisRequest(pack.name, Lane.EXPRESS, settings=settings)
    stored = create_recording(database, new_recording(60.0), request)
    return start(ledger, stored.analyses[0].id, 0)


@pytest.mark.parametrize("pack", [PACK, BY_WINDOWS], ids=["frames", "windows"])
@pytest.mark.parametrize("channels", ["mix", "each", 2])
@pytest.mark.parametrize("rule", [None, {"min_gap_s": 5.0, "onset_threshold": 0.6}])
def test_its_events_are_those_that_its_stored_scores_give(
    database: Database, ledger: PostgresLedger, pack: PackFacts, channels: Channels, rule: dict[str, float] | None
) -> None:
    work = begin(database, ledger, pack, AnalysisSettings(event_rule=rule, channels=channels))
    timeline = timeline_of(work, SONGS, pack=pack)
    ledger.save_timeline(work, with_channels(timeline) if channels == "each" else timeline, FACTS)
    analysis_id = work.job.analysis_id
    with database.transaction() as connection:
        scored = find_scored_analysis(connection, analysis_id)
        assert scored is not None
        cut = [event for _, events in cut_events(connection, scored) for event in events]
    saved = [finding.detection for finding in detections_of(database, analysis_id)]
    assert len(saved) >= 2
    assert [as_stored(event) for event in saved] == sorted(map(as_stored, cut), key=lambda event: event.onset_s)
    assert {event.channel for event in saved} <= ({None} if channels == "mix" else {2} if channels == 2 else {1, 2})


def test_what_it_lost_counts_to_the_microsecond(database: Database, ledger: PostgresLedger) -> None:
    for analyzed_s, result in (
        (60.0, "succeeded"),
        (59.999999, "partial"),
        (59.9999999, "succeeded"),
        (0.0, "partial"),
    ):
        work = begin(database, ledger, PACK, AnalysisSettings())
        ledger.save_timeline(work, timeline_of(work, SONGS, analyzed_s=analyzed_s), FACTS)
        status = get_status(database, work.job.analysis_id)
        assert (status.analysis.result, status.analyzed_s + status.failed_s) == (result, 60.0)


def test_its_events_lie_where_the_recording_is_said_to_be_when_it_ends(
    database: Database, ledger: PostgresLedger
) -> None:
    work = begin(database, ledger, PACK, AnalysisSettings())
    correct_recording(database, work.recording.id, {"site": "marsh", "recorded_at": None})
    ledger.save_timeline(work, timeline_of(work, SONGS), FACTS)
    found = list(detections_of(database, work.job.analysis_id))
    assert {(finding.source.site, finding.source.recorded_at) for finding in found} == {("marsh", None)}
    with database.transaction() as connection:
        assert connection.execute("SELECT FROM detections WHERE started_at IS NOT NULL").rowcount == 0


def test_it_does_not_end_an_analysis_that_was_extended_since(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 300.0).analyses[0]
    stale = start(ledger, analysis.id, 0)
    ledger.extend_recording(start(ledger, analysis.id, 0), 450.0)
    ledger.save_timeline(stale, timeline_of(stale, SONGS), FACTS)
    status = get_status(database, analysis.id)
    assert (status.analysis.state, status.segments_done) == (AnalysisState.RUNNING, 1)
    assert list(detections_of(database, analysis.id)) == []
    rest = start(ledger, analysis.id, 1)
    ledger.save_timeline(rest, timeline_of(rest), FACTS)
    assert get_status(database, analysis.id).analysis.result is AnalysisResult.SUCCEEDED
    assert len(list(detections_of(database, analysis.id))) == 3


@pytest.fixture
def extension_under_way(database: Database, ledger: PostgresLedger) -> Iterator[tuple[SegmentWork, threading.Event]]:
    """A transaction that has stretched a segment of 120 s to 300 s, and planned another; it commits when told."""
    analysis = post(database, 120.0).analyses[0]
    work = start(ledger, analysis.id, 0)
    stretched, commit = threading.Event(), threading.Event()

    def extend() -> None:
        with database.transaction() as connection:
            connection.execute("SELECT FROM analyses WHERE id = %s FOR NO KEY UPDATE", [analysis.id])
            connection.execute("UPDATE segments SET end_s = 300 WHERE analysis_id = %s", [analysis.id])
            connection.execute(
                "INSERT INTO segments (analysis_id, segment_index, start_s, end_s) VALUES (%s, 1, 300, 400)",
                [analysis.id],
            )
            stretched.set()
            assert commit.wait(30)

    thread = threading.Thread(target=extend)
    thread.start()
    assert stretched.wait(30)
    yield work, commit
    commit.set()
    thread.join()


def test_a_segment_started_while_its_plan_is_extended_knows_the_whole_plan(
    database: Database, ledger: PostgresLedger, extension_under_way: tuple[SegmentWork, threading.Event]
) -> None:
    work, commit = extension_under_way
    started: list[SegmentWork | None] = []
    thread = threading.Thread(target=lambda: started.append(ledger.start_segment(work.job, "another")))
    thread.start()
    with database.statement() as connection:
        while not connection.execute("SELECT FROM pg_locks WHERE NOT granted").rowcount:
            pass
    commit.set()
    thread.join()
    (again,) = started
    assert again is not None
    assert (again.segment.end_s, again.recording.audio.duration_s, again.is_last) == (300.0, 400.0, False)
    with pytest.raises(TransientError, match="stretched"):
        ledger.save_timeline(work, timeline_of(work), FACTS)


def test_ids_of_taxa_are_those_of_the_database_as_it_is_now(database: Database, ledger: PostgresLedger) -> None:
    first = begin(database, ledger, PACK, AnalysisSettings())
    ledger.save_timeline(first, timeline_of(first, SONGS), FACTS)
    second = begin(database, ledger, PACK, AnalysisSettings())
    with database.transaction() as connection:
        # As after a restore, under a worker that goes on: the same pack was registered again, its taxa have other ids.
        connection.execute("UPDATE packs SET registered_at = now()")
        connection.execute("UPDATE pack_taxa SET taxon_id = (SELECT max(taxon_id) FROM pack_taxa) WHERE position = 0")
        connection.execute(
            "UPDATE taxa SET code = CASE code WHEN 'eurrob1' THEN 'cricket' WHEN 'cricket' THEN 'eurrob1' ELSE code END"
        )
    ledger.save_timeline(second, timeline_of(second, [(ROBIN, 1.0, 9.0, 0.9)]), FACTS)
    assert [f.detection.taxon.code for f in detections_of(database, second.job.analysis_id)] == ["eurrob1"]


def test_a_taxon_that_is_not_the_packs_is_refused(database: Database, ledger: PostgresLedger) -> None:
    work = begin(database, ledger, PACK, AnalysisSettings())
    foreign = replace(ROBIN, code="nobody")
    with pytest.raises(PermanentError, match=r"woods 1\.0\.0 is not registered with the taxon nobody"):
        ledger.save_timeline(work, timeline_of(work, [(foreign, 1.0, 9.0, 0.9)]), FACTS)
    assert get_status(database, work.job.analysis_id).segments_done == 0


def test_an_older_worker_that_starts_and_this_one_that_saves_get_on(database: Database, ledger: PostgresLedger) -> None:
    work = begin(database, ledger, PACK, AnalysisSettings())
    with database.transaction() as connection:
        # What a worker of the version before leaves when it has started the segment anew.
        connection.execute("SELECT * FROM analyses WHERE id = %s FOR NO KEY UPDATE", [work.job.analysis_id])
        connection.execute(
            "UPDATE segments SET attempts = attempts + 1, worker = 'old', started_at = clock_timestamp()"
        )
        connection.execute("UPDATE analyses SET state = 'running', revision = revision + 1")
    ledger.save_timeline(work, timeline_of(work, SONGS), FACTS)
    ledger.save_timeline(work, timeline_of(work, SONGS), FACTS)
    assert get_status(database, work.job.analysis_id).analysis.result is AnalysisResult.SUCCEEDED
    assert len(list(detections_of(database, work.job.analysis_id))) == 3
