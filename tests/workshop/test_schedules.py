"""Learning rates and optimizers."""

import pytest
import torch

from models.workshop.training.schedules import build_optimizer, cosine


def test_a_cosine_falls_from_high_to_low_and_starts_again() -> None:
    rates = [cosine(step, period=5, high=1.0, low=0.1) for step in range(10)]
    assert rates[:5] == pytest.approx([1.0, 0.8682, 0.55, 0.2318, 0.1], abs=1e-4)
    assert rates[5:] == rates[:5]


def test_decay_is_decoupled_in_both_optimizers() -> None:
    for name, kind in (("adamw", torch.optim.AdamW), ("radam", torch.optim.RAdam)):
        weight = torch.nn.Parameter(torch.ones(1))
        optimizer = build_optimizer(name, [weight], lr=0.1, weight_decay=0.5)
        weight.grad = torch.zeros(1)
        optimizer.step()
        assert isinstance(optimizer, kind)
        assert weight.item() == pytest.approx(1 - 0.1 * 0.5)
    with pytest.raises(ValueError, match="none of adamw, radam"):
        build_optimizer("sgd", [], lr=0.1, weight_decay=0.0)
