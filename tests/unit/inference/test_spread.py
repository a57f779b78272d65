"""How far the members of an ensemble are apart: in windows, in timelines, and in the events that are cut from them."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.detections import cut_taxon
from dawn_chorus.domain.event_rules import EventRule
from dawn_chorus.domain.taxonomy import Taxon
from dawn_chorus.domain.timeline import Grid, quantize_scores
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.segment_scores import SegmentScores, highest_scores, to_timeline
from tests.packs import write_random_pack
from tests.unit.inference.naive import NaivePack
from tests.unit.inference.sounds import load_stretch, open_pack, random_sounds, rates_of

DURATION_S = 23.2
WREN = Taxon("winwre4", "Troglodytes troglodytes", "Eurasian Wren", "Aves")
RULE = EventRule(0.5, 0.3, 0.0, 0.5)


def expected_spread(pack: NaivePack, k_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard deviation by window and taxon, and how many members know each taxon."""
    of_members = []
    for member in pack.members:
        rows = np.full((k_count, len(pack.codes)), np.nan)
        rows[:, member.columns] = [member.view_average(k) for k in range(k_count)]
        rows[:, member.excluded] = np.nan
        of_members.append([pack.smooth(rows.tolist(), k) for k in range(k_count)])
    scores = np.array(of_members)
    known = ~np.isnan(scores).any(axis=1)
    counts = known.sum(axis=0)
    filled = np.where(known[:, None], scores, 0.0)
    mean = filled.sum(axis=0) / np.maximum(counts, 1)
    squares = np.where(known[:, None], (filled - mean) ** 2, 0.0).sum(axis=0)
    return np.sqrt(squares / np.maximum(counts, 1)), counts


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_standard_deviation_of_what_members_say(tmp_path: Path, seed: int, *, foreign: bool) -> None:
    folder = write_random_pack(tmp_path / "pack", seed=seed, n_members=3, foreign=foreign)
    ensemble = open_pack(folder)
    sounds = random_sounds(rates_of(ensemble), DURATION_S, seed)
    whole = Segment(0, 0.0, DURATION_S)
    scores = score_segment(ensemble, load_stretch(ensemble, sounds, whole), whole, duration_s=DURATION_S)
    naive = NaivePack(folder)
    naive.score(sounds, DURATION_S)
    spread, members = expected_spread(naive, len(scores.window_scores))
    assert scores.window_spread is not None
    np.testing.assert_allclose(scores.window_spread / 255, spread, atol=0.51 / 255 + 1e-3)
    timeline = to_timeline(scores, whole, ensemble.facts, 0.0, analyzed_s=DURATION_S)
    assert [row.window_spread is not None for row in timeline.rows] == (members > 1).tolist()


def test_one_member_has_none(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path / "pack", seed=1, n_members=1))
    sounds = random_sounds(rates_of(ensemble), DURATION_S)
    whole = Segment(0, 0.0, DURATION_S)
    scores = score_segment(ensemble, load_stretch(ensemble, sounds, whole), whole, duration_s=DURATION_S)
    assert scores.window_spread is None
    timeline = to_timeline(scores, whole, ensemble.facts, 0.0, analyzed_s=DURATION_S)
    assert {row.window_spread for row in timeline.rows} == {None}


def test_of_two_channels_it_is_that_of_the_one_that_counts() -> None:
    one, other = np.array([[0.9], [0.1]], np.float32), np.array([[0.2], [0.8]], np.float32)
    spreads = (np.array([[1], [2]], np.uint8), np.array([[3], [4]], np.uint8))
    parts = [
        SegmentScores(0, scores, 0, None, window_spread=spread)
        for scores, spread in zip((one, other), spreads, strict=True)
    ]
    joined = highest_scores(*parts).window_spread
    assert joined is not None
    assert joined.tolist() == [[1], [4]]


def test_an_event_has_the_spread_of_the_window_of_its_peak() -> None:
    """Two events; the peak of each lies in another window than where it begins."""
    grid = Grid(window_s=5.0, frame_s=0.5)
    scores = np.zeros(40, np.float32)
    scores[8:12], scores[11], scores[28:33], scores[31] = 0.6, 0.9, 0.6, 0.8
    frames = range(100, 140)
    spread = grid.spread_of_events(np.array([51, 102, 153, 204], np.uint8), 10, frames)
    assert spread.tolist() == [51] * 10 + [102] * 10 + [153] * 10 + [204] * 10
    events = cut_taxon(WREN, [frames], {0: quantize_scores(scores)}, RULE, step_s=0.5, end_s=70.0, spreads={0: spread})
    assert [event.spread for event in events] == pytest.approx([0.4, 0.8])
    bare = cut_taxon(WREN, [frames], {0: quantize_scores(scores)}, RULE, step_s=0.5, end_s=70.0)
    assert [event.spread for event in bare] == [None, None]


def test_where_it_was_not_measured_of_a_part_events_there_have_none() -> None:
    """An analysis that a worker of the version before began."""
    scores = {position: quantize_scores(np.array([0.9, 0.1], np.float32)) for position in (0, 1)}
    analyzed = [range(2), range(4, 6)]
    spreads = {1: np.array([255, 0], np.uint8)}
    events = cut_taxon(WREN, analyzed, scores, RULE, step_s=5.0, end_s=30.0, spreads=spreads)
    assert [event.spread for event in events] == [None, 1.0]
