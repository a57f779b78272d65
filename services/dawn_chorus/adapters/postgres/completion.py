"""The end of an analysis: when all segments are final, its detections are cut and its result is set."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.adapters.postgres.stitching import cut_events, find_scored_analysis
from dawn_chorus.domain.analysis import SegmentState, result_of
from dawn_chorus.domain.timeline import Detection

_sql = load_queries("scores")
_EVENTS_A_COPY = 1000


def finish_if_complete(connection: Connection, analysis_id: UUID) -> None:
    """Finish a locked analysis if all its segments are final; increase its revision in any case.

    Locks the recording, so that its place cannot be corrected while it is copied into the detections. Whether the
    analysis counts in lists across recordings (`current_analyses`) is kept by a trigger.
    """
    if _sql.find_open_segment(connection, analysis_id=analysis_id) is not None:
        _sql.bump_revision(connection, analysis_id=analysis_id)
        return
    outcomes = list(_sql.get_outcomes(connection, analysis_id=analysis_id))
    result = result_of([SegmentState(row["state"]) for row in outcomes], sum(row["failed_s"] for row in outcomes))
    _sql.lock_recording_of(connection, analysis_id=analysis_id)
    _replace_detections(connection, analysis_id)
    _sql.finish_analysis(connection, analysis_id=analysis_id, result=result)


def _replace_detections(connection: Connection, analysis_id: UUID) -> None:
    _sql.delete_detections(connection, analysis_id=analysis_id)
    scored = find_scored_analysis(connection, analysis_id)
    if scored is None:
        return
    found = ((taxon_id, event) for taxon_id, events in cut_events(connection, scored) for event in events)
    # Bounds the memory: at most this many events and the scores of one taxon.
    while batch := list(islice(found, _EVENTS_A_COPY)):
        _copy_detections(connection, scored.row, batch)


def _copy_detections(connection: Connection, owner: Row, found: Iterable[tuple[int, Detection]]) -> None:
    recorded_at: datetime | None = owner["recorded_at"]
    with connection.cursor() as cursor, cursor.copy(_sql.copy_detections.sql) as copy:
        for taxon_id, event in found:
            span = (event.onset_s, event.offset_s)
            times = [recorded_at + timedelta(seconds=position_s) if recorded_at else None for position_s in span]
            copy.write_row(
                (
                    *(owner["id"], owner["recording_id"], taxon_id, owner["site"]),
                    *(*span, *times, event.confidence, event.channel, event.spread),
                )
            )
