"""Reads the scores of all taxa of an analysis side by side, as steps on one grid: what a page draws and cuts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import numpy as np

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.rows import Row, read_taxon
from dawn_chorus.adapters.postgres.score_arrays import REAL_ARRAY, ScoreArrayLoader, read_steps
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, find_scored_analysis
from dawn_chorus.adapters.postgres.timelines import replaced
from dawn_chorus.domain.detections import join_ranges
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.lost_audio import LostStretch, bound_lost, clip_lost
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import WHOLE, Span, Steps

MOST_LOST = 10_000
"""Lost stretches that are told apart; the last one covers all the others."""
_BATCH_BYTES = 512 * 2**10

_sql = load_queries("scores")


@dataclass(frozen=True, slots=True)
class LanesFilter:
    """Selects a part of the lanes."""

    span: Span = WHOLE
    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case; empty: all."""
    classes: tuple[str, ...] = ()
    """Taxonomic classes, in any case; empty: all."""
    frames: bool = False
    """Frame scores; window scores, if the pack has no others."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One taxon."""

    taxon: Taxon
    peak: float
    """The highest window or frame score of the whole recording."""
    rule: EventRule
    """By which its events are cut."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """The scores of all taxa of which something was kept, on one grid; of an analysis that runs, as far as it is."""

    lanes: tuple[Lane, ...]
    """By peak, the highest first; the same for every span."""
    kind: Literal["windows", "frames"]
    steps: range
    """Numbers of the windows or frames, from the recording's start; empty while the grid is not known."""
    step_s: float | None
    """None: no segment is saved yet, so the grid is not known."""
    end_s: float
    """Of the recording."""
    runs: tuple[range, ...]
    """What was analyzed of `steps`; events end where a run ends."""
    lost: tuple[LostStretch, ...]
    """What was not analyzed, within segments or the whole of them, as far as it overlaps the span; in time order."""
    rows: Iterator[Steps]
    """Of a few lanes at a time, in their order, (n_lanes, n_steps); 0 where nothing was kept. Raises Replaced."""


def read_lanes(database: Database, analysis_id: UUID, wanted: LanesFilter, *, revision: int | None = None) -> Lanes:
    """Return lanes whose rows are read as they are taken, a few in each transaction.

    Raises NotFound at the call, and Replaced if the analysis is no longer at `revision` (None: any); taking rows raises
    Replaced if it was retried or deleted meanwhile.
    """
    with database.snapshot() as connection:
        analysis = get_analysis(connection, analysis_id)
        if revision not in (None, analysis.revision):
            raise replaced(analysis_id)
        lost = _read_lost(connection, analysis_id, wanted.span)
        scored = find_scored_analysis(connection, analysis_id)
        if scored is None:
            end_s = _sql.get_scored_analysis(connection, analysis_id=analysis_id)["duration_s"]
            return Lanes((), "windows", range(0), None, end_s, (), lost, iter(()))
        return _lanes(database, connection, scored, wanted, lost)


def _lanes(
    database: Database,
    connection: Connection,
    scored: ScoredAnalysis,
    wanted: LanesFilter,
    lost: tuple[LostStretch, ...],
) -> Lanes:
    analysis_id, grid, end_s = scored.row["id"], scored.grid, scored.duration_s
    by_frames = wanted.frames and grid.frame_s is not None
    step_s = grid.frame_s if by_frames and grid.frame_s is not None else grid.window_s
    whole = grid.frames(0.0, end_s) if by_frames else grid.windows(0.0, end_s)
    steps = _overlap(whole, wanted.span.steps(step_s, end_s))
    taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
    key = {"analysis_id": analysis_id, "taxon_ids": taxon_ids, "min_score": 0.0, "shown": "{(,)}"}
    taxa = list(_sql.taxa_by_peak(connection, **key))
    analyzed = _analyzed(connection, analysis_id, by_frames=by_frames)
    placed = {index: each for index, each in analyzed.items() if _overlap(each, steps)}
    shown = _Shown(analysis_id, scored.row["retries"], steps, placed, [taxon["taxon_id"] for taxon in taxa], by_frames)
    return Lanes(
        lanes=tuple(_lane(scored, taxon) for taxon in taxa),
        kind="frames" if by_frames else "windows",
        steps=steps,
        step_s=step_s,
        end_s=end_s,
        runs=tuple(_overlap(run, steps) for run in join_ranges(list(placed.values()))),
        lost=lost,
        rows=_rows(database, shown),
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    """What lanes show from the first to the last, whatever is saved meanwhile."""

    analysis_id: UUID
    retries: int
    steps: range
    placed: Mapping[int, range]
    """The windows or frames of each segment that is done and overlaps the steps, in time order."""
    taxon_ids: Sequence[int]
    by_frames: bool


def _lane(scored: ScoredAnalysis, row: Row) -> Lane:
    taxon = read_taxon(row)
    return Lane(taxon, row["peak"], scored.rules.of(taxon.code))


def _analyzed(connection: Connection, analysis_id: UUID, *, by_frames: bool) -> dict[int, range]:
    first, count = ("first_frame", "n_frames") if by_frames else ("first_window", "n_windows")
    segments = _sql.get_done_segments(connection, analysis_id=analysis_id)
    return {each["segment_index"]: range(each[first], each[first] + each[count]) for each in segments}


def _overlap(one: range, other: range) -> range:
    first = max(one.start, other.start)
    return range(first, max(first, min(one.stop, other.stop)))


def _read_lost(connection: Connection, analysis_id: UUID, span: Span) -> tuple[LostStretch, ...]:
    rows = _sql.lost_within(connection, analysis_id=analysis_id, from_s=span.from_s, to_s=span.to_s)
    found = (LostStretch(row["start_s"], row["end_s"], row["reason"]) for row in rows)
    return bound_lost(clip_lost(found, 0.0, float("inf")), MOST_LOST)


def _rows(database: Database, shown: _Shown) -> Iterator[Steps]:
    size = max(1, _BATCH_BYTES // (2 * max(1, len(shown.steps))))
    for first in range(0, len(shown.taxon_ids), size):
        ids = shown.taxon_ids[first : first + size]
        with database.transaction() as connection:
            rows = _read_rows(connection, shown, ids) if shown.placed else []
            # After the rows: if nothing was retried or deleted by now, nothing was when they were read.
            if _sql.get_retries(connection, analysis_id=shown.analysis_id) != shown.retries:
                raise replaced(shown.analysis_id)
        yield _placed(shown, ids, rows)


def _read_rows(connection: Connection, shown: _Shown, taxon_ids: Sequence[int]) -> Sequence[Row]:
    query = _sql.frames_of_taxa if shown.by_frames else _sql.windows_of_taxa
    key = {"analysis_id": shown.analysis_id, "taxon_ids": taxon_ids, "indexes": list(shown.placed)}
    with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader(REAL_ARRAY, ScoreArrayLoader)
        return cursor.execute(query.sql, key).fetchall()


def _placed(shown: _Shown, taxon_ids: Sequence[int], rows: Sequence[Row]) -> Steps:
    lanes = {taxon_id: lane for lane, taxon_id in enumerate(taxon_ids)}
    steps = np.zeros((len(taxon_ids), len(shown.steps)), "<u2")
    for row in rows:
        segment = shown.placed[row["segment_index"]]
        part = _overlap(segment, shown.steps)
        kept = read_steps(row["scores"])[part.start - segment.start : part.stop - segment.start]
        first = part.start - shown.steps.start
        steps[lanes[row["taxon_id"]], first : first + len(kept)] = kept
    return steps
