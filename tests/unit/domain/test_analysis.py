"""Segments add up to the recording; states add up to a result."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.domain.analysis import AnalysisResult, SegmentState, plan_segments, result_of
from dawn_chorus.domain.event_rules import EventRule, EventRules

DONE, FAILED, QUEUED = SegmentState.DONE, SegmentState.FAILED, SegmentState.QUEUED
RUNNING, CANCELLED = SegmentState.RUNNING, SegmentState.CANCELLED


@given(st.integers(1, 10**11), st.sampled_from([0.7, 30.0, 300.0, 3600.0]))
def test_segments_cover_the_recording_to_the_microsecond(duration_us: int, segment_s: float) -> None:
    duration_s = min(duration_us / 1e6, 2000 * segment_s)
    segments = plan_segments(duration_s, segment_s)
    assert segments[0].start_s == 0.0
    assert segments[-1].end_s == pytest.approx(duration_s, abs=1e-6)
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(segments))
    assert all(0 < segment.duration_s <= segment_s + 1e-6 for segment in segments)
    assert round(sum(segment.duration_s for segment in segments), 6) == round(duration_s, 6)


def test_a_recording_of_whole_segments_has_no_empty_one_at_the_end() -> None:
    assert [segment.end_s for segment in plan_segments(600.0, 300.0)] == [300.0, 600.0]


def test_a_length_that_division_blurs_gets_no_empty_segment() -> None:
    assert len(plan_segments(87.5, 0.7)) == 125


def test_a_recording_of_no_length_has_no_segments() -> None:
    assert plan_segments(0.0, 300.0) == []


def test_a_recording_longer_than_declared_is_planned_on_from_its_declared_end() -> None:
    segments = plan_segments(700.0, 300.0, start_s=300.0, index=1)
    assert [(segment.index, segment.start_s, segment.end_s) for segment in segments] == [
        (1, 300.0, 600.0),
        (2, 600.0, 700.0),
    ]


@pytest.mark.parametrize(
    ("states", "failed_s", "result"),
    [
        ([DONE, DONE], 0.0, AnalysisResult.SUCCEEDED),
        ([DONE, DONE], 2.5, AnalysisResult.PARTIAL),
        ([DONE, FAILED], 300.0, AnalysisResult.PARTIAL),
        ([FAILED, FAILED], 600.0, AnalysisResult.FAILED),
        ([DONE, CANCELLED], 0.0, AnalysisResult.CANCELLED),
        ([FAILED, CANCELLED], 300.0, AnalysisResult.CANCELLED),
        ([DONE, QUEUED], 0.0, None),
        ([FAILED, RUNNING], 300.0, None),
        ([CANCELLED, RUNNING], 0.0, None),
    ],
)
def test_states_add_up_to_a_result(states: list[SegmentState], failed_s: float, result: AnalysisResult | None) -> None:
    assert result_of(states, failed_s) is result


def test_a_taxon_without_a_rule_of_its_own_takes_the_packs() -> None:
    own = EventRule(onset_threshold=0.8)
    rules = EventRules(EventRule(), {"eurwre": own})
    assert rules.of("eurwre") is own
    assert rules.of("comcha") == EventRule()


PACK_RULE = EventRule(onset_threshold=0.5, offset_threshold=0.3, min_event_s=0.0, min_gap_s=0.5)


def test_what_is_not_overridden_stays_as_it_was() -> None:
    assert PACK_RULE.changed() == PACK_RULE
    assert PACK_RULE.changed(min_event_s=1.0) == EventRule(0.5, 0.3, 1.0, 0.5)
    assert PACK_RULE.changed(min_gap_s=0.0) == EventRule(0.5, 0.3, 0.0, 0.0)


def test_of_two_thresholds_the_one_that_is_not_overridden_is_adjusted() -> None:
    assert PACK_RULE.changed(onset_threshold=0.1) == EventRule(0.1, 0.1, 0.0, 0.5)
    assert PACK_RULE.changed(offset_threshold=0.8) == EventRule(0.8, 0.8, 0.0, 0.5)


def test_an_event_that_would_end_as_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be above"):
        PACK_RULE.changed(onset_threshold=0.4, offset_threshold=0.6)


def test_an_override_leaves_the_other_fields_of_a_taxons_rule() -> None:
    rules = EventRules(PACK_RULE, {"eurwre": EventRule(onset_threshold=0.8)}).changed(min_event_s=2.0)
    assert rules.of("eurwre") == EventRule(0.8, 0.3, 2.0, 0.5)
    assert rules.default == EventRule(0.5, 0.3, 2.0, 0.5)
    assert rules.lowest_threshold == 0.3


@pytest.mark.parametrize(("start_s", "index"), [(0.0, 0), (700.0, 3), (1000.0, 4), (1200.0, 5)])
def test_what_lies_beyond_the_longest_duration_is_one_segment(start_s: float, index: int) -> None:
    segments = plan_segments(1e7, 300.0, start_s=start_s, index=index, most_s=1000.0)
    assert segments[0].start_s == start_s
    assert [segment.index for segment in segments] == list(range(index, index + len(segments)))
    assert all(one.end_s == next_one.start_s for one, next_one in itertools.pairwise(segments))
    assert (segments[-1].start_s, segments[-1].end_s) == (max(start_s, 1000.0), 1e7)
    assert len(segments) <= 5
