"""The scoring contract, compared with a slow and literal implementation of it over random packs and sounds."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.packs import Shape, write_random_pack
from tests.unit.inference.naive import NaivePack
from tests.unit.inference.sounds import open_pack, random_sounds, rates_of, score_sounds

LENGTHS_S = (0.3, 4.99, 5.0, 7.5, 23.2, 61.7)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), duration_s=st.sampled_from(LENGTHS_S), foreign=st.booleans())
def test_scores_equal_a_literal_implementation_of_the_contract(seed: int, duration_s: float, *, foreign: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        hold_to_the_contract(write_random_pack(Path(folder), seed=seed, foreign=foreign), seed, duration_s)


@pytest.mark.parametrize("seed", range(8))
def test_foreign_networks_of_one_rate_and_window_share_no_more_than_they_may(tmp_path: Path, seed: int) -> None:
    member = {"input": "waveform", "sample_rate_hz": 1000}
    pack = write_random_pack(tmp_path, seed=seed, n_members=3, member=member, shape=Shape(5.0, 10, 2.5), foreign=True)
    hold_to_the_contract(pack, seed, 7.5)


def hold_to_the_contract(pack: Path, seed: int, duration_s: float) -> None:
    ensemble = open_pack(pack)
    sounds = random_sounds(rates_of(ensemble), duration_s, seed)
    scores = score_sounds(ensemble, sounds, duration_s)
    windows, frames = NaivePack(pack).score(sounds, duration_s)
    np.testing.assert_allclose(scores.window_scores, windows, atol=1e-4)
    assert (scores.frame_scores is None) == (frames is None)
    if scores.frame_scores is not None and frames is not None:
        np.testing.assert_allclose(scores.frame_scores, frames, atol=1e-4)
