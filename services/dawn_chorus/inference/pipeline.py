"""A segment's audio → its scores → the timeline that is stored: the whole path, in order.

Worker and command line analyze a segment by `load_segment` and `analyze_segment`, so that both give the same answer.

    audio ─ cut windows ─ mel images ─ networks ─ accumulators ─ views averaged ─ members combined ─ smoothed

Scores do not depend on where the recording was cut, on the batch size, or on what else is in a batch.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.lost_audio import LostStretch, NothingHeard, analyzed_s, bound_lost, clip_lost, lost_in_both
from dawn_chorus.domain.timeline import Scores, SegmentTimeline, Spreads
from dawn_chorus.inference.combining import average_members, spread_members
from dawn_chorus.inference.ensemble import Ensemble, FrontEnd
from dawn_chorus.inference.scoring import Accumulator, average_views, open_accumulator, smooth_windows
from dawn_chorus.inference.segment_scores import SegmentScores, add_stages, highest_scores, to_timeline
from dawn_chorus.inference.waveforms.loading import LoadedAudio, WaveformFormat
from dawn_chorus.inference.windows import NEAR_S, Stretch, stretch_of

LOOK_BEYOND_S = 1.0
"""How far past the segment's end to decode at least, to notice a file that is longer than declared."""


class Decoders(Protocol):
    """Decodes recordings in processes of their own (`DecoderPool`). Safe to call from many threads."""

    def load(
        self,
        path: Path,
        start_s: float,
        end_s: float,
        formats: Iterable[WaveformFormat],
        *,
        duration_s: float,
        channel: int | None = None,
        measured: Segment | None = None,
    ) -> LoadedAudio:
        """Return what `load_audio` returns. Raises UndecodableAudio, also when the decoder process crashed."""
        ...


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """A segment, analyzed."""

    scores: SegmentScores
    """Of all taxa."""
    timeline: SegmentTimeline
    """Of the taxa that reach the floor and occur there; with what was lost."""
    stage_s: dict[str, float]
    """Seconds by stage, decoding included, over all channels that were scored."""


def load_segment(
    decoders: Decoders,
    path: Path,
    segment: Segment,
    ensemble: Ensemble,
    *,
    duration_s: float,
    channel: int | None = None,
    measured: bool = True,
) -> LoadedAudio:
    """Decode a segment and the pack's margin on both sides; `duration_s` is the whole recording's declared duration.

    `channel`: this one, from 1; None: the mean of all. `measured`: find out what is wrong with the channels too.
    Raises UndecodableAudio, and PermanentError for a channel that is not there.
    """
    start_s, end_s = segment.start_s - ensemble.margin_s, segment.end_s + max(ensemble.margin_s, LOOK_BEYOND_S)
    of_segment = segment if measured else None
    return decoders.load(
        path, start_s, end_s, ensemble.formats, duration_s=duration_s, channel=channel, measured=of_segment
    )


def analyze_segment(
    ensemble: Ensemble,
    audio: LoadedAudio,
    segment: Segment,
    *,
    duration_s: float,
    floor: float,
    present: Collection[str] | None = None,
    next_channels: Iterable[LoadedAudio] | None = None,
) -> SegmentResult:
    """Score a loaded segment and account for every second of it.

    `duration_s` is the whole recording's. Taxa whose peak stays below `floor`, or whose codes are not in `present`
    (None: all occur), have no row in the timeline. With `next_channels`, `audio` is the recording's first channel and
    these are the others, each scored before the next is asked for: for each window, frame and taxon the highest score
    counts, and audio is lost where no channel has it. Safe to call from many threads. Raises NothingHeard if all audio
    of the segment is lost, before anything is scored.
    """
    best = _analyze_channel(ensemble, audio, segment, duration_s, None if next_channels is None else 1)
    for number, channel in enumerate(next_channels or (), start=2):
        best = best.joined(_analyze_channel(ensemble, channel, segment, duration_s, number))
    lost = bound_lost(best.lost)
    if best.scores is None:
        raise NothingHeard(lost)
    left_s = analyzed_s(segment, best.lost)
    timeline = to_timeline(best.scores, segment, ensemble.facts, floor, analyzed_s=left_s, lost=lost)
    timeline = replace(timeline.keep(present), warnings=audio.warnings)
    return SegmentResult(best.scores, timeline, best.stage_s)


@dataclass(frozen=True, slots=True)
class _Heard:
    """What was heard in one channel of a segment, or in several."""

    scores: SegmentScores | None
    """None: all audio is lost."""
    lost: tuple[LostStretch, ...]
    stage_s: dict[str, float]

    def joined(self, other: "_Heard") -> "_Heard":
        scores = self.scores or other.scores
        if self.scores and other.scores:
            scores = highest_scores(self.scores, other.scores)
        return _Heard(scores, lost_in_both(self.lost, other.lost), add_stages(self.stage_s, other.stage_s))


def _analyze_channel(
    ensemble: Ensemble, audio: LoadedAudio, segment: Segment, duration_s: float, number: int | None
) -> _Heard:
    """Score one channel, by whose number the scores are marked; None: the only one, or the mean of all."""
    lost = clip_lost(audio.lost, segment.start_s, segment.end_s)
    if analyzed_s(segment, lost) <= 0:
        return _Heard(None, lost, audio.stage_s)
    scores = score_segment(ensemble, audio, segment, duration_s=duration_s)
    stage_s = add_stages(audio.stage_s, scores.stage_s)
    if number is not None:
        windows, frames = scores.window_scores, scores.frame_scores
        of_windows = np.full(windows.shape, number, np.uint8)
        of_frames = None if frames is None else np.full(frames.shape, number, np.uint8)
        scores = replace(scores, window_channels=of_windows, frame_channels=of_frames)
    return _Heard(scores, lost, stage_s)


def score_segment(ensemble: Ensemble, audio: LoadedAudio, segment: Segment, *, duration_s: float) -> SegmentScores:
    """Score the windows that start in the segment and the frames whose centers lie in it.

    `audio` covers the segment and `ensemble.margin_s` on both sides, in all of `ensemble.formats`; `duration_s` is the
    whole recording's. Safe to call from many threads. Raises ValueError if the audio does not cover them.
    """
    score = ensemble.pack.manifest.score
    reach = ensemble.smoothing_reach
    stretch = stretch_of(segment, duration_s, ensemble.facts.grid, shifts_s=score.shifts_s, smoothing_reach=reach)
    stage_s: dict[str, float] = defaultdict(float)
    accumulators = [open_accumulator(member, stretch) for member in ensemble.members]
    n_run, capacity = 0, 0
    for front_end, numbers in ensemble.front_ends:
        served = {number: accumulators[number] for number in numbers}
        run, batch_capacity = _run_members(ensemble, front_end, served, audio, segment, stage_s)
        n_run, capacity = n_run + run, capacity + batch_capacity
    with _stage(stage_s, "score"):
        windows, spread = _combine_windows(ensemble, accumulators, stretch)
        frames = _combine_frames(ensemble, accumulators, stretch, windows) if ensemble.facts.grid.frame_s else None
        _silence_lost(windows, frames, stretch, audio.lost)
        if spread is not None:
            spread[~windows.any(axis=1)] = 0
        own = slice(stretch.windows.start - stretch.spanned.start, None)
    return SegmentScores(
        stretch.windows.start,
        windows[own],
        stretch.frames.start,
        frames,
        dict(stage_s),
        n_run / max(capacity, 1),
        window_spread=None if spread is None else spread[own],
        spread_taxa=None if spread is None else ensemble.spread_taxa,
    )


def _run_members(
    ensemble: Ensemble,
    front_end: FrontEnd,
    accumulators: dict[int, Accumulator],
    audio: LoadedAudio,
    segment: Segment,
    stage_s: dict[str, float],
) -> tuple[int, int]:
    """Run every window once: prepare it once for all members of a front end, run it with each member that needs it.

    Return how many windows the members ran, and how many their batches could have held.
    """
    n_run, capacity = 0, 0
    with _stage(stage_s, "mel"):
        statistics = front_end.segment_statistics(audio, segment)
    starts_s = np.unique(np.concatenate([accumulator.starts_s for accumulator in accumulators.values()]))
    for first in range(0, len(starts_s), ensemble.options.batch_size):
        batch_s = starts_s[first : first + ensemble.options.batch_size]
        with _stage(stage_s, "mel"):
            inputs = front_end.prepare(audio, batch_s, statistics)
        for number, accumulator in accumulators.items():
            needed = np.isin(batch_s, accumulator.starts_s)
            if not needed.any():
                continue
            member = ensemble.members[number]
            with _stage(stage_s, "inference"), _stage(stage_s, f"inference:{member.table.file}"):
                outputs = member.score(inputs if needed.all() else inputs[needed])
            with _stage(stage_s, "score"):
                accumulator.add(batch_s[needed], outputs)
            n_run, capacity = n_run + int(needed.sum()), capacity + ensemble.options.batch_size
    return n_run, capacity


def _combine_windows(
    ensemble: Ensemble, accumulators: list[Accumulator], stretch: Stretch
) -> tuple[Scores, Spreads | None]:
    """Return the smoothed window scores of all members, and how far these are apart, both (n_spanned, n_taxa).

    The spread is None for a pack of one member.
    """
    everywhere = np.ones(len(stretch.reach), bool)
    parts = [
        (member, average_views(accumulator.score_at(), stretch, ensemble.shift_weights, member.n_columns), everywhere)
        for member, accumulator in zip(ensemble.members, accumulators, strict=True)
    ]
    n_taxa, smoothing = len(ensemble.facts.taxa), ensemble.pack.manifest.score.smoothing
    scores = smooth_windows(average_members(parts, n_taxa), stretch, smoothing)
    if not ensemble.spread_taxa.any():
        return scores, None
    own = [(member, smooth_windows(of_member, stretch, smoothing), rows) for member, of_member, rows in parts]
    return scores, spread_members(own, n_taxa)


def _combine_frames(ensemble: Ensemble, accumulators: list[Accumulator], stretch: Stretch, windows: Scores) -> Scores:
    """Return the frame scores, (n_frames, n_taxa); a taxon without a framewise member has the score of its window."""
    parts = [
        (member, *accumulator.frames.mean())
        for member, accumulator in zip(ensemble.members, accumulators, strict=True)
        if accumulator.frames is not None
    ]
    frames = average_members(parts, len(ensemble.facts.taxa))
    if not ensemble.framewise_taxa.all():
        window_of = np.floor(stretch.frame_centers_s / stretch.grid.window_s + NEAR_S).astype(np.intp)
        window_scores = windows[window_of - stretch.spanned.start]
        frames[:, ~ensemble.framewise_taxa] = window_scores[:, ~ensemble.framewise_taxa]
    return frames


def _silence_lost(windows: Scores, frames: Scores | None, stretch: Stretch, lost: Iterable[LostStretch]) -> None:
    """Set scores to 0 where audio was lost: the networks were run on the silence that replaces it."""
    starts_s = np.arange(stretch.spanned.start, stretch.spanned.stop) * stretch.grid.window_s
    ends_s = np.minimum(starts_s + stretch.grid.window_s, stretch.duration_s)
    for gap in lost:
        windows[(starts_s >= gap.start_s) & (ends_s <= gap.end_s)] = 0.0
        if frames is not None:
            frames[(stretch.frame_centers_s >= gap.start_s) & (stretch.frame_centers_s < gap.end_s)] = 0.0


@contextmanager
def _stage(stage_s: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    stage_s[name] += time.perf_counter() - started
