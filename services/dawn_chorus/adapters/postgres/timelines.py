"""Reads timelines, taxon by taxon, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_taxon
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, find_scored_analysis, read_scores
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection, Scores

_sql = load_queries("scores")


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Selects a part of a timeline."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case; empty: all."""
    min_score: float = 0.0
    """Leave out windows and frames with a score below this, and taxa whose peak is below it."""
    frames: bool = False


@dataclass(frozen=True, slots=True)
class TaxonTimeline:
    """One taxon over a whole recording; there are no entries for lost audio and for segments below the floor."""

    taxon: Taxon
    peak: float
    window_s: float
    window_start_s: tuple[float, ...]
    window_scores: Scores
    """(n_windows,), aligned with window_start_s."""
    frame_s: float | None
    frame_start_s: tuple[float, ...]
    frame_scores: Scores
    """(n_frames,), aligned with frame_start_s; empty unless frames were requested."""
    detections: tuple[Detection, ...]
    """By the pack's rules, in order of time; empty until the analysis is finished."""


def read_timeline(database: Database, analysis_id: UUID, wanted: TimelineFilter) -> Iterator[TaxonTimeline]:
    """Return the timeline taxon by taxon, highest peak first; while the analysis runs, of the segments done so far.

    Raises NotFound at the call, not at the first item. The iterator holds a connection: exhaust or close it.
    """
    with database.transaction() as connection:
        get_analysis(connection, analysis_id)
    return _taxon_timelines(database, analysis_id, wanted)


def _taxon_timelines(database: Database, analysis_id: UUID, wanted: TimelineFilter) -> Iterator[TaxonTimeline]:
    names = [name.lower() for name in wanted.taxa] or None
    with database.snapshot() as connection:
        scored = find_scored_analysis(connection, analysis_id)
        if scored is None:
            return
        taxa = _sql.taxa_by_peak(connection, analysis_id=analysis_id, names=names, min_score=wanted.min_score)
        for taxon in list(taxa):
            yield _read_taxon_timeline(connection, scored, taxon, wanted)


def _read_taxon_timeline(
    connection: Connection, scored: ScoredAnalysis, taxon: Row, wanted: TimelineFilter
) -> TaxonTimeline:
    key = {"analysis_id": scored.row["id"], "taxon_id": taxon["taxon_id"]}
    # In binary format the scores are exactly those stored, and are read faster.
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(_sql.rows_of_taxon.sql, key).fetchall()
    events = _sql.events_of_taxon(connection, **key)
    named = read_taxon(taxon)
    windows = _above(*_join(rows, "first_window", "window_scores"), wanted.min_score)
    frames = _above(*_join(rows if wanted.frames else [], "first_frame", "frame_scores"), wanted.min_score)
    return TaxonTimeline(
        taxon=named,
        peak=taxon["peak"],
        window_s=scored.grid.window_s,
        window_start_s=_starts_s(windows[0], scored.grid.window_s),
        window_scores=windows[1],
        frame_s=scored.grid.frame_s,
        frame_start_s=_starts_s(frames[0], scored.grid.frame_s or 0.0),
        frame_scores=frames[1],
        detections=tuple(
            Detection(named, row["onset_s"], row["offset_s"], row["confidence"], row["channel"]) for row in events
        ),
    )


def _join(rows: Sequence[Row], first: str, scores: str) -> tuple[NDArray[np.int64], Scores]:
    """Return the windows or frames of all rows: numbers counted from the recording's start, and scores, both (n,)."""
    parts = [read_scores(row[scores]) for row in rows]
    numbers = [np.arange(row[first], row[first] + len(part)) for row, part in zip(rows, parts, strict=True)]
    return np.concatenate([np.empty(0, np.int64), *numbers]), np.concatenate([np.empty(0, np.float32), *parts])


def _above(numbers: NDArray[np.int64], scores: Scores, min_score: float) -> tuple[NDArray[np.int64], Scores]:
    kept = scores >= np.float32(min_score)
    return numbers[kept], scores[kept]


def _starts_s(numbers: NDArray[np.int64], step_s: float) -> tuple[float, ...]:
    return tuple(round_s(number * step_s) for number in numbers.tolist())
