"""Linear heads on embeddings, of all worlds and several lines of the table in one computation.

Axes: L lines, W worlds, N training windows, K taxa, D features. The loss is convex and is minimized, so that no line
has an advantage by its number of steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Matrix = NDArray[np.float32]
Loss = Literal["bce", "ce"]
Basis = Literal["raw", "focal", "both"]
MOST_ITERATIONS = 300


@dataclass(frozen=True, slots=True)
class Standardizer:
    """Scales a world's embeddings."""

    mean: Matrix
    """(W, 1, D)"""
    deviation: Matrix
    """(W, 1, D), or (W, 1, 1) for `raw`"""

    @classmethod
    def fit(cls, focal: Matrix, unlabeled: Matrix, basis: Basis) -> "Standardizer":
        """Fit to embeddings (W, n, D): of the focal clips (`focal`), of these and the unlabeled soundscapes (`both`).

        `raw` divides by one number, which keeps the features' proportions. A feature that hardly varies is not blown up
        to more than ten times the others.
        """
        windows = np.concatenate([focal, unlabeled], axis=1) if basis == "both" else focal
        mean, deviation = windows.mean(axis=1, keepdims=True), windows.std(axis=1, keepdims=True)
        overall = np.sqrt((deviation**2).mean(axis=2, keepdims=True))
        return cls(mean, overall if basis == "raw" else np.maximum(deviation, overall / 10))

    def apply(self, embeddings: Matrix) -> Matrix:
        return (embeddings - self.mean) / self.deviation


@dataclass(frozen=True, slots=True)
class Heads:
    """Trained heads."""

    weight: Matrix
    """(W, D, L × K)"""
    bias: Matrix
    """(W, 1, L × K)"""
    n_lines: int

    def score(self, inputs: Matrix) -> Matrix:
        """Return sigmoids, as both winners do whatever the loss was, (L, W, n, K), of windows (W, n, D)."""
        logits = inputs @ self.weight + self.bias
        scores: Matrix = 1 / (1 + np.exp(-logits.reshape(*logits.shape[:2], self.n_lines, -1)))
        return np.moveaxis(scores, 2, 0)


def train_heads(inputs: Matrix, targets: Matrix, weights: Matrix, loss: Loss, decay: float) -> Heads:
    """Return the heads with the lowest loss plus `decay` / 2 times the squared norm of their weights.

    `inputs` (W, N, D), standardized; `targets` (L, W, N, K); `weights` (L, W, N), of windows, normalized here. A head
    lies in the span of its inputs, so they are rotated into it, and scaled by the loss's greatest curvature (Böhning,
    "Multinomial logistic regression algorithm", 1992): L-BFGS then needs few iterations.
    """
    n_lines, n_worlds, n_windows, n_taxa = targets.shape
    x = torch.from_numpy(inputs)
    y = torch.from_numpy(np.moveaxis(targets, 0, 2).astype(np.float32))
    share = torch.from_numpy(np.moveaxis(weights / weights.sum(axis=2, keepdims=True), 0, 2).astype(np.float32))
    curvature = 0.25 / n_taxa if loss == "bce" else 0.5
    _, sizes, basis = torch.linalg.svd(x / n_windows**0.5, full_matrices=False)
    scale = (curvature * sizes**2 + decay).rsqrt()[..., None]
    basis = basis.mT * scale.mT
    z = x @ basis
    free = torch.zeros(n_worlds, z.shape[2] + 1, n_lines * n_taxa, requires_grad=True)

    def objective() -> Tensor:
        logits = (z @ free[:, 1:] + free[:, :1]).view(n_worlds, n_windows, n_lines, n_taxa)
        return (window_loss(logits, y, loss) * share).sum() + decay / 2 * (free[:, 1:] * scale).square().sum()

    _minimize(free, objective)
    solution = free.detach()
    return Heads((basis @ solution[:, 1:]).numpy(), solution[:, :1].numpy(), n_lines)


def window_loss(logits: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """Return the loss of each window, without the last axis, K.

    `bce` is the mean over taxa. `ce` is the first place's: soft cross-entropy, with as many labels as there are.
    """
    if loss == "ce":
        return -(targets * functional.log_softmax(logits, dim=-1)).sum(dim=-1)
    return functional.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(dim=-1)


def _minimize(free: Tensor, objective: Callable[[], Tensor]) -> None:
    optimizer = torch.optim.LBFGS(
        [free], max_iter=MOST_ITERATIONS, history_size=10, tolerance_grad=1e-5, tolerance_change=1e-7,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimizer.zero_grad()
        value = objective()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(closure)  # type: ignore[arg-type]
