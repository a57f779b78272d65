"""Recordings: created with their first analysis, listed, deleted."""

from uuid import UUID

from dawn_chorus.adapters.postgres.analyses import analyses_of, plan_analysis
from dawn_chorus.adapters.postgres.cursors import Page, read_id_cursor, write_cursor
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.orphaned_audio import claim_audio
from dawn_chorus.adapters.postgres.rows import Row, read_recording, utc_offset_s
from dawn_chorus.adapters.postgres.values import AnalysisRequest, NewRecording, RecordingFilter, StoredRecording
from dawn_chorus.domain.errors import NotFound

_sql = load_queries("recordings")


def create_recording(
    database: Database, new: NewRecording, request: AnalysisRequest, *, reserved: bool = False
) -> StoredRecording:
    """Write recording, analysis, segments and outbox in one transaction.

    If a recording with the same bytes, site and time exists (two without a site or time count as equal), it is returned
    with `duplicate` and nothing is written; the caller then removes the bytes under `new.store_key`, unless they
    replaced audio that retention had removed and belong to the recording now. Of two concurrent calls, one gets the
    duplicate. `reserved`: the bytes were reserved with `reserve_audio` and are claimed here. Raises UploadExpired if
    they were deleted meanwhile.
    """
    while True:
        with database.transaction() as connection:
            row = _insert(connection, new)
            if row is not None:
                if reserved:
                    claim_audio(connection, new.store_key)
                analysis = plan_analysis(connection, row["id"], row["duration_s"], request)
                return StoredRecording(read_recording(row), (analysis,))
            same = {"sha256": new.sha256, "site": new.place.site, "recorded_at": new.place.recorded_at}
            row = _sql.restore_audio(connection, **same, store_key=new.store_key)
            if row is not None and reserved:
                claim_audio(connection, new.store_key)
            row = row or _sql.find_same_sound(connection, **same)
            # None: it was deleted meanwhile, so the upload is new after all.
            if row is not None:
                return _with_analyses(connection, [row], duplicate=True)[0]


def _insert(connection: Connection, new: NewRecording) -> Row | None:
    audio, place = new.audio, new.place
    row: Row | None = _sql.insert_recording(
        connection,
        filename=new.filename,
        store_key=new.store_key,
        size_bytes=new.size_bytes,
        sha256=new.sha256,
        format=audio.format,
        duration_s=audio.duration_s,
        sample_rate_hz=audio.sample_rate_hz,
        channels=audio.channels,
        site=place.site,
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=place.recorded_at,
        recorded_utc_offset_s=utc_offset_s(place.recorded_at),
    )
    return row


def _with_analyses(connection: Connection, rows: list[Row], *, duplicate: bool = False) -> list[StoredRecording]:
    analyses = analyses_of(connection, [row["id"] for row in rows])
    return [StoredRecording(read_recording(row), analyses[row["id"]], duplicate) for row in rows]


def get_recording(database: Database, recording_id: UUID) -> StoredRecording:
    """Raise NotFound for an unknown id."""
    with database.snapshot() as connection:
        row = _sql.get_recording(connection, recording_id=recording_id)
        if row is None:
            raise NotFound(f"no recording {recording_id}")
        return _with_analyses(connection, [row])[0]


def list_recordings(
    database: Database, wanted: RecordingFilter, *, limit: int = 50, cursor: str | None = None
) -> Page[StoredRecording]:
    """Return a page of recordings, newest first. Raises InvalidCursor for a cursor that no page returned."""
    before_id = read_id_cursor(cursor)
    with database.snapshot() as connection:
        rows = list(
            _sql.list_recordings(
                connection,
                site=wanted.site,
                sha256=wanted.sha256,
                recorded_after=wanted.recorded_after,
                recorded_before=wanted.recorded_before,
                state=wanted.state,
                before_id=before_id,
                n=limit + 1,
            )
        )
        items = _with_analyses(connection, rows[:limit])
    more = len(rows) > limit
    return Page(tuple(items), write_cursor(str(items[-1].recording.id)) if more else None)


def delete_recording(database: Database, recording_id: UUID) -> str:
    """Delete the recording and its results; list its bytes for deletion and return their store key.

    Workers that are analyzing it find nothing left to do. Raises NotFound for an unknown id.
    """
    with database.transaction() as connection:
        list(_sql.lock_analyses_of(connection, recording_id=recording_id))
        store_key: str | None = _sql.delete_recording(connection, recording_id=recording_id)
    if store_key is None:
        raise NotFound(f"no recording {recording_id}")
    return store_key
