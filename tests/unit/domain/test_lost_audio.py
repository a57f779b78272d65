from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.lost_audio import (
    MOST_STRETCHES,
    LostStretch,
    NothingHeard,
    analyzed_s,
    bound_lost,
    clip_lost,
    describe_lost,
    lost_in_both,
)
from dawn_chorus.domain.recording import round_s

SEGMENT = Segment(1, 300.0, 600.0)


def clip(*lost: LostStretch) -> tuple[LostStretch, ...]:
    return clip_lost(lost, SEGMENT.start_s, SEGMENT.end_s)


def test_a_segment_without_lost_audio_is_analyzed_to_its_last_microsecond() -> None:
    assert analyzed_s(Segment(0, 0.0, 61.733333), []) == 61.733333
    assert describe_lost([]) is None


def test_lost_audio_in_the_margin_around_the_segment_does_not_count() -> None:
    around = [LostStretch(290.0, 300.0, "before"), LostStretch(600.0, 610.0, "after")]
    assert analyzed_s(SEGMENT, around) == 300.0
    assert clip(*around) == ()


def test_lost_audio_is_named_with_its_stretch_and_its_reason() -> None:
    lost = clip(LostStretch(590.5, 700.0, "the file ends here"))
    assert analyzed_s(SEGMENT, lost) == 290.5
    assert describe_lost(lost) == "lost 590.500 s to 600.000 s: the file ends here"


def test_a_file_damaged_all_over_names_a_few_stretches_and_counts_the_rest() -> None:
    lost = [LostStretch(300.0 + 2 * n, 301.0 + 2 * n, "bad frame") for n in range(50)]
    assert analyzed_s(SEGMENT, lost) == 250.0
    description = describe_lost(lost)
    assert description is not None
    assert description.count("bad frame") == 3
    assert description.endswith("and 47 more stretches")


@pytest.mark.parametrize("length_s", [1 / 48_000, 0.0004, 1e-6])
def test_a_stretch_too_short_for_milliseconds_is_not_named_from_12_s_to_12_s(length_s: float) -> None:
    (stretch,) = clip(LostStretch(312.0, 312.0 + length_s, "no finite numbers"))
    description = describe_lost([stretch])
    assert description is not None
    assert "312.000 s to 312.000 s" not in description
    assert f"312.000000 s to {stretch.end_s:.6f} s" in description


def test_neighbors_lost_for_the_same_reason_are_one_stretch_and_others_are_not() -> None:
    lost = clip(LostStretch(310.0, 320.0, "a"), LostStretch(305.0, 310.0, "a"), LostStretch(320.0, 321.0, "b"))
    assert lost == (LostStretch(305.0, 320.0, "a"), LostStretch(320.0, 321.0, "b"))


@pytest.mark.parametrize("count", [99, 100, 101, 1000])
def test_at_most_so_many_stretches_are_told_apart_and_the_last_covers_the_rest(count: int) -> None:
    lost = [LostStretch(float(n), n + 0.5, "bad frame") for n in range(count)]
    bounded = bound_lost(lost)
    assert len(bounded) == min(count, MOST_STRETCHES)
    assert (bounded[0], bounded[-1].end_s) == (lost[0], lost[-1].end_s)
    if count > MOST_STRETCHES:
        assert bounded[-1].start_s == 99.0
        assert bounded[-1].reason == f"{count - 99} stretches with audio between them: bad frame"


def test_a_segment_of_which_nothing_is_left_says_why() -> None:
    error = NothingHeard((LostStretch(300.0, 600.0, "the file ends early"),))
    assert str(error) == "lost 300.000 s to 600.000 s: the file ends early"
    assert str(NothingHeard(())) == "the segment holds no audio"


moments = st.integers(0, 900_000_000).map(lambda microseconds: round_s(microseconds / 1e6))


@given(st.lists(st.tuples(moments, moments).map(sorted), max_size=8), moments, moments)
def test_the_ledger_adds_up_however_stretches_overlap(pairs: list[list[float]], one: float, other: float) -> None:
    segment = Segment(0, min(one, other), max(one, other) + 1.0)
    lost = [LostStretch(start_s, end_s, "lost") for start_s, end_s in pairs]
    left_s = analyzed_s(segment, lost)
    edges = sorted({segment.start_s, segment.end_s, *(edge for pair in pairs for edge in pair)})
    lost_s = sum(
        after - before
        for before, after in pairwise(edges)
        if before >= segment.start_s
        and after <= segment.end_s
        and any(start_s <= before and after <= end_s for start_s, end_s in pairs)
    )
    assert abs(segment.duration_s - left_s - lost_s) < 2e-6
    assert 0 <= left_s <= segment.duration_s
    assert (not clip_lost(lost, segment.start_s, segment.end_s)) == (left_s == segment.duration_s)


@given(st.lists(st.tuples(moments, moments).map(sorted), max_size=8), st.lists(st.tuples(moments, moments).map(sorted)))
def test_audio_is_lost_where_it_is_lost_in_both_channels(one: list[list[float]], other: list[list[float]]) -> None:
    both = lost_in_both(
        [LostStretch(start_s, end_s, "a") for start_s, end_s in one],
        [LostStretch(start_s, end_s, "b") for start_s, end_s in other],
    )
    edges = sorted({edge for pair in (*one, *other) for edge in pair})
    for before, after in pairwise(edges):
        in_each = [any(start_s <= before and after <= end_s for start_s, end_s in pairs) for pairs in (one, other)]
        assert any(stretch.start_s <= before and after <= stretch.end_s for stretch in both) == all(in_each)
    assert {stretch.reason for stretch in both} <= {"a"}


def test_channels_damaged_all_over_are_compared() -> None:
    """Pair by pair it would take half an hour, which the limit of a test does not allow."""
    lost = tuple(LostStretch(round_s(n * 0.011), round_s(n * 0.011 + 0.001), "no numbers") for n in range(27_000))
    assert lost_in_both(lost, lost) == lost
