"""Linear heads, and what they learn from: compared with scikit-learn and with values computed by hand."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from models.workshop.studies.embeddings.heads import Standardizer, train_heads, window_loss
from models.workshop.studies.embeddings.lines import CHAINS
from models.workshop.studies.embeddings.students import Training
from models.workshop.studies.embeddings.tables import PAIRS, draw_pairs
from models.workshop.training.losses import soft_cross_entropy

TRAINING = Training(decay=1.0, share=0.5)
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(2, 40, 5)).astype(np.float32)
TARGETS = (INPUTS[:, :, :3] + RNG.normal(size=(2, 40, 3)) > 0).astype(np.float32)


def test_binary_heads_are_those_of_scikit_learn() -> None:
    heads = train_heads(INPUTS, TARGETS[None], np.ones((1, 2, 40)), "bce", decay=0.1)
    scores = heads.score(INPUTS)[0]
    for world in range(2):
        for taxon in range(3):
            # The loss is the mean over 40 windows and 3 taxa, scikit-learn's the sum times C.
            other = LogisticRegression(C=1 / (0.1 * 40 * 3), tol=1e-8)
            other.fit(INPUTS[world], TARGETS[world, :, taxon])
            expected = other.predict_proba(INPUTS[world])[:, 1]
            assert scores[world, :, taxon] == pytest.approx(expected, abs=2e-3)


def test_multinomial_heads_are_those_of_scikit_learn() -> None:
    taxon = np.argmax(INPUTS[0, :, :3], axis=1)
    heads = train_heads(INPUTS[:1], np.eye(3)[taxon][None, None], np.ones((1, 1, 40)), "ce", decay=0.1)
    logits = INPUTS[0] @ heads.weight[0] + heads.bias[0]
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    other = LogisticRegression(C=1 / (0.1 * 40), tol=1e-8).fit(INPUTS[0], taxon)
    assert probs == pytest.approx(other.predict_proba(INPUTS[0]), abs=2e-3)


def test_a_window_of_weight_zero_is_not_learned_and_lines_do_not_disturb_each_other() -> None:
    weights = np.ones((2, 2, 40))
    weights[1, :, 20:] = 0
    both = train_heads(INPUTS, np.stack([TARGETS, TARGETS]), weights, "bce", decay=0.1).score(INPUTS)
    half = train_heads(INPUTS[:, :20], TARGETS[None, :, :20], np.ones((1, 2, 20)), "bce", decay=0.1).score(INPUTS)
    assert both[1] == pytest.approx(half[0], abs=2e-3)
    assert np.abs(both[0] - both[1]).max() > 0.01


def test_cross_entropy_is_the_first_places() -> None:
    logits, targets = torch.randn(7, 4), torch.rand(7, 4)
    assert window_loss(logits, targets, "ce").mean().item() == pytest.approx(
        soft_cross_entropy(logits, targets).item(), abs=1e-6
    )


def test_features_are_standardized_by_the_windows_of_the_basis() -> None:
    focal = np.array([[[0.0, 0, 0], [2, 20, 0]]], np.float32)
    unlabeled = np.array([[[4.0, 10, 6], [6, 10, 6]]], np.float32)
    by_focal = Standardizer.fit(focal, unlabeled, "focal").apply(focal)
    assert by_focal[0, :, :2].tolist() == [[-1, -1], [1, 1]]
    raw = Standardizer.fit(focal, unlabeled, "raw").apply(focal)
    assert raw[0, 1, 1] == pytest.approx(10 * raw[0, 1, 0])
    both = Standardizer.fit(focal, unlabeled, "both").apply(np.concatenate([focal, unlabeled], axis=1))
    assert both.mean(axis=1) == pytest.approx(np.zeros((1, 3)), abs=1e-6)
    assert both.std(axis=1) == pytest.approx(np.ones((1, 3)), abs=1e-6)


def test_a_feature_that_hardly_varies_is_not_blown_up() -> None:
    focal = np.array([[[0.0, 0], [2, 0]]], np.float32)
    scale = Standardizer.fit(focal, focal, "focal")
    assert scale.deviation[0, 0] == pytest.approx([1, 0.5**0.5 / 10])


def test_each_chain_prepares_its_labels() -> None:
    probs = np.array([[[0.25, 0.64], [0.05, 0.8]]], np.float32)
    second = {name: chain.prepare(probs, 1, TRAINING) for name, chain in CHAINS.items()}
    assert second["plain"].labels == pytest.approx(probs)
    powered = probs ** (1 / 0.65)
    assert second["powers"].labels == pytest.approx(powered)
    assert second["powers, sum to one"].labels.sum(axis=2) == pytest.approx(np.ones((1, 2)))
    assert second["powers, drawn by voices"].weights == pytest.approx(powered.sum(axis=2))
    hard = CHAINS["hard swap"].prepare(np.array([[[0.25, 0.4], [0.05, 0.8]]], np.float32), 0, TRAINING)
    assert (hard.style, hard.weights.tolist()) == ("swap", [[0, 1]])
    assert hard.labels[0, 1] == pytest.approx([0, 0.8])


def test_pairs_are_compared_within_each_world() -> None:
    lines = {name: np.zeros((2, 2)) for _, *names in PAIRS for name in names}
    lines["control"] = np.array([[0.8, 0.5], [0.6, 0.5]])
    lines["round 1, plain"] = np.array([[0.9, 0.5], [0.6, 0.5]])
    first = draw_pairs(lines).splitlines()[2]
    assert first == "| round 1 against the control | +0.050 ± 0.071 | 50% | +0.000 ± 0.000 |"
