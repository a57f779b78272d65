"""Joins the stored scores of segments to one row per taxon over the whole recording, and cuts events from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

import numpy as np

from dawn_chorus.adapters.postgres.database import Connection
from dawn_chorus.adapters.postgres.named_queries import load_queries
from dawn_chorus.adapters.postgres.rows import Row, read_rules, read_settings, read_taxon
from dawn_chorus.adapters.postgres.score_arrays import REAL_ARRAY, ScoreArrayLoader, read_steps
from dawn_chorus.domain.analysis import Channels
from dawn_chorus.domain.detections import cut_taxon
from dawn_chorus.domain.event_rules import EventRules
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import ChannelNumbers, Detection, Grid, Spreads

_sql = load_queries("scores")
_ROWS_A_FETCH = 200


@dataclass(frozen=True, slots=True)
class ScoredAnalysis:
    """An analysis with scores, and the grid and rules by which its events are cut."""

    row: Row
    grid: Grid
    rules: EventRules
    """The pack's rules with the overrides of the analysis' settings."""
    duration_s: float
    channels: Channels
    """Those that were scored."""


def find_scored_analysis(connection: Connection, analysis_id: UUID) -> ScoredAnalysis | None:
    """Return the analysis; None: no segment is saved yet, so pack version and grid are not known."""
    row = _sql.get_scored_analysis(connection, analysis_id=analysis_id)
    if row is None or row["window_s"] is None:
        return None
    settings = read_settings(row["settings"])
    rules = read_rules(row["rules"]).changed(**settings.event_rule or {})
    return ScoredAnalysis(row, Grid(row["window_s"], row["frame_s"]), rules, row["duration_s"], settings.channels)


def cut_events(
    connection: Connection, scored: ScoredAnalysis, taxon_ids: Sequence[int] | None = None
) -> Iterator[tuple[int, list[Detection]]]:
    """Yield, for each of these taxa (None: for all), its id and the events by its rule, in order of time.

    Holds the scores of one taxon at a time in memory.
    """
    segments = list(_sql.get_done_segments(connection, analysis_id=scored.row["id"]))
    positions = {segment["segment_index"]: position for position, segment in enumerate(segments)}
    first, count = ("first_window", "n_windows") if scored.grid.frame_s is None else ("first_frame", "n_frames")
    analyzed = [range(segment[first], segment[first] + segment[count]) for segment in segments]
    for taxon_id, taxon, rows in _rows_by_taxon(connection, scored, taxon_ids):
        steps = {positions[row["segment_index"]]: read_steps(row["scores"]) for row in rows}
        events = cut_taxon(
            taxon,
            analyzed,
            steps,
            scored.rules.of(taxon.code),
            step_s=scored.grid.event_step_s,
            end_s=scored.duration_s,
            channels=_channels(scored.channels, {positions[row["segment_index"]]: row["channels"] for row in rows}),
            spreads={
                positions[row["segment_index"]]: _spread(
                    scored.grid, row["spread"], segments[positions[row["segment_index"]]]
                )
                for row in rows
                if row["spread"] is not None
            },
        )
        yield taxon_id, events


def _rows_by_taxon(
    connection: Connection, scored: ScoredAnalysis, taxon_ids: Sequence[int] | None
) -> Iterator[tuple[int, Taxon, list[Row]]]:
    query = _sql.window_rows if scored.grid.frame_s is None else _sql.frame_rows
    with connection.cursor(name="scores", binary=True) as cursor:
        cursor.adapters.register_loader(REAL_ARRAY, ScoreArrayLoader)
        cursor.itersize = _ROWS_A_FETCH
        cursor.execute(query.sql, {"analysis_id": scored.row["id"], "taxon_ids": taxon_ids})
        for taxon_id, rows in groupby(cursor, key=lambda row: row["taxon_id"]):
            of_taxon = list(rows)
            yield taxon_id, read_taxon(of_taxon[0]), of_taxon


def _channels(scored: Channels, stored: Mapping[int, bytes | None]) -> Mapping[int, ChannelNumbers] | int | None:
    """Return the channel that was scored, or which channel each stored score comes from; None: the mean of all."""
    if isinstance(scored, int):
        return scored
    return {position: np.frombuffer(each, np.uint8) for position, each in stored.items() if each is not None}


def _spread(grid: Grid, stored: bytes, segment: Row) -> Spreads:
    """Return how far members are apart for each score of a segment that events are cut from."""
    frames = range(segment["first_frame"], segment["first_frame"] + segment["n_frames"])
    return grid.spread_of_events(np.frombuffer(stored, np.uint8), segment["first_window"], frames)
