"""Analyses: created, read, cancelled, retried."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from dawn_chorus.adapters.postgres.audio_presence import lock_audio
from dawn_chorus.adapters.postgres.completion import finish_if_complete
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.failures import first_failures
from dawn_chorus.adapters.postgres.findings import findings_of
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_analysis, write_settings
from dawn_chorus.adapters.postgres.values import Analysis, AnalysisRequest, AnalysisStatus, Failure, StoredRecording
from dawn_chorus.adapters.postgres.warnings import warnings_of
from dawn_chorus.domain.analysis import AnalysisState, Segment, plan_segments
from dawn_chorus.domain.errors import Conflict, NotFound, PlaceUnknown
from dawn_chorus.domain.warnings import AnalysisWarning

_sql = load_queries("analyses")
MOST_LISTED = 100
"""Failures of an analysis that its status lists, stretches of lost audio, and warnings; all of them have pages."""


def create_analysis(database: Database, recording_id: UUID, request: AnalysisRequest) -> Analysis:
    """Plan another analysis of a recording, through the outbox. Raises NotFound, AudioRemoved, PlaceUnknown."""
    with database.transaction() as connection:
        return plan_analysis(connection, lock_audio(connection, recording_id), request)


def plan_analysis(connection: Connection, recording: Row, request: AnalysisRequest) -> Analysis:
    """Write an analysis of a recording, its segments and their jobs, within the caller's transaction.

    Raises PlaceUnknown for an occurrence filter without coordinates, since the analysis would run unfiltered.
    """
    check_place(request, recording["latitude"])
    segments = plan_segments(recording["duration_s"], request.segment_s, most_s=request.most_s)
    analysis_id = _sql.insert_analysis(
        connection,
        recording_id=recording["id"],
        pack_name=request.pack,
        settings=write_settings(request.settings),
        lane=request.lane,
        segment_s=request.segment_s,
        segments_total=len(segments),
    )
    insert_segments(connection, analysis_id, request.lane, segments)
    return get_analysis(connection, analysis_id)


def has_place(request: AnalysisRequest, latitude: float | None) -> bool:
    """Return whether there are coordinates, or nothing that needs them."""
    return latitude is not None or not request.settings.occurrence_min


def check_place(request: AnalysisRequest, latitude: float | None) -> None:
    """Raise PlaceUnknown for an occurrence filter without coordinates."""
    if not has_place(request, latitude):
        raise PlaceUnknown("Needs coordinates: the recording has no latitude and longitude")


def insert_segments(connection: Connection, analysis_id: UUID, lane: str, segments: Sequence[Segment]) -> None:
    _sql.insert_segments(connection, analysis_id=analysis_id, lane=lane, **segment_columns(segments))


def segment_columns(segments: Sequence[Segment]) -> dict[str, list[Any]]:
    """Return the segments as parameters of a query."""
    return {
        "indexes": [segment.index for segment in segments],
        "starts_s": [segment.start_s for segment in segments],
        "ends_s": [segment.end_s for segment in segments],
    }


def get_analysis(connection: Connection, analysis_id: UUID) -> Analysis:
    """Raise NotFound for an unknown id."""
    found = list(_sql.get_analyses(connection, analysis_ids=[analysis_id], recording_ids=[]))
    if not found:
        raise _not_found(analysis_id)
    return read_analysis(found[0])


def analyses_of(connection: Connection, recording_ids: Sequence[UUID]) -> dict[UUID, tuple[Analysis, ...]]:
    """Return each recording's analyses, oldest first."""
    rows = _sql.get_analyses(connection, analysis_ids=[], recording_ids=list(recording_ids))
    found: dict[UUID, list[Analysis]] = {recording_id: [] for recording_id in recording_ids}
    for row in rows:
        found[row["recording_id"]].append(read_analysis(row))
    return {recording_id: tuple(analyses) for recording_id, analyses in found.items()}


def get_status(database: Database, analysis_id: UUID) -> AnalysisStatus:
    """Raise NotFound for an unknown id."""
    found = get_statuses(database, [analysis_id])
    if not found:
        raise _not_found(analysis_id)
    return found[analysis_id]


def get_statuses(
    database: Database, analysis_ids: Collection[UUID], *, most: int = MOST_LISTED
) -> dict[UUID, AnalysisStatus]:
    """Return the status of each analysis that exists, all from one snapshot.

    Each with its first `most` failures, stretches of lost audio, and warnings, and with what it found.
    """
    ids = list(analysis_ids)
    with database.snapshot() as connection:
        rows = list(_sql.get_analyses(connection, analysis_ids=ids, recording_ids=[]))
        ledgers = {row["analysis_id"]: row for row in _sql.get_ledgers(connection, analysis_ids=ids)}
        failures, warnings = first_failures(connection, ids, most), warnings_of(connection, ids)
        findings = findings_of(connection, ids)
    statuses = {
        row["id"]: _status(row, ledgers[row["id"]], failures[row["id"]], warnings[row["id"]], most) for row in rows
    }
    return {each: replace(status, findings=findings.get(each)) for each, status in statuses.items()}


def status_of_new(stored: StoredRecording) -> AnalysisStatus:
    """Return the status of the first analysis of a recording as it was when both were created."""
    (analysis,) = stored.analyses
    return AnalysisStatus(
        analysis=analysis,
        terminal=False,
        retryable=False,
        segments_done=0,
        segments_failed=0,
        duration_s=stored.recording.audio.duration_s,
        analyzed_s=0.0,
        failed_s=0.0,
        eta_s=None,
        failures=(),
    )


def _status(
    row: Row, ledger: Row, failures: tuple[Failure, ...], warnings: tuple[AnalysisWarning, ...], most: int
) -> AnalysisStatus:
    analysis = read_analysis(row)
    terminal = analysis.state is AnalysisState.FINISHED
    return AnalysisStatus(
        analysis=analysis,
        terminal=terminal,
        retryable=terminal and ledger["segments_failed"] > 0 and row["audio_removed_at"] is None,
        segments_done=ledger["segments_done"],
        segments_failed=ledger["segments_failed"],
        duration_s=ledger["duration_s"],
        analyzed_s=ledger["analyzed_s"],
        failed_s=ledger["failed_s"],
        eta_s=None if terminal else _eta_s(ledger),
        failures=failures,
        failures_total=ledger["failures"],
        warnings=warnings[:most],
        warnings_total=len(warnings),
    )


def _eta_s(ledger: Row) -> float | None:
    """Return the remaining audio times the mean cost of the done segments, divided by the number of running segments.

    Unlike an estimate from the time since the start, it stays valid after a pause or a retry, and when the number of
    workers changes.
    """
    if ledger["seconds_per_audio_second"] is None:
        return None
    eta_s: float = ledger["seconds_per_audio_second"] * ledger["remaining_s"] / max(1, ledger["segments_running"])
    return round(eta_s, 3)


def get_revision(database: Database, analysis_id: UUID) -> int:
    """Return the number of the last change, in one cheap query: the same number means no change. Raises NotFound."""
    with database.transaction() as connection:
        revision: int | None = _sql.get_revision(connection, analysis_id=analysis_id)
    if revision is None:
        raise _not_found(analysis_id)
    return revision


def cancel_analysis(database: Database, analysis_id: UUID) -> Analysis:
    """Cancel the segments that are not done; done ones stay and their detections are cut.

    Raises NotFound, Conflict if the analysis is finished.
    """
    with database.transaction() as connection:
        locked = _lock(connection, analysis_id)
        if locked["state"] == AnalysisState.FINISHED:
            raise Conflict(f"analysis {analysis_id} is finished ({locked['result']}): nothing to cancel")
        _sql.cancel_segments(connection, analysis_id=analysis_id, reason="cancelled")
        finish_if_complete(connection, analysis_id)
        return get_analysis(connection, analysis_id)


def retry_analysis(database: Database, analysis_id: UUID) -> Analysis:
    """Queue the failed and cancelled segments again, with attempts reset to 0.

    Raises NotFound, Conflict if the analysis is not finished or no segment failed, AudioRemoved.
    """
    with database.transaction() as connection:
        locked = _lock(connection, analysis_id)
        if locked["state"] != AnalysisState.FINISHED:
            raise Conflict(f"analysis {analysis_id} is {locked['state']}: it can be retried when it is finished")
        if requeue_segments(connection, locked) == 0:
            raise Conflict(f"analysis {analysis_id} has no failed segment: nothing to retry")
        return get_analysis(connection, analysis_id)


def requeue_segments(connection: Connection, locked: Row, only_index: int | None = None) -> int:
    """Queue failed and cancelled segments of a locked analysis again, or only one of them; return how many.

    Raises AudioRemoved.
    """
    lock_audio(connection, locked["recording_id"])
    analysis_id, lane = locked["id"], locked["lane"]
    count: int = _sql.requeue_segments(connection, analysis_id=analysis_id, lane=lane, only_index=only_index)
    if count:
        _sql.resume_analysis(connection, analysis_id=analysis_id)
    return count


def lock_analysis(connection: Connection, analysis_id: UUID) -> Row | None:
    """Lock an analysis until the end of the transaction, the first step of every transition. None: unknown id."""
    locked: Row | None = _sql.lock_analysis(connection, analysis_id=analysis_id)
    return locked


def _lock(connection: Connection, analysis_id: UUID) -> Row:
    locked = lock_analysis(connection, analysis_id)
    if locked is None:
        raise _not_found(analysis_id)
    return locked


def oldest_unfinished_s(database: Database) -> float:
    """Return the age of the oldest unfinished analysis in seconds; 0 when all are finished."""
    with database.transaction() as connection:
        return float(_sql.oldest_unfinished_s(connection))


def _not_found(analysis_id: UUID) -> NotFound:
    return NotFound(f"no analysis {analysis_id}")
