"""What must hold after every fault: each analysis finished with the right result, no row twice, the ledger exact."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from dawn_chorus.domain.analysis import SegmentState, result_of

Row = dict[str, Any]


def query(database_url: str, sql: LiteralString, *values: object) -> list[Row]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        return connection.execute(sql, values).fetchall()


def find_analysis(database_url: str, analysis_id: UUID) -> Row:
    (row,) = query(
        database_url,
        "SELECT a.*, r.duration_s FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id WHERE a.id = %s",
        analysis_id,
    )
    return row


def find_segments(database_url: str, analysis_id: UUID) -> list[Row]:
    return query(database_url, "SELECT * FROM segments WHERE analysis_id = %s ORDER BY segment_index", analysis_id)


def assert_ledger_exact(database_url: str) -> None:
    """Fail with everything that is wrong in the whole database, not only the first."""
    faults = list(_find_faults(database_url))
    assert not faults, "\n".join(faults)


def _find_faults(database_url: str) -> Iterator[str]:
    analyses = query(
        database_url, "SELECT a.*, r.duration_s FROM analyses AS a JOIN recordings AS r ON r.id = a.recording_id"
    )
    for analysis in analyses:
        segments = find_segments(database_url, analysis["id"])
        for fault in (*_state_faults(analysis, segments), *_sum_faults(analysis, segments)):
            yield f"analysis {analysis['id']}: {fault}"
    for name, sql in _NEVER.items():
        yield from (f"{name}: {row}" for row in query(database_url, sql))


def _state_faults(analysis: Row, segments: list[Row]) -> Iterator[str]:
    if analysis["state"] != "finished":
        yield f"is {analysis['state']}, segments {[segment['state'] for segment in segments]}"
        return
    states = [SegmentState(segment["state"]) for segment in segments]
    right = result_of(states, float(sum(segment["failed_s"] for segment in segments)))
    if analysis["result"] != right:
        yield f"result is {analysis['result']}, its segments say {right}"
    for segment in segments:
        if segment["failed_s"] > 0 and not (segment["error"] or segment["lost"]):
            yield f"segment {segment['segment_index']} lost {segment['failed_s']} s and says no reason"


def _sum_faults(analysis: Row, segments: list[Row]) -> Iterator[str]:
    """Look whether the segments tile the recording and their seconds add up, to the microsecond."""
    if [segment["segment_index"] for segment in segments] != list(range(analysis["segments_total"])):
        yield f"{analysis['segments_total']} segments are planned, there are {len(segments)}"
    if segments and (segments[0]["start_s"], segments[-1]["end_s"]) != (0, analysis["duration_s"]):
        yield f"segments cover {segments[0]['start_s']} to {segments[-1]['end_s']} of {analysis['duration_s']} s"
    if any(before["end_s"] != after["start_s"] for before, after in pairwise(segments)):
        yield "there are gaps or overlaps between segments"
    accounted_s = sum(segment["analyzed_s"] + segment["failed_s"] for segment in segments)
    if accounted_s != analysis["duration_s"]:
        yield f"analyzed and failed seconds add up to {accounted_s} of {analysis['duration_s']}"


_NEVER: dict[str, LiteralString] = {
    "timeline of a segment that is not done": """
        SELECT t.analysis_id, t.segment_index, s.state FROM timelines AS t JOIN segments AS s
        USING (analysis_id, segment_index) WHERE s.state <> 'done'""",
    "timeline of another length than its segment's": """
        SELECT t.analysis_id, t.segment_index, cardinality(t.window_scores) AS windows, length(t.frame_scores) AS bytes
        FROM timelines AS t JOIN segments AS s USING (analysis_id, segment_index)
        WHERE cardinality(t.window_scores) <> s.n_windows OR length(t.frame_scores) NOT IN (0, 2 * s.n_frames)""",
    "window that two segments own": """
        SELECT a.analysis_id, a.segment_index, b.segment_index AS other FROM segments AS a JOIN segments AS b
        USING (analysis_id) WHERE a.segment_index < b.segment_index AND a.state = 'done' AND b.state = 'done'
        AND a.first_window + a.n_windows > b.first_window""",
    "detections that overlap": """
        SELECT a.analysis_id, a.taxon_id, a.onset_s FROM detections AS a
        JOIN detections AS b USING (analysis_id, taxon_id)
        WHERE a.id < b.id AND a.onset_s < b.offset_s AND b.onset_s < a.offset_s""",
    "detection beyond the recording": """
        SELECT d.analysis_id, d.offset_s FROM detections AS d JOIN recordings AS r ON r.id = d.recording_id
        WHERE d.onset_s < 0 OR d.offset_s > r.duration_s""",
    "job that was never published": "SELECT analysis_id, segment_index FROM outbox WHERE published_at IS NULL",
}
