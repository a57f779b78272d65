from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest

from dawn_chorus.adapters.postgres.analyses import create_analysis, get_status, oldest_unfinished_s
from dawn_chorus.adapters.postgres.database import Database
from dawn_chorus.adapters.postgres.ledger import PostgresLedger
from dawn_chorus.adapters.postgres.outbox import PostgresOutbox
from dawn_chorus.adapters.postgres.recording_list import list_recordings
from dawn_chorus.adapters.postgres.recordings import create_recording, delete_recording, get_recording
from dawn_chorus.adapters.postgres.values import AnalysisRequest, RecordingFilter, StoredRecording
from dawn_chorus.domain.analysis import AnalysisSettings, AnalysisState
from dawn_chorus.domain.errors import InvalidCursor, NotFound, PermanentError
from dawn_chorus.domain.jobs import Lane, OutboxEntry
from dawn_chorus.domain.recording import Place
from tests.servers.postgres_fill import DAWN, new_recording, post, save, start

REQUEST = AnalysisRequest("woods", Lane.EXPRESS)


def test_a_recording_reads_back_as_it_was_posted(database: Database) -> None:
    new = new_recording(123.456789)
    settings = AnalysisSettings(floor=0.1, occurrence_min=0.03, event_rule={"onset_threshold": 0.7, "min_gap_s": 2.0})
    created = create_recording(database, new, replace(REQUEST, settings=settings, lane=Lane.BULK))
    assert get_recording(database, created.recording.id) == created
    recording, analysis = created.recording, created.analyses[0]
    assert (recording.audio, recording.place, recording.sha256) == (new.audio, new.place, new.sha256)
    assert recording.place.recorded_at is not None
    assert recording.place.recorded_at.utcoffset() == timedelta(hours=2)
    assert (analysis.settings, analysis.lane, analysis.pack_name) == (settings, Lane.BULK, "woods")


def test_the_jobs_of_a_recording_wait_in_the_outbox_in_order(database: Database) -> None:
    analysis = post(database, 700.0).analyses[0]
    taken: list[OutboxEntry] = []

    def take(entries: Sequence[OutboxEntry]) -> list[int]:
        taken.extend(entries)
        return []

    PostgresOutbox(database).publish_waiting(take)
    assert [(entry.job.analysis_id, entry.job.segment_index) for entry in taken] == [
        (analysis.id, 0), (analysis.id, 1), (analysis.id, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "place", [Place(), Place("pond", None, None, DAWN), Place("pond"), Place(None, 1.0, 2.0, DAWN)]
)
def test_the_same_sound_at_the_same_site_and_time_is_a_duplicate(database: Database, place: Place) -> None:
    new = replace(new_recording(), place=place)
    first = create_recording(database, new, REQUEST)
    second = create_recording(database, replace(new, store_key="elsewhere"), REQUEST)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert second.recording == first.recording
    assert second.analyses == first.analyses


ASKED = AnalysisSettings(floor=0.1, occurrence_min=0.03, event_rule={"onset_threshold": 0.7, "min_gap_s": 2.0})


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, floor=0.05),
        replace(ASKED, occurrence_min=0.031),
        replace(ASKED, occurrence_min=None),
        replace(ASKED, event_rule=None),
        replace(ASKED, event_rule={"onset_threshold": 0.7}),
        replace(ASKED, event_rule={"onset_threshold": 0.7, "min_gap_s": 2.5}),
        replace(ASKED, channels="each"),
        replace(ASKED, channels=1),
        AnalysisSettings(),
    ],
)
def test_other_settings_are_asked_of_the_same_recording(database: Database, other: AnalysisSettings) -> None:
    new = new_recording()
    first = create_recording(database, new, replace(REQUEST, settings=ASKED))
    again = replace(new, store_key="again")
    stored = create_recording(database, again, replace(REQUEST, settings=other))
    assert (stored.duplicate, stored.is_known, stored.recording) == (False, True, first.recording)
    assert [analysis.settings for analysis in stored.analyses] == [ASKED, other]
    assert stored.analysis_id == stored.analyses[1].id
    for settings, analysis in ((ASKED, first.analyses[0]), (other, stored.analyses[1])):
        repeated = create_recording(database, again, replace(REQUEST, settings=settings))
        assert (repeated.duplicate, repeated.analysis_id) == (True, analysis.id)


def test_settings_are_compared_by_what_they_mean_not_as_they_are_stored(database: Database) -> None:
    new = new_recording()
    first = create_recording(database, new, REQUEST)
    with database.transaction() as connection:  # as the version before this one stored them
        connection.execute("""UPDATE analyses SET settings = '{"floor": 5e-2}'""")
    again = replace(new, store_key="again")
    for asked in (AnalysisSettings(), AnalysisSettings(channels="mix")):
        assert create_recording(database, again, replace(REQUEST, settings=asked)).analysis_id == first.analyses[0].id
    assert not create_recording(database, again, replace(REQUEST, settings=AnalysisSettings(channels=1))).duplicate


def test_lane_and_length_of_segments_are_no_question(database: Database) -> None:
    new = new_recording()
    create_recording(database, new, REQUEST)
    other = replace(REQUEST, lane=Lane.BULK, segment_s=60.0)
    assert create_recording(database, replace(new, store_key="again"), other).duplicate


def test_an_analysis_of_a_recording_that_proved_longer_covers_all_of_it(database: Database) -> None:
    new = new_recording(100.0)
    first = create_recording(database, new, REQUEST)
    ledger = PostgresLedger(database)
    ledger.extend_recording(start(ledger, first.analyses[0].id, 0), 700.0)
    stored = create_recording(database, replace(new, store_key="again"), replace(REQUEST, pack="perch"))
    assert (stored.recording.audio.duration_s, stored.analyses[1].segments_total) == (700.0, 3)


def test_the_same_sound_at_another_site_or_time_is_another_recording(database: Database) -> None:
    new = new_recording()
    later = DAWN + timedelta(seconds=1)
    places = [new.place, replace(new.place, site="hill"), replace(new.place, recorded_at=later), Place("den", 1, 2)]
    stored = [
        create_recording(database, replace(new, place=place, store_key=f"key-{number}"), REQUEST)
        for number, place in enumerate(places)
    ]
    assert not any(recording.duplicate for recording in stored)


def test_of_two_equal_uploads_at_once_one_is_the_duplicate(database: Database) -> None:
    for _ in range(8):
        new, barrier = new_recording(), Barrier(4)

        def upload(number: int, new=new, barrier=barrier) -> StoredRecording:  # type: ignore[no-untyped-def]
            barrier.wait()
            return create_recording(database, replace(new, store_key=f"{new.store_key}-{number}"), REQUEST)

        with ThreadPoolExecutor(4) as pool:
            stored = list(pool.map(upload, range(4)))
        assert sorted(recording.duplicate for recording in stored) == [False, True, True, True]
        assert len({recording.recording.id for recording in stored}) == 1
        assert {len(recording.analyses) for recording in stored} == {1}


def test_pages_cover_every_recording_once_while_more_come_in(database: Database) -> None:
    posted = [post(database, 1.0).recording.id for _ in range(11)]
    seen, cursor = [], None
    while True:
        page = list_recordings(database, RecordingFilter(), limit=3, cursor=cursor)
        seen += [item.recording.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        post(database, 1.0)
    assert seen == posted[::-1]


def test_recordings_are_found_by_site_time_and_state(database: Database) -> None:
    early = post(database, 1.0, place=Place("pond", None, None, DAWN))
    late = post(database, 1.0, place=Place("hill", None, None, DAWN + timedelta(hours=1)))
    undated = post(database, 1.0, place=Place("pond"))
    start(PostgresLedger(database), late.analyses[0].id, 0)

    def found(wanted: RecordingFilter) -> list[StoredRecording]:
        ids = {early.recording.id: early, late.recording.id: late, undated.recording.id: undated}
        return [ids[item.recording.id] for item in list_recordings(database, wanted).items]

    assert found(RecordingFilter(site="pond")) == [undated, early]
    assert found(RecordingFilter(recorded_after=DAWN + timedelta(seconds=1))) == [late]
    assert found(RecordingFilter(recorded_after=DAWN, recorded_before=DAWN + timedelta(hours=1))) == [early]
    assert found(RecordingFilter(state=AnalysisState.RUNNING)) == [late]
    assert found(RecordingFilter(site="nowhere")) == []


@pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "WyJ4Il0", "e30", "W10", "Wzdd", "ÿ"])
def test_a_cursor_that_no_page_gave_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        list_recordings(database, RecordingFilter(), cursor=cursor)


def test_a_deleted_recording_is_gone_with_all_its_results(database: Database) -> None:
    kept, deleted = post(database, 10.0), post(database, 10.0)
    create_analysis(database, deleted.recording.id, REQUEST)
    assert delete_recording(database, deleted.recording.id) == deleted.recording.store_key
    for read in (get_recording, delete_recording):
        with pytest.raises(NotFound):
            read(database, deleted.recording.id)
    with pytest.raises(NotFound):
        get_status(database, deleted.analyses[0].id)
    assert PostgresOutbox(database).lag().waiting == 1
    assert get_recording(database, kept.recording.id) == kept


def test_a_recording_can_be_analyzed_again(database: Database) -> None:
    recording = post(database, 10.0)
    second = create_analysis(database, recording.recording.id, replace(REQUEST, pack="other"))
    assert [analysis.id for analysis in get_recording(database, recording.recording.id).analyses] == [
        recording.analyses[0].id, second.id,
    ]  # fmt: skip
    assert second.pack_license is None
    with pytest.raises(NotFound):
        create_analysis(database, uuid4(), REQUEST)


def test_the_time_left_is_told_from_the_pace_so_far(database: Database) -> None:
    analysis = post(database, 900.0).analyses[0]
    assert get_status(database, analysis.id).eta_s is None
    ledger = PostgresLedger(database)
    save(ledger, analysis.id, 0)
    with database.transaction() as connection:
        connection.execute("UPDATE segments SET started_at = finished_at - interval '30 s' WHERE state = 'done'")
    assert get_status(database, analysis.id).eta_s == 60.0
    start(ledger, analysis.id, 1)
    start(ledger, analysis.id, 2)
    assert get_status(database, analysis.id).eta_s == 30.0
    assert oldest_unfinished_s(database) > 0


def test_a_name_that_no_database_can_hold_is_a_permanent_error(database: Database) -> None:
    with pytest.raises(PermanentError, match="NUL"):
        create_recording(database, replace(new_recording(), filename="a\x00b"), REQUEST)
