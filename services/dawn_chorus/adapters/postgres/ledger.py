"""The ledger: what workers read and write about segments (`domain.ports.SegmentLedger`)."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dawn_chorus.adapters.postgres.analyses import lock_analysis
from dawn_chorus.adapters.postgres.completion import finish_if_complete
from dawn_chorus.adapters.postgres.database import Connection, Database, run_prepared
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import insert_pack
from dawn_chorus.adapters.postgres.plan_extension import extend_plan
from dawn_chorus.adapters.postgres.registered_packs import RegisteredPacks
from dawn_chorus.adapters.postgres.rows import Row, printable, read_recording, read_settings
from dawn_chorus.adapters.postgres.segment_rows import save_parameters
from dawn_chorus.domain.analysis import AnalysisState, Segment, SegmentState
from dawn_chorus.domain.errors import OutdatedWork
from dawn_chorus.domain.jobs import SegmentJob, SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.domain.pack import PackFacts, check_version
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import SegmentTimeline

_sql = load_queries("ledger")
_SAVABLE = (SegmentState.QUEUED, SegmentState.RUNNING, SegmentState.DONE)


class PostgresLedger:
    """`domain.ports.SegmentLedger` on PostgreSQL.

    Every transition locks the analysis first, so that of many workers exactly one sees the last segment become final.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._packs = database, RegisteredPacks()

    def register_pack(self, pack: PackFacts) -> None:
        """Raise InvalidPack if other content is registered under the same name and version."""
        with self._database.transaction() as connection:
            insert_pack(connection, pack)

    def start_segment(self, job: SegmentJob, worker: str) -> SegmentWork | None:
        with self._database.statement() as connection:
            started = run_prepared(connection, _sql.start_segment, **_key(job), worker=worker).fetchone()
            if started is None:
                return None
            if started["planned_s"] < started["end_s"]:
                plan = _sql.get_plan(connection, analysis_id=job.analysis_id)
                started |= {"last_index": plan["last_index"], "planned_s": plan["duration_s"]}
            return _read_work(job, started)

    def save_timeline(self, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts) -> None:
        """Save the timeline and mark the segment done.

        Raises PermanentError if the analysis began with another version of the pack, OutdatedWork if the segment was
        extended since it was started.
        """
        alone = work.is_last and work.job.segment_index == 0
        with self._database.transaction() as connection:
            pack = self._packs.find(connection, work.pack, facts.pack_version)
            saved = _save(connection, save_parameters(work, timeline, facts, pack, alone=alone))
            if saved is None:
                alone, saved = False, self._save_otherwise(connection, work, timeline, facts)
            if saved is not None and saved["is_complete"] and not alone:
                finish_if_complete(connection, work.job.analysis_id)

    def _save_otherwise(
        self, connection: Connection, work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts
    ) -> Row | None:
        """Save what is not as expected: done before, extended, begun with another pack. None: it may not be saved."""
        analysis = _lock_unfinished(connection, work.job)
        if analysis is None or not _may_save(connection, work.job, timeline.segment):
            return None
        check_version(work.pack, began_with=analysis["pack_version"], installed=facts.pack_version)
        _sql.reopen_segment(connection, **_key(work.job))
        pack = self._packs.read_again(connection, work.pack, facts.pack_version)
        saved = _save(connection, save_parameters(work, timeline, facts, pack, alone=False))
        if saved is None:
            raise OutdatedWork(f"segment {work.job.segment_index} was changed meanwhile: analyze it anew")
        return saved

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
            plan = _sql.get_plan(connection, analysis_id=work.job.analysis_id)
            segment = _sql.get_segment(connection, **_key(work.job))
        return replace(
            work,
            recording=replace(work.recording, audio=replace(work.recording.audio, duration_s=plan["duration_s"])),
            segment=_read_segment(segment),
            is_last=work.job.segment_index == plan["last_index"],
        )


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


def _read_work(job: SegmentJob, started: Row) -> SegmentWork:
    """Return the work of a row of `start_segment`."""
    return SegmentWork(
        job=job,
        recording=read_recording(started, started["planned_s"]),
        segment=_read_segment(started),
        is_last=started["segment_index"] == started["last_index"],
        pack=started["pack_name"],
        settings=read_settings(started["settings"]),
        attempt=started["attempts"],
        queued_s=started["queued_s"],
        segment_s=started["segment_s"],
        pack_version=started["pack_version"],
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


def _save(connection: Connection, parameters: dict[str, Any]) -> Row | None:
    """Lock the analysis and save a segment of it, in one round trip. None: something is not as expected."""
    with connection.pipeline():
        run_prepared(connection, _sql.lock_only, analysis_id=parameters["analysis_id"])
        saved = run_prepared(connection, _sql.save_segment, **parameters)
    return saved.fetchone()


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
