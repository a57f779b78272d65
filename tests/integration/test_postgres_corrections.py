"""The place and start of a recording, corrected or taken over from another upload, and all that copies them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest

from dawn_chorus.adapters.postgres.analyses import cancel_analysis, create_analysis, get_status, retry_analysis
from dawn_chorus.adapters.postgres.corrections import correct_recording, lock_for_correction, rewrite_place
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.recordings import create_recording, delete_recording, get_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, StoredRecording
from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.jobs import Lane
from dawn_chorus.domain.recording import Place
from tests.integration.api_checks import is_waiting, row_count, wait_until
from tests.servers.postgres_fill import DAWN, FACTS, PACK, ROBIN, new_recording, post, save, start, timeline_of

REQUEST = AnalysisRequest(PACK.name, Lane.EXPRESS)
FILTERED = replace(REQUEST, settings=AnalysisSettings(occurrence_min=0.03))
SONGS = [(ROBIN, 2.0, 4.25, 0.9), (ROBIN, 10.0, 12.0, 0.8)]
POND = Place("pond", 52.5, 13.4, DAWN)


def copies(database: Database, recording: UUID) -> list[tuple[Any, ...]]:
    """Return what the recording's detections say of it: site, start and end, in order."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT site, started_at, ended_at FROM detections WHERE recording_id = %s ORDER BY id", [recording]
        )
        return [tuple(row.values()) for row in rows]


def warnings_of(database: Database, analysis: UUID) -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT segment_index, code, detail, start_s, end_s, channel FROM segment_warnings WHERE analysis_id = %s",
            [analysis],
        )
        return [tuple(row.values()) for row in rows]


def finished(database: Database, place: Place = POND, request: AnalysisRequest = REQUEST) -> StoredRecording:
    """Have a recording of 20 s in which a robin was heard twice."""
    ledger = PostgresLedger(database)
    ledger.register_pack(PACK)
    stored = create_recording(database, new_recording(20.0, place), request)
    save(ledger, stored.analyses[0].id, 0, SONGS)
    return stored


def spans(recorded_at: datetime | None) -> list[tuple[datetime | None, datetime | None]]:
    if recorded_at is None:
        return [(None, None)] * 2
    return [(recorded_at + timedelta(seconds=onset), recorded_at + timedelta(seconds=end)) for onset, end in EVENTS_S]


EVENTS_S = [(2.0, 4.5), (10.0, 12.0)]
"""On the grid of half seconds."""


@pytest.mark.parametrize(
    "changes",
    [
        {"site": "hill"},
        {"site": None},
        {"recorded_at": DAWN + timedelta(hours=2)},
        {"recorded_at": datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))},
        {"recorded_at": DAWN.astimezone(UTC)},
        {"recorded_at": None},
        {"site": "hill", "recorded_at": DAWN - timedelta(days=1)},
        {"latitude": -33.0, "longitude": 151.0},
        {"latitude": None, "longitude": None},
        {"site": None, "latitude": None, "longitude": None, "recorded_at": None},
        {},
    ],
)
def test_a_correction_reaches_every_copy(database: Database, changes: dict[str, Any]) -> None:
    stored, other = finished(database), finished(database, replace(POND, site="den"))
    again = create_analysis(database, stored.recording.id, REQUEST)
    save(PostgresLedger(database), again.id, 0, SONGS)
    place = replace(POND, **changes)
    corrected = correct_recording(database, stored.recording.id, changes)
    assert corrected == get_recording(database, stored.recording.id).recording == replace(stored.recording, place=place)
    if place.recorded_at is not None:
        assert corrected.place.recorded_at is not None
        assert corrected.place.recorded_at.utcoffset() == place.recorded_at.utcoffset()
    expected = [(place.site, *span) for span in spans(place.recorded_at)]
    assert copies(database, stored.recording.id) == expected * 2
    assert [copy[0] for copy in copies(database, other.recording.id)] == ["den"] * 2


def test_a_place_can_be_given_where_there_was_none(database: Database) -> None:
    stored = finished(database, Place())
    assert [copy[1] for copy in copies(database, stored.recording.id)] == [None, None]
    correct_recording(database, stored.recording.id, {"site": "pond", "recorded_at": DAWN})
    assert copies(database, stored.recording.id) == [("pond", *span) for span in spans(DAWN)]


def test_what_finishes_later_has_the_new_place(database: Database) -> None:
    ledger = PostgresLedger(database)
    stored = post(database, 20.0, place=POND)
    work = start(ledger, stored.analyses[0].id, 0)
    correct_recording(database, stored.recording.id, {"site": "hill"})
    ledger.save_timeline(work, timeline_of(work, SONGS), FACTS)
    assert [copy[0] for copy in copies(database, stored.recording.id)] == ["hill"] * 2


def test_an_analysis_waits_to_finish_while_its_recording_is_corrected(database: Database) -> None:
    ledger = PostgresLedger(database)
    stored = post(database, 20.0, place=POND)
    work = start(ledger, stored.analyses[0].id, 0)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            recording = lock_for_correction(connection, stored.recording.id)
            assert recording is not None
            saved = pool.submit(ledger.save_timeline, work, timeline_of(work, SONGS), FACTS)
            wait_until(lambda: is_waiting(database))
            rewrite_place(connection, recording, replace(POND, site="hill"))
            assert copies(database, stored.recording.id) == []
        saved.result(30)
    assert [copy[0] for copy in copies(database, stored.recording.id)] == ["hill"] * 2


def test_corrections_and_the_ends_of_analyses_at_once_leave_no_old_copy(database: Database) -> None:
    ledger = PostgresLedger(database)
    for _ in range(4):
        stored = post(database, 20.0, place=POND)
        analyses = [stored.analyses[0], *(create_analysis(database, stored.recording.id, REQUEST) for _ in range(2))]
        works = [start(ledger, analysis.id, 0) for analysis in analyses]
        barrier = Barrier(5)

        def finish(work: Any, barrier: Barrier = barrier) -> None:
            barrier.wait()
            ledger.save_timeline(work, timeline_of(work, SONGS), FACTS)

        def correct(site: str, stored: StoredRecording = stored, barrier: Barrier = barrier) -> None:
            barrier.wait()
            correct_recording(database, stored.recording.id, {"site": site})

        with ThreadPoolExecutor(5) as pool:
            ended = [pool.submit(finish, work) for work in works] + [pool.submit(correct, site) for site in ("a", "b")]
            for each in ended:
                each.result(60)
        site = get_recording(database, stored.recording.id).recording.place.site
        assert site in ("a", "b")
        assert {copy[0] for copy in copies(database, stored.recording.id)} == {site}


@pytest.mark.parametrize(
    ("own", "twin", "changes"),
    [
        (Place("pond"), Place("hill"), {"site": "hill"}),
        (Place("pond"), Place("pond", None, None, DAWN), {"recorded_at": DAWN}),
        (Place("pond"), Place("pond", None, None, DAWN), {"recorded_at": DAWN.astimezone(UTC)}),
        (Place("pond", None, None, DAWN), Place(), {"site": None, "recorded_at": None}),
    ],
)
def test_a_recording_does_not_become_a_twin(
    database: Database, own: Place, twin: Place, changes: dict[str, Any]
) -> None:
    stored = finished(database, own)
    with database.transaction() as connection:  # as a service wrote it that knew no rule about them
        row = connection.execute(
            """INSERT INTO recordings (filename, store_key, size_bytes, sha256, format, duration_s, sample_rate_hz,
                channels, site, recorded_at, recorded_utc_offset_s)
            SELECT filename, 'twin', size_bytes, sha256, format, duration_s, sample_rate_hz, channels, %(site)s,
                %(at)s, CASE WHEN %(at)s::timestamptz IS NOT NULL THEN 0 END
            FROM recordings RETURNING id""",
            {"site": twin.site, "at": twin.recorded_at},
        ).fetchone()
    assert row is not None
    before = copies(database, stored.recording.id)
    with pytest.raises(Conflict, match=str(row["id"])):
        correct_recording(database, stored.recording.id, changes)
    assert get_recording(database, stored.recording.id).recording == stored.recording
    assert copies(database, stored.recording.id) == before


def test_an_unknown_recording_cannot_be_corrected(database: Database) -> None:
    with pytest.raises(NotFound):
        correct_recording(database, uuid4(), {"site": "hill"})


class TestFilteredAnalyses:
    @pytest.mark.parametrize(
        "changes",
        [
            {"latitude": 52.6},
            {"latitude": None, "longitude": None},
            {"recorded_at": DAWN + timedelta(days=60)},
            {"recorded_at": None},
        ],
    )
    def test_another_place_or_week_is_told_once(self, database: Database, changes: dict[str, Any]) -> None:
        stored = finished(database, request=FILTERED)
        plain = create_analysis(database, stored.recording.id, REQUEST)
        save(PostgresLedger(database), plain.id, 0, SONGS)
        analysis = stored.analyses[0]
        before = get_status(database, analysis.id).analysis
        for change in (changes, {"latitude": 1.0, "longitude": 2.0}):
            correct_recording(database, stored.recording.id, change)
            ((segment, code, detail, *rest),) = warnings_of(database, analysis.id)
            assert (segment, code, rest) == (None, "place_changed", [None, None, None])
            assert "analyze it again" in detail
        after = get_status(database, analysis.id).analysis
        assert (after.result, after.revision) == (before.result, before.revision + 1), "a client sees that it changed"
        assert warnings_of(database, plain.id) == []

    def test_a_retry_of_all_segments_is_filtered_by_the_new_place(self, database: Database) -> None:
        ledger = PostgresLedger(database)
        ledger.register_pack(PACK)
        stored = create_recording(database, new_recording(20.0, POND), FILTERED)
        (analysis,) = stored.analyses
        work = start(ledger, analysis.id, 0)
        correct_recording(database, stored.recording.id, {"latitude": -33.0, "longitude": 151.0})
        assert [warning[1] for warning in warnings_of(database, analysis.id)] == ["place_changed"]
        ledger.fail_segment(work.job, "the decoder crashed")
        retry_analysis(database, analysis.id)
        assert warnings_of(database, analysis.id) == []

    @pytest.mark.parametrize(
        "changes",
        [{"site": "hill"}, {"recorded_at": DAWN + timedelta(minutes=5)}, {"recorded_at": DAWN.astimezone(UTC)}, {}],
    )
    def test_the_same_place_and_week_are_not(self, database: Database, changes: dict[str, Any]) -> None:
        stored = finished(database, request=FILTERED)
        correct_recording(database, stored.recording.id, changes)
        assert warnings_of(database, stored.analyses[0].id) == []

    def test_those_that_left_nothing_out_are_not(self, database: Database) -> None:
        all_taxa = replace(REQUEST, settings=AnalysisSettings(occurrence_min=0.0))
        stored = finished(database, request=all_taxa)
        correct_recording(database, stored.recording.id, {"latitude": 10.0})
        assert warnings_of(database, stored.analyses[0].id) == []

    def test_those_that_have_not_begun_take_the_new_place(self, database: Database) -> None:
        PostgresLedger(database).register_pack(PACK)
        stored = create_recording(database, new_recording(20.0, POND), FILTERED)
        correct_recording(database, stored.recording.id, {"latitude": 10.0})
        assert warnings_of(database, stored.analyses[0].id) == []
        assert start(PostgresLedger(database), stored.analyses[0].id, 0).recording.place.latitude == 10.0
        correct_recording(database, stored.recording.id, {"latitude": 20.0})
        assert len(warnings_of(database, stored.analyses[0].id)) == 1, "its worker has the one before"

    def test_one_that_has_not_begun_is_told_that_there_is_no_place_any_more(self, database: Database) -> None:
        PostgresLedger(database).register_pack(PACK)
        stored = create_recording(database, new_recording(20.0, POND), FILTERED)
        correct_recording(database, stored.recording.id, {"latitude": None, "longitude": None})
        assert [warning[1] for warning in warnings_of(database, stored.analyses[0].id)] == ["place_changed"]

    def test_a_place_that_is_taken_over_is_told_too(self, database: Database) -> None:
        PostgresLedger(database).register_pack(PACK)
        new = new_recording(20.0, replace(POND, recorded_at=None))
        stored = create_recording(database, new, FILTERED)
        save(PostgresLedger(database), stored.analyses[0].id, 0, SONGS)
        create_recording(database, replace(new, place=POND, store_key="again"), FILTERED)
        assert [warning[1] for warning in warnings_of(database, stored.analyses[0].id)] == ["place_changed"]


def at_once(database: Database, uploads: list[tuple[NewRecording, AnalysisRequest]]) -> list[StoredRecording]:
    """Upload all at the same moment."""
    barrier = Barrier(len(uploads))

    def upload(number: int) -> StoredRecording:
        new, request = uploads[number]
        barrier.wait()
        return create_recording(database, replace(new, store_key=f"{new.store_key}-{number}"), request)

    with ThreadPoolExecutor(len(uploads)) as pool:
        return list(pool.map(upload, range(len(uploads))))


class TestUploadsAtOnce:
    def test_one_of_them_begins_the_new_analysis(self, database: Database) -> None:
        for _ in range(4):
            new = new_recording(20.0)
            known = create_recording(database, new, REQUEST)
            stored = at_once(database, [(new, FILTERED)] * 4)
            assert sorted(each.duplicate for each in stored) == [False, True, True, True]
            assert {each.recording.id for each in stored} == {known.recording.id}
            assert len({each.analysis_id for each in stored}) == 1
            assert len(get_recording(database, known.recording.id).analyses) == 2

    def test_one_of_two_sites_is_taken_over_and_the_other_is_another_recording(self, database: Database) -> None:
        for _ in range(4):
            new = new_recording(20.0, Place())
            known = create_recording(database, new, REQUEST)
            sites = [replace(new, place=Place(site)) for site in ("hill", "den")]
            stored = at_once(database, [(each, REQUEST) for each in sites])
            assert sorted(each.duplicate for each in stored) == [False, True]
            assert known.recording.id in {each.recording.id for each in stored}
            assert {each.recording.place.site for each in stored} == {"hill", "den"}

    def test_an_upload_and_a_correction_never_make_twins(self, database: Database) -> None:
        for _ in range(4):
            new = new_recording(20.0, Place("pond"))
            known = create_recording(database, new, REQUEST)
            barrier = Barrier(2)

            def correct(known: StoredRecording = known, barrier: Barrier = barrier) -> bool:
                barrier.wait()
                try:
                    correct_recording(database, known.recording.id, {"site": "hill"})
                except Conflict:
                    return False
                return True

            def upload(new: NewRecording = new, barrier: Barrier = barrier) -> StoredRecording:
                barrier.wait()
                elsewhere = replace(new, place=Place("hill"), store_key=f"{new.store_key}-hill")
                return create_recording(database, elsewhere, REQUEST)

            with ThreadPoolExecutor(2) as pool:
                corrected, uploaded = pool.submit(correct), pool.submit(upload)
                assert corrected.result(60) == uploaded.result(60).duplicate

    def test_uploads_and_deletions_at_once_lose_nothing(self, database: Database) -> None:
        for _ in range(4):
            new = new_recording(20.0)
            known = create_recording(database, new, REQUEST)
            barrier = Barrier(2)

            def upload(new: NewRecording = new, barrier: Barrier = barrier) -> StoredRecording:
                barrier.wait()
                return create_recording(database, replace(new, store_key=f"{new.store_key}-again"), FILTERED)

            def delete(known: StoredRecording = known, barrier: Barrier = barrier) -> None:
                barrier.wait()
                delete_recording(database, known.recording.id)

            with ThreadPoolExecutor(2) as pool:
                uploaded, deleted = pool.submit(upload), pool.submit(delete)
                deleted.result(60)
                stored = uploaded.result(60)
            if stored.recording.id != known.recording.id:
                assert get_recording(database, stored.recording.id).recording == stored.recording

    def test_what_is_begun_while_another_is_cancelled_is_begun_once(self, database: Database) -> None:
        new = new_recording(20.0)
        known = create_recording(database, new, REQUEST)
        cancel_analysis(database, known.analyses[0].id)
        stored = at_once(database, [(new, REQUEST)] * 4)
        assert sorted(each.duplicate for each in stored) == [False, True, True, True]
        assert row_count(database, "analyses") == 2
