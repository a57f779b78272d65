"""Recordings: created with their first analysis, read, deleted."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import analyses_of, check_place, has_place, plan_analysis, segment_columns
from dawn_chorus.adapters.postgres.corrections import lock_for_correction, rewrite_place
from dawn_chorus.adapters.postgres.database import Connection, Database, run_prepared
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.orphaned_audio import UploadExpired, claim_audio
from dawn_chorus.adapters.postgres.packs import find_latest_version
from dawn_chorus.adapters.postgres.rows import Row, read_recording, utc_offset_s, write_settings
from dawn_chorus.adapters.postgres.uploads import lock_ready, mark_used
from dawn_chorus.adapters.postgres.values import (
    Analysis,
    AnalysisRequest,
    NewRecording,
    StoredRecording,
)
from dawn_chorus.domain.analysis import AnalysisState, plan_segments
from dawn_chorus.domain.errors import NotFound
from dawn_chorus.domain.recording import Recording
from dawn_chorus.domain.same_recording import WITHOUT_ANSWER, Question, fill_place, match_recording

_sql = load_queries("recordings")


def create_recording(
    database: Database,
    new: NewRecording,
    request: AnalysisRequest,
    *,
    reserved: bool = False,
    upload_id: UUID | None = None,
) -> StoredRecording:
    """Write recording, analysis, segments and outbox in one transaction; of known bytes only what is new.

    `domain.same_recording` says which of the recordings with the same bytes is meant. That one takes over what it lacks
    of site, place and start, and gets another analysis if something new is asked of it; else it is a `duplicate`. The
    caller then removes the bytes under `new.store_key`, unless they replaced audio that retention had removed and
    belong to the recording now. Of two concurrent calls, one finds the recording of the other.

    `reserved`: the bytes were reserved with `reserve_audio` and are claimed here. Raises UploadExpired if they were
    deleted meanwhile, Conflict if it is not clear which recording is meant, PlaceUnknown as `plan_analysis` does.

    `upload_id`: the bytes are those of an upload in parts, which is used up. Raises UploadGone if it was before.
    """
    while True:
        with database.transaction() as connection:
            if upload_id is not None:
                lock_ready(connection, upload_id)
            stored = None
            if has_place(request, new.place.latitude):
                stored = _create(connection, new, request, reserved=reserved)
            stored = stored or _receive_known(connection, new, request, reserved=reserved)
            if stored is not None and upload_id is not None:
                mark_used(connection, upload_id, stored.recording.id)
        # None: it was created, changed or deleted meanwhile, so there is another answer.
        if stored is not None:
            return stored


def _receive_known(
    connection: Connection, new: NewRecording, request: AnalysisRequest, *, reserved: bool
) -> StoredRecording | None:
    """Return the recording that is meant, or a new one; None: there is another answer by now."""
    _sql.lock_bytes(connection, sha256=new.sha256)
    known = [read_recording(row) for row in _sql.find_same_bytes(connection, sha256=new.sha256)]
    same = match_recording(known, new.place)
    if same is None:
        check_place(request, new.place.latitude)
        return _create(connection, new, request, reserved=reserved, of_known_bytes=True)
    return _receive_again(connection, same, new, request, reserved=reserved)


def _receive_again(
    connection: Connection, same: Recording, new: NewRecording, request: AnalysisRequest, *, reserved: bool
) -> StoredRecording | None:
    """Return the recording as it is after another upload of its bytes; None: it was changed or deleted meanwhile."""
    place = fill_place(same.place, new.place)
    if place == same.place:
        row = _sql.lock_recording(connection, recording_id=same.id)
        locked = None if row is None else read_recording(row)
    else:
        locked = lock_for_correction(connection, same.id)
    if locked is None or locked.place != same.place:
        return None
    if place != locked.place:
        rewrite_place(connection, locked, place)
    if locked.audio_removed_at is not None:
        _sql.restore_audio(connection, recording_id=same.id, store_key=new.store_key)
        if reserved:
            claim_audio(connection, new.store_key)
    row = _sql.get_recording(connection, recording_id=same.id)
    answer = _find_answer(connection, same.id, request)
    analysis_id = answer or plan_analysis(connection, row, request).id
    analyses = analyses_of(connection, [same.id])[same.id]
    duplicate = answer is not None
    return StoredRecording(read_recording(row), analyses, duplicate, is_known=True, analysis_id=analysis_id)


def _find_answer(connection: Connection, recording_id: UUID, request: AnalysisRequest) -> UUID | None:
    """Return the newest analysis that answers the request, or will; None: it asks something new."""
    latest = find_latest_version(connection, request.pack)
    question = Question(request.pack, latest, request.settings)
    for analysis in reversed(analyses_of(connection, [recording_id])[recording_id]):
        # No version yet: it will be that of the worker that takes it.
        asked = Question(analysis.pack_name, analysis.pack_version or latest, analysis.settings)
        if asked == question and analysis.result not in WITHOUT_ANSWER:
            return analysis.id
    return None


def _create(
    connection: Connection,
    new: NewRecording,
    request: AnalysisRequest,
    *,
    reserved: bool,
    of_known_bytes: bool = False,
) -> StoredRecording | None:
    """Return the new recording, written in one round trip; None: there is one of these bytes, or the very same."""
    segments = plan_segments(new.audio.duration_s, request.segment_s, most_s=request.most_s)
    with connection.pipeline():
        run_prepared(connection, _sql.lock_bytes, sha256=new.sha256)
        created = run_prepared(
            connection,
            _sql.create_recording,
            **_columns(new),
            pack_name=request.pack,
            settings=write_settings(request.settings),
            lane=request.lane,
            segment_s=request.segment_s,
            **segment_columns(segments),
            of_known_bytes=of_known_bytes,
        )
    row = created.fetchone()
    if row is None:
        return None
    if reserved and not row["claimed"]:
        raise UploadExpired
    analysis = _begun(row, request, len(segments))
    return StoredRecording(read_recording(row), (analysis,), analysis_id=analysis.id)


def _columns(new: NewRecording) -> dict[str, Any]:
    audio, place = new.audio, new.place
    return {
        "filename": new.filename,
        "store_key": new.store_key,
        "size_bytes": new.size_bytes,
        "sha256": new.sha256,
        "format": audio.format,
        "duration_s": audio.duration_s,
        "sample_rate_hz": audio.sample_rate_hz,
        "channels": audio.channels,
        "site": place.site,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "recorded_at": place.recorded_at,
        "recorded_utc_offset_s": utc_offset_s(place.recorded_at),
    }


def _begun(row: Row, request: AnalysisRequest, segments_total: int) -> Analysis:
    """Return the analysis of a row of `create_recording`."""
    return Analysis(
        id=row["analysis_id"],
        recording_id=row["id"],
        state=AnalysisState.QUEUED,
        result=None,
        pack_name=request.pack,
        pack_version=None,
        pack_license=row["pack_license"],
        pack_attribution=row["pack_attribution"],
        settings=request.settings,
        lane=request.lane,
        segments_total=segments_total,
        provider=None,
        revision=0,
        created_at=row["analysis_created_at"],
        started_at=None,
        finished_at=None,
    )


def with_analyses(connection: Connection, rows: Sequence[Row]) -> list[StoredRecording]:
    """Return the recordings of rows of their table, with their analyses."""
    analyses = analyses_of(connection, [row["id"] for row in rows])
    return [StoredRecording(read_recording(row), analyses[row["id"]]) for row in rows]


def get_recording(database: Database, recording_id: UUID) -> StoredRecording:
    """Raise NotFound for an unknown id."""
    with database.snapshot() as connection:
        row = _sql.get_recording(connection, recording_id=recording_id)
        if row is None:
            raise NotFound(f"no recording {recording_id}")
        return with_analyses(connection, [row])[0]


def get_recordings(database: Database, recording_ids: Sequence[UUID]) -> Sequence[StoredRecording]:
    """Return those of the recordings that exist, in order of their ids."""
    with database.snapshot() as connection:
        return with_analyses(connection, list(_sql.get_recordings(connection, recording_ids=list(recording_ids))))


def delete_recording(database: Database, recording_id: UUID) -> str:
    """Delete the recording and its results; list its bytes for deletion and return their store key.

    Workers that are analyzing it find nothing left to do. Raises NotFound for an unknown id.
    """
    while True:
        with database.transaction() as connection:
            locked = [row["id"] for row in _sql.lock_analyses_of(connection, recording_id=recording_id)]
            if _sql.lock_for_deletion(connection, recording_id=recording_id) is None:
                raise NotFound(f"no recording {recording_id}")
            if not _sql.has_others(connection, recording_id=recording_id, locked=locked):
                store_key: str = _sql.delete_recording(connection, recording_id=recording_id)
                return store_key
        # An analysis was begun meanwhile. Its lock comes before the recording's, so that one is given back first.
