from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from dawn_chorus.adapters.postgres.analyses import (
    cancel_analysis,
    create_analysis,
    get_revision,
    get_status,
    retry_analysis,
)
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.detections import detections_of
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import delete_recording, get_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest
from dawn_chorus.domain.analysis import AnalysisResult, AnalysisState
from dawn_chorus.domain.errors import Conflict, InvalidPack, PermanentError, TransientError
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.lost_audio import LostStretch
from tests.servers.postgres_fill import CRICKET, FACTS, PACK, ROBIN, WREN, job, post, save, start, timeline_of


@pytest.fixture
def ledger(database: Database) -> PostgresLedger:
    return PostgresLedger(database)


def count_rows(database: Database, table: str) -> int:
    with database.transaction() as connection:
        row = connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()  # noqa: S608 - a name from below
    assert row is not None
    return int(row["n"])


def test_a_recording_runs_from_posted_to_finished(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 700.0).analyses[0]
    assert (analysis.state, analysis.segments_total) == (AnalysisState.QUEUED, 3)
    songs = [(ROBIN, 298.0, 303.0, 0.8), (WREN, 650.0, 660.0, 0.7), (CRICKET, 10.0, 20.0, 0.8)]
    for index in (2, 0, 1):
        save(ledger, analysis.id, index, songs)
    status = get_status(database, analysis.id)
    assert (status.analysis.state, status.analysis.result) == (AnalysisState.FINISHED, AnalysisResult.SUCCEEDED)
    assert (status.segments_done, status.analyzed_s, status.failed_s) == (3, 700.0, 0.0)
    assert (status.analysis.pack_version, status.analysis.pack_license) == ("1.0.0", "CC0-1.0")
    assert status.analysis.provider == "CPUExecutionProvider"
    found = [finding.detection for finding in detections_of(database, analysis.id)]
    # One song across a cut is one event; the cricket's own rule asks for more.
    assert [(event.taxon, event.onset_s, event.offset_s) for event in found] == [
        (ROBIN, 298.0, 303.0),
        (WREN, 650.0, 660.0),
    ]
    assert found[0].confidence == pytest.approx(0.8, abs=1e-4)


def test_the_same_segment_saved_twice_is_there_once(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 600.0).analyses[0]
    work = start(ledger, analysis.id, 0)
    again = start(ledger, analysis.id, 0)
    assert again.attempt == 2
    ledger.save_timeline(work, timeline_of(work, [(ROBIN, 1.0, 9.0, 0.9)]), FACTS)
    ledger.save_timeline(again, timeline_of(again, [(ROBIN, 1.0, 9.0, 0.9)]), FACTS)
    assert count_rows(database, "timelines") == 1
    save(ledger, analysis.id, 1)
    assert len(list(detections_of(database, analysis.id))) == 1
    ledger.save_timeline(again, timeline_of(again, [(ROBIN, 1.0, 9.0, 0.9)]), FACTS)
    assert len(list(detections_of(database, analysis.id))) == 1


def test_a_segment_that_is_done_is_not_started_again(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 600.0).analyses[0]
    save(ledger, analysis.id, 0)
    assert ledger.start_segment(job(analysis.id, 0), "worker-2") is None
    assert ledger.start_segment(job(analysis.id, 7), "worker-2") is None


def test_two_workers_that_save_the_last_two_segments_at_once_finish_it_once(
    database: Database, ledger: PostgresLedger
) -> None:
    for _ in range(8):
        analysis = post(database, 600.0).analyses[0]
        works = [start(ledger, analysis.id, index) for index in (0, 1)]
        songs = [(ROBIN, 290.0, 310.0, 0.9)]
        barrier = Barrier(2)

        def save_at_once(index: int, works=works, barrier=barrier, songs=songs) -> None:  # type: ignore[no-untyped-def]
            barrier.wait()
            ledger.save_timeline(works[index], timeline_of(works[index], songs), FACTS)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(save_at_once, (0, 1)))
        status = get_status(database, analysis.id)
        assert status.analysis.result is AnalysisResult.SUCCEEDED
        assert len(list(detections_of(database, analysis.id))) == 1


def test_the_work_says_all_that_a_worker_needs(database: Database, ledger: PostgresLedger) -> None:
    recording = post(database, 700.0)
    first, last = (start(ledger, recording.analyses[0].id, index) for index in (0, 2))
    assert (first.is_last, last.is_last) == (False, True)
    assert (last.segment.start_s, last.segment.end_s) == (600.0, 700.0)
    assert first.recording == recording.recording
    assert (first.pack, first.attempt, first.settings.floor) == ("woods", 1, 0.05)
    assert first.queued_s >= 0


def test_a_failed_segment_makes_the_result_partial_and_says_why(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 600.0).analyses[0]
    save(ledger, analysis.id, 0)
    start(ledger, analysis.id, 1)
    ledger.fail_segment(job(analysis.id, 1), "no decoder\x00 makes sound of it")
    status = get_status(database, analysis.id)
    assert (status.analysis.result, status.retryable) == (AnalysisResult.PARTIAL, True)
    assert (status.analyzed_s, status.failed_s) == (300.0, 300.0)
    (failure,) = status.failures
    assert (failure.segment, failure.start_s, failure.end_s) == (1, 300.0, 600.0)
    assert failure.reason == "no decoder� makes sound of it"


def test_an_analysis_of_which_all_segments_failed_has_failed(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 10.0).analyses[0]
    ledger.fail_segment(job(analysis.id, 0), "no pack of that name")
    assert get_status(database, analysis.id).analysis.result is AnalysisResult.FAILED


def test_seconds_lost_within_a_segment_are_accounted_for(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 300.0).analyses[0]
    save(ledger, analysis.id, 0, analyzed_s=123.456789)
    status = get_status(database, analysis.id)
    assert status.analysis.result is AnalysisResult.PARTIAL
    assert (status.analyzed_s, status.failed_s, status.retryable) == (123.456789, 176.543211, False)
    assert (status.failures[0].failed_s, status.failures[0].reason) == (
        176.543211,
        "lost 123.457 s to 300.000 s: the file ends early",
    )
    assert status.failures[0].lost == (LostStretch(123.456789, 300.0, "the file ends early"),)


def test_a_failed_segment_is_one_lost_stretch_or_those_that_it_consists_of(
    database: Database, ledger: PostgresLedger
) -> None:
    analysis = post(database, 600.0).analyses[0]
    parts = (LostStretch(0.0, 100.0, "bad\x00 frame"), LostStretch(100.0, 300.0, "the file ends early"))
    ledger.fail_segment(job(analysis.id, 0), "lost all of it", parts)
    ledger.fail_segment(job(analysis.id, 1), "the decoder crashed")
    first, second = get_status(database, analysis.id).failures
    assert first.lost == (LostStretch(0.0, 100.0, "bad� frame"), parts[1])
    assert second.lost == (LostStretch(300.0, 600.0, "the decoder crashed"),)


def test_what_an_earlier_attempt_lost_is_forgotten_by_a_retry(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 300.0).analyses[0]
    ledger.fail_segment(job(analysis.id, 0), "lost", (LostStretch(0.0, 300.0, "bad frame"),))
    retry_analysis(database, analysis.id)
    ledger.fail_segment(job(analysis.id, 0), "no such pack")
    (failure,) = get_status(database, analysis.id).failures
    assert failure.lost == (LostStretch(0.0, 300.0, "no such pack"),)


def test_events_do_not_bridge_a_failed_segment(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 900.0).analyses[0]
    songs = [(ROBIN, 250.0, 650.0, 0.9)]
    save(ledger, analysis.id, 0, songs)
    ledger.fail_segment(job(analysis.id, 1), "lost")
    save(ledger, analysis.id, 2, songs)
    spans = [(f.detection.onset_s, f.detection.offset_s) for f in detections_of(database, analysis.id)]
    assert spans == [(250.0, 300.0), (600.0, 650.0)]


def test_cancelling_stops_what_is_left_and_keeps_what_is_done(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 900.0).analyses[0]
    save(ledger, analysis.id, 0, [(ROBIN, 1.0, 9.0, 0.9)])
    stale = start(ledger, analysis.id, 1)
    cancelled = cancel_analysis(database, analysis.id)
    assert (cancelled.state, cancelled.result) == (AnalysisState.FINISHED, AnalysisResult.CANCELLED)
    ledger.save_timeline(stale, timeline_of(stale, [(WREN, 310.0, 320.0, 0.9)]), FACTS)
    ledger.fail_segment(stale.job, "late")
    ledger.retry_segment(stale.job, "late", 1.0)
    assert ledger.start_segment(job(analysis.id, 2), "worker-1") is None
    status = get_status(database, analysis.id)
    assert status.analysis == cancelled
    assert (status.analyzed_s, status.failed_s, status.segments_failed) == (300.0, 600.0, 2)
    assert [finding.detection.taxon for finding in detections_of(database, analysis.id)] == [ROBIN]
    with pytest.raises(Conflict, match="finished"):
        cancel_analysis(database, analysis.id)


def test_a_worker_that_comes_back_after_the_deletion_changes_nothing(
    database: Database, ledger: PostgresLedger
) -> None:
    recording = post(database, 300.0)
    work = start(ledger, recording.analyses[0].id, 0)
    assert delete_recording(database, recording.recording.id) == recording.recording.store_key
    ledger.save_timeline(work, timeline_of(work, [(ROBIN, 1.0, 2.0, 0.9)]), FACTS)
    ledger.fail_segment(work.job, "late")
    ledger.retry_segment(work.job, "late", 1.0)
    assert ledger.extend_recording(work, 500.0) == work
    assert ledger.start_segment(work.job, "worker-1") is None
    assert [count_rows(database, table) for table in ("analyses", "segments", "timelines", "outbox")] == [0] * 4


def test_a_retry_runs_the_failed_segments_and_cuts_the_events_anew(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 900.0).analyses[0]
    songs = [(ROBIN, 250.0, 650.0, 0.9)]
    for index in (0, 2):
        save(ledger, analysis.id, index, songs)
    with pytest.raises(Conflict, match="running"):
        retry_analysis(database, analysis.id)
    ledger.fail_segment(job(analysis.id, 1), "lost")
    again = retry_analysis(database, analysis.id)
    assert (again.state, again.result, again.finished_at) == (AnalysisState.RUNNING, None, None)
    work = save(ledger, analysis.id, 1, songs)
    assert work.attempt == 1
    status = get_status(database, analysis.id)
    assert (status.analysis.result, status.failures) == (AnalysisResult.SUCCEEDED, ())
    spans = [(f.detection.onset_s, f.detection.offset_s) for f in detections_of(database, analysis.id)]
    assert spans == [(250.0, 650.0)]
    with pytest.raises(Conflict, match="nothing to retry"):
        retry_analysis(database, analysis.id)


def test_a_segment_put_back_comes_again_with_its_attempts_counted(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 300.0).analyses[0]
    work = start(ledger, analysis.id, 0)
    ledger.retry_segment(work.job, "the store is away", 7.5)
    ledger.retry_segment(work.job, "said twice", 7.5)
    with database.transaction() as connection:
        delays = [row["delay_s"] for row in connection.execute("SELECT delay_s FROM outbox ORDER BY id")]
    assert delays == [0.0, 7.5]
    second = start(ledger, analysis.id, 0)
    assert (second.attempt, second.queued_s) == (2, 0.0)


def test_a_recording_that_goes_on_behind_its_header_is_planned_to_its_end(
    database: Database, ledger: PostgresLedger
) -> None:
    recording = post(database, 120.0)
    analysis = recording.analyses[0]
    work = start(ledger, analysis.id, 0)
    longer = ledger.extend_recording(work, 750.4)
    assert (longer.segment.start_s, longer.segment.end_s, longer.is_last) == (0.0, 300.0, False)
    assert longer.recording.audio.duration_s == 750.4
    assert ledger.extend_recording(longer, 750.4) == longer
    with pytest.raises(TransientError, match="stretched"):
        ledger.save_timeline(work, timeline_of(work), FACTS)
    songs = [(ROBIN, 100.0, 750.4, 0.9)]
    ledger.save_timeline(longer, timeline_of(longer, songs), FACTS)
    for index in (1, 2):
        save(ledger, analysis.id, index, songs)
    status = get_status(database, analysis.id)
    assert (status.analysis.segments_total, status.duration_s, status.analyzed_s) == (3, 750.4, 750.4)
    assert get_recording(database, recording.recording.id).recording.audio.duration_s == 750.4
    assert [f.detection.offset_s for f in detections_of(database, analysis.id)] == [750.4]


def test_what_lies_beyond_the_longest_duration_is_one_segment_and_the_ledger_is_exact(
    database: Database, ledger: PostgresLedger
) -> None:
    recording = post(database, 120.0)
    analysis = recording.analyses[0]
    longer = ledger.extend_recording(start(ledger, analysis.id, 0), 9_000_000.5, 1000.0)
    assert (longer.segment.end_s, longer.is_last, longer.segment_s) == (300.0, False, 300.0)
    for index in (0, 1, 2, 3):
        save(ledger, analysis.id, index, [])
    ledger.fail_segment(job(analysis.id, 4), "too long")
    status = get_status(database, analysis.id)
    assert (status.analysis.segments_total, status.analysis.result) == (5, AnalysisResult.PARTIAL)
    assert (status.duration_s, status.analyzed_s, status.failed_s) == (9_000_000.5, 1000.0, 8_999_000.5)
    again = create_analysis(database, recording.recording.id, AnalysisRequest("tones", Lane.BULK, most_s=1000.0))
    assert again.segments_total == 5


def test_a_recording_that_turns_out_too_long_for_the_express_lane_goes_on_in_bulk(
    database: Database, ledger: PostgresLedger
) -> None:
    short, long = (post(database, 120.0).analyses[0] for _ in range(2))
    ledger.extend_recording(start(ledger, short.id, 0), 600.0)
    ledger.extend_recording(start(ledger, long.id, 0), 601.0)
    with database.transaction() as connection:
        rows = connection.execute("SELECT analysis_id, lane FROM outbox ORDER BY id").fetchall()
    lanes = {each.id: [row["lane"] for row in rows if row["analysis_id"] == each.id] for each in (short, long)}
    assert lanes == {short.id: ["express", "express"], long.id: ["express", "bulk", "bulk"]}
    assert (get_status(database, short.id).analysis.lane, get_status(database, long.id).analysis.lane) == (
        Lane.EXPRESS,
        Lane.BULK,
    )


def test_every_visible_change_has_a_new_revision(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 600.0).analyses[0]
    seen = [get_revision(database, analysis.id)]
    work = start(ledger, analysis.id, 0)
    seen.append(get_revision(database, analysis.id))
    ledger.retry_segment(work.job, "away", 0.1)
    seen.append(get_revision(database, analysis.id))
    save(ledger, analysis.id, 0)
    seen.append(get_revision(database, analysis.id))
    ledger.fail_segment(job(analysis.id, 1), "lost")
    seen.append(get_revision(database, analysis.id))
    retry_analysis(database, analysis.id)
    seen.append(get_revision(database, analysis.id))
    assert seen == sorted(set(seen))


def test_one_analysis_is_done_with_one_version_of_a_pack(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 600.0).analyses[0]
    assert start(ledger, analysis.id, 0).pack_version is None
    save(ledger, analysis.id, 0)
    newer = replace(PACK, version="1.1.0", manifest_sha256="b" * 64)
    ledger.register_pack(newer)
    work = start(ledger, analysis.id, 1)
    assert work.pack_version == "1.0.0"
    with pytest.raises(PermanentError, match=r"began with woods 1\.0\.0, and 1\.1\.0 is .*: begin a new analysis"):
        ledger.save_timeline(work, timeline_of(work), replace(FACTS, pack_version="1.1.0"))


def test_a_pack_changed_under_its_version_is_refused(ledger: PostgresLedger) -> None:
    ledger.register_pack(PACK)
    ledger.register_pack(PACK)
    with pytest.raises(InvalidPack, match="new version"):
        ledger.register_pack(replace(PACK, manifest_sha256="b" * 64))


def test_a_pack_that_nobody_registered_cannot_be_saved_for(database: Database, ledger: PostgresLedger) -> None:
    analysis = post(database, 300.0).analyses[0]
    work = start(ledger, analysis.id, 0)
    with pytest.raises(PermanentError, match="pack"):
        ledger.save_timeline(work, timeline_of(work), replace(FACTS, pack_version="9"))
