"""Stored scores → one row a taxon over the whole recording → events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_rules, read_settings, read_taxon
from dawn_chorus.domain.detections import ScoreRun, bridge_silence, detect_events, join_runs
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, Grid, Scores, dequantize_scores

_sql = load_queries("scores")
_ROWS_A_FETCH = 200


@dataclass(frozen=True, slots=True)
class ScoredAnalysis:
    """An analysis with scores, and what its events are cut by."""

    row: Row
    grid: Grid
    rules: EventRules
    """Its pack's, changed by what it was asked for with."""
    duration_s: float


def find_scored_analysis(connection: Connection, analysis_id: UUID) -> ScoredAnalysis | None:
    """None: no segment is saved yet, so no pack version and no grid are known."""
    row = _sql.get_scored_analysis(connection, analysis_id=analysis_id)
    if row is None or row["window_s"] is None:
        return None
    rules = read_rules(row["rules"]).changed(**read_settings(row["settings"]).event_rule or {})
    return ScoredAnalysis(row, Grid(row["window_s"], row["frame_s"]), rules, row["duration_s"])


def cut_events(connection: Connection, scored: ScoredAnalysis) -> Iterator[tuple[int, list[Detection]]]:
    """Cut the events of every taxon by its rule: (taxon id, events in order of time).

    Holds the scores of one taxon at a time.
    """
    stretches = list(_sql.get_stretches(connection, analysis_id=scored.row["id"]))
    for taxon_id, taxon, rows in _rows_by_taxon(connection, scored):
        events = detect_events(
            taxon,
            join_runs(_runs(rows, stretches, by_window=scored.grid.frame_s is None)),
            scored.rules.of(taxon.code),
            step_s=scored.grid.event_step_s,
            end_s=scored.duration_s,
        )
        yield taxon_id, events


def _rows_by_taxon(connection: Connection, scored: ScoredAnalysis) -> Iterator[tuple[int, Taxon, list[Row]]]:
    query = _sql.window_rows if scored.grid.frame_s is None else _sql.frame_rows
    with connection.cursor(name="scores", binary=True) as cursor:
        cursor.itersize = _ROWS_A_FETCH
        cursor.execute(query.sql, {"analysis_id": scored.row["id"]})
        for taxon_id, rows in groupby(cursor, key=lambda row: row["taxon_id"]):
            held = list(rows)
            yield taxon_id, read_taxon(held[0]), held


def _runs(rows: Sequence[Row], stretches: Sequence[Row], *, by_window: bool) -> Iterator[ScoreRun]:
    first, count = ("first_window", "n_windows") if by_window else ("first_frame", "n_frames")
    heard = [range(stretch[first], stretch[first] + stretch[count]) for stretch in stretches]
    positions = {stretch["segment_index"]: position for position, stretch in enumerate(stretches)}
    return bridge_silence(heard, {positions[row["segment_index"]]: read_scores(row["scores"]) for row in rows})


def read_scores(stored: Any) -> Scores:
    """Read frame scores (bytes) or window scores (a list), (n,)."""
    if isinstance(stored, list):
        return np.asarray(stored, np.float32)
    return dequantize_scores(np.frombuffer(stored, "<u2"))
