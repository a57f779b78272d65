"""Scores → onset and offset events, by hysteresis.

The rule is the Schmitt trigger of voice activity detection (as in Gelly and Gauvain, "Optimization of RNN-based speech
activity detection", 2018): an event begins at the first frame that reaches the onset threshold and ends before the
first frame below the offset threshold, so a score that moves between the two thresholds does not split the event.

Steps of 1/65535 are compared, never scores: whoever holds the steps, a browser say, cuts the same events.
`tests/unit/domain/golden_cuts.json` holds examples for other implementations.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import (
    FRAME_STEPS,
    SPREAD_STEPS,
    ChannelNumbers,
    Detection,
    Spreads,
    Steps,
    dequantize_scores,
    positions_s,
)

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """Consecutive scores of one taxon. Segments that were not done end a run, and no event spans two runs."""

    first_frame: int
    steps: Steps
    """(n_frames,)"""
    channels: ChannelNumbers | None = None
    """(n_frames,), the channel that each score comes from; None: the same, or the mean of all."""
    spreads: Spreads | None = None
    """(n_frames,), how far the members are apart; None: not measured."""


def threshold_step(threshold: float) -> int:
    """Return the lowest step that reaches a threshold in [0, 1].

    The product is that of double precision, so that every language has the same: 0.6 is reached by step 39321, although
    the nearest double to 0.6 is a little less than 39321/65535.
    """
    return math.ceil(threshold * FRAME_STEPS)


def join_ranges(analyzed: Sequence[range]) -> list[range]:
    """Return the runs that ranges in time order make up: adjacent ones joined, empty ones left out."""
    joined: list[range] = []
    for each in analyzed:
        if joined and joined[-1].stop == each.start:
            joined[-1] = range(joined[-1].start, each.stop)
        elif each:
            joined.append(each)
    return joined


def place_steps(
    analyzed: Sequence[range],
    steps: Mapping[int, Steps],
    channels: Mapping[int, ChannelNumbers] | None = None,
    spreads: Mapping[int, Spreads] | None = None,
) -> Iterator[ScoreRun]:
    """Yield one taxon's runs over the analyzed stretches, in time order, from the scores that were stored.

    `steps`, `channels` and `spreads` are by position in `analyzed`. A stretch without scores stayed below the floor: it
    is filled with zeros, because it is silence and not lost audio. Without that, events would depend on where segments
    were cut.
    """
    runs = join_ranges(analyzed)
    starts = [run.start for run in runs]
    present: list[list[int]] = [[] for _ in runs]
    for position in sorted(steps):
        if len(steps[position]):
            present[bisect_right(starts, analyzed[position].start) - 1].append(position)
    for run, positions in zip(runs, present, strict=True):
        yield ScoreRun(
            run.start,
            _filled(run, analyzed, steps, positions),
            _filled_if_known(run, analyzed, channels, positions),
            _filled_if_known(run, analyzed, spreads, positions),
        )


def _filled_if_known(
    run: range, analyzed: Sequence[range], parts: Mapping[int, NDArray[Number]] | None, positions: Sequence[int]
) -> NDArray[Number] | None:
    if parts is None or not all(position in parts for position in positions):
        return None
    return _filled(run, analyzed, parts, positions)


def _filled(
    run: range, analyzed: Sequence[range], parts: Mapping[int, NDArray[Number]], positions: Iterable[int]
) -> NDArray[Number]:
    """Return the parts at these positions side by side, with zeros elsewhere, (len(run),)."""
    dtype = next(iter(parts.values())).dtype if parts else np.uint8
    filled = np.zeros(len(run), dtype)
    for position in positions:
        first = analyzed[position].start - run.start
        filled[first : first + len(parts[position])] = parts[position]
    return filled


def cut_taxon(
    taxon: Taxon,
    analyzed: Sequence[range],
    steps: Mapping[int, Steps],
    rule: EventRule,
    *,
    step_s: float,
    end_s: float,
    channels: Mapping[int, ChannelNumbers] | int | None = None,
    spreads: Mapping[int, Spreads] | None = None,
) -> list[Detection]:
    """Return one taxon's events over a whole recording from the scores of its segments, in time order.

    `analyzed` are the frames (or windows if the pack has no frames) of each analyzed segment, in time order; `steps`
    are their scores by position in it, as for `place_steps`; `step_s` and `end_s` as for `detect_events`. `channels`:
    those that the scores come from, by position too; or the only one that was scored; None: the mean of all.
    `spreads`: how far members are apart, by position too.
    """
    onset_step = threshold_step(rule.onset_threshold)
    if all(each.max(initial=0) < onset_step for each in steps.values()):
        return []  # the usual case: most stored taxa have no event
    if isinstance(channels, int):
        events = cut_taxon(taxon, analyzed, steps, rule, step_s=step_s, end_s=end_s, spreads=spreads)
        return [replace(event, channel=channels) for event in events]
    return detect_events(taxon, place_steps(analyzed, steps, channels, spreads), rule, step_s=step_s, end_s=end_s)


def detect_events(
    taxon: Taxon, runs: Iterable[ScoreRun], rule: EventRule, *, step_s: float, end_s: float
) -> list[Detection]:
    """Return one taxon's events in time order.

    Frame i covers [i·step_s, (i + 1)·step_s). No event reaches beyond `end_s`, the recording's end. Runs are in time
    order. Events closer than `min_gap_s` are joined first, then those shorter than `min_event_s` are dropped.
    """
    return [event for run in runs for event in _cut_run(taxon, run, rule, step_s=step_s, end_s=end_s)]


def _cut_run(taxon: Taxon, run: ScoreRun, rule: EventRule, *, step_s: float, end_s: float) -> Iterator[Detection]:
    if not (run.steps >= threshold_step(rule.onset_threshold)).any():
        return
    edges = np.flatnonzero(np.diff(_hysteresis(run.steps, rule).astype(np.int8), prepend=0, append=0))
    onsets_s = positions_s(run.first_frame + edges[::2], step_s)
    offsets_s = np.minimum(positions_s(run.first_frame + edges[1::2], step_s), end_s)
    count = int(np.count_nonzero(offsets_s > onsets_s))  # those behind the end of the recording are the last
    if not count:
        return
    apart = onsets_s[1:count] - offsets_s[: count - 1] >= rule.min_gap_s - 1e-9
    firsts = np.flatnonzero(np.append(True, apart))
    lasts = np.append(firsts[1:], count) - 1
    long_enough = offsets_s[lasts] - onsets_s[firsts] >= rule.min_event_s - 1e-9
    firsts, lasts = firsts[long_enough], lasts[long_enough]
    begins, ends = edges[2 * firsts], edges[2 * lasts + 1]
    # Between events that were joined the steps are lower than their peaks.
    peaks = np.maximum.reduceat(np.append(run.steps, np.uint16(0)), np.column_stack((begins, ends)).ravel())[::2]
    of_peaks = _of_peaks(run, begins.tolist(), ends.tolist())
    spans = (onsets_s[firsts].tolist(), offsets_s[lasts].tolist(), dequantize_scores(peaks).tolist(), *of_peaks)
    yield from map(Detection, repeat(taxon), *spans)


def _of_peaks(
    run: ScoreRun, begins: Sequence[int], ends: Sequence[int]
) -> tuple[Iterable[int | None], Iterable[float | None]]:
    """Return channel and spread of the highest score, of equals the first, within each [begin, end)."""
    if run.channels is None and run.spreads is None:
        return repeat(None), repeat(None)
    peaks = [begin + int(run.steps[begin:end].argmax()) for begin, end in zip(begins, ends, strict=True)]
    channels = repeat(None) if run.channels is None else [int(run.channels[peak]) or None for peak in peaks]
    spreads = repeat(None) if run.spreads is None else (run.spreads[peaks] / SPREAD_STEPS).tolist()
    return channels, spreads


def _hysteresis(steps: Steps, rule: EventRule) -> NDArray[np.bool_]:
    """Return for each frame whether it is within an event, (n_frames,): the last threshold crossed decides."""
    on, off = steps >= threshold_step(rule.onset_threshold), steps < threshold_step(rule.offset_threshold)
    last_crossing = np.maximum.accumulate(np.where(on | off, np.arange(len(steps)), -1))
    return np.where(last_crossing >= 0, on[last_crossing], False)
