"""The grid belongs to the recording, not to the segments; quantizing loses almost nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawn_chorus.domain.recording import round_s
from dawn_chorus.domain.timeline import FRAME_STEPS, Grid, dequantize_scores, positions_s, quantize_scores

grids = st.builds(
    Grid,
    window_s=st.sampled_from([1.0, 3.0, 5.0]),
    frame_s=st.sampled_from([None, 0.25, 0.3707, 0.5, 1.25]),
)


@given(grids, st.floats(0.01, 5000), st.sampled_from([0.7, 30.0, 299.9, 300.0, 1000.0]))
def test_segments_share_out_every_window_and_frame_exactly_once(
    grid: Grid, duration_s: float, segment_s: float
) -> None:
    edges = [*np.arange(0, duration_s, segment_s).tolist(), duration_s]
    pairs = list(itertools.pairwise(edges))
    windows = [window for start_s, end_s in pairs for window in grid.windows(start_s, end_s)]
    frames = [frame for start_s, end_s in pairs for frame in grid.frames(start_s, end_s)]
    assert windows == list(grid.windows(0, duration_s))
    assert frames == list(grid.frames(0, duration_s))
    assert windows == list(range(len(windows)))
    assert frames == list(range(len(frames)))


@pytest.mark.parametrize(
    ("duration_s", "count"), [(0.3, 1), (4.99, 1), (5.0, 1), (5.01, 2), (7.5, 2), (61.7, 13), (300.0, 60)]
)
def test_a_recording_has_a_window_for_every_started_five_seconds(duration_s: float, count: int) -> None:
    assert len(Grid(5.0, 0.5).windows(0.0, duration_s)) == count


def test_a_segment_owns_the_frames_whose_center_lies_in_it() -> None:
    assert Grid(5.0, 0.5).frames(1.0, 2.0) == range(2, 4)
    assert Grid(5.0, 0.5).frames(0.25, 0.75) == range(1)
    assert Grid(5.0, 0.5).frames(0.0, 0.2) == range(0)


def test_a_pack_without_frames_cuts_events_from_windows() -> None:
    assert Grid(5.0, None).event_step_s == 5.0
    assert Grid(5.0, 0.5).event_step_s == 0.5
    assert len(Grid(5.0, None).frames(0.0, 100.0)) == 0


@given(st.lists(st.floats(0, 1, width=32), max_size=50))
def test_quantized_scores_come_back_within_half_a_step_and_stay_put(scores: list[float]) -> None:
    given_scores = np.array(scores, np.float32)
    steps = quantize_scores(given_scores)
    back = dequantize_scores(steps)
    assert steps.dtype == np.dtype("<u2")
    assert np.all(np.abs(back - given_scores) <= 0.5001 / FRAME_STEPS + 1e-7)
    assert np.array_equal(quantize_scores(back), steps)


def test_scores_beyond_the_range_are_held_at_its_ends() -> None:
    assert quantize_scores(np.array([-0.1, 0.0, 1.0, 1.1], np.float32)).tolist() == [0, 0, FRAME_STEPS, FRAME_STEPS]


@given(
    st.lists(st.integers(0, 10**7), max_size=50),
    st.sampled_from([0.5, 5.0, 0.3707, 1 / 3, 0.0000005, 0.1234565, 0.0213333125, 1.0000015]) | st.floats(0.001, 10),
)
def test_positions_are_rounded_as_single_ones_are(numbers: list[int], step_s: float) -> None:
    found = positions_s(np.array(numbers, np.int64), step_s)
    assert found.tolist() == [round_s(number * step_s) for number in numbers]
