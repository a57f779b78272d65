"""Framewise scores → onset and offset events, by hysteresis.

The rule is the Schmitt trigger of voice activity detection (as in Gelly and Gauvain, "Optimization of RNN-based speech
activity detection", 2018): an event begins at the first frame that reaches the onset threshold and ends before the
first frame below the offset threshold, so a score that moves between the two thresholds does not split the event.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import ChannelNumbers, Detection, Scores


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """Consecutive scores of one taxon. Lost audio ends a run, and no event spans two runs."""

    first_frame: int
    scores: Scores
    """(n_frames,)"""
    channels: ChannelNumbers | None = None
    """(n_frames,), the channel that each score comes from; None: the same, or the mean of all."""


def join_runs(runs: Iterable[ScoreRun]) -> list[ScoreRun]:
    """Return the runs, which are in time order, with adjacent ones joined: a run no longer ends at a segment's end."""
    groups: list[list[ScoreRun]] = []
    for run in runs:
        if groups and groups[-1][-1].first_frame + len(groups[-1][-1].scores) == run.first_frame:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_joined(group) for group in groups]


def _joined(group: Sequence[ScoreRun]) -> ScoreRun:
    channels = [run.channels for run in group if run.channels is not None]
    scores = np.concatenate([run.scores for run in group])
    return ScoreRun(group[0].first_frame, scores, np.concatenate(channels) if len(channels) == len(group) else None)


def bridge_silence(
    analyzed: Sequence[range], scores: Mapping[int, Scores], channels: Mapping[int, ChannelNumbers] | None = None
) -> Iterator[ScoreRun]:
    """Yield one taxon's runs over the analyzed stretches, in time order, from the scores that were stored.

    `scores` and `channels` are by position in `analyzed`. A stretch without scores between two with scores stayed
    below the floor: it is filled with zeros, because it is silence and not lost audio. Without that, events would
    depend on where segments were cut.
    """
    for position, frames in enumerate(analyzed):
        if position in scores:
            yield ScoreRun(frames.start, scores[position], channels.get(position) if channels else None)
        elif scores and min(scores) < position < max(scores):
            none = np.zeros(len(frames), np.uint8) if channels else None
            yield ScoreRun(frames.start, np.zeros(len(frames), np.float32), none)


def cut_taxon(
    taxon: Taxon,
    analyzed: Sequence[range],
    scores: Mapping[int, Scores],
    rule: EventRule,
    *,
    step_s: float,
    end_s: float,
    channels: Mapping[int, ChannelNumbers] | int | None = None,
) -> list[Detection]:
    """Return one taxon's events over a whole recording from the scores of its segments, in time order.

    `analyzed` are the steps (frames, or windows if the pack has no frames) of each analyzed segment, in time order;
    `scores` are by position in it, as for `bridge_silence`; `step_s` and `end_s` as for `detect_events`. `channels`:
    those that the scores come from, by position too; or the only one that was scored; None: the mean of all.
    """
    if isinstance(channels, int):
        events = cut_taxon(taxon, analyzed, scores, rule, step_s=step_s, end_s=end_s)
        return [replace(event, channel=channels) for event in events]
    runs = join_runs(bridge_silence(analyzed, scores, channels))
    return detect_events(taxon, runs, rule, step_s=step_s, end_s=end_s)


def detect_events(
    taxon: Taxon, runs: Iterable[ScoreRun], rule: EventRule, *, step_s: float, end_s: float
) -> list[Detection]:
    """Return one taxon's events in time order.

    Frame i covers [i·step_s, (i + 1)·step_s). No event reaches beyond `end_s`, the recording's end. Runs are in time
    order. Events closer than `min_gap_s` are joined first, then those shorter than `min_event_s` are dropped.
    """
    events: list[Detection] = []
    for run in runs:
        joined = _join_close(_cut_run(taxon, run, rule, step_s=step_s, end_s=end_s), rule.min_gap_s)
        events += [event for event in joined if event.offset_s - event.onset_s >= rule.min_event_s - 1e-9]
    return events


def _cut_run(taxon: Taxon, run: ScoreRun, rule: EventRule, *, step_s: float, end_s: float) -> Iterator[Detection]:
    if not (run.scores >= rule.onset_threshold).any():
        return  # the usual case: most stored taxa have no event in most runs
    active = _hysteresis(run.scores, rule)
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        onset_s = round_s((run.first_frame + begin) * step_s)
        offset_s = min(round_s((run.first_frame + end) * step_s), end_s)
        if offset_s > onset_s:
            peak = begin + int(run.scores[begin:end].argmax())
            channel = None if run.channels is None else int(run.channels[peak])
            yield Detection(taxon, onset_s, offset_s, float(run.scores[peak]), channel)


def _hysteresis(scores: Scores, rule: EventRule) -> NDArray[np.bool_]:
    """Return for each frame whether it is within an event, (n_frames,): the last threshold crossed decides."""
    on, off = scores >= rule.onset_threshold, scores < rule.offset_threshold
    last_crossing = np.maximum.accumulate(np.where(on | off, np.arange(len(scores)), -1))
    return np.where(last_crossing >= 0, on[last_crossing], False)


def _join_close(events: Iterable[Detection], min_gap_s: float) -> list[Detection]:
    joined: list[Detection] = []
    for event in events:
        if joined and event.onset_s - joined[-1].offset_s < min_gap_s - 1e-9:
            best = max(joined[-1], event, key=lambda each: each.confidence)
            joined[-1] = replace(best, onset_s=joined[-1].onset_s, offset_s=event.offset_s)
        else:
            joined.append(event)
    return joined
