"""Losses compared with values calculated by hand."""

import math

import pytest
import torch

from models.workshop.networks.heads import SedOutput, attend
from models.workshop.training.losses import (
    bce_sed_loss,
    first_place_loss,
    focal_loss,
    frames_loss,
    second_place_loss,
    smooth_labels,
)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.fixture
def output() -> SedOutput:
    """Return the output for two frames and two taxa; the first taxon is high in the second frame."""
    frame_logits = torch.tensor([[[-1.0, -2.0], [3.0, 0.0]]])
    return SedOutput(frame_logits, clip_probs=torch.tensor([[0.8, 0.3]]), clip_logits=torch.tensor([[1.2, -0.4]]))


def test_first_place_halves_cross_entropy_between_clip_and_loudest_frame(output: SedOutput) -> None:
    targets = torch.tensor([[1.0, 0.0]])
    clip = [math.log(0.8 / 0.2), math.log(0.3 / 0.7)]
    from_clip = math.log(sum(math.exp(x) for x in clip)) - clip[0]
    from_frames = math.log(math.exp(3.0) + math.exp(0.0)) - 3.0
    assert first_place_loss(output, targets).item() == pytest.approx(0.5 * (from_clip + from_frames), rel=1e-5)


def test_multi_hot_targets_add_up_their_cross_entropies(output: SedOutput) -> None:
    apart = [first_place_loss(output, torch.tensor([row])).item() for row in ([1.0, 0.0], [0.0, 1.0])]
    assert first_place_loss(output, torch.tensor([[1.0, 1.0]])).item() == pytest.approx(sum(apart), rel=1e-5)


def test_focal_loss_reduces_the_weight_of_correct_predictions() -> None:
    logits, targets = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 0.0]])
    p, q = sigmoid(2.0), sigmoid(-1.0)
    by_hand = (0.25 * (1 - p) ** 2 * softplus(-2.0) + 0.75 * q**2 * softplus(-1.0)) / 2
    assert focal_loss(logits, targets).item() == pytest.approx(by_hand, rel=1e-5)


def test_smoothing_spreads_a_twentieth_of_an_items_labels_over_all_taxa() -> None:
    one_of_206 = torch.zeros(1, 206)
    one_of_206[0, 7] = 1
    smooth = smooth_labels(one_of_206)[0]
    assert smooth[7].item() == pytest.approx(0.95 + 0.05 / 206, rel=1e-5)
    assert smooth[0].item() == pytest.approx(0.05 / 206, rel=1e-5)
    two_of_four = smooth_labels(torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]))
    assert two_of_four[0].tolist() == pytest.approx([0.975, 0.975, 0.025, 0.025])
    assert two_of_four[1].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_second_place_adds_both_losses_of_the_clips_logits(output: SedOutput) -> None:
    logits = [1.2, -0.4]
    smooth = [0.975, 0.025]
    entropies = [t * softplus(-x) + (1 - t) * softplus(x) for t, x in zip(smooth, logits, strict=True)]
    right = [sigmoid(x) * t + (1 - sigmoid(x)) * (1 - t) for t, x in zip(smooth, logits, strict=True)]
    weights = [0.25 * t + 0.75 * (1 - t) for t in smooth]
    focal = [w * (1 - r) ** 2 * e for w, r, e in zip(weights, right, entropies, strict=True)]
    by_hand = (sum(entropies) + sum(focal)) / 2
    assert second_place_loss(output, torch.tensor([[1.0, 0.0]])).item() == pytest.approx(by_hand, rel=1e-5)


def test_bce_adds_half_of_the_loudest_frame(output: SedOutput) -> None:
    clip = (-math.log(0.8) - math.log(0.7)) / 2
    frames = (softplus(-3.0) + softplus(0.0)) / 2
    by_hand = clip + 0.5 * frames
    assert bce_sed_loss(output, torch.tensor([[1.0, 0.0]])).item() == pytest.approx(by_hand, rel=1e-5)


def test_frame_labels_are_compared_with_frames_and_their_maximum_with_the_clip(output: SedOutput) -> None:
    targets = torch.tensor([[[0.0, 0.0], [1.0, 0.0]]])
    frames = (softplus(-1.0) + softplus(-2.0) + softplus(-3.0) + softplus(0.0)) / 4
    clip = (-math.log(0.8) - math.log(0.7)) / 2
    assert frames_loss(output, targets).item() == pytest.approx(frames + 0.5 * clip, rel=1e-5)


def test_attention_weights_frames_by_softmax_of_tanh() -> None:
    logits, attention = torch.tensor([[[1.0, -1.0]]]), torch.tensor([[[2.0, -0.5]]])
    one, other = math.exp(math.tanh(2.0)), math.exp(math.tanh(-0.5))
    by_hand = (one * sigmoid(1.0) + other * sigmoid(-1.0)) / (one + other)
    result = attend(attention, logits)
    assert result.clip_probs.item() == pytest.approx(by_hand, rel=1e-5)
    assert result.clip_logits.item() == pytest.approx((one - other) / (one + other), rel=1e-5)
    assert result.frame_logits.tolist() == [[[1.0], [-1.0]]]
