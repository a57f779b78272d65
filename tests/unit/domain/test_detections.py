"""Hysteresis against a slow implementation of the rule, and the cases that users meet."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dawn_chorus.domain.detections import ScoreRun, bridge_silence, cut_taxon, detect_events, join_runs
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Detection

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
STEP_S = 0.5


def run(*scores: float, first_frame: int = 0) -> ScoreRun:
    return ScoreRun(first_frame, np.array(scores, np.float32))


def events(*runs: ScoreRun, rule: EventRule | None = None, end_s: float = 1e9) -> list[tuple[float, float]]:
    found = detect_events(WREN, runs, rule or EventRule(min_gap_s=0.0), step_s=STEP_S, end_s=end_s)
    return [(event.onset_s, event.offset_s) for event in found]


def slow_events(runs: list[ScoreRun], rule: EventRule, end_s: float) -> list[Detection]:
    """The rule, applied one frame at a time."""
    found: list[Detection] = []
    for each in runs:
        cut: list[tuple[int, int, float]] = []
        begin, peak = None, 0.0
        for index, score in enumerate(each.scores.tolist()):
            if begin is None and score >= rule.onset_threshold:
                begin, peak = index, score
            elif begin is not None and score < rule.offset_threshold:
                cut.append((begin, index, peak))
                begin = None
            elif begin is not None:
                peak = max(peak, score)
        if begin is not None:
            cut.append((begin, len(each.scores), peak))
        joined: list[list[float]] = []
        for first, last, high in cut:
            onset_s = (each.first_frame + first) * STEP_S
            offset_s = min((each.first_frame + last) * STEP_S, end_s)
            if offset_s <= onset_s:
                continue
            if joined and onset_s - joined[-1][1] < rule.min_gap_s:
                joined[-1] = [joined[-1][0], offset_s, max(joined[-1][2], high)]
            else:
                joined.append([onset_s, offset_s, high])
        found += [
            Detection(WREN, event[0], event[1], event[2]) for event in joined if event[1] - event[0] >= rule.min_event_s
        ]
    return found


# Sixteenths are exact in binary, so that scores and thresholds meet exactly.
sixteenths = st.integers(0, 16).map(lambda step: step / 16)
rows = st.lists(sixteenths, min_size=1, max_size=60)


@st.composite
def rules(draw: st.DrawFn) -> EventRule:
    onset, offset = draw(sixteenths), draw(sixteenths)
    quarters = st.integers(0, 12).map(lambda step: step / 4)
    return EventRule(max(onset, offset), min(onset, offset), draw(quarters), draw(quarters))


@given(st.lists(rows, min_size=1, max_size=3), rules(), st.integers(1, 200).map(lambda step: step / 4))
def test_events_are_those_of_the_rule_applied_one_frame_at_a_time(
    rows: list[list[float]], rule: EventRule, end_s: float
) -> None:
    runs, first_frame = [], 0
    for scores in rows:
        runs.append(run(*scores, first_frame=first_frame))
        first_frame += len(scores) + 3
    assert detect_events(WREN, runs, rule, step_s=STEP_S, end_s=end_s) == slow_events(runs, rule, end_s)


@given(rows, rules(), st.data())
def test_where_segments_were_cut_does_not_matter(scores: list[float], rule: EventRule, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(scores)), max_size=4)) | {0, len(scores)})
    pieces = [run(*scores[a:b], first_frame=a) for a, b in itertools.pairwise(cuts)]
    whole = detect_events(WREN, [run(*scores)], rule, step_s=STEP_S, end_s=1e9)
    assert detect_events(WREN, join_runs(pieces), rule, step_s=STEP_S, end_s=1e9) == whole


@given(rows, rules())
def test_events_are_in_order_apart_and_long_enough(scores: list[float], rule: EventRule) -> None:
    found = events(run(*scores), rule=rule)
    for onset_s, offset_s in found:
        assert offset_s - onset_s >= max(rule.min_event_s, STEP_S)
    for (_, before), (after, _) in itertools.pairwise(found):
        assert after - before >= max(rule.min_gap_s, STEP_S)


def test_a_voice_that_wavers_between_the_thresholds_is_one_event() -> None:
    assert events(run(0.1, 0.6, 0.4, 0.35, 0.7, 0.2)) == [(0.5, 2.5)]


def test_a_voice_that_never_reaches_the_onset_threshold_is_no_event() -> None:
    assert events(run(0.4, 0.45, 0.49)) == []


def test_the_thresholds_themselves_count() -> None:
    assert events(run(0.5, 0.3, 0.29)) == [(0.0, 1.0)]


def test_an_event_at_the_very_end_does_not_reach_beyond_the_recording() -> None:
    assert events(run(0.1, 0.9, 0.9), end_s=1.2) == [(0.5, 1.2)]


def test_events_are_joined_before_short_ones_are_dropped() -> None:
    calls = run(0.9, 0.0, 0.9, 0.0, 0.0, 0.0, 0.9)
    assert events(calls, rule=EventRule(min_gap_s=1.0, min_event_s=1.0)) == [(0.0, 1.5)]


def test_no_event_bridges_lost_audio() -> None:
    assert events(run(0.9, 0.9), run(0.9, first_frame=3), rule=EventRule(min_gap_s=5.0)) == [(0.0, 1.0), (1.5, 2.0)]


def test_confidence_is_the_peak_within_the_event() -> None:
    (found,) = detect_events(WREN, [run(0.5, 0.9, 0.4)], EventRule(), step_s=STEP_S, end_s=9)
    assert found.confidence == pytest.approx(0.9)


def test_runs_that_touch_become_one_and_a_gap_stays() -> None:
    joined = join_runs([run(0.1), run(0.2, 0.3, first_frame=1), run(0.4, first_frame=4)])
    assert [(each.first_frame, len(each.scores)) for each in joined] == [(0, 3), (4, 1)]
    assert join_runs([]) == []


def test_an_analyzed_segment_without_scores_is_silence_and_a_lost_one_is_a_gap() -> None:
    analyzed = [range(2), range(2, 4), range(6, 8)]
    scores = {0: np.array([0.1, 0.9], np.float32), 2: np.array([0.9, 0.1], np.float32)}
    runs = join_runs(bridge_silence(analyzed, scores))
    assert [(each.first_frame, each.scores.tolist()) for each in runs] == [
        (0, pytest.approx([0.1, 0.9, 0.0, 0.0])),
        (6, pytest.approx([0.9, 0.1])),
    ]


@given(rows, rules(), st.data())
def test_what_stayed_below_the_floor_may_be_left_out(scores: list[float], rule: EventRule, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(scores)), max_size=6)) | {0, len(scores)})
    analyzed = [range(a, b) for a, b in itertools.pairwise(cuts)]
    floor = min(rule.onset_threshold, rule.offset_threshold)
    whole = np.array(scores, np.float32)
    kept = {
        index: whole[part.start : part.stop]
        for index, part in enumerate(analyzed)
        if max(scores[part.start : part.stop]) >= floor > 0
    }
    if floor > 0:
        runs = join_runs(bridge_silence(analyzed, kept))
        expected = detect_events(WREN, [run(*scores)], rule, step_s=STEP_S, end_s=1e9)
        assert detect_events(WREN, runs, rule, step_s=STEP_S, end_s=1e9) == expected


def numbers(*channels: int) -> NDArray[np.uint8]:
    return np.array(channels, np.uint8)


def cut(*segments: tuple[list[float], list[int]], min_gap_s: float = 0.0) -> list[tuple[float, int | None]]:
    """Return confidence and channel of the events over segments of four steps each."""
    analyzed = [range(4 * number, 4 * number + 4) for number in range(len(segments))]
    scores = {number: np.array(given, np.float32) for number, (given, _) in enumerate(segments) if given}
    channels = {number: numbers(*given) for number, (_, given) in enumerate(segments) if given}
    rule = EventRule(0.5, 0.3, 0.0, min_gap_s)
    found = cut_taxon(WREN, analyzed, scores, rule, step_s=STEP_S, end_s=1e9, channels=channels)
    return [(round(event.confidence, 3), event.channel) for event in found]


def test_an_event_names_the_channel_of_its_peak() -> None:
    assert cut(([0.0, 0.6, 0.9, 0.4], [1, 1, 2, 1])) == [(0.9, 2)]
    assert cut(([0.7, 0.0, 0.0, 0.8], [3, 1, 1, 2])) == [(0.7, 3), (0.8, 2)]


def test_the_channel_of_the_peak_is_found_across_segments_and_gaps() -> None:
    assert cut(([0, 0, 0, 0.6], [1, 1, 1, 1]), ([0.8, 0, 0, 0], [2, 1, 1, 1])) == [(0.8, 2)]
    assert cut(([0.6, 0, 0.9, 0], [1, 1, 2, 1]), min_gap_s=10.0) == [(0.9, 2)]
    assert cut(([0.9, 0, 0, 0], [2, 1, 1, 1]), ([], []), ([0.7, 0, 0, 0], [3, 1, 1, 1]), min_gap_s=0.1) == [
        (0.9, 2),
        (0.7, 3),
    ]


def test_the_only_channel_that_was_scored_is_that_of_every_event() -> None:
    scores = {0: np.array([0.9, 0.0], np.float32)}
    for channels, expected in ((7, 7), (None, None), ({}, None)):
        (event,) = cut_taxon(
            WREN,
            [range(2)],
            scores,
            EventRule(),
            step_s=STEP_S,
            end_s=9,
            channels=channels,
        )
        assert event.channel == expected
