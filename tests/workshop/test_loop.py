"""How the training loop follows the recipe: learning rate by step, loss, epochs and StochasticDepth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.workshop.data.manifest import Dataset
from models.workshop.recipe_files import load_recipe
from models.workshop.training import loop
from models.workshop.training.loop import TrainingSet, train
from models.workshop.training.pseudo_labels import PseudoLabels
from models.workshop.training.pseudo_pool import PseudoPool
from models.workshop.training.schedules import cosine


@pytest.fixture
def followed(tiny_recipe_file: Path, tiny_world: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that trains; it returns learning rates by step, the loss's calls and the network's options."""

    def run(*overrides: str, pseudo: bool) -> tuple[list[float], int, dict[str, Any]]:
        rates, calls, options = [], [], {}
        recipe = load_recipe(tiny_recipe_file, ["loss=second_place", "optimizer.lr=1.0", *overrides])
        loss, make_model, build_optimizer = loop.LOSSES["second_place"], loop.make_model, loop.build_optimizer

        def make_seen(*args: Any, **given: Any) -> Any:
            options.update(given)
            return make_model(*args, **given)

        def build_seen(*args: Any, **given: Any) -> Any:
            optimizer = build_optimizer(*args, **given)
            optimizer.register_step_pre_hook(lambda made, *_: rates.append(made.param_groups[0]["lr"]))
            return optimizer

        monkeypatch.setattr(loop, "make_model", make_seen)
        monkeypatch.setattr(loop, "build_optimizer", build_seen)
        monkeypatch.setitem(loop.LOSSES, "second_place", lambda *given: calls.append(given) or loss(*given))
        path = tiny_world.unlabeled()[0].path
        labels = PseudoLabels(tuple(tiny_world.codes), 5.0, {path: np.full((4, 12), 0.5, "f4")}, 5.0)
        pool = PseudoPool([labels]) if pseudo else None
        train(recipe, TrainingSet(tiny_world, tiny_world.choose(kind="focal"), (), pool), tmp_path, seed=1)
        return rates, len(calls), options

    return run


def test_true_labels_alone_take_their_own_epochs_with_restarts(followed: Any) -> None:
    rates, calls, options = followed("optimizer.restart_epochs=1", "pseudo.epochs=3", pseudo=False)
    assert rates == pytest.approx([1.0, 1e-5, 1.0, 1e-5])  # two epochs of two steps each
    assert (calls, options["with_pseudo"]) == (4, False)


def test_pseudo_labels_take_theirs_under_one_cosine_and_stochastic_depth(followed: Any) -> None:
    rates, calls, options = followed("optimizer.epochs=1", "pseudo.epochs=3", pseudo=True)
    assert rates == pytest.approx([cosine(step, period=6, high=1.0, low=1e-5) for step in range(6)])
    assert (calls, options["with_pseudo"]) == (6, True)
