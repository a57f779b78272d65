"""Reads timelines, taxon by taxon, each in a transaction of its own."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.adapters.postgres.analyses import get_analysis
from dawn_chorus.adapters.postgres.database import Connection, Database
from dawn_chorus.adapters.postgres.events import EventFilter, Events, detections_in, read_events
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.packs import find_taxon_ids
from dawn_chorus.adapters.postgres.recut import events_by_thresholds
from dawn_chorus.adapters.postgres.reviews import reviews_of
from dawn_chorus.adapters.postgres.rows import Row, read_taxon
from dawn_chorus.adapters.postgres.score_arrays import REAL_ARRAY, ScoreArrayLoader, read_scores
from dawn_chorus.adapters.postgres.stitching import ScoredAnalysis, find_scored_analysis
from dawn_chorus.domain.detections import join_ranges
from dawn_chorus.domain.errors import Replaced
from dawn_chorus.domain.review.matching import Reviews
from dawn_chorus.domain.review.verdicts import Review
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import WHOLE, Detection, Grid, Scores, Span, positions_s

_sql = load_queries("scores")


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Selects a part of a timeline."""

    taxa: tuple[str, ...] = ()
    """Codes, scientific or common names, in any case; empty: all."""
    min_score: float = 0.0
    """Leave out windows and frames with a score below this, and taxa whose peak is below it."""
    frames: bool = False
    classes: tuple[str, ...] = ()
    """Taxonomic classes, in any case; empty: all."""
    span: Span = WHOLE
    """Only windows, frames and events that overlap it, and taxa of which something was kept there."""
    min_confidence: float = 0.0
    """Leave out events with a lower confidence."""
    saved_thresholds: bool = False
    """Events as `recut.events_by_thresholds` has them."""


@dataclass(frozen=True, slots=True)
class TaxonTimeline:
    """One taxon over a recording or a span; there are no entries for lost audio and for segments below the floor."""

    taxon: Taxon
    peak: float
    """Of the whole recording."""
    window_s: float
    window_start_s: NDArray[np.float64]
    """(n_windows,), to the microsecond."""
    window_scores: Scores
    """(n_windows,), aligned with window_start_s."""
    frame_s: float | None
    frame_start_s: NDArray[np.float64]
    """(n_frames,), to the microsecond."""
    frame_scores: Scores
    """(n_frames,), aligned with frame_start_s; empty unless frames were requested."""
    detections: tuple[Detection, ...]
    """By the pack's rules, in order of time; empty until the analysis is finished."""
    reviews: tuple[Review | None, ...]
    """What each of the detections shows."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a timeline shows from its first taxon to its last, whatever is saved meanwhile."""

    analysis_id: UUID
    retries: int
    grid: Grid
    duration_s: float
    segments: str
    """Indexes of the segments that are done and overlap the span, as a multirange."""
    taxa: Sequence[Row]
    events: Events
    recording_id: UUID
    reviews: Reviews


def read_timeline(
    database: Database, analysis_id: UUID, wanted: TimelineFilter, *, revision: int | None = None
) -> Iterator[TaxonTimeline]:
    """Return the timeline taxon by taxon, highest peak first; of an analysis that runs, of the segments done so far.

    Each taxon is read in a transaction of its own: between two of them nothing is held but the events. Raises NotFound
    at the call, and Replaced if the analysis is no longer at `revision`, the one that is shown beside the timeline
    (None: any); Replaced later, if it was retried or deleted meanwhile.
    """
    with database.snapshot() as connection:
        analysis = get_analysis(connection, analysis_id)
        if revision not in (None, analysis.revision):
            raise replaced(analysis_id)
        shown = _find_shown(connection, analysis_id, wanted)
    return iter(()) if shown is None else _taxon_timelines(database, shown, wanted)


def _find_shown(connection: Connection, analysis_id: UUID, wanted: TimelineFilter) -> _Shown | None:
    scored = find_scored_analysis(connection, analysis_id)
    if scored is None:
        return None
    segments = _find_segments(connection, scored, wanted)
    taxon_ids = find_taxon_ids(connection, wanted.taxa, wanted.classes)
    key = {"analysis_id": analysis_id, "taxon_ids": taxon_ids, "min_score": wanted.min_score, "shown": segments}
    taxa = list(_sql.taxa_by_peak(connection, **key))
    selected = EventFilter(span=wanted.span, min_confidence=wanted.min_confidence)
    ids = [taxon["taxon_id"] for taxon in taxa]
    if wanted.saved_thresholds:
        events = events_by_thresholds(connection, scored, selected, ids)
    else:
        events = read_events(connection, analysis_id, selected, ids)
    recording_id = scored.row["recording_id"]
    reviews = reviews_of(connection, [recording_id], {taxon["scientific_name"] for taxon in taxa})
    grid, duration_s = scored.grid, scored.duration_s
    return _Shown(analysis_id, scored.row["retries"], grid, duration_s, segments, taxa, events, recording_id, reviews)


def _find_segments(connection: Connection, scored: ScoredAnalysis, wanted: TimelineFilter) -> str:
    """Return the indexes of the done segments of which a window, or frame if wanted, overlaps the span."""
    everything = wanted.span == WHOLE
    windows = wanted.span.steps(scored.grid.window_s, scored.duration_s)
    frames = wanted.span.steps(scored.grid.frame_s or scored.grid.window_s, scored.duration_s)
    found = []
    for each in _sql.get_done_segments(connection, analysis_id=scored.row["id"]):
        first, index = each["first_window"], each["segment_index"]
        own_frames = range(each["first_frame"], each["first_frame"] + each["n_frames"])
        by_frames = wanted.frames and _meet(own_frames, frames)
        if everything or by_frames or _meet(range(first, first + each["n_windows"]), windows):
            found.append(range(index, index + 1))
    return "{" + ",".join(f"[{run.start},{run.stop})" for run in join_ranges(found)) + "}"


def _meet(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop and bool(one) and bool(other)


def _taxon_timelines(database: Database, shown: _Shown, wanted: TimelineFilter) -> Iterator[TaxonTimeline]:
    for taxon in shown.taxa:
        with database.transaction() as connection:
            rows = _read_rows(connection, shown, taxon["taxon_id"], frames=wanted.frames)
            # After the rows: if nothing was retried or deleted by now, nothing was when they were read.
            if _sql.get_retries(connection, analysis_id=shown.analysis_id) != shown.retries:
                raise replaced(shown.analysis_id)
        yield _taxon_timeline(shown, taxon, rows, wanted)


def _read_rows(connection: Connection, shown: _Shown, taxon_id: int, *, frames: bool) -> Sequence[Row]:
    key = {"analysis_id": shown.analysis_id, "taxon_id": taxon_id, "shown": shown.segments, "frames": frames}
    # In binary format the scores are exactly those stored, and are read faster.
    with connection.cursor(binary=True) as cursor:
        cursor.adapters.register_loader(REAL_ARRAY, ScoreArrayLoader)
        return cursor.execute(_sql.rows_of_taxon.sql, key).fetchall()


def _taxon_timeline(shown: _Shown, taxon: Row, rows: Sequence[Row], wanted: TimelineFilter) -> TaxonTimeline:
    named = read_taxon(taxon)
    grid = shown.grid
    windows = _select(*_join(rows, "first_window", "window_scores"), shown, wanted, grid.window_s)
    frames = _select(
        *_join(rows if wanted.frames else [], "first_frame", "frame_scores"), shown, wanted, grid.frame_s or math.inf
    )
    events = shown.events[shown.events["taxon_id"] == taxon["taxon_id"]]
    detections = tuple(detections_in(events, {taxon["taxon_id"]: named}))
    return TaxonTimeline(
        taxon=named,
        peak=taxon["peak"],
        window_s=shown.grid.window_s,
        window_start_s=positions_s(windows[0], shown.grid.window_s),
        window_scores=windows[1],
        frame_s=shown.grid.frame_s,
        frame_start_s=positions_s(frames[0], shown.grid.frame_s or 0.0),
        frame_scores=frames[1],
        detections=detections,
        reviews=tuple(shown.reviews.find(each, shown.recording_id) for each in detections),
    )


def _join(rows: Sequence[Row], first: str, scores: str) -> tuple[NDArray[np.int64], Scores]:
    """Return the windows or frames of all rows: numbers counted from the recording's start, and scores, both (n,)."""
    parts = [read_scores(row[scores]) for row in rows]
    numbers = [np.arange(row[first], row[first] + len(part)) for row, part in zip(rows, parts, strict=True)]
    return np.concatenate([np.empty(0, np.int64), *numbers]), np.concatenate([np.empty(0, np.float32), *parts])


def _select(
    numbers: NDArray[np.int64], scores: Scores, shown: _Shown, wanted: TimelineFilter, step_s: float
) -> tuple[NDArray[np.int64], Scores]:
    kept = scores >= np.float32(wanted.min_score)
    if wanted.span != WHOLE:
        within = wanted.span.steps(step_s, shown.duration_s)
        kept &= (numbers >= within.start) & (numbers < within.stop)
    return numbers[kept], scores[kept]


def replaced(analysis_id: UUID) -> Replaced:
    """Return the error of an answer that a retry or a deletion broke off."""
    return Replaced(f"analysis {analysis_id} was changed or deleted while it was read: ask again")
