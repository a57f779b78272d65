"""Extends the plan of an analysis whose recording is longer than its header declared."""

from dawn_chorus.adapters.postgres.analyses import insert_segments
from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row
from dawn_chorus.domain.analysis import SegmentState, plan_segments
from dawn_chorus.domain.jobs import Lane, lane_for
from dawn_chorus.domain.recording import round_s

_sql = load_queries("ledger")
_OPEN = (SegmentState.QUEUED, SegmentState.RUNNING)


def extend_plan(connection: Connection, analysis: Row, duration_s: float, most_s: float) -> None:
    """Extend the last segment of a locked analysis to full length, if it is not final, and plan segments after it.

    What lies beyond `most_s` is planned as one segment, which no worker analyzes. A recording that turns out too long
    for the express lane goes on in bulk.
    """
    plan = _sql.get_plan(connection, analysis_id=analysis["id"])
    if duration_s <= plan["duration_s"]:
        return
    index, planned_s = plan["last_index"], plan["duration_s"]
    if plan["last_state"] in _OPEN:
        planned_s = min(duration_s, max(planned_s, min(most_s, round_s(plan["last_start_s"] + analysis["segment_s"]))))
        _sql.extend_segment(connection, analysis_id=analysis["id"], segment_index=index, end_s=planned_s)
    added = plan_segments(duration_s, analysis["segment_s"], start_s=planned_s, index=index + 1, most_s=most_s)
    lane = max(Lane(analysis["lane"]), lane_for(duration_s), key=list(Lane).index)
    insert_segments(connection, analysis["id"], lane, added)
    _sql.extend_recording(
        connection,
        analysis_id=analysis["id"],
        recording_id=analysis["recording_id"],
        duration_s=duration_s,
        added=len(added),
        lane=lane,
    )
