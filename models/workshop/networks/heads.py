"""The sound event detection head: from a backbone's last feature map to framewise logits and clip probabilities.

A taxon is present in a clip if it is in some frames; the weight of each frame is learned (attention).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class SedOutput(NamedTuple):
    """The output of a SED model."""

    frame_logits: Tensor
    """(batch, n_frames, n_taxa)"""
    clip_probs: Tensor
    """(batch, n_taxa): attention-weighted mean of the frames' probabilities"""
    clip_logits: Tensor
    """(batch, n_taxa): attention-weighted mean of the frames' logits, which only a loss needs"""


class GemFrequency(nn.Module):
    """Generalized mean over frequency: (batch, channels, frequency, time) → (batch, channels, time).

    Radenović, Tolias and Chum, "Fine-tuning CNN image retrieval with no human annotation", 2018; p is learned.
    """

    def __init__(self, p: float = 3.0, eps: float = 1e-6) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))
        self.eps = eps

    def forward(self, features: Tensor) -> Tensor:
        # In half precision the cube of eps is 0, and the root of 0 has no gradient.
        return features.float().clamp(min=self.eps).pow(self.p).mean(dim=2).pow(1.0 / self.p)


class GemAttentionHead(nn.Module):
    """Both winners of BirdCLEF 2025: GeM over frequency, a hidden layer, attention and class as 1×1 convolutions."""

    def __init__(self, n_features: int, n_taxa: int, *, hidden: int = 512) -> None:
        super().__init__()
        self.pool = GemFrequency()
        self.hidden = nn.Sequential(nn.Dropout(0.25), nn.Linear(n_features, hidden), nn.ReLU(), nn.Dropout(0.5))
        self.attention = nn.Conv1d(hidden, n_taxa, 1)
        self.classify = nn.Conv1d(hidden, n_taxa, 1)

    def forward(self, features: Tensor) -> SedOutput:
        hidden = self.hidden(self.pool(features).transpose(1, 2)).transpose(1, 2)
        return attend(self.attention(hidden), self.classify(hidden))


def attend(attention: Tensor, frame_logits: Tensor) -> SedOutput:
    """Weight frames by the softmax over time of tanh(attention); both inputs (batch, n_taxa, n_frames)."""
    weights = torch.softmax(torch.tanh(attention), dim=-1)
    clip_probs = (weights * torch.sigmoid(frame_logits)).sum(dim=-1)
    return SedOutput(frame_logits.transpose(1, 2), clip_probs, (weights * frame_logits).sum(dim=-1))
