"""Hysteresis against a slow implementation of the rule, and the cases that users meet."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dawn_chorus.domain.detections import ScoreRun, cut_taxon, detect_events, join_ranges, place_steps, threshold_step
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Steps, dequantize_scores, quantize_scores
from tests.lane_reading import Cut, cut_slowly
from tests.unit.domain import golden_cuts

WREN = Taxon("eurwre", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
STEP_S = 0.5


def quantized(scores: list[float]) -> Steps:
    return quantize_scores(np.array(scores, np.float32))


def run(*scores: float, first_frame: int = 0) -> ScoreRun:
    return ScoreRun(first_frame, quantized(list(scores)))


def events(*runs: ScoreRun, rule: EventRule | None = None, end_s: float = 1e9) -> list[tuple[float, float]]:
    found = detect_events(WREN, runs, rule or EventRule(min_gap_s=0.0), step_s=STEP_S, end_s=end_s)
    return [(event.onset_s, event.offset_s) for event in found]


def cut_whole(
    analyzed: list[range], steps: dict[int, Steps], rule: EventRule, step_s: float = STEP_S, end_s: float = 1e9
) -> list[Cut]:
    found = cut_taxon(WREN, analyzed, steps, rule, step_s=step_s, end_s=end_s)
    return [(event.onset_s, event.offset_s, round(event.confidence * 65535)) for event in found]


thresholds = st.one_of(
    st.sampled_from([0.0, 1.0, 1e-45, 0.05, 0.3, 0.5, 0.6]),
    st.integers(0, 65535).map(lambda step: step / 65535),
    st.floats(0, 1, width=32),
    st.floats(0, 1),
)
steps_s = st.sampled_from([0.5, 0.25, 5.0, 1 / 3, 0.1171875, 0.32])


@st.composite
def rules(draw: st.DrawFn) -> EventRule:
    onset, offset = draw(thresholds), draw(thresholds)
    quarters = st.integers(0, 12).map(lambda step: step / 4)
    return EventRule(max(onset, offset), min(onset, offset), draw(quarters), draw(quarters))


def row_of(rule: EventRule, row: bytes) -> list[int]:
    """Return a step for each byte, most of them beside a threshold of the rule: bytes are made fast."""
    near = [
        threshold_step(threshold) + shift
        for threshold in (rule.onset_threshold, rule.offset_threshold)
        for shift in (-1, 0, 1)
    ]
    beside = [0, 65535, *(min(65535, max(0, step)) for step in near)]
    return [beside[byte % 8] if byte < 200 else byte * 40503 % 65536 for byte in row]


ruled_rows = st.builds(lambda rule, row: (rule, row_of(rule, row)), rules(), st.binary(min_size=1, max_size=60))
segments = st.lists(
    st.tuples(st.binary(max_size=30), st.sampled_from([0, 0, 3]), st.booleans()), min_size=1, max_size=4
)
"""Of each the scores, how many frames were lost before it, and whether it stayed below the floor."""


@settings(max_examples=1000)
@given(rules(), steps_s, segments, st.integers(0, 1000), st.sampled_from([None, 0.0, 0.6]))
def test_events_are_those_of_the_rule_applied_one_step_at_a_time(
    rule: EventRule, step_s: float, made: list[tuple[bytes, int, bool]], first: int, short: float | None
) -> None:
    analyzed, steps, row, stop = [], {}, [], first
    for number, (scores, lost, is_silent) in enumerate(made):
        part = row_of(rule, scores)
        analyzed.append(range(stop + lost, stop + lost + len(part)))
        if not is_silent or not number:
            steps[number] = np.array(part, np.uint16)
        row += [*([0] * lost), *(part if number in steps else [0] * len(part))]
        stop = analyzed[-1].stop
    end_s = 1e9 if short is None else (stop - short) * step_s
    runs = [(each.start, len(each)) for each in join_ranges(analyzed)]
    expected = cut_slowly(row, first, runs, rule, step_s=step_s, end_s=end_s)
    assert cut_whole(analyzed, steps, rule, step_s, end_s) == expected


@given(ruled_rows, st.data())
def test_where_segments_were_cut_does_not_matter(given: tuple[EventRule, list[int]], data: st.DataObject) -> None:
    rule, row = given
    cuts = sorted(data.draw(st.sets(st.integers(1, len(row)), max_size=4)) | {0, len(row)})
    analyzed = [range(a, b) for a, b in itertools.pairwise(cuts)]
    pieces = {n: np.array(row[part.start : part.stop], np.uint16) for n, part in enumerate(analyzed)}
    whole = {0: np.array(row, np.uint16)}
    assert cut_whole(analyzed, pieces, rule) == cut_whole([range(len(row))], whole, rule)


@given(st.floats(0, 1), st.integers(0, 65535))
def test_a_step_reaches_a_threshold_where_the_score_that_it_stands_for_does(threshold: float, step: int) -> None:
    if abs(step / 65535 - threshold) > 1e-12:
        assert (step >= threshold_step(threshold)) == (step / 65535 >= threshold)


def test_the_ends_of_the_scale_and_every_step_are_thresholds_of_their_own() -> None:
    assert [threshold_step(value) for value in (0.0, 1.0, 1e-60, 0.05, 0.6)] == [0, 65535, 1, 3277, 39321]
    assert [threshold_step(step / 65535) for step in range(65536)] == list(range(65536))
    assert threshold_step(math.nextafter(0.05, 1)) == 3277


def test_scores_within_a_step_of_a_threshold_are_on_its_side() -> None:
    assert events(run(0.6 - 6e-6), rule=EventRule(0.6, 0.6)) == [(0.0, 0.5)]
    assert events(run(0.6 - 9e-6), rule=EventRule(0.6, 0.6)) == []
    assert events(run(0.3), rule=EventRule(0.3, 0.3)) == [], "19660.5 steps are 19660, and the threshold is 19661"


def test_the_examples_for_other_languages_are_up_to_date_and_read_right() -> None:
    text = golden_cuts.FILE.read_text()
    assert text == golden_cuts.make(), "python -m tests.unit.domain.golden_cuts writes them again"
    assert len(text) < 100_000
    cases = json.loads(text)["cases"]
    for case in cases:
        where = {"step_s": case["step_s"], "end_s": case["end_s"]}
        found = cut_slowly(case["steps"], case["first"], case["runs"], EventRule(**case["rule"]), **where)
        assert [list(each) for each in found] == case["events"], case["name"]
    assert sum(len(case["events"]) for case in cases) > 300


@given(ruled_rows)
def test_events_are_in_order_apart_and_long_enough(given: tuple[EventRule, list[int]]) -> None:
    rule, row = given
    found = events(ScoreRun(0, np.array(row, np.uint16)), rule=rule)
    for onset_s, offset_s in found:
        assert offset_s - onset_s >= max(rule.min_event_s, STEP_S)
    for (_, before), (after, _) in itertools.pairwise(found):
        assert after - before >= max(rule.min_gap_s, STEP_S)


def test_a_voice_that_wavers_between_the_thresholds_is_one_event() -> None:
    assert events(run(0.1, 0.6, 0.4, 0.35, 0.7, 0.2)) == [(0.5, 2.5)]


def test_a_voice_that_never_reaches_the_onset_threshold_is_no_event() -> None:
    assert events(run(0.4, 0.45, 0.49)) == []


def test_the_thresholds_themselves_count() -> None:
    assert events(run(0.6, 0.2, 0.19), rule=EventRule(0.6, 0.2, 0.0, 0.0)) == [(0.0, 1.0)]


def test_an_event_at_the_very_end_does_not_reach_beyond_the_recording() -> None:
    assert events(run(0.1, 0.9, 0.9), end_s=1.2) == [(0.5, 1.2)]


def test_events_are_joined_before_short_ones_are_dropped() -> None:
    calls = run(0.9, 0.0, 0.9, 0.0, 0.0, 0.0, 0.9)
    assert events(calls, rule=EventRule(min_gap_s=1.0, min_event_s=1.0)) == [(0.0, 1.5)]


def test_no_event_bridges_lost_audio() -> None:
    assert events(run(0.9, 0.9), run(0.9, first_frame=3), rule=EventRule(min_gap_s=5.0)) == [(0.0, 1.0), (1.5, 2.0)]


def test_confidence_is_the_peak_within_the_event() -> None:
    (found,) = detect_events(WREN, [run(0.5, 0.9, 0.4)], EventRule(), step_s=STEP_S, end_s=9)
    assert found.confidence == pytest.approx(0.9, abs=1e-5)


def test_ranges_that_touch_become_one_and_a_gap_stays() -> None:
    assert join_ranges([range(1), range(1, 3), range(4, 5)]) == [range(3), range(4, 5)]
    assert join_ranges([range(0), range(2, 2), range(3, 5), range(5, 5), range(5, 6)]) == [range(3, 6)]
    assert join_ranges([]) == []


def test_an_analyzed_segment_without_scores_is_silence_and_a_lost_one_is_a_gap() -> None:
    analyzed = [range(2), range(2, 4), range(6, 8), range(8, 10)]
    steps = {0: quantized([0.1, 0.9]), 2: quantized([0.9, 0.1])}
    runs = [(each.first_frame, dequantize_scores(each.steps).tolist()) for each in place_steps(analyzed, steps)]
    expected = [[0.1, 0.9, 0.0, 0.0], [0.9, 0.1, 0.0, 0.0]]
    assert runs == [(0, pytest.approx(expected[0], abs=1e-5)), (6, pytest.approx(expected[1], abs=1e-5))]


def test_below_an_offset_of_zero_an_event_goes_on_through_silence_to_the_end_of_its_run() -> None:
    assert cut_whole([range(2), range(2, 4), range(6, 8)], {0: quantized([0, 1])}, EventRule(0.5, 0.0)) == [
        (0.5, 2.0, 65535)
    ]


@given(ruled_rows, st.data())
def test_what_stayed_below_the_floor_may_be_left_out(given: tuple[EventRule, list[int]], data: st.DataObject) -> None:
    rule, row = given
    cuts = sorted(data.draw(st.sets(st.integers(1, len(row)), max_size=6)) | {0, len(row)})
    analyzed = [range(a, b) for a, b in itertools.pairwise(cuts)]
    floor = threshold_step(rule.offset_threshold)
    parts = {n: np.array(row[part.start : part.stop], np.uint16) for n, part in enumerate(analyzed)}
    kept = {n: part for n, part in parts.items() if part.max() >= floor}
    if floor > 0:
        assert cut_whole(analyzed, kept, rule) == cut_whole(analyzed, parts, rule)


def numbers(*channels: int) -> NDArray[np.uint8]:
    return np.array(channels, np.uint8)


def cut(*segments: tuple[list[float], list[int]], min_gap_s: float = 0.0) -> list[tuple[float, int | None]]:
    """Return confidence and channel of the events over segments of four steps each."""
    analyzed = [range(4 * number, 4 * number + 4) for number in range(len(segments))]
    scores = {number: quantized(given) for number, (given, _) in enumerate(segments) if given}
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
    scores = {0: quantized([0.9, 0.0])}
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
