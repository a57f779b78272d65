import pytest

from dawn_chorus.domain.jobs import Lane, lane_for


@pytest.mark.parametrize(("duration_s", "lane"), [(0.3, Lane.EXPRESS), (600.0, Lane.EXPRESS), (600.1, Lane.BULK)])
def test_long_recordings_wait_in_a_lane_of_their_own(duration_s: float, lane: Lane) -> None:
    assert lane_for(duration_s) is lane


def test_a_requested_lane_comes_first() -> None:
    assert lane_for(86400.0, Lane.EXPRESS) is Lane.EXPRESS
