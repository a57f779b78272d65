"""What `score-events` measures agrees with sed_scores_eval, and with values computed by hand."""

from pathlib import Path

import numpy as np
import pytest
from sed_scores_eval import collar_based, intersection_based
from sed_scores_eval.base_modules.scores import create_score_dataframe
from sklearn.metrics import roc_auc_score

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.evaluation.events.counts import CRITERIA, count_events, find_errors
from models.workshop.evaluation.events.frames import FrameAuc
from models.workshop.evaluation.events.measures import Measuring, measure_units
from models.workshop.evaluation.events.psds import PsdsTable
from models.workshop.evaluation.events.sources import GRID_S, Scored
from models.workshop.evaluation.events.truth import Block
from models.workshop.evaluation.events.units import Unit, make_units
from models.workshop.evaluation.matching import pair_by_overlap

LIBRARY = {
    "F1 collar 0.2 s": (
        collar_based.intermediate_statistics.statistics_fn,
        {"onset_collar": 0.2, "offset_collar": 0.2, "offset_collar_rate": 0.2},
    ),
    "F1 collar 0.5 s": (
        collar_based.intermediate_statistics.statistics_fn,
        {"onset_collar": 0.5, "offset_collar": 0.5, "offset_collar_rate": 0.5},
    ),
    "F1 intersection": (
        intersection_based.intermediate_statistics.statistics_fn,
        {"dtc_threshold": 0.5, "gtc_threshold": 0.5, "cttc_threshold": None},
    ),
}


def spans(rng: np.random.Generator, n: int) -> np.ndarray:
    onsets = np.sort(rng.uniform(0, 20, n))
    return np.stack([onsets, onsets + rng.uniform(0.3, 1.5, n)], axis=1)


@pytest.mark.parametrize("name", LIBRARY)
def test_hits_and_false_alarms_are_those_of_sed_scores_eval(name: str) -> None:
    rng = np.random.default_rng(1)
    statistics, options = LIBRARY[name]
    hits = 0
    for _ in range(200):
        truth = spans(rng, rng.integers(1, 12))
        near = truth + rng.normal(0, 0.3, truth.shape)
        found = np.concatenate([near[near[:, 1] > near[:, 0]], spans(rng, rng.integers(1, 6))])
        hit, false = CRITERIA[name](truth, found)
        expected = statistics(found[None, :, 0], found[None, :, 1], truth[:, 0], truth[:, 1], {}, {}, **options)
        assert (hit.sum(), false.sum()) == (expected["tps"][0], expected["fps"][0])
        hits += hit.sum()
    assert hits > 200


def test_a_detection_without_anything_true_is_false() -> None:
    for criterion in CRITERIA.values():
        hit, false = criterion(np.zeros((0, 2)), np.array([[1.0, 2.0]]))
        assert (hit.size, false.tolist()) == (0, [True])
        hit, false = criterion(np.array([[1.0, 2.0]]), np.zeros((0, 2)))
        assert (hit.tolist(), false.size) == ([False], 0)


def test_events_are_paired_with_what_overlaps_them_most() -> None:
    truth, found = np.array([[0.0, 2.0], [3.0, 4.0]]), np.array([[1.5, 3.9], [0.1, 1.4], [8.0, 9.0]])
    assert pair_by_overlap(truth, found).tolist() == [[0, 1], [1, 0]]


def unit(truth: list[Event], found: list[Event], scores: np.ndarray, n_stretches: int, name: str = "a") -> Unit:
    return Unit(name, len(scores) * GRID_S, tuple(truth), tuple(found), scores, n_stretches)


def test_late_onsets_are_positive_and_an_event_counts_for_the_stretch_of_its_middle() -> None:
    truth = [Event("wren", 1.0, 3.0), Event("wren", 4.0, 7.0), Event("robin", 8.0, 9.0)]
    found = [Event("wren", 1.4, 2.5), Event("wren", 3.8, 7.2), Event("wren", 9.0, 9.5)]
    whole = unit(truth, found, np.zeros((400, 2)), 2)
    stretches, errors_s = find_errors(whole, ["wren", "robin"])
    assert stretches.tolist() == [0, 1]
    np.testing.assert_allclose(errors_s, [[0.4, -0.5], [-0.2, 0.2]])
    counts = count_events(whole, ["wren", "robin"])
    assert counts["overlap"].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert counts["F1 collar 0.2 s"].tolist() == [[0, 1, 1], [1, 1, 1]]


@pytest.mark.parametrize(("n_recordings", "n_stretches"), [(9, 3), (10, 1)])
def test_stretches_of_five_seconds_are_drawn_where_recordings_are_few(n_recordings: int, n_stretches: int) -> None:
    clips = tuple(Clip(f"{number}.wav", (), "", "CC0", "", 0, 14.0) for number in range(n_recordings))
    dataset = Dataset(Path(), (Taxon("wren", "Wren", "Wren", "Aves"),), clips, {clip.path: () for clip in clips})
    scored = [Scored(clip, np.zeros((28, 1), np.float32), 0.5, (), ()) for clip in clips]
    units = make_units(dataset, Block("Taxa", ("wren",), clips), scored)
    assert [unit.n_stretches for unit in units] == [n_stretches] * n_recordings


def test_no_event_is_cut_and_the_other_frames_go_by_time() -> None:
    owners = unit([Event("wren", 4.0, 7.0)], [], np.zeros((400, 2)), 2).owners(["wren", "robin"])
    assert owners[:160, 0].max() == 0
    assert owners[160:, 0].min() == 1, "the event's middle is in the second half, and so is all of it"
    assert owners[:200, 1].max() == 0
    assert owners[200:, 1].min() == 1


def random_units(rng: np.random.Generator, n_stretches: int) -> list[Unit]:
    units = []
    for name in "ab":
        truth = [Event(code, s, s + rng.uniform(0.5, 2)) for code in ("wren", "robin") for s in (1.0, 4.5, 8.0, 12.0)]
        scores = np.repeat(np.round(rng.random((40, 2)), 2), 20, axis=0)
        units.append(unit(truth, [], scores, n_stretches, name))
    return units


@pytest.mark.parametrize("n_stretches", [1, 3])
def test_psds_of_all_stretches_is_that_of_sed_scores_eval(n_stretches: int) -> None:
    units = random_units(np.random.default_rng(4), n_stretches)
    for share in (0.5, 0.3):
        tables = {
            u.recording: create_score_dataframe(u.scores, np.arange(len(u.scores) + 1) * GRID_S, ["wren", "robin"])
            for u in units
        }
        truth = {u.recording: [(e.onset_s, e.offset_s, e.code) for e in u.truth] for u in units}
        durations_s = {u.recording: u.duration_s for u in units}
        expected, *_ = intersection_based.psds(
            tables, truth, durations_s, dtc_threshold=share, gtc_threshold=share, max_efpr=1000.0
        )
        table = PsdsTable(units, ["wren", "robin"], share, max_false_alarms_per_hour=1000.0)
        assert 0 < expected < 1
        assert table.area(range(2 * n_stretches)) == pytest.approx(expected)


def test_psds_leaves_out_taxa_that_a_draw_has_no_event_of() -> None:
    scores = np.zeros((400, 2))
    scores[40:80, 0] = 0.9
    units = [unit([Event("wren", 1.0, 2.0)], [], scores, 1), unit([Event("robin", 1.0, 2.0)], [], 0 * scores, 1, "b")]
    table = PsdsTable(units, ["wren", "robin"], 0.5)
    assert table.area([0]) == pytest.approx(1.0)
    assert table.area([1]) == pytest.approx(0.0)
    assert table.area([0, 1]) == pytest.approx(0.5)


def test_frame_auc_is_scikit_learns_within_recordings_and_pooled() -> None:
    units = random_units(np.random.default_rng(5), 3)
    values = Measuring(units, ["wren", "robin"]).measure_all()
    active = [u.active(["wren", "robin"]) for u in units]
    within = [roc_auc_score(a[:, c], u.scores[:, c]) for u, a in zip(units, active, strict=True) for c in (0, 1)]
    assert values["frame AUC within"] == pytest.approx(np.mean(within))
    scores, truth = np.concatenate([u.scores for u in units]), np.concatenate(active)
    pooled = [roc_auc_score(truth[:, c], scores[:, c]) for c in (0, 1)]
    assert values["frame AUC pooled"] == pytest.approx(np.mean(pooled))


def test_a_recording_counts_within_by_the_share_of_it_that_is_drawn() -> None:
    truth = [Event("wren", 1.0, 2.0), Event("wren", 6.0, 7.0)]
    right = np.zeros((400, 1))
    right[40:80] = right[240:280] = 1.0
    measuring = Measuring([unit(truth, [], right, 2), unit(truth, [], 1 - right, 2, "b")], ["wren"])
    assert measuring.measure_all()["frame AUC within"] == pytest.approx(0.5)
    assert measuring.measure([0, 2, 3])["frame AUC within"] == pytest.approx(1 / 3)


def test_frame_auc_counts_a_stretch_as_often_as_it_is_drawn() -> None:
    rng = np.random.default_rng(6)
    truth, scores, stretches = rng.random(300) < 0.3, rng.integers(0, 9, 300) / 10, rng.integers(0, 3, 300)
    frames = FrameAuc(truth, scores, stretches, 3)
    drawn = np.concatenate([np.flatnonzero(stretches == k) for k in (0, 2, 2)])
    assert frames.auc([0, 2, 2]) == pytest.approx(roc_auc_score(truth[drawn], scores[drawn]))
    assert np.isnan(FrameAuc(np.ones(300, bool), scores, stretches, 3).auc([0]))


def test_a_frame_is_active_if_its_middle_is_within_an_event() -> None:
    active = unit([Event("wren", 0.03, 0.1)], [], np.zeros((8, 1)), 1).active(["wren"])
    assert active[:, 0].tolist() == [False, True, True, True, False, False, False, False]


def test_the_intervals_are_of_the_seed_and_as_wide_as_the_stretches_differ() -> None:
    truth = [Event("wren", s, s + 1.0) for s in (1.0, 4.0, 6.0, 9.0, 11.0, 14.0)]
    scores = np.zeros((800, 1))
    half = unit(truth, truth[:3], scores, 4)
    one, same, other = (measure_units([half], ["wren"], draws=50, seed=seed) for seed in (1, 1, 2))
    name = "F1 collar 0.2 s"
    assert np.array_equal(one.drawn[name], same.drawn[name], equal_nan=True)
    assert not np.array_equal(one.drawn[name], other.drawn[name], equal_nan=True)
    assert one.values[name] == pytest.approx(2 * 3 / (2 * 3 + 3))
    low, high = one.interval(name)
    assert low < 0.5
    assert high > 0.8
    every = measure_units([unit(truth, truth, scores, 4)], ["wren"], draws=50, seed=1)
    assert every.interval(name) == (1.0, 1.0)
    gain, (low, high) = every.gain(name, one)
    assert gain == pytest.approx(1 / 3)
    assert low == pytest.approx(1 - one.interval(name)[1])
    assert high == pytest.approx(1 - one.interval(name)[0])
