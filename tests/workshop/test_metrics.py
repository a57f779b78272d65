"""Metrics agree with well-known implementations where those are defined, and report what they skip otherwise."""

import math
import warnings

import numpy as np
import pytest
from sed_scores_eval import collar_based
from sed_scores_eval.base_modules.scores import create_score_dataframe
from sklearn.metrics import average_precision_score, roc_auc_score

from models.workshop.data.manifest import Event
from models.workshop.evaluation.metrics import (
    auroc,
    average_precision,
    match_events,
    measure_windows,
    padded_cmap,
    psds,
)


@pytest.fixture
def tables() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = (rng.random((300, 6)) < 0.2).astype(float)
    scores = np.round(np.clip(truth * 0.4 + rng.random((300, 6)) * 0.7, 0, 1), 2)
    return truth, scores


def test_auroc_is_scikit_learns_ties_included(tables: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = tables
    for column in range(6):
        expected = roc_auc_score(truth[:, column], scores[:, column])
        assert auroc(truth[:, column], scores[:, column]) == pytest.approx(expected, abs=1e-12)
    assert measure_windows(truth, scores).macro_auroc == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)


def test_a_taxon_that_never_or_always_sings_is_left_out_and_counted(tables: tuple[np.ndarray, np.ndarray]) -> None:
    truth, scores = tables
    truth[:, 1], truth[:, 4] = 0, 1
    found = measure_windows(truth, scores)
    kept = [0, 2, 3, 5]
    assert found.n_taxa_scored == 4
    assert found.macro_auroc == pytest.approx(roc_auc_score(truth[:, kept], scores[:, kept]), abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert math.isnan(roc_auc_score(truth, scores)), "scikit-learn gives no macro value here at all"


def test_average_precision_is_scikit_learns_where_no_scores_tie(tables: tuple[np.ndarray, np.ndarray]) -> None:
    truth, _ = tables
    scores = np.random.default_rng(1).permutation(300) / 300
    expected = average_precision_score(truth[:, 0], scores)
    assert average_precision(truth[:, 0], scores) == pytest.approx(expected, abs=1e-12)


def test_padding_makes_precision_defined_for_taxa_without_positives(tables: tuple[np.ndarray, np.ndarray]) -> None:
    truth, _ = tables
    scores = np.random.default_rng(1).random((300, 6))
    truth[:, 2] = 0
    padded_truth = np.vstack([truth, np.ones((5, 6))])
    padded_scores = np.vstack([scores, np.ones((5, 6))])
    expected = average_precision_score(padded_truth, padded_scores)
    assert padded_cmap(truth, scores) == pytest.approx(expected, abs=1e-12)


def test_events_match_one_to_one_within_the_collar() -> None:
    truth = [Event("robin", 1.0, 2.0), Event("robin", 5.0, 9.0), Event("wren", 1.0, 2.0)]
    found = [Event("robin", 1.4, 2.3), Event("robin", 0.9, 2.0), Event("robin", 5.2, 7.5), Event("rail", 1.0, 2.0)]
    counts = match_events(truth, found)
    assert (counts.hits, counts.misses, counts.false_alarms) == (2, 1, 2)
    assert counts.f1 == pytest.approx(4 / 7)


def test_as_many_events_match_as_can() -> None:
    truth = [Event("robin", 1.0, 2.0), Event("robin", 1.4, 2.4)]
    found = [Event("robin", 1.3, 2.3), Event("robin", 1.8, 2.8)]
    counts = match_events(truth, found)
    assert (counts.hits, counts.misses, counts.false_alarms) == (2, 0, 0)


def test_event_f1_is_that_of_sed_scores_eval() -> None:
    rng = np.random.default_rng(3)
    truth = [Event("robin", s, s + 2.5) for s in np.arange(2.0, 60.0, 5.0)]
    found = [Event("robin", e.onset_s + rng.uniform(-0.8, 0.8), e.offset_s + rng.uniform(-1.6, 1.6)) for e in truth]
    edges = np.unique([0.0, 62.0, *(t for e in found for t in (e.onset_s, e.offset_s) if t > 0)])
    on = [any(e.onset_s <= edge < e.offset_s for e in found) for edge in edges[:-1]]
    table = create_score_dataframe(np.array(on, float)[:, None], edges, ["robin"])
    reference, *_ = collar_based.fscore(
        {"clip": table}, {"clip": [(e.onset_s, e.offset_s, e.code) for e in truth]}, 0.5,
        onset_collar=0.5, offset_collar=0.5, offset_collar_rate=0.5,
    )  # fmt: skip

    assert match_events(truth, found).f1 == pytest.approx(reference["robin"])


def test_psds_is_one_for_the_truth_itself_and_low_for_noise() -> None:
    truth = {"clip": [Event("robin", 1.0, 3.0), Event("wren", 4.0, 6.0)]}
    frames = np.zeros((40, 3))
    frames[4:12, 0] = frames[16:24, 1] = 1.0
    codes, durations_s = ["robin", "wren", "rail"], {"clip": 10.0}
    assert psds(truth, {"clip": frames}, durations_s, codes, frame_s=0.25) == pytest.approx(1.0, abs=1e-6)
    noise = np.random.default_rng(0).random((40, 3))
    assert psds(truth, {"clip": noise}, durations_s, codes, frame_s=0.25) < 0.5
