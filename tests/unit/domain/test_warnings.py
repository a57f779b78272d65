"""Warnings of segments become what users read: neighbors joined, short silence dropped."""

import pytest

from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode, join_codes, merge_warnings


def silence(start_s: float, end_s: float) -> AnalysisWarning:
    return AnalysisWarning(WarningCode.SILENCE, "digital silence", start_s, end_s)


def clipped(start_s: float, end_s: float, channel: int | None = None, detail: str = "clipped") -> AnalysisWarning:
    return AnalysisWarning(WarningCode.CLIPPED, detail, start_s, end_s, channel)


PLACE = AnalysisWarning(WarningCode.PLACE_CHANGED, "the place was changed")


@pytest.mark.parametrize(
    ("found", "spans"),
    [
        ([silence(10.0, 15.0)], [(10.0, 15.0)]),
        ([silence(10.0, 14.999)], []),
        ([silence(297.5, 300.0), silence(300.0, 302.5)], [(297.5, 302.5)]),
        ([silence(297.6, 300.0), silence(300.0, 302.5)], []),
        ([silence(300.0, 600.0), silence(299.0, 300.0), silence(600.0, 600.5)], [(299.0, 600.5)]),
        ([silence(290.0, 300.000011), silence(300.0, 303.0)], [(290.0, 303.0)]),
        ([silence(280.0, 290.0), silence(291.0, 300.0)], [(280.0, 290.0), (291.0, 300.0)]),
    ],
)
def test_silence_counts_across_the_edges_of_segments(
    found: list[AnalysisWarning], spans: list[tuple[float, float]]
) -> None:
    assert [(each.start_s, each.end_s) for each in merge_warnings(found)] == spans


def test_silence_names_its_whole_stretch() -> None:
    (merged,) = merge_warnings([silence(150.0, 300.0), silence(300.0, 600.25)])
    assert "150 s to 600.25 s" in merged.detail


def test_neighbors_are_joined_by_code_and_channel() -> None:
    found = [clipped(0, 300, 1), clipped(0, 300, 2), clipped(300, 600, 1), clipped(600, 900, 2)]
    merged = [(each.start_s, each.end_s, each.channel) for each in merge_warnings(found)]
    assert merged == [(0, 600, 1), (0, 300, 2), (600, 900, 2)]


def test_a_joined_warning_keeps_the_sentence_of_its_first_part() -> None:
    (merged,) = merge_warnings([clipped(300, 600, detail="3 %"), clipped(0, 300, detail="2 %")])
    assert merged == clipped(0, 600, detail="2 %")


def test_what_concerns_the_whole_analysis_comes_first_and_once() -> None:
    assert merge_warnings([clipped(0, 300), PLACE, PLACE]) == (PLACE, clipped(0, 300))


def test_codes_are_joined_each_once() -> None:
    found = [PLACE, clipped(0, 300, 1), clipped(0, 300, 2), silence(0, 9)]
    assert join_codes(merge_warnings(found)) == "place_changed;clipped;silence"
    assert join_codes(()) == ""
