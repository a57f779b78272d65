from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.recording import round_s
from dawn_chorus.inference.waveforms.loading import LostStretch
from dawn_chorus.worker.lost_audio import measure_lost_audio

SEGMENT = Segment(1, 300.0, 600.0)


def test_a_segment_without_lost_audio_is_analyzed_to_its_last_microsecond() -> None:
    analyzed = measure_lost_audio(Segment(0, 0.0, 61.733333), [])
    assert (analyzed.analyzed_s, analyzed.lost) == (61.733333, None)


def test_lost_audio_in_the_margin_around_the_segment_does_not_count() -> None:
    analyzed = measure_lost_audio(SEGMENT, [LostStretch(290.0, 300.0, "before"), LostStretch(600.0, 610.0, "after")])
    assert (analyzed.analyzed_s, analyzed.lost) == (300.0, None)


def test_lost_audio_is_named_with_its_stretch_and_its_reason() -> None:
    analyzed = measure_lost_audio(SEGMENT, [LostStretch(590.5, 700.0, "the file ends here")])
    assert analyzed.analyzed_s == 290.5
    assert analyzed.lost == "lost 590.500 s to 600.000 s: the file ends here"


def test_a_file_damaged_all_over_names_a_few_stretches_and_counts_the_rest() -> None:
    stretches = [LostStretch(300.0 + 2 * n, 301.0 + 2 * n, "bad frame") for n in range(50)]
    analyzed = measure_lost_audio(SEGMENT, stretches)
    assert analyzed.analyzed_s == 250.0
    assert analyzed.lost is not None
    assert analyzed.lost.endswith("and 47 more stretches")


moments = st.integers(0, 900_000_000).map(lambda microseconds: round_s(microseconds / 1e6))


@given(st.lists(st.tuples(moments, moments).map(sorted), max_size=8), moments, moments)
def test_the_ledger_adds_up_however_stretches_overlap(pairs: list[list[float]], one: float, other: float) -> None:
    segment = Segment(0, min(one, other), max(one, other) + 1.0)
    analyzed = measure_lost_audio(segment, [LostStretch(start_s, end_s, "lost") for start_s, end_s in pairs])
    edges = sorted({segment.start_s, segment.end_s, *(edge for pair in pairs for edge in pair)})
    lost_s = sum(
        after - before
        for before, after in pairwise(edges)
        if before >= segment.start_s
        and after <= segment.end_s
        and any(start_s <= before and after <= end_s for start_s, end_s in pairs)
    )
    assert abs(segment.duration_s - analyzed.analyzed_s - lost_s) < 2e-6
    assert 0 <= analyzed.analyzed_s <= segment.duration_s
    assert (analyzed.lost is None) == (analyzed.analyzed_s == segment.duration_s)
