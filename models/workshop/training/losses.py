"""Losses of both recipes. Targets are multi-hot or soft, (batch, n_taxa), in [0, 1]."""

import torch
from torch import Tensor
from torch.nn import functional

from models.workshop.networks.heads import SedOutput


def first_place_loss(output: SedOutput, targets: Tensor) -> Tensor:
    """Return half cross-entropy of the clip probability, half of the highest frame (BirdCLEF 2025, first place)."""
    clip_logits = torch.logit(output.clip_probs.float(), eps=1e-6)
    frame_max = output.frame_logits.float().amax(dim=1)
    return 0.5 * soft_cross_entropy(clip_logits, targets) + 0.5 * soft_cross_entropy(frame_max, targets)


def second_place_loss(output: SedOutput, targets: Tensor) -> Tensor:
    """Return binary cross-entropy plus focal loss of the clip's logits, on smoothed labels (second place)."""
    logits, smooth = output.clip_logits.float(), smooth_labels(targets)
    return functional.binary_cross_entropy_with_logits(logits, smooth) + focal_loss(logits, smooth)


def smooth_labels(targets: Tensor, smoothing: float = 0.05) -> Tensor:
    """Spread a part of each item's labels over all its taxa, (batch, n_taxa), as many as it has (second place).

    With one label of 206, an absent taxon gets 0.0002; smoothing towards one half would give it 0.025.
    """
    return targets * (1 - smoothing) + smoothing * targets.sum(dim=1, keepdim=True) / targets.shape[1]


def bce_sed_loss(output: SedOutput, targets: Tensor) -> Tensor:
    """Return binary cross-entropy of the clip plus half of the highest frame's; calibrated for overlapping voices."""
    clip = functional.binary_cross_entropy(output.clip_probs.float().clamp(1e-6, 1 - 1e-6), targets)
    frame_max = output.frame_logits.float().amax(dim=1)
    return clip + 0.5 * functional.binary_cross_entropy_with_logits(frame_max, targets)


def frames_loss(output: SedOutput, targets: Tensor) -> Tensor:
    """Return binary cross-entropy of frames plus half of the clip's; targets (batch, n_frames, n_taxa)."""
    frames = functional.binary_cross_entropy_with_logits(output.frame_logits.float(), targets)
    clip_probs = output.clip_probs.float().clamp(1e-6, 1 - 1e-6)
    return frames + 0.5 * functional.binary_cross_entropy(clip_probs, targets.amax(dim=1))


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return torch's cross-entropy for class probabilities, with multi-hot or soft targets; empty targets cost 0."""
    return functional.cross_entropy(logits, targets)


def focal_loss(logits: Tensor, targets: Tensor, *, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Return the focal loss for soft targets (Lin et al., "Focal loss for dense object detection", 2017)."""
    cross_entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    probs = torch.sigmoid(logits)
    right = probs * targets + (1 - probs) * (1 - targets)
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    return (weight * (1 - right).pow(gamma) * cross_entropy).mean()


LOSSES = {
    "first_place": first_place_loss,
    "second_place": second_place_loss,
    "bce_sed": bce_sed_loss,
    "frames": frames_loss,
}
