"""Learning rates and optimizers."""

import pytest
import torch

from models.workshop.recipe import load_recipe
from models.workshop.training.schedules import build_optimizer, cosine
from tests.workshop.conftest import RECIPES


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


def test_the_winners_recipes_have_the_winners_parameters() -> None:
    first, second = (load_recipe(RECIPES / f"{name}_place.toml") for name in ("first", "second"))
    rules = first.optimizer
    assert (rules.name, rules.lr, rules.lr_min, rules.weight_decay) == ("adamw", 5e-4, 1e-6, 1e-4)
    assert (rules.epochs, rules.restart_epochs, rules.batch) == (15, 5, 64)
    assert first.pseudo.gammas == pytest.approx((1, 1 / 0.65, 1 / 0.55, 1 / 0.6))
    assert (first.pseudo.weight, first.pseudo.drop_path) == (0.5, 0.15)
    assert 25 <= first.pseudo.epochs <= 35
    assert (second.optimizer.name, second.optimizer.lr, second.optimizer.epochs) == ("radam", 1e-3, 50)
    assert (second.pseudo.style, second.pseudo.share, len(second.pseudo.gammas)) == ("swap", 0.4, 2)
    assert (second.pseudo.keep_above, second.pseudo.zero_below) == (0.5, 0.1)
