"""Learning rates by step, and optimizers by name."""

import math
from collections.abc import Iterable

import torch
from torch import nn


def cosine(step: int, *, period: int, high: float, low: float) -> float:
    """Return the rate: from high to low over `period` steps, then again (Loshchilov and Hutter, "SGDR", 2017)."""
    place = (step % period) / max(1, period - 1)
    return low + 0.5 * (high - low) * (1 + math.cos(math.pi * min(1.0, place)))


def build_optimizer(
    name: str, parameters: Iterable[nn.Parameter], *, lr: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Return AdamW or RAdam, both with decoupled weight decay."""
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=weight_decay)
    if name == "radam":
        return torch.optim.RAdam(parameters, lr=lr, weight_decay=weight_decay, decoupled_weight_decay=True)
    raise ValueError(f"optimizer: {name!r} is none of adamw, radam")
