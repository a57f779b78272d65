"""A segment's scores, lost stretches, warnings and events, as the parameters of `save_segment`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from dawn_chorus.adapters.postgres.registered_packs import RegisteredPack
from dawn_chorus.adapters.postgres.rows import printable
from dawn_chorus.domain.analysis import SegmentState, result_of
from dawn_chorus.domain.detections import cut_taxon
from dawn_chorus.domain.jobs import SegmentWork, WorkerFacts
from dawn_chorus.domain.lost_audio import describe_lost
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import ChannelNumbers, Detection, SegmentTimeline, Spreads, TaxonRow, quantize_scores

Parameters = dict[str, Any]


def save_parameters(
    work: SegmentWork, timeline: SegmentTimeline, facts: WorkerFacts, pack: RegisteredPack, *, alone: bool
) -> Parameters:
    """Return the parameters; `alone`: the segment is the only one of its analysis, and ends it.

    Raises PermanentError for a taxon that is not the pack's.
    """
    segment = timeline.segment
    return {
        "analysis_id": work.job.analysis_id,
        "segment_index": work.job.segment_index,
        "start_s": segment.start_s,
        "end_s": segment.end_s,
        "pack_version": facts.pack_version,
        "registered_at": pack.registered_at,
        "provider": facts.provider,
        "worker": facts.name,
        "stage_s": Jsonb(facts.stage_s),
        "analyzed_s": timeline.analyzed_s,
        "first_window": timeline.first_window,
        "n_windows": timeline.n_windows,
        "first_frame": timeline.first_frame,
        "n_frames": timeline.n_frames,
        **_scores(timeline.rows, pack),
        **_lost(timeline),
        **_warnings(timeline),
        "result": _result(timeline) if alone else None,
        **_events(_cut(work, timeline, pack) if alone else []),
    }


def _scores(rows: Sequence[TaxonRow], pack: RegisteredPack) -> Parameters:
    windows = np.concatenate([row.window_scores for row in rows]) if rows else np.empty(0, np.float32)
    return {
        "taxon_ids": [pack.id_of(row.taxon) for row in rows],
        "window_scores": windows.tolist(),
        "frame_scores": [row.frame_steps.astype("<u2").tobytes() for row in rows],
        "peaks": [row.peak for row in rows],
        "window_channels": [_stored(row.window_channels) for row in rows],
        "frame_channels": [_stored(row.frame_channels) for row in rows],
        "window_spreads": [_stored(row.window_spread) for row in rows],
    }


def _stored(numbers: ChannelNumbers | Spreads | None) -> bytes | None:
    return None if numbers is None else numbers.tobytes()


def _lost(timeline: SegmentTimeline) -> Parameters:
    return {
        "lost": printable(describe_lost(timeline.lost) or "") or None,
        "lost_starts_s": [stretch.start_s for stretch in timeline.lost],
        "lost_ends_s": [stretch.end_s for stretch in timeline.lost],
        "lost_reasons": [printable(stretch.reason) for stretch in timeline.lost],
    }


def _warnings(timeline: SegmentTimeline) -> Parameters:
    return {
        "codes": [str(warning.code) for warning in timeline.warnings],
        "details": [warning.detail for warning in timeline.warnings],
        "warning_starts_s": [warning.start_s for warning in timeline.warnings],
        "warning_ends_s": [warning.end_s for warning in timeline.warnings],
        "warning_channels": [warning.channel for warning in timeline.warnings],
    }


def _events(found: Sequence[tuple[int, Detection]]) -> Parameters:
    return {
        "event_taxa": [taxon_id for taxon_id, _ in found],
        "onsets_s": [event.onset_s for _, event in found],
        "offsets_s": [event.offset_s for _, event in found],
        "confidences": [event.confidence for _, event in found],
        "event_channels": [event.channel for _, event in found],
        "event_spreads": [event.spread for _, event in found],
    }


def _result(timeline: SegmentTimeline) -> str | None:
    failed_s = max(0.0, round_s(timeline.segment.duration_s - round_s(timeline.analyzed_s)))
    return result_of([SegmentState.DONE], failed_s)


def _cut(work: SegmentWork, timeline: SegmentTimeline, pack: RegisteredPack) -> list[tuple[int, Detection]]:
    """Return the events with their taxon's id, as `stitching.cut_events` would from the stored scores."""
    rules = pack.rules.changed(**work.settings.event_rule or {})
    by_windows = pack.grid.frame_s is None
    first, count = (
        (timeline.first_window, timeline.n_windows) if by_windows else (timeline.first_frame, timeline.n_frames)
    )
    found: list[tuple[int, Detection]] = []
    for taxon_id, row in sorted(((pack.id_of(row.taxon), row) for row in timeline.rows), key=lambda each: each[0]):
        channels = row.window_channels if by_windows else row.frame_channels
        frames = range(first, first + count)
        spread = row.window_spread
        if spread is not None:
            spread = pack.grid.spread_of_events(spread, timeline.first_window, frames)
        events = cut_taxon(
            row.taxon,
            [frames],
            {0: quantize_scores(row.window_scores) if by_windows else row.frame_steps},
            rules.of(row.taxon.code),
            step_s=pack.grid.event_step_s,
            end_s=timeline.segment.end_s,
            channels=_channels(work, channels),
            spreads=None if spread is None else {0: spread},
        )
        found += [(taxon_id, event) for event in events]
    return found


def _channels(work: SegmentWork, stored: ChannelNumbers | None) -> dict[int, ChannelNumbers] | int:
    chosen = work.settings.channels
    if isinstance(chosen, int):
        return chosen
    return {} if stored is None else {0: stored}
