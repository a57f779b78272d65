"""The ledger: what workers read and write about segments (`domain.ports.SegmentLedger`)."""

import math
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.analyses import lock_analysis
from dawn_chorus.adapters.postgres.completion import finish_if_complete
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids, insert_pack
from dawn_chorus.adapters.postgres.plan_extension import extend_plan
from dawn_chorus.adapters.postgres.rows import Row, printable, read_recording, read_settings
from dawn_chorus.domain.analysis import AnalysisState, Segment, SegmentState
from dawn_chorus.domain.errors import OutdatedWork, PermanentError
from dawn_chorus.domain.jobs import SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch, describe_lost
from dawn_chorus.domain.pack import PackFacts
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import SegmentTimeline
from dawn_chorus.domain.warnings import AnalysisWarning

_sql = load_queries("ledger")
_recordings = load_queries("recordings")
_SAVABLE = (SegmentState.QUEUED, SegmentState.RUNNING, SegmentState.DONE)


class PostgresLedger:
    """`domain.ports.SegmentLedger` on PostgreSQL.

    Every transition locks the analysis first, so that of many workers exactly one sees the last segment become final.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def register_pack(self, pack: PackFacts) -> None:
        """Raise InvalidPack if other content is registered under the same name and version."""
        with self._database.transaction() as connection:
            insert_pack(connection, pack)

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        with self._database.transaction() as connection:
            analysis = _lock_unfinished(connection, job)
            if analysis is None:
                return None
            started = _sql.start_segment(connection, **_key(job), worker=worker)
            if started is None:
                return None
            _sql.mark_running(connection, analysis_id=job.analysis_id)
            return _read_work(connection, job, analysis, started)

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        """Save the timeline and mark the segment done.

        Raises PermanentError if the analysis began with another version of the pack, OutdatedWork if the segment was
        extended since it was started.
        """
        with self._database.transaction() as connection:
            analysis = _lock_unfinished(connection, work.job)
            if analysis is None or not _may_save(connection, work.job, timeline.segment):
                return
            _pin_pack(connection, analysis, facts)
            _replace_rows(connection, work.job, timeline, analysis["pack_name"], facts.pack_version)
            _replace_lost(connection, work.job, timeline.lost)
            _replace_warnings(connection, work.job, timeline.warnings)
            _finish_segment(connection, work.job, timeline, facts)
            finish_if_complete(connection, work.job.analysis_id)

    def fail_segment(self, job: SegmentJob, reason: str, lost: Sequence[LostStretch] = ()) -> None:
        with self._database.transaction() as connection:
            fail_segment(connection, job, reason, lost)

    def retry_segment(self, job: SegmentJob, reason: str, delay_s: float) -> None:
        with self._database.transaction() as connection:
            if _lock_unfinished(connection, job) is None:
                return
            if _sql.retry_segment(connection, **_key(job), reason=printable(reason), delay_s=delay_s):
                _sql.insert_job(connection, **_key(job), lane=job.lane, delay_s=delay_s)
                finish_if_complete(connection, job.analysis_id)

    def extend_recording(self, work: SegmentWork, duration_s: float, most_s: float = math.inf) -> SegmentWork:
        with self._database.transaction() as connection:
            analysis = _lock_unfinished(connection, work.job)
            if analysis is None:
                return work
            extend_plan(connection, analysis, round_s(duration_s), most_s)
            segment = _sql.get_segment(connection, **_key(work.job))
            started = segment | {"attempts": work.attempt, "queued_s": work.queued_s}
            return _read_work(connection, work.job, analysis, started)


def fail_segment(connection: Connection, job: SegmentJob, reason: str, lost: Sequence[LostStretch] = ()) -> None:
    """Fail a segment that is queued or running, within the caller's transaction."""
    if _lock_unfinished(connection, job) is None:
        return
    if _sql.fail_segment(connection, **_key(job), reason=printable(reason)):
        _replace_lost(connection, job, lost)
        finish_if_complete(connection, job.analysis_id)


def requeue_bystander(connection: Connection, job: SegmentJob, max_attempts: int) -> bool:
    """Queue a segment again if it was started at most `max_attempts` times; return whether it was.

    Within the caller's transaction.
    """
    if _lock_unfinished(connection, job) is None:
        return False
    if not _sql.requeue_bystander(connection, **_key(job), max_attempts=max_attempts):
        return False
    _sql.insert_job(connection, **_key(job), lane=job.lane, delay_s=0.0)
    return True


def _key(job: SegmentJob) -> dict[str, Any]:
    return {"analysis_id": job.analysis_id, "segment_index": job.segment_index}


def _lock_unfinished(connection: Connection, job: SegmentJob) -> Row | None:
    """Lock the job's analysis. None: it was deleted or is finished, and nothing may change."""
    analysis = lock_analysis(connection, job.analysis_id)
    return analysis if analysis and analysis["state"] != AnalysisState.FINISHED else None


def _read_work(connection: Connection, job: SegmentJob, analysis: Row, started: Row) -> SegmentWork:
    plan = _sql.get_plan(connection, analysis_id=job.analysis_id)
    recording = _recordings.get_recording(connection, recording_id=analysis["recording_id"])
    return SegmentWork(
        job=job,
        recording=read_recording(recording, plan["duration_s"]),
        segment=_read_segment(started),
        is_last=started["segment_index"] == plan["last_index"],
        pack=analysis["pack_name"],
        settings=read_settings(analysis["settings"]),
        attempt=started["attempts"],
        queued_s=started["queued_s"],
        segment_s=analysis["segment_s"],
    )


def _read_segment(row: Row) -> Segment:
    return Segment(row["segment_index"], row["start_s"], row["end_s"])


def _may_save(connection: Connection, job: SegmentJob, saved: Segment) -> bool:
    """Return whether a result may be saved; a failed or cancelled segment stays so. Raises OutdatedWork."""
    row = _sql.get_segment(connection, **_key(job))
    if row is None or row["state"] not in _SAVABLE:
        return False
    if _read_segment(row) != saved:
        raise OutdatedWork(f"segment {saved.index} was stretched to {row['end_s']} s meanwhile: analyze it anew")
    return True


def _pin_pack(connection: Connection, analysis: Row, facts: WorkerFacts) -> None:
    pinned = analysis["pack_version"]
    if pinned not in (None, facts.pack_version):
        raise PermanentError(
            f"this worker has {analysis['pack_name']} {facts.pack_version}, but the analysis began with {pinned}: "
            "give all workers the same version and start a new analysis"
        )
    _sql.pin_pack(connection, analysis_id=analysis["id"], pack_version=facts.pack_version, provider=facts.provider)


def _replace_rows(
    connection: Connection, job: SegmentJob, timeline: SegmentTimeline, pack_name: str, pack_version: str
) -> None:
    _sql.delete_timeline(connection, **_key(job))
    if not timeline.rows:
        return
    ids = find_taxon_ids(connection, pack_name, pack_version, [row.taxon.code for row in timeline.rows])
    with connection.cursor() as cursor, cursor.copy(_sql.copy_timelines.sql) as copy:
        copy.set_types(["uuid", "int4", "int4", "float4[]", "bytea", "float4", "bytea", "bytea"])
        for row in timeline.rows:
            windows, frames = row.window_scores.tolist(), row.frame_steps.astype("<u2").tobytes()
            channels = [None if each is None else each.tobytes() for each in (row.window_channels, row.frame_channels)]
            key = [job.analysis_id, job.segment_index, ids[row.taxon.code]]
            copy.write_row([*key, windows, frames, row.peak, *channels])


def _replace_lost(connection: Connection, job: SegmentJob, lost: Sequence[LostStretch]) -> None:
    _sql.delete_lost_stretches(connection, **_key(job))
    if not lost:
        return
    _sql.insert_lost_stretches(
        connection,
        **_key(job),
        starts_s=[stretch.start_s for stretch in lost],
        ends_s=[stretch.end_s for stretch in lost],
        reasons=[printable(stretch.reason) for stretch in lost],
    )


def _replace_warnings(connection: Connection, job: SegmentJob, warnings: Sequence[AnalysisWarning]) -> None:
    _sql.delete_warnings(connection, **_key(job))
    if not warnings:
        return
    _sql.insert_warnings(
        connection,
        **_key(job),
        codes=[str(warning.code) for warning in warnings],
        details=[warning.detail for warning in warnings],
        starts_s=[warning.start_s for warning in warnings],
        ends_s=[warning.end_s for warning in warnings],
        channels=[warning.channel for warning in warnings],
    )


def _finish_segment(connection: Connection, job: SegmentJob, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
    _sql.finish_segment(
        connection,
        **_key(job),
        analyzed_s=timeline.analyzed_s,
        lost=printable(describe_lost(timeline.lost) or "") or None,
        worker=facts.name,
        stage_s=Jsonb(facts.stage_s),
        first_window=timeline.first_window,
        n_windows=timeline.n_windows,
        first_frame=timeline.first_frame,
        n_frames=timeline.n_frames,
    )
