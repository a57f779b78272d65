"""Corrects where and when a recording was made: in its own row, and in the copies that its detections hold."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_recording, utc_offset_s
from dawn_chorus.domain.errors import Conflict, NotFound
from dawn_chorus.domain.recording import Place, Recording, week_of
from dawn_chorus.domain.warnings import WarningCode

_sql = load_queries("recordings")
_PLACE_CHANGED_DETAIL = (
    "The recording's place or week was changed after taxa that do not occur there were left out: analyze it again to "
    "leave them out by the new one."
)


def correct_recording(database: Database, recording_id: UUID, changes: Mapping[str, Any]) -> Recording:
    """Change these fields of the recording's `Place` (None clears one), and site and times of its detections with it.

    Analyses that have left taxa out by another place or week get the warning `place_changed`: those taxa are not
    brought back. Raises NotFound; Conflict if another recording of the same bytes has this site and start.
    """
    with database.transaction() as connection:
        row = _sql.get_recording(connection, recording_id=recording_id)
        if row is None:
            raise NotFound(f"no recording {recording_id}")
        _sql.lock_bytes(connection, sha256=row["sha256"])
        recording = lock_for_correction(connection, recording_id)
        if recording is None:
            raise NotFound(f"no recording {recording_id}")
        return rewrite_place(connection, recording, replace(recording.place, **changes))


def lock_for_correction(connection: Connection, recording_id: UUID) -> Recording | None:
    """Lock a recording and its analyses, so that none finishes meanwhile with the old place. None: unknown id."""
    list(_sql.lock_analyses_of(connection, recording_id=recording_id))
    row: Row | None = _sql.lock_recording(connection, recording_id=recording_id)
    return None if row is None else read_recording(row)


def rewrite_place(connection: Connection, recording: Recording, place: Place) -> Recording:
    """Write another place of a recording locked by `lock_for_correction`, and whatever follows from it.

    Within the caller's transaction. Raises Conflict as `correct_recording` does.
    """
    _check_twin(connection, recording, place)
    row: Row = _sql.write_place(
        connection,
        recording_id=recording.id,
        site=place.site,
        latitude=place.latitude,
        longitude=place.longitude,
        recorded_at=place.recorded_at,
        recorded_utc_offset_s=utc_offset_s(place.recorded_at),
    )
    if (place.site, place.recorded_at) != (recording.place.site, recording.place.recorded_at):
        _sql.move_detections(connection, recording_id=recording.id, site=place.site, recorded_at=place.recorded_at)
    if _where_and_week(place) != _where_and_week(recording.place):
        _sql.warn_filtered_analyses(
            connection, recording_id=recording.id, code=WarningCode.PLACE_CHANGED, detail=_PLACE_CHANGED_DETAIL
        )
    return read_recording(row)


def _check_twin(connection: Connection, recording: Recording, place: Place) -> None:
    twin: UUID | None = _sql.find_twin(
        connection,
        recording_id=recording.id,
        sha256=recording.sha256,
        site=place.site,
        recorded_at=place.recorded_at,
    )
    if twin is not None:
        raise Conflict(
            f"recording {twin} has the same audio, site and start that recording {recording.id} would have: delete one "
            "of the two, or correct the other first"
        )


def _where_and_week(place: Place) -> tuple[float | None, float | None, int]:
    recorded_at: datetime | None = place.recorded_at
    return place.latitude, place.longitude, week_of(recorded_at)
