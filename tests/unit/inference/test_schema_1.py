"""Packs of before keep their scores: the synthetic pack's, as they were committed, in both schemas alike."""

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.inference.ensemble import SessionOptions, open_ensemble
from dawn_chorus.inference.segment_scores import SegmentScores
from dawn_chorus.inference.self_test import _score_whole

PACK = Path(__file__).parents[3] / "models" / "packs" / "synthetic"
TOLERANCE = 1e-6
"""Kinds of CPUs differ in the last bits."""


def scores_of(folder: Path) -> SegmentScores:
    golden = np.load(PACK / "golden.npz")
    ensemble = open_ensemble(folder, SessionOptions())
    return _score_whole(ensemble, golden["waveform"], int(golden["sample_rate_hz"]))


def turn_into_schema_1(folder: Path) -> Path:
    """Write the sha256 of each network into its own table."""
    shutil.copytree(PACK, folder)
    text = (folder / "pack.toml").read_text().split("[files]")[0].replace("schema = 2", "schema = 1")

    def with_sha256(line: re.Match[str]) -> str:
        return f'{line[0]}\nsha256 = "{hashlib.sha256((folder / line[1]).read_bytes()).hexdigest()}"'

    (folder / "pack.toml").write_text(re.sub(r'^file = "(.*)"$', with_sha256, text, flags=re.MULTILINE))
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> SegmentScores:
    return scores_of(turn_into_schema_1(tmp_path_factory.mktemp("packs") / "synthetic"))


def test_a_pack_of_schema_1_scores_as_it_did(first: SegmentScores) -> None:
    golden = np.load(PACK / "golden.npz")
    assert np.ptp(golden["window_scores"]) > 0.9
    assert first.frame_scores is not None
    np.testing.assert_allclose(first.window_scores, golden["window_scores"], rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(first.frame_scores, golden["frame_scores"], rtol=0, atol=TOLERANCE)


def test_both_schemas_score_alike_to_the_bit(first: SegmentScores) -> None:
    second = scores_of(PACK)
    assert first.window_scores.tobytes() == second.window_scores.tobytes()
    assert first.frame_scores is not None
    assert second.frame_scores is not None
    assert first.frame_scores.tobytes() == second.frame_scores.tobytes()
