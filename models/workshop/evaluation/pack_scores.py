"""Scores clips with a pack through the service's own pipeline, so that teachers and tests score as the service does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.detections import ScoreRun, detect_events
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import quantize_scores
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.waveforms.loading import load_audio
from models.workshop.data.manifest import Clip, Event
from models.workshop.errors import BadInput


@dataclass(frozen=True, slots=True)
class ClipScores:
    """A pack's scores and events for one clip."""

    clip: Clip
    windows: NDArray[np.float32]
    """(n_windows, n_taxa)"""
    frames: NDArray[np.float32]
    """(n_frames, n_taxa) at the grid's `event_step_s`: the pack's `frame_s`, or its windows if it has no frames"""
    events: tuple[Event, ...]
    """Cut by the pack's own rules."""


def score_clips(ensemble: Ensemble, folder: Path, clips: Iterable[Clip]) -> Iterator[ClipScores]:
    """Yield the scores of whole clips, one after another; raises BadInput if the pack has no framewise member."""
    if ensemble.facts.grid.frame_s is None:
        raise BadInput(f"{ensemble.facts.name}: the pack has no framewise member")
    yield from score_frames_or_windows(ensemble, folder, clips)


def score_frames_or_windows(ensemble: Ensemble, folder: Path, clips: Iterable[Clip]) -> Iterator[ClipScores]:
    """Yield the scores of whole clips, one after another, of whatever the service cuts this pack's events from."""
    facts = ensemble.facts
    rules = [facts.rules.of(taxon.code) for taxon in facts.taxa]
    for clip in clips:
        segment = Segment(0, 0.0, clip.duration_s)
        margin_s = ensemble.margin_s
        audio = load_audio(
            folder / clip.path, -margin_s, clip.duration_s + margin_s, ensemble.formats, duration_s=clip.duration_s
        )
        scores = score_segment(ensemble, audio, segment, duration_s=clip.duration_s)
        frames = scores.window_scores if scores.frame_scores is None else scores.frame_scores
        events = cut_events(facts.taxa, frames, rules, facts.grid.event_step_s, clip)
        yield ClipScores(clip, scores.window_scores, frames, events)


def cut_events(
    taxa: Sequence[Taxon], frames: NDArray[np.float32], rules: Sequence[EventRule], step_s: float, clip: Clip
) -> tuple[Event, ...]:
    """Return the events in a clip's frames, (n_frames, n_taxa), by one rule for each taxon; none for columns of NaN."""
    return tuple(
        Event(taxon.code, found.onset_s, found.offset_s)
        for taxon, scores, rule in zip(taxa, frames.T, rules, strict=True)
        if not np.isnan(scores).any()
        for found in detect_events(
            taxon, [ScoreRun(0, quantize_scores(scores))], rule, step_s=step_s, end_s=clip.duration_s
        )
    )
